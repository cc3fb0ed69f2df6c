"""A list of customers from somewhere else: CSV of any spreadsheet, read line by line, nothing dropped."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, tzinfo

from corsia.kernel import sheets
from corsia.kernel.sheets import NotASheet, Sheet, day_of, folded

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


class NotAList(ValueError):
    """The file is no such list: `why` is "empty", "binary", "no_columns", "too_large" or "too_long"."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(why)


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
    """Read a CSV or XLSX file.

    Raises:
        NotAList: it is empty, no table, too large, too long, or its first line names no column that identifies anybody.
    """
    try:
        sheet = sheets.read_sheet(content, max_bytes=MAX_BYTES, max_lines=MAX_LINES)
    except NotASheet as refusal:
        raise NotAList(refusal.why) from None
    if not {"email", "phone", "plate", "case"} & set(keys_of(sheet.header)):
        raise NotAList("no_columns")
    return sheet


def keys_of(header: Sequence[str]) -> list[str]:
    """Return what each column is, "" for those we do not use; of two columns of one kind the first counts."""
    keys: list[str] = []
    plain = [folded(name) for name in header]
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
        is_complaint=folded(given.get("complaint", "")) in _YES,
        score=score if (score := _number(given.get("score", ""))) is not None and score <= 10 else None,
        language="en" if folded(given.get("language", ""))[:2] == "en" else "it",
        unit=given.get("unit", "")[:120],
    )


def start_of(day: date, zone: tzinfo) -> datetime:
    """Return the instant at which a day of a list begins."""
    return datetime.combine(day, time(0), tzinfo=zone).astimezone(UTC)


def _number(text: str) -> int | None:
    digits = text.strip()
    return int(digits) if digits.isdecimal() and len(digits) < 6 else None


def _day(text: str) -> tuple[date | None, bool]:
    on = day_of(text) if text else None
    return on, bool(text) and on is None
