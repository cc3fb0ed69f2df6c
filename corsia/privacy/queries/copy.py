"""The copy itself: a ZIP with a page to read, the same as JSON, and the files (Art. 15 and 20 GDPR)."""

import io
import json
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Field, Model
from django.template.loader import render_to_string
from django.utils import formats, timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from corsia.kernel.blobs import content_of
from corsia.kernel.models import Blob
from corsia.kernel.privacy import TABLES, Class, Erase, Subject, Table, Whose
from corsia.privacy.queries.rows import erased_words, shown_rows, subject_of

# Tables that repeat what others say, or are the machinery's own.
_LEFT_OUT = {
    "kernel.factrecord",
    "kernel.reactionfailure",
    "customers.searchkey",
    "messaging.inbound",  # the originals go in as files
    "messaging.outgoing",  # the same words as the message
    "messaging.thread",
    "organisation.notification",
    "cases.bulkchange",
    "privacy.export",
    "vehicles.plate",
}


@dataclass(frozen=True)
class Section:
    """One table of the copy: rows as people read them, label and value, and as machines do."""

    key: str
    title: str
    shown: tuple[tuple[tuple[str, str], ...], ...]
    data: tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class File:
    name: str
    blob_id: int


def archive(customer_ids: Sequence[int], *, owner: str, now: datetime, zone: ZoneInfo) -> bytes:
    """Return the ZIP of everything that is known of some customer records, in the active language."""
    subject = subject_of(customer_ids)
    with timezone.override(zone):
        parts = list(sections(subject))
        files = list(files_of(subject))
        page = render_to_string(
            "privacy/copy.html",
            {"sections": parts, "files": files, "owner": owner, "made_at": now, "language": get_language()},
        )
    machine = {
        "made_at": now.isoformat(),
        "controller": owner,
        "data": {part.key: list(part.data) for part in parts},
        "files": [file.name for file in files],
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr("data.html", page)
        zipped.writestr("data.json", json.dumps(machine, ensure_ascii=False, indent=1))
        for file in files:
            zipped.writestr(file.name, content_of(file.blob_id))
        for name, raw in originals_of(subject):
            zipped.writestr(name, raw)
    return packed.getvalue()


def sections(subject: Subject) -> Iterator[Section]:
    """Yield what each table says about the subject; tables and rows that say nothing are left out."""
    words, customers = erased_words(), TABLES["customers.customer"]
    is_erased = not any(_tells(row, customers, words) for row in shown_rows(customers, subject))
    for label, table in TABLES.items():
        if label in _LEFT_OUT or not table.is_in_copies:
            continue
        named = {name: one for name, one in table.personal.items() if _is_exported(table, name, one)}
        if not named:
            continue
        columns = table.columns
        rows = [row for row in shown_rows(table, subject) if not is_erased or _tells(row, table, words)]
        if not rows:
            continue
        readable = [name for name, one in named.items() if one.label]
        yield Section(
            key=table.model,
            title=str(table.title),
            shown=tuple(
                tuple((str(named[name].label), text) for name in readable if (text := _readable(row, columns[name])))
                for row in rows
            ),
            data=tuple({"id": row.pk, **{name: _plain(row, columns[name]) for name in named}} for row in rows),
        )


def files_of(subject: Subject) -> Iterator[File]:
    """Yield the files among the rows of the subject, each under a name of its own that cannot leave the folder."""
    for label, table in TABLES.items():
        columns = [column for column in table.model_class._meta.concrete_fields if column.related_model is Blob]
        if not columns or label in _LEFT_OUT or not table.is_in_copies:
            continue
        for row in shown_rows(table, subject):
            blob_id = getattr(row, columns[0].attname)
            if blob_id is not None:
                name = re.sub(r"[^\w.\- ]+", "_", str(getattr(row, "name", "") or label)).lstrip(". ")[-80:] or "file"
                yield File(name=f"files/{row.pk}-{name}", blob_id=blob_id)


def originals_of(subject: Subject) -> Iterator[tuple[str, bytes]]:
    """Yield the mails as they came in."""
    table = TABLES.get("messaging.inbound")
    if table is None:
        return
    for key, raw in shown_rows(table, subject).values_list("pk", "raw").iterator(chunk_size=20):
        if raw:
            yield f"mail/{key}.eml", bytes(raw)


def _is_exported(table: Table, name: str, one: Class) -> bool:
    """Tell whether a field is the customer's to see: what concerns our own people is not, nor hashes and originals."""
    binary = table.columns[name].get_internal_type() == "BinaryField"
    return one.whose is Whose.CUSTOMER and not binary


def _tells(row: Model, table: Table, words: frozenset[str]) -> bool:
    """Tell whether a row still names or describes somebody: of an erased one only numbers and times are left."""
    names = (name for name, one in table.personal.items() if one.is_telling and one.erase is not Erase.KEEP)
    values = (getattr(row, table.columns[name].attname) for name in names)
    blanks: tuple[object, ...] = (None, "", b"", {}, *(f"{word} #{row.pk}" for word in words))
    return any(value not in blanks for value in values)


def _plain(row: Model, column: "Field[Any, Any]") -> Any:
    """Return a value as JSON holds it."""
    value = getattr(row, column.attname)
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def _readable(row: Model, column: "Field[Any, Any]") -> str:
    """Return a value as people read it."""
    if column.is_relation:
        target = getattr(row, column.attname)
        return "" if target is None else str(getattr(row, column.name))
    if column.choices:
        return str(getattr(row, f"get_{column.name}_display")())
    value = getattr(row, column.attname)
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, datetime):
        return formats.date_format(timezone.localtime(value), "SHORT_DATETIME_FORMAT")
    if isinstance(value, date):
        return formats.date_format(value, "SHORT_DATE_FORMAT")
    return str(value)
