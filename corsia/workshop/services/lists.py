"""A list of jobs, packages or parts: looked at line by line, taken in once or put aside. Twice changes nothing."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from corsia.kernel import blobs
from corsia.kernel.access import Right, demand
from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit
from corsia.kernel.errors import CorsiaError, Invalid, NotFound, Refused
from corsia.kernel.sheets import NotASheet, cells_of, folded, read_sheet, text_of
from corsia.organisation.queries import tree
from corsia.workshop.models import Job, ListColumns, ListFile, Package, Part, RefusedLine, Workshop
from corsia.workshop.permissions import KEEP_PARTS, SET_UP_WORKSHOP
from corsia.workshop.queries.list_readers import StockData
from corsia.workshop.queries.lists import (
    CHANGED,
    MAX_BYTES,
    MAX_LINES,
    NEW,
    REFUSED,
    SAME,
    Planned,
    columns_told,
    plan,
    sheet_of,
)
from corsia.workshop.rules.lists import FIELDS
from corsia.workshop.services.catalogue import save_job, save_package, write_job
from corsia.workshop.services.parts import PartInfo, add_part, write_stock
from corsia.workshop.vocabulary import ListKind

_MOST_TEXT = 4000  # characters of a line that are kept
_WHY = {
    "empty": _("The file is empty. Choose the one you meant."),
    "binary": _(
        "This is neither a CSV nor an XLSX file. In the spreadsheet choose “Save as” and “CSV”, then send that."
    ),
    "too_large": _("The file is larger than %(mb)s MB. Split it and send the parts one after the other."),
    "too_long": _("The file has more than %(lines)s lines. Split it and send the parts one after the other."),
}


class ListUnreadable(Invalid):
    code = "workshop.list_unreadable"
    message = _("This file cannot be read.")


class ListOver(Refused):
    code = "workshop.list_over"
    message = _("This file was taken in or put aside already. Load it again if you need it.")


class CodeColumnMissing(Refused):
    code = "workshop.code_column_missing"
    message = _("Say which column holds the code, then look again.")


class NothingToTake(Refused):
    code = "workshop.nothing_to_take"
    message = _("Nothing of this file is new or changed. See the lines, put the columns right, look again.")


def right_for(kind: str) -> Right:
    """Return who may load a list of a kind."""
    return KEEP_PARTS if kind == ListKind.STOCK else SET_UP_WORKSHOP


@transaction.atomic
def keep_list(*, kind: str, unit_id: int, file_name: str, content: bytes, by: Actor, now: datetime) -> ListFile:
    """Keep a file and count what it would do. Nothing else happens until it is taken in.

    Raises:
        ListUnreadable: it is no table; says why and what to do.
    """
    kind = ListKind(kind)
    demand(by, right_for(kind), tree().unit(unit_id).pk)
    if kind == ListKind.STOCK and not Workshop.objects.filter(unit_id=unit_id).exists():
        raise NotFound(kind=Workshop._meta.label)
    try:
        sheet = read_sheet(content, max_bytes=MAX_BYTES, max_lines=MAX_LINES)
    except NotASheet as refusal:
        raise ListUnreadable(_WHY[refusal.why], mb=MAX_BYTES // 1024 // 1024, lines=MAX_LINES) from None
    kept: ListFile = ListFile.objects.create(
        kind=kind,
        unit_id=unit_id,
        file_name=" ".join(file_name.replace("\x00", "").split())[-200:],
        content_id=blobs.keep(content),
        header=text_of(sheet.header, separator=sheet.separator)[:_MOST_TEXT],
        separator=sheet.separator,
        encoding=sheet.encoding,
        uploaded_by_id=by.id,
        uploaded_at=now,
    )
    _note(kept, plan(kept, sheet.lines))
    audit(kept, "workshop_list_kept", by=by, now=now, lines=len(sheet.lines), list=kept.kind)
    return kept


@transaction.atomic
def tell_columns(*, file_id: int, columns: Sequence[str], by: Actor, now: datetime) -> ListFile:
    """Say what the columns hold, for this file and the later ones of its unit, and look again.

    Raises:
        ListOver: it was taken in or put aside before.
    """
    kept = _locked(file_id, by)
    known = {field.key for field in FIELDS[kept.kind]}
    header = cells_of(kept.header, separator=kept.separator)
    told: dict[str, str] = {}
    for name, key in zip(header, columns, strict=False):
        if folded(name):
            told[folded(name)] = key if key in known and key not in told.values() else ""
    ListColumns.objects.get_or_create(unit_id=kept.unit_id, kind=kept.kind)
    remembered = ListColumns.objects.select_for_update(of=("self",)).get(unit_id=kept.unit_id, kind=kept.kind)
    remembered.columns |= told
    remembered.save(update_fields=["columns"])
    _note(kept, plan(kept, sheet_of(kept).lines))
    audit(kept, "workshop_list_columns", by=by, now=now)
    return kept


@transaction.atomic
def put_aside(*, file_id: int, by: Actor, now: datetime) -> ListFile:
    """Put a file aside; its content goes.

    Raises:
        ListOver: it was taken in or put aside before.
    """
    kept = _locked(file_id, by)
    kept.discarded_at, kept.content = now, None
    kept.save(update_fields=["discarded_at", "content"])
    RefusedLine.objects.filter(file=kept).delete()
    audit(kept, "workshop_list_put_aside", by=by, now=now)
    return kept


@transaction.atomic
def take_in(*, file_id: int, by: Actor, now: datetime) -> ListFile:
    """Write down what is new or changed in a file; all of it or nothing.

    Raises:
        ListOver: it was taken in or put aside before.
        CodeColumnMissing, NothingToTake: the file does nothing.
    """
    kept = _locked(file_id, by)
    if "code" not in columns_told(kept):
        raise CodeColumnMissing
    sheet = sheet_of(kept)
    planned = [_written(kept, one, by=by, now=now) for one in plan(kept, sheet.lines)]
    _note(kept, planned)
    if not kept.added + kept.changed:
        raise NothingToTake
    kept.taken_at, kept.content = now, None
    kept.save(update_fields=["taken_at", "content"])
    audit(kept, "workshop_list_taken_in", by=by, now=now, added=kept.added, changed=kept.changed, refused=kept.refused)
    return kept


def _written(kept: ListFile, one: Planned, *, by: Actor, now: datetime) -> Planned:
    """Write one item down; what the tables refuse after all is refused, and the rest goes on."""
    if one.state not in (NEW, CHANGED):
        return one
    try:
        with transaction.atomic():
            _write(kept, one, by=by, now=now)
    except CorsiaError as refusal:
        return Planned(numbers=one.numbers, code=one.code, name=one.name, state=REFUSED, reason=str(refusal))
    return one


def _write(kept: ListFile, one: Planned, *, by: Actor, now: datetime) -> None:
    unit_id = kept.unit_id
    match ListKind(kept.kind):
        case ListKind.JOBS if one.before is None:
            save_job(job_id=None, unit_id=unit_id, data=one.data, by=by, now=now)
        case ListKind.JOBS:
            job = Job.objects.select_for_update(of=("self",)).get(unit_id=unit_id, code=one.code, replaced_by=None)
            write_job(job, one.before, one.data, by=by, now=now)
        case ListKind.PACKAGES:
            before = Package.objects.filter(unit_id=unit_id, code=one.code).first()
            save_package(package_id=before.pk if before else None, unit_id=unit_id, data=one.data, by=by, now=now)
        case ListKind.STOCK:
            _write_part(unit_id, one.data, by=by, now=now)


def _write_part(unit_id: int, data: StockData, *, by: Actor, now: datetime) -> None:
    rows = Part.objects.select_for_update(of=("self",)).filter(unit_id=unit_id, code=data.code, is_active=True)
    part = rows.first()
    if part is None:
        info = PartInfo(code=data.code, name=data.name, order_days=data.order_days)
        add_part(unit_id=unit_id, info=info, on_hand=data.on_hand, by=by, now=now)
        return
    part.name, part.order_days = data.name, data.order_days
    part.save(update_fields=["name", "order_days"])
    write_stock(part, data.on_hand, by=by, now=now)


def _note(kept: ListFile, planned: Sequence[Planned]) -> None:
    """Count what becomes of the items, and keep the lines that are refused with their reasons."""
    states = [one.state for one in planned]
    kept.added, kept.changed = states.count(NEW), states.count(CHANGED)
    kept.unchanged, kept.refused = states.count(SAME), states.count(REFUSED)
    kept.save(update_fields=["added", "changed", "unchanged", "refused"])
    reasons = {number: one.reason for one in planned if one.state == REFUSED for number in one.numbers}
    lines = dict(sheet_of(kept).lines) if reasons else {}
    RefusedLine.objects.filter(file=kept).delete()
    RefusedLine.objects.bulk_create(
        (
            RefusedLine(
                file=kept,
                number=number,
                text=text_of(lines[number], separator=kept.separator)[:_MOST_TEXT],
                reason=reason[:300],
            )
            for number, reason in sorted(reasons.items())
        ),
        batch_size=1000,
    )


def _locked(file_id: int, by: Actor) -> ListFile:
    kept: ListFile = ListFile.objects.lock(file_id)
    demand(by, right_for(kept.kind), kept.unit_id)
    if kept.taken_at is not None or kept.discarded_at is not None:
        raise ListOver
    return kept
