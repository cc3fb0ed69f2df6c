"""The register of processing: every purpose with whose data, which, where, how long, and how it goes."""

from collections.abc import Mapping
from dataclasses import dataclass

from corsia.kernel.privacy import TABLES, Erase, Kind, Purpose, Whose, Words, purposes


@dataclass(frozen=True)
class Holding:
    """One kind of rows within a purpose.

    Attributes:
        days: the term in days; None where no night ends it and `term` says what does.
    """

    title: Words
    kinds: tuple[Words, ...]
    term: Words
    days: int | None
    ways: tuple[Words, ...]


@dataclass(frozen=True)
class Entry:
    purpose: Purpose
    whose: tuple[Words, ...]
    holdings: tuple[Holding, ...]


def register_of(days: Mapping[str, int]) -> list[Entry]:
    """Return the register; `days` are the terms that hold, by key."""
    return [_entry(purpose, days) for purpose in purposes()]


def _entry(purpose: Purpose, days: Mapping[str, int]) -> Entry:
    holdings: list[Holding] = []
    whose: set[Whose] = set()
    for table in TABLES.values():
        mine = [one for one in table.personal.values() if one.purpose == purpose]
        whose |= {one.whose for one in mine}
        for term in dict.fromkeys(one.kept for one in mine if one.kept is not None):
            fields = [one for one in mine if one.kept == term]
            kinds = {one.kind for one in fields}
            ways = {one.erase for one in fields}
            holdings.append(
                Holding(
                    title=table.title,
                    kinds=tuple(kind.label for kind in Kind if kind in kinds),
                    term=term.title,
                    days=days.get(term.key, term.days),
                    ways=tuple(way.label for way in Erase if way in ways),
                )
            )
    return Entry(
        purpose=purpose,
        whose=tuple(one.label for one in Whose if one in whose),
        holdings=tuple(sorted(holdings, key=lambda one: str(one.title))),
    )
