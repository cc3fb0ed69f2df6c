"""Tables that come in: CSV of any spreadsheet, and XLSX, read cell by cell as text. Nothing is guessed or dropped."""

import csv
import hashlib
import io
import re
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Final
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

SEPARATORS: Final = (";", ",", "\t")
MAX_UNPACKED: Final = 64 * 1024 * 1024  # of one part of an XLSX
MAX_CELLS: Final = 200  # columns that are read
CSV, XLSX = "csv", "xlsx"

_DAYS = ("%d/%m/%Y", "%Y-%m-%d", "%d/%m/%y", "%d-%m-%Y", "%d.%m.%Y", "%Y/%m/%d")
_MONTH_FIRST = ("%m/%d/%Y", "%m/%d/%y", "%m-%d-%Y", "%m.%d.%Y")
_HOURS = re.compile(
    r"[ T]+(\d{1,2})[:.](\d{2})(?:[:.](\d{2})(?:[.,]\d{1,6})?)?\s*([ap]m)?(?:\s*Z)?$", re.IGNORECASE | re.ASCII
)
_EPOCHS = (date(1899, 12, 30), date(1904, 1, 1))
_SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_DATE_FORMATS = frozenset({*range(14, 18), 22, *range(27, 37), *range(45, 48), *range(50, 59)})
_PLACE = re.compile(r"([A-Z]{1,3})")


class NotASheet(ValueError):
    """The file is no such table: `why` is "empty", "binary", "too_large" or "too_long"."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(why)


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """A file as it was read.

    Attributes:
        encoding: "utf-8", "utf-16", "cp1252", in which it was read without loss, or "xlsx".
        separator: between the cells, also of a line that is written anew.
        lines: number as a spreadsheet counts, and the cells.
    """

    encoding: str
    separator: str
    header: tuple[str, ...]
    lines: tuple[tuple[int, tuple[str, ...]], ...]


def read_sheet(content: bytes, *, max_bytes: int, max_lines: int) -> Sheet:
    """Read a CSV, or the first sheet of an XLSX; empty lines around it are no lines of it.

    Raises:
        NotASheet: it is empty, no table, too large or too long.
    """
    if len(content) > max_bytes:
        raise NotASheet("too_large")
    if content.startswith(b"PK\x03\x04"):
        found, encoding, separator = _book(content), XLSX, ";"
    else:
        text, encoding = decoded(content)
        if not text.strip():
            raise NotASheet("empty")
        first = text.lstrip("\r\n").splitlines()[0]
        separator = max(SEPARATORS, key=first.count)
        found = _rows(text, separator)
    lines: list[tuple[int, tuple[str, ...]]] = []
    try:
        for cells in found:
            lines.append((len(lines) + 1, tuple(cells)))
            if len(lines) > max_lines + 1:
                raise NotASheet("too_long")
    except csv.Error:
        raise NotASheet("binary") from None
    while lines and not any(cell.strip() for cell in lines[0][1]):
        lines.pop(0)
    while lines and not any(cell.strip() for cell in lines[-1][1]):
        lines.pop()
    if not lines:
        raise NotASheet("empty")
    return Sheet(encoding=encoding, separator=separator, header=lines[0][1], lines=tuple(lines[1:]))


def decoded(content: bytes) -> tuple[str, str]:
    """Return the text of a file and the encoding in which it was read without loss.

    Raises:
        NotASheet: it is no text.
    """
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = [("utf-16", "utf-16")]
    elif b"\x00" in content:
        raise NotASheet("binary")
    else:
        encodings = [("utf-8-sig", "utf-8"), ("cp1252", "cp1252")]
    for codec, name in encodings:
        try:
            return content.decode(codec), name
        except UnicodeDecodeError:
            continue
    raise NotASheet("binary")


def folded(text: str) -> str:
    """Return a name as it is compared: without accents, capitals and signs."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    kept = "".join(char if char.isalnum() else " " for char in plain if not unicodedata.combining(char))
    return " ".join(kept.split())


def digest_of(cells: Sequence[str]) -> str:
    """Return a hash of what a line says; spacing and capitals make no difference."""
    said = "\x1f".join(" ".join(cell.split()).lower() for cell in cells)
    return hashlib.sha256(said.encode()).hexdigest()


def text_of(cells: Sequence[str], *, separator: str) -> str:
    """Return a line as text, as a spreadsheet would write it."""
    out = io.StringIO()
    csv.writer(out, delimiter=separator, lineterminator="").writerow(cells)
    return out.getvalue().replace("\x00", "")


def cells_of(text: str, *, separator: str) -> tuple[str, ...]:
    """Return the cells of a line that `text_of` wrote."""
    return tuple(next(iter(_rows(text, separator)), []))


def filled_up(cells: Sequence[str], width: int) -> list[str]:
    """Return a line with exactly so many cells."""
    return [*cells[:width], *[""] * (width - len(cells))]


def is_month_first(values: Iterable[str]) -> bool:
    """Tell whether dates of one column read month, day, year: one of them is no date otherwise, none only so."""
    month_first = False
    for value in values:
        given = _split(value.strip())
        if given is None or not given[0]:
            continue
        if _day(given[0], _DAYS) is None:
            month_first = month_first or _day(given[0], _MONTH_FIRST) is not None
        elif int(re.split(r"\D", given[0])[0]) > 12:
            return False
    return month_first


def instant_of(text: str, zone: tzinfo, *, month_first: bool = False, hour: int = 12) -> datetime | None:
    """Return the instant that a cell names, None where it names none.

    Args:
        zone: of a cell that says none.
        hour: meant by a day without one.
    """
    given = _split(text.strip())
    if given is None:
        return None
    named, at = given
    on = _day(named, (*_MONTH_FIRST, *_DAYS[1:]) if month_first else _DAYS)
    return datetime.combine(on, time(hour) if at is None else at, tzinfo=zone) if on else None


def day_of(text: str) -> date | None:
    """Return the day that a cell names, whatever hour it adds; None where it names none."""
    given = _split(text.strip())
    return _day(given[0], _DAYS) if given else None


def number_of(text: str) -> float | None:
    """Return the number of a cell, with a decimal comma or point; None for anything else."""
    plain = text.strip().replace(",", ".")
    return float(plain) if re.fullmatch(r"-?\d{1,9}(\.\d{1,9})?", plain, re.ASCII) else None


def _split(text: str) -> tuple[str, time | None] | None:
    """Return the day of a cell as it is written, and its hour; None where the hour is none."""
    found = _HOURS.search(text)
    if found is None:
        return text, None
    hour, minute, second = int(found[1]), int(found[2]), int(found[3] or 0)
    if found[4]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if found[4].lower() == "pm" else 0)
    if hour > 23 or minute > 59 or second > 59:
        return None
    return text[: found.start()].strip(), time(hour, minute, second)


def _day(text: str, shapes: Sequence[str]) -> date | None:
    for shape in shapes:
        try:
            return datetime.strptime(text, shape).date()  # noqa: DTZ007  (a day has no zone)
        except ValueError:
            continue
    return None


def _rows(text: str, separator: str) -> Iterator[list[str]]:
    return csv.reader(io.StringIO(text, newline=""), delimiter=separator)


def _book(content: bytes) -> Iterator[list[str]]:
    """Yield the rows of the first sheet of an XLSX: numbers with points, days as 2026-03-10, hours behind them."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            shared, dates = _texts(book), _date_styles(book)
            name, is_1904 = _first_sheet(book)
            epoch, at_row = _EPOCHS[is_1904], 0
            for row in _elements(book, name, "row"):
                number = row.get("r", "")
                wanted = int(number) if number.isdecimal() and len(number) < 8 else at_row + 1
                if wanted > at_row + 100_000:
                    raise NotASheet("too_long")
                for _gap in range(at_row + 1, wanted):
                    yield []
                at_row = max(wanted, at_row + 1)
                yield _cells(row, shared, dates, epoch)
                row.clear()
    except (zipfile.BadZipFile, KeyError, ParseError, DefusedXmlException, ValueError, NotImplementedError) as wrong:
        if isinstance(wrong, NotASheet):
            raise
        raise NotASheet("binary") from None


def _elements(book: zipfile.ZipFile, name: str, tag: str) -> Iterator[Element]:
    if book.getinfo(name).file_size > MAX_UNPACKED:
        raise NotASheet("too_large")
    with book.open(name) as part:
        unpacked = part.read(MAX_UNPACKED + 1)  # what a part says about its size need not be true
    if len(unpacked) > MAX_UNPACKED:
        raise NotASheet("too_large")
    for _event, element in iterparse(io.BytesIO(unpacked), forbid_dtd=True):
        if element.tag == f"{_SHEET}{tag}":
            yield element


def _texts(book: zipfile.ZipFile) -> list[str]:
    if "xl/sharedStrings.xml" not in book.namelist():
        return []
    return [_text(element) for element in _elements(book, "xl/sharedStrings.xml", "si")]


def _text(element: Element) -> str:
    """Return the words of a cell, without the readings that Japanese ones carry."""
    parts = [element, *element.findall(f"{_SHEET}r")]
    return "".join(found.text or "" for part in parts for found in part.findall(f"{_SHEET}t"))


def _date_styles(book: zipfile.ZipFile) -> frozenset[int]:
    """Return the styles that show a number as a day or an hour."""
    if "xl/styles.xml" not in book.namelist():
        return frozenset()
    own = {
        int(form.get("numFmtId", "0"))
        for form in _elements(book, "xl/styles.xml", "numFmt")
        if re.search(r"[ymdhs]", re.sub(r'"[^"]*"|\[[^\]]*\]|\\.', "", form.get("formatCode", "").lower()))
    }
    for styles in _elements(book, "xl/styles.xml", "cellXfs"):
        forms = [int(style.get("numFmtId", "0")) for style in styles]
        return frozenset(place for place, form in enumerate(forms) if form in own or form in _DATE_FORMATS)
    return frozenset()


def _first_sheet(book: zipfile.ZipFile) -> tuple[str, bool]:
    numbered = re.compile(r"xl/worksheets/sheet(\d+)\.xml")
    sheets = sorted((int(found[1]), name) for name in book.namelist() if (found := numbered.fullmatch(name)))
    if not sheets:
        raise NotASheet("binary")
    is_1904 = any(found.get("date1904") in ("1", "true") for found in _elements(book, "xl/workbook.xml", "workbookPr"))
    return sheets[0][1], is_1904


def _cells(row: Element, shared: Sequence[str], dates: frozenset[int], epoch: date) -> list[str]:
    found: list[str] = []
    for cell in row.findall(f"{_SHEET}c"):
        place = _PLACE.match(cell.get("r", ""))
        at = _column(place[1]) if place else len(found)
        if at >= MAX_CELLS:
            break
        found += [""] * (at - len(found))
        found.append(_value(cell, shared, dates, epoch))
    return found


def _column(letters: str) -> int:
    at = 0
    for letter in letters:
        at = at * 26 + ord(letter) - 64
    return at - 1


def _value(cell: Element, shared: Sequence[str], dates: frozenset[int], epoch: date) -> str:
    kind, value = cell.get("t", "n"), cell.findtext(f"{_SHEET}v") or ""
    if kind == "s":
        return shared[int(value)] if value.isdecimal() and int(value) < len(shared) else ""
    if kind == "inlineStr":
        inner = cell.find(f"{_SHEET}is")
        return _text(inner) if inner is not None else ""
    style = cell.get("s", "0")
    if kind != "n" or not value:
        return value
    number = float(value)
    if style.isdecimal() and int(style) in dates and 0 <= number < 2_958_466:
        at = datetime.combine(epoch, time()) + timedelta(seconds=round(number * 86_400))
        return f"{at:%Y-%m-%d}" if at.time() == time() else f"{at:%Y-%m-%d %H:%M:%S}"
    return str(int(number)) if number == int(number) and abs(number) < 10**15 else repr(number)
