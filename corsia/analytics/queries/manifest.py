"""Which files the warehouse consists of: one small file, replaced as a whole, that every reader follows.

A refresh writes new data files beside the old ones under names never used before, and then this file anew. Whoever
read it earlier goes on with the old files, which stay until the refresh after the next.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

from django.conf import settings

from corsia.analytics.vocabulary import Step

NAME = "manifest.json"
FORMAT = 2


@dataclass(frozen=True)
class Part:
    """The rows of one month."""

    file: str  # relative to the warehouse
    rows: int
    days: str = ""  # the file with its rows counted beforehand by day; "" where its dataset has none
    weeks: str = ""  # the same by week, within the month
    months: str = ""  # the same by month
    last: str = ""  # the last day on which something happened to one of its rows, where it was counted beforehand

    def counted_by(self, step: Step) -> str:
        """Return the file with its rows counted by some step."""
        return {Step.DAY: self.days, Step.WEEK: self.weeks, Step.MONTH: self.months}[step]


@dataclass(frozen=True)
class Shelf:
    """A dataset as it is stored.

    Attributes:
        shape: a hash of the dataset's definition; another one means that the files must be made anew.
        tallied: a hash of what its tallies hold; another one means that those must be made anew.
        parts: month ("2026-03") -> its file.
    """

    shape: str
    tallied: str = ""
    parts: Mapping[str, Part] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        return sum(part.rows for part in self.parts.values())


@dataclass(frozen=True)
class Manifest:
    """The warehouse at one moment.

    Attributes:
        build: the database it belongs to and the time it was last made from nothing.
        generation: grows by one with every refresh that changed anything.
        horizon: every transaction with a lower number is in it.
    """

    build: str
    generation: int
    horizon: int
    refreshed_at: datetime
    shelves: Mapping[str, Shelf]

    def files(self) -> set[str]:
        parts = [part for shelf in self.shelves.values() for part in shelf.parts.values()]
        return {file for part in parts for file in (part.file, part.days, part.weeks, part.months) if file}


def home() -> Path:
    """Return the folder of the warehouse."""
    return Path(settings.WAREHOUSE)


def read_manifest() -> Manifest | None:
    """Return the manifest in force, or None where the warehouse was never built, or by another version."""
    try:
        raw = json.loads((home() / NAME).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    if raw["format"] != FORMAT:
        return None
    return Manifest(
        build=raw["build"],
        generation=raw["generation"],
        horizon=raw["horizon"],
        refreshed_at=datetime.fromisoformat(raw["refreshed_at"]),
        shelves={
            name: Shelf(
                shape=shelf["shape"],
                tallied=shelf["tallied"],
                parts={month: Part(**part) for month, part in shelf["parts"].items()},
            )
            for name, shelf in raw["shelves"].items()
        },
    )


def write_manifest(manifest: Manifest) -> None:
    """Put a manifest in force, all or nothing, and make sure that it survives a power cut."""
    raw = {
        "format": FORMAT,
        "build": manifest.build,
        "generation": manifest.generation,
        "horizon": manifest.horizon,
        "refreshed_at": manifest.refreshed_at.isoformat(),
        "shelves": {name: asdict(shelf) for name, shelf in manifest.shelves.items()},
    }
    beside = home() / f"{NAME}.new"
    with beside.open("w", encoding="utf-8") as target:
        json.dump(raw, target)
        target.flush()
        os.fsync(target.fileno())
    beside.replace(home() / NAME)
    sync_folder(home())


def sync_folder(folder: Path) -> None:
    """Make renames in a folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
