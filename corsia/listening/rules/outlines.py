"""Ready-made outlines: what a session is begun with."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class OutlineBlock:
    """One part of an outline, or one prompt; `touchpoint` is the key of a shipped one, "" for that of the session."""

    name_it: str
    name_en: str
    text_it: str
    text_en: str
    minutes: int
    touchpoint: str


@dataclass(frozen=True, kw_only=True)
class Outline:
    """A way to hold a session."""

    key: str
    instrument: str
    population: str
    quota: int
    name_it: str
    name_en: str
    blocks: Sequence[OutlineBlock]

    @property
    def minutes(self) -> int:
        """How long it takes."""
        return sum(block.minutes for block in self.blocks)
