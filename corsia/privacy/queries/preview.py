"""What an erasure would do, before it does it: rows and fields, table by table."""

from collections.abc import Sequence
from dataclasses import dataclass

from corsia.kernel.privacy import TABLES, Class, Erase, Table, Words
from corsia.privacy.queries.rows import ids_of, subject_of


@dataclass(frozen=True)
class Line:
    """One table of the preview.

    Attributes:
        model: its label, in lower case.
        emptied: names of fields that are emptied or replaced by a number.
        kept: names of fields that stay and why.
    """

    model: str
    title: Words
    rows: int
    is_deleted: bool
    emptied: tuple[Words, ...]
    kept: tuple[tuple[Words, Words], ...]


@dataclass(frozen=True)
class Preview:
    lines: tuple[Line, ...]

    @property
    def deleted(self) -> int:
        return sum(line.rows for line in self.lines if line.is_deleted)

    @property
    def changed(self) -> int:
        return sum(line.rows for line in self.lines if not line.is_deleted and line.emptied)


def preview(customer_ids: Sequence[int]) -> Preview:
    """Return exactly which rows an erasure of some customer records would touch now."""
    found = ids_of(subject_of(customer_ids))
    lines = [_line(TABLES[label], len(rows)) for label, rows in found.items() if rows]
    return Preview(tuple(lines))


def _line(table: Table, rows: int) -> Line:
    kept: dict[Words, list[Words]] = {}
    for name, one in table.personal.items():
        if one.erase is Erase.KEEP and one.reason and one.label:
            kept.setdefault(one.reason, []).append(_name(name, one))
    gone = (Erase.BLANK, Erase.PSEUDONYM, Erase.PARTS)
    return Line(
        model=table.model.lower(),
        title=table.title,
        rows=rows,
        is_deleted=table.deletes_rows,
        emptied=tuple(
            dict.fromkeys(_name(name, one) for name, one in table.fields.items() if one.erase in gone and one.label)
        ),
        kept=tuple((_listed(names), reason) for reason, names in kept.items()),
    )


def _name(name: str, one: Class) -> Words:
    return one.label or name.replace("_", " ")


def _listed(names: Sequence[Words]) -> str:
    return ", ".join(str(name) for name in names)
