"""Sources and deliveries as their pages show them."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import PurePath

from django.db.models import Count, Max, OuterRef, QuerySet, Subquery

from corsia.connectors.dms.models import Delivery, Difference, ExternalRecord, LeftOutRow, MappingVersion, Source
from corsia.connectors.dms.rules.mapping import Mapping, MappingUnusable, Problem, read_mapping
from corsia.connectors.dms.rules.records import (
    NUMBER,
    TABLE,
    WHY,
    FileUnreadable,
    header_of,
    is_corrected,
    records,
)
from corsia.connectors.dms.rules.refusals import unreadable
from corsia.connectors.dms.rules.rows import Fault, Plan
from corsia.connectors.dms.vocabulary import DeliveryState, Target
from corsia.kernel import blobs
from corsia.kernel.tables import csv_file

PREVIEWED = 20


@dataclass(frozen=True, kw_only=True)
class SourceRow:
    """A source with how far it has come."""

    source: Source
    mapping: int | None  # number of the version in force
    last: Delivery | None
    waiting: int  # files that wait for somebody's yes


def sources() -> list[SourceRow]:
    """Return the sources within the scope by name, with four statements for any number."""
    rows = list(Source.objects.select_related("unit").order_by("name", "pk"))
    ids = [row.pk for row in rows]
    mappings = MappingVersion.objects.filter(source_id__in=ids).values_list("source").annotate(Max("number"))
    latest = Delivery.objects.filter(source=OuterRef("pk")).order_by("-pk").values("pk")[:1]
    last_ids = Source.objects.filter(pk__in=ids).annotate(last=Subquery(latest)).values_list("pk", "last")
    last = {one.source_id: one for one in Delivery.objects.filter(pk__in=[pk for _source, pk in last_ids if pk])}
    waits = Delivery.objects.filter(source_id__in=ids, state=DeliveryState.CHECKED).values_list("source")
    numbers, waiting = dict(mappings), dict(waits.annotate(Count("pk")))
    return [
        SourceRow(source=row, mapping=numbers.get(row.pk), last=last.get(row.pk), waiting=waiting.get(row.pk, 0))
        for row in rows
    ]


def known_rows(source: Source) -> list[tuple[str, int]]:
    """Return how many rows of a source are rows of ours, by what they are."""
    counted = dict(ExternalRecord.objects.filter(source=source).values_list("kind").annotate(Count("pk")))
    return [(str(target.label), counted[target]) for target in Target if target in counted]


def deliveries(*, source_id: int | None, before: int | None, limit: int) -> list[Delivery]:
    """Return the latest files, newest first, of one source or of all."""
    rows: QuerySet[Delivery] = Delivery.objects.select_related("source", "received_by").order_by("-pk")
    if source_id is not None:
        rows = rows.filter(source_id=source_id)
    return list((rows.filter(pk__lt=before) if before else rows)[:limit])


def differences(delivery: Delivery, *, limit: int | None = None) -> list[Difference]:
    """Return what a file changes, in the order of its rows."""
    rows = Difference.objects.filter(delivery=delivery).order_by("pk")
    return list(rows[:limit] if limit else rows)


def left_out(delivery: Delivery, *, limit: int) -> list[LeftOutRow]:
    """Return the first rows that were left out."""
    return list(LeftOutRow.objects.filter(delivery=delivery).order_by("pk")[:limit])


def left_out_file(delivery: Delivery) -> tuple[str, bytes]:
    """Return the name and bytes of a CSV with the rows that were left out, to be put right and sent again."""
    rows = [
        (row, dict(row.cells)) for row in LeftOutRow.objects.filter(delivery=delivery).order_by("place", "number", "pk")
    ]
    columns = list(dict.fromkeys(name for _row, cells in rows for name in cells))
    header = [TABLE, NUMBER, WHY, *columns]
    lines = (
        [str(row.place), str(row.number), said(row), *(cells.get(name, "") for name in columns)] for row, cells in rows
    )
    return f"{PurePath(delivery.file_name).stem[:120]}-left-out.csv", csv_file(header, lines)


def said(row: LeftOutRow) -> str:
    """Return in words why a row was left out, with the cell that is to blame."""
    parts = [str(row.get_why_display()), row.column, f"“{row.cell}”" if row.cell else ""]
    return ": ".join([parts[0], " ".join(part for part in parts[1:] if part)]) if row.column or row.cell else parts[0]


@dataclass(frozen=True, kw_only=True)
class Preview:
    """The first rows of a table as the mapping reads them."""

    target: Target
    columns: list[str]
    rows: list[tuple[int, str, list[str], Fault | None]]  # number, key, values, what is wrong


def preview(*, text: str, file_name: str, content: bytes) -> tuple[list[Preview], list[Problem]]:
    """Return the first rows of a file as a mapping reads them, and what is wrong with the mapping or the file."""
    try:
        mapping = read_mapping(text)
        return [_previewed(mapping, place, file_name, content) for place in _places(mapping, file_name, content)], []
    except MappingUnusable as wrong:
        return [], wrong.problems
    except FileUnreadable as wrong:
        return [], [Problem(line=0, words=unreadable(wrong.why, wrong.detail))]


def columns_of(*, text: str, content: bytes) -> tuple[str, ...]:
    """Return the columns of a file as the format of a mapping reads it; () where it cannot be read so."""
    try:
        return header_of(content, read_mapping(text).format)
    except (MappingUnusable, FileUnreadable):
        return ()


def _places(mapping: Mapping, file_name: str, content: bytes) -> list[int]:
    tables = mapping.tables if is_corrected(content) else mapping.tables_of(file_name)
    return [mapping.tables.index(table) for table in tables]


def _previewed(mapping: Mapping, place: int, file_name: str, content: bytes) -> Preview:
    table = mapping.tables[place]
    plan = Plan(mapping, table)
    columns = list(table.fields)
    rows = []
    for number, cells in islice(_concerned(mapping, place, content, plan), PREVIEWED):
        found = plan.values_of(cells)
        fault = found if isinstance(found, Fault) else None
        values = ["" if fault else str(found.get(name, "")) for name in columns]  # type: ignore[union-attr]
        rows.append((number, plan.key_of(cells), values, fault))
    return Preview(target=table.target, columns=columns, rows=rows)


def _concerned(mapping: Mapping, place: int, content: bytes, plan: Plan) -> Iterator[tuple[int, dict[str, str]]]:
    found = records(content, mapping.format, mapping.tables[place], place=place)
    return (one for one in found if plan.concerns(one[1]))


def content_of(delivery: Delivery) -> bytes:
    """Return the bytes of a file; b"" once they are no longer kept."""
    return blobs.content_of(delivery.content_id) if delivery.content_id else b""
