"""Scores in a CSV of any spreadsheet, counted by group: semicolons or commas, decimal commas, empty cells."""

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, TextIO

from corsia.listening.rules.nps import Tally

SEPARATORS: Final = (";", ",", "\t")
EXAMPLES: Final = 3  # unreadable cells that are named
ENCODINGS: Final = ("utf-8-sig", "cp1252")  # the second has no wrong bytes but five: whoever reads it replaces those

_NUMBER = re.compile(r"\d{1,2}(?:[.,]\d{1,6})?")
_HIGHEST, _PROMOTER_FROM, _PASSIVE_FROM = 10.0, 9.0, 7.0


class NoColumn(ValueError):
    """The file has no such column; `there` are those it has."""

    def __init__(self, wanted: str, there: Sequence[str]) -> None:
        self.wanted, self.there = wanted, tuple(there)
        super().__init__(wanted)


class NotATable(ValueError):
    """The file cannot be read as a table; the text says why."""


@dataclass
class Groups:
    """What was counted.

    Attributes:
        tallies: by group, in the order in which they first appear; the one group is called "" without a column.
        empty: rows whose score is empty.
        unreadable: rows whose score is no number from 0 to 10.
        examples: line and cell of the first of those.
    """

    tallies: dict[str, Tally] = field(default_factory=dict)
    empty: int = 0
    unreadable: int = 0
    examples: list[tuple[int, str]] = field(default_factory=list)


def count_groups(text: TextIO, *, score: str, by: str | None) -> Groups:
    """Count promoters, passives and detractors of each group.

    A score between two whole numbers belongs to the band it has reached: 8.5 is no promoter yet, 6.5 still a detractor.

    Args:
        text: the file, opened with newline="" and at its beginning.
        score, by: names of columns; capitals and blanks around them do not matter. Without `by` all is one group.

    Raises:
        NoColumn: there is no such column.
        NotATable: the file is empty or its quotes never end.
    """
    found, counts = Groups(), Counter[tuple[str, str]]()
    try:
        rows, separator = _opened(text, [name for name in (score, by) if name is not None])
        header = next(rows, [])
        if not any(cell.strip() for cell in header):
            raise NotATable("the file is empty")
        at, group_at = _place(header, score), None if by is None else _place(header, by)
        for cells in rows:
            if not any(cells):
                continue
            cell = cells[at].strip() if at < len(cells) else ""
            group = "" if group_at is None or group_at >= len(cells) else cells[group_at].strip()
            band = _band(cell)
            if band:
                counts[group, band] += 1
            elif not cell:
                found.empty += 1
            else:
                found.unreadable += 1
                if len(found.examples) < EXAMPLES:
                    found.examples.append((rows.line_num, cell[:40]))
    except csv.Error as wrong:
        raise NotATable(f"{wrong}, with {separator!r} between the columns") from None
    for group, _ in counts:
        found.tallies[group] = Tally(
            promoters=counts[group, "promoter"],
            passives=counts[group, "passive"],
            detractors=counts[group, "detractor"],
        )
    return found


def _opened(text: TextIO, wanted: Sequence[str]) -> tuple["_Rows", str]:
    """Return the rows, divided as the first line says: by what finds the wanted columns, else by the most columns."""
    first = text.readline()
    declared = first.strip().lower()
    if declared.startswith("sep=") and len(declared) == 5:  # how spreadsheets say it themselves
        return _Rows(text, declared[4], lines_before=1), declared[4]
    text.seek(0)

    def fitness(separator: str) -> tuple[int, int]:
        names = [_folded(cell) for cell in next(csv.reader([first], delimiter=separator), [])]
        return sum(_folded(name) in names for name in wanted), len(names)

    separator = max(SEPARATORS, key=fitness)
    return _Rows(text, separator), separator


class _Rows(Iterator[list[str]]):
    """The rows of a CSV, and the line of the file that was read last."""

    def __init__(self, text: TextIO, separator: str, *, lines_before: int = 0) -> None:
        self._reader, self._before = csv.reader(text, delimiter=separator), lines_before

    def __next__(self) -> list[str]:
        return next(self._reader)

    @property
    def line_num(self) -> int:
        return self._reader.line_num + self._before


def _place(header: Sequence[str], wanted: str) -> int:
    names = [_folded(cell) for cell in header]
    if _folded(wanted) not in names:
        raise NoColumn(wanted, [cell.strip() for cell in header])
    return names.index(_folded(wanted))


def _folded(name: str) -> str:
    return " ".join(name.casefold().split())


def _band(cell: str) -> str:
    """Return "promoter", "passive" or "detractor", or "" for what is no score."""
    if not _NUMBER.fullmatch(cell):
        return ""
    value = float(cell.replace(",", "."))
    if value > _HIGHEST:
        return ""
    return "promoter" if value >= _PROMOTER_FROM else "passive" if value >= _PASSIVE_FROM else "detractor"
