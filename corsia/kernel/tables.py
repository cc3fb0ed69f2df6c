"""The one writer of tables that leave the product: CSV and XLSX in which no cell can run.

A spreadsheet takes a cell that begins with =, +, - or @ for a formula, and what customers write reaches such cells. In
a CSV those get an apostrophe before them, which `unguarded` takes away again; in an XLSX they are texts by their type.
"""

import csv
import io
import math
import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

import xlsxwriter
from django.http import HttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.text import slugify

Cell = str | int | float | Decimal | bool | date | datetime | None

MOST_ROWS = 1_048_575  # of one sheet of an XLSX, besides the header
MOST_SIGNS = 32_767  # of one cell of an XLSX
_GUARD = "'"
# Half and full width: spreadsheets in East Asian languages read both. Blanks before them do not make them harmless.
_BLANKS = "".join(sign for sign in map(chr, range(0x3001)) if sign.isspace())
# Python and PostgreSQL read this pattern alike.
DANGEROUS = f"^(?:[\t\r\n{_GUARD}]|[{_BLANKS}]*[=+@＝＋－＠-])"
_IS_DANGEROUS = re.compile(DANGEROUS).match


class Form(StrEnum):
    """The forms a table can be had in."""

    CSV = "csv"
    XLSX = "xlsx"


_TYPES = {
    Form.CSV: "text/csv; charset=utf-8",
    Form.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def guarded(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return f"{_GUARD}{text}" if _IS_DANGEROUS(text) else text


def guarded_sql(column: str) -> str:
    """Return the SQL that does the same to a text column; the statement's parameter `dangerous` is DANGEROUS."""
    return f"CASE WHEN {column} ~ %(dangerous)s THEN '{_GUARD * 2}' || {column} ELSE {column} END"


def unguarded(text: str) -> str:
    """Return what `guarded` was given."""
    return text[1:] if text.startswith(_GUARD) and guarded(text[1:]) == text else text


def csv_file(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """Return a CSV as European spreadsheets read it: semicolons, decimal commas, UTF-8 with its mark."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow([guarded(name) for name in header])
    writer.writerows([_written(cell) for cell in row] for row in rows)
    return out.getvalue().encode("utf-8-sig")


def xlsx_file(header: Sequence[str], rows: Iterable[Sequence[Cell]], *, title: str) -> bytes:
    """Return an XLSX with one sheet: header in bold and frozen, filters on, texts as texts, numbers as numbers.

    Raises:
        ValueError: there are more rows than a sheet holds.
    """
    out = io.BytesIO()
    # In memory: what customers said is not written to a folder on the way.
    options = {"in_memory": True} | dict.fromkeys(
        ("strings_to_formulas", "strings_to_urls", "strings_to_numbers"), False
    )
    with xlsxwriter.Workbook(out, options) as book:
        sheet = book.add_worksheet(_sheet_name(title))
        bold, day, moment = (
            book.add_format({"bold": True, "bottom": 1}),
            book.add_format({"num_format": "dd/mm/yyyy"}),
            book.add_format({"num_format": "dd/mm/yyyy hh:mm"}),
        )
        for place, name in enumerate(header):
            sheet.set_column(place, place, min(48, max(11, len(name) + 3)))
            sheet.write_string(0, place, name[:MOST_SIGNS], bold)
        number = 0
        for number, row in enumerate(rows, start=1):
            if number > MOST_ROWS:
                raise ValueError(f"A sheet holds {MOST_ROWS} rows.")
            for place, cell in enumerate(row):
                _put(sheet, number, place, cell, day=day, moment=moment)
        sheet.freeze_panes(1, 0)
        if header:
            sheet.autofilter(0, 0, max(1, number), len(header) - 1)
    return out.getvalue()


def as_download(
    form: Form, *, name: str, header: Sequence[str], rows: Iterable[Sequence[Cell]], on: date
) -> HttpResponse:
    """Return a table to be saved, named after what it holds and the day."""
    content = csv_file(header, rows) if form is Form.CSV else xlsx_file(header, rows, title=name)
    return _saved(form, content, name=name, on=on)


def copied_download(*, name: str, header: Sequence[str], pieces: Iterable[bytes], on: date) -> HttpResponse:
    """Return a CSV whose rows the database wrote itself (Statement.copied), its texts through `guarded_sql`."""
    return _saved(Form.CSV, b"".join([csv_file(header, ()), *pieces]), name=name, on=on)


def _saved(form: Form, content: bytes, *, name: str, on: date) -> HttpResponse:
    response = HttpResponse(content, content_type=_TYPES[form])
    file_name = f"{slugify(name)[:60] or 'corsia'}-{on.isoformat()}.{form}"
    response.headers["Content-Disposition"] = content_disposition_header(True, file_name) or "attachment"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def form_of(asked: object) -> Form:
    """Return the form that an address asks for, CSV where it asks for none that exists."""
    return Form.XLSX if str(asked) == Form.XLSX else Form.CSV


def _written(cell: Cell) -> str | int:
    match cell:
        case None:
            return ""
        case bool():
            return int(cell)
        case str():
            return guarded(cell.replace("\x00", ""))
        case int():
            return cell
        case float() if not math.isfinite(cell):
            return ""
        case float() | Decimal():
            return str(cell).replace(".", ",")
        case datetime():
            return f"{_local(cell):%d/%m/%Y %H:%M}"
        case date():
            return f"{cell:%d/%m/%Y}"


def _put(sheet, row: int, place: int, cell: Cell, *, day, moment) -> None:  # type: ignore[no-untyped-def]  # no types
    match cell:
        case None:
            return
        case bool():
            sheet.write_boolean(row, place, cell)
        case str():
            sheet.write_string(row, place, cell[:MOST_SIGNS])
        case float() if not math.isfinite(cell):
            return
        case int() if abs(cell) >= 10**15:  # a spreadsheet would round it
            sheet.write_string(row, place, str(cell))
        case int() | float() | Decimal():
            sheet.write_number(row, place, cell)
        case datetime():
            sheet.write_datetime(row, place, _local(cell).replace(tzinfo=None), moment)
        case date():
            sheet.write_datetime(row, place, datetime(cell.year, cell.month, cell.day), day)  # noqa: DTZ001


def _local(at: datetime) -> datetime:
    return timezone.localtime(at) if timezone.is_aware(at) else at


def _sheet_name(title: str) -> str:
    plain = "".join(" " if sign in "[]:*?/\\" or not sign.isprintable() else sign for sign in title)
    return " ".join(plain.split()).strip("'")[:31] or "Corsia"
