"""What a list would do: each of its lines beside what is there. Nothing is written here."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _

from corsia.kernel.blobs import content_of
from corsia.kernel.sheets import Sheet, cells_of, read_sheet
from corsia.workshop.models import ListColumns, ListFile
from corsia.workshop.queries.list_readers import Reader, Wrong, reader_for, title_of
from corsia.workshop.queries.list_rows import shown
from corsia.workshop.rules.catalogue import LABELS, differences
from corsia.workshop.rules.lists import Item, columns_of, items_of

MAX_BYTES = 8 * 1024 * 1024
MAX_LINES = 20_000
NEW, CHANGED, SAME, REFUSED = "new", "changed", "same", "refused"


@dataclass(frozen=True, kw_only=True)
class Planned:
    """What becomes of an item of a list.

    Attributes:
        state: NEW, CHANGED, SAME or REFUSED.
        changes: label, what was, what will be.
        reason: why it is refused.
        before: as it is kept now, None where it is new.
        data: as it would be kept.
    """

    numbers: tuple[int, ...]
    code: str
    name: str
    state: str
    changes: tuple[tuple[str, str, str], ...] = ()
    reason: str = ""
    before: Any = None
    data: Any = None


def sheet_of(kept: ListFile) -> Sheet:
    """Return the table of a file that is not done with."""
    return read_sheet(content_of(kept.content_id or 0), max_bytes=MAX_BYTES, max_lines=MAX_LINES)


def columns_told(kept: ListFile) -> list[str]:
    """Return what each column of a file holds."""
    remembered = ListColumns.objects.filter(unit_id=kept.unit_id, kind=kept.kind).first()
    header = cells_of(kept.header, separator=kept.separator)
    return columns_of(header, kind=kept.kind, remembered=remembered.columns if remembered else {})


def plan(kept: ListFile, lines: Iterable[tuple[int, Sequence[str]]]) -> list[Planned]:
    """Return what would become of the lines of a file, in their order."""
    items, astray = items_of(lines, columns=columns_told(kept), kind=kept.kind)
    reader = reader_for(kept.kind, kept.unit_id, [item.code for item in items])
    planned = [_planned(item, reader) for item in items]
    planned += [
        Planned(numbers=(number,), code="", name="", state=REFUSED, reason=_("The line has no code."))
        for number, _cells in astray
    ]
    return sorted(planned, key=lambda one: one.numbers[0])


def _planned(item: Item, reader: Reader) -> Planned:
    before = reader.before(item.code)
    said = item.said.get("name_it") or item.said.get("name") or ""
    name = said or str(getattr(before, "name_it", getattr(before, "name", "")))
    planned = Planned(numbers=item.numbers, code=item.code, name=name, state=REFUSED, before=before)
    if item.twice:
        column = title_of(reader.kind, item.twice)
        return replace(planned, reason=_("Two lines say two things of the same: “%(column)s”.") % {"column": column})
    try:
        data = reader.data(item, before)
        reader.check(data, before)
    except Wrong as wrong:
        return replace(planned, reason=str(wrong))
    if before is None:
        return replace(planned, state=NEW, data=data, name=name)
    changed = differences(before, data)
    return replace(
        planned,
        state=CHANGED if changed else SAME,
        data=data,
        changes=tuple(
            (str(LABELS[key]), shown(was, name=key), shown(now, name=key)) for key, (was, now) in changed.items()
        ),
    )
