"""A list of customers from somewhere else: CSV of any spreadsheet, read line by line, nothing dropped."""

import csv
import hashlib
import io
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, tzinfo

MAX_BYTES = 4 * 1024 * 1024
MAX_LINES = 5000
MAX_TEXT = 4000  # characters of a line that are kept

# What people call the columns; compared without accents, capitals and signs.
_NAMES = {
    "name": ("nome e cognome", "nominativo", "cliente", "customer", "full name", "customer name", "intestatario"),
    "first_name": ("nome", "first name", "name"),
    "last_name": ("cognome", "last name", "surname"),
    "company": ("azienda", "ragione sociale", "societa", "company"),
    "email": ("email", "e mail", "mail", "posta elettronica", "indirizzo email"),
    "phone": ("telefono", "cellulare", "tel", "phone", "mobile", "numero", "recapito", "telephone"),
    "plate": ("targa", "plate", "registration"),
    "case": ("pratica", "numero pratica", "n pratica", "ticket", "case", "case number"),
    "subject": ("oggetto", "motivo", "richiesta", "subject", "reason", "request", "descrizione", "description"),
    "since": ("dal", "data", "in attesa dal", "data richiesta", "since", "waiting since", "date"),
    "unanswered": ("contatti", "solleciti", "contatti senza risposta", "contacts", "contacts without answer"),
    "complaint": ("reclamo", "complaint"),
    "score": ("voto", "punteggio", "ultimo voto", "score", "last score", "nps"),
    "language": ("lingua", "language"),
    "unit": ("sede", "reparto", "branch", "unit"),
}
COLUMNS = {alias: key for key, aliases in _NAMES.items() for alias in aliases}
_YES = {"si", "s", "yes", "y", "x", "1", "true", "vero"}
_DATES = ("%d/%m/%Y", "%d/%m/%y", "%Y-%m-%d", "%d-%m-%Y", "%d.%m.%Y", "%Y/%m/%d")


class NotAList(ValueError):
    """The file is no such list: `why` is "empty", "binary", "no_columns", "too_large" or "too_long"."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(why)


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """A file as it was read.

    Attributes:
        encoding: "utf-8" or "cp1252", in which it was read without loss.
        lines: number as a spreadsheet counts, and the cells.
    """

    encoding: str
    separator: str
    header: tuple[str, ...]
    lines: tuple[tuple[int, tuple[str, ...]], ...]


@dataclass(frozen=True, kw_only=True)
class Person:
    """What a line says. Fields are as typed, but for what has one right spelling."""

    first_name: str = ""
    last_name: str = ""
    company: str = ""
    email: str = ""
    phone: str = ""
    plate: str = ""
    case_id: int | None = None
    subject: str = ""
    since: date | None = None
    is_date_wrong: bool = False
    unanswered: int = 0
    is_complaint: bool = False
    score: int | None = None
    language: str = ""
    unit: str = ""

    @property
    def has_name(self) -> bool:
        return bool(self.first_name or self.last_name or self.company)

    @property
    def shown_name(self) -> str:
        return self.company or f"{self.first_name} {self.last_name}".strip()


def read_sheet(content: bytes) -> Sheet:
    """Read a CSV file.

    Raises:
        NotAList: it is empty, no text, too large, too long, or its first line names no column that identifies anybody.
    """
    if len(content) > MAX_BYTES:
        raise NotAList("too_large")
    text, encoding = _decoded(content)
    if not text.strip():
        raise NotAList("empty")
    first = text.lstrip("\r\n").splitlines()[0]
    separator = max((";", ",", "\t"), key=first.count)
    lines: list[tuple[int, tuple[str, ...]]] = []
    try:
        for cells in _rows(text, separator):
            lines.append((len(lines) + 1, tuple(cells)))
            if len(lines) > MAX_LINES + 1:
                raise NotAList("too_long")
    except csv.Error:
        raise NotAList("binary") from None
    while lines and not any(cell.strip() for cell in lines[0][1]):
        lines.pop(0)
    while lines and not any(cell.strip() for cell in lines[-1][1]):
        lines.pop()
    if not lines:
        raise NotAList("empty")
    header = tuple(lines[0][1])
    if not {"email", "phone", "plate", "case"} & set(keys_of(header)):
        raise NotAList("no_columns")
    return Sheet(encoding=encoding, separator=separator, header=header, lines=tuple(lines[1:]))


def keys_of(header: Sequence[str]) -> list[str]:
    """Return what each column is, "" for those we do not use; of two columns of one kind the first counts."""
    keys: list[str] = []
    plain = [_folded(name) for name in header]
    for name in plain:
        key = COLUMNS.get(name, "")
        if name in ("nome", "name") and not any(COLUMNS.get(other) == "last_name" for other in plain):
            key = "name"  # alone it is the whole name
        keys.append(key if key not in keys else "")
    return keys


def person_of(header: Sequence[str], cells: Sequence[str]) -> Person:
    """Return what a line says, by the columns of its file."""
    given = {key: " ".join(cell.split()) for key, cell in zip(keys_of(header), cells, strict=False) if key}
    first, last = given.get("first_name", ""), given.get("last_name", "")
    if whole := given.get("name", ""):
        first, _space, last = whole.partition(" ")
    since, is_wrong = _day(given.get("since", ""))
    number = given.get("case", "").lstrip("#").strip()
    return Person(
        first_name=first[:80],
        last_name=last[:80],
        company=given.get("company", "")[:160],
        email=given.get("email", "")[:254],
        phone=given.get("phone", "")[:40],
        plate=given.get("plate", "")[:12],
        case_id=int(number) if number.isdecimal() and len(number) < 18 else None,
        subject=given.get("subject", "")[:200],
        since=since,
        is_date_wrong=is_wrong,
        unanswered=min(999, _number(given.get("unanswered", "")) or 0),
        is_complaint=_folded(given.get("complaint", "")) in _YES,
        score=score if (score := _number(given.get("score", ""))) is not None and score <= 10 else None,
        language="en" if _folded(given.get("language", ""))[:2] == "en" else "it",
        unit=given.get("unit", "")[:120],
    )


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


def start_of(day: date, zone: tzinfo) -> datetime:
    """Return the instant at which a day of a list begins."""
    return datetime.combine(day, time(0), tzinfo=zone).astimezone(UTC)


def _rows(text: str, separator: str) -> Iterator[list[str]]:
    return csv.reader(io.StringIO(text, newline=""), delimiter=separator)


def _decoded(content: bytes) -> tuple[str, str]:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return content.decode("utf-16"), "utf-16"
        except UnicodeDecodeError:
            raise NotAList("binary") from None
    if b"\x00" in content:
        raise NotAList("binary")
    try:
        return content.decode("utf-8-sig"), "utf-8"
    except UnicodeDecodeError:
        pass
    try:
        return content.decode("cp1252"), "cp1252"
    except UnicodeDecodeError:
        raise NotAList("binary") from None


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return " ".join(re.sub(r"[^a-z0-9]+", " ", plain).split())


def _number(text: str) -> int | None:
    digits = text.strip()
    return int(digits) if digits.isdecimal() and len(digits) < 6 else None


def _day(text: str) -> tuple[date | None, bool]:
    if not text:
        return None, False
    for shape in _DATES:
        try:
            return datetime.strptime(text.split(" ")[0], shape).replace(tzinfo=UTC).date(), False
        except ValueError:
            continue
    return None, True
