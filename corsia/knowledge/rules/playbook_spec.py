"""A playbook as it is written down: in a shipped file, in the editor, and when a new version starts from an old one."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from corsia.knowledge.vocabulary import Hint


@dataclass(frozen=True, kw_only=True)
class StepSpec:
    """One step; `phase_key` "" stands for any time."""

    title_it: str
    title_en: str
    text_it: str = ""
    text_en: str = ""
    phase_key: str = ""
    hint: str = ""
    hint_key: str = ""
    is_required: bool = True
    asks: str = ""
    role: str = ""


@dataclass(frozen=True, kw_only=True)
class PlaybookSpec:
    """What a version says: who must know it, and its steps in order."""

    steps: tuple[StepSpec, ...]
    readers: tuple[str, ...] = ()  # roles
    change_note: str = ""


@dataclass(frozen=True)
class Flaw:
    """What keeps a version from being published: a code for the sentence, the number of the step (0: the whole)."""

    code: str
    step: int = 0


def flaws_of(spec: PlaybookSpec, *, phases: Collection[str]) -> list[Flaw]:
    """Return what would leave people without guidance; empty when it may be published.

    Args:
        phases: keys of the phases that the process has now.
    """
    return list(_flaws(spec, set(phases)))


def _flaws(spec: PlaybookSpec, phases: set[str]) -> Iterator[Flaw]:
    if not spec.steps:
        yield Flaw("no_steps")
    if not spec.readers:
        yield Flaw("no_readers")
    for number, step in enumerate(spec.steps, start=1):
        if not step.title_it or not step.title_en:
            yield Flaw("no_title", number)
        if step.phase_key and step.phase_key not in phases:
            yield Flaw("unknown_phase", number)
        if step.hint in Hint.values and not step.hint_key:
            yield Flaw("no_hint", number)
