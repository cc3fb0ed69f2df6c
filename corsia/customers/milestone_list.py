"""A list of milestones from another system, as CSV text: read line by line, nothing guessed, nothing dropped."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from corsia.customers.vocabulary import MilestoneKind
from corsia.kernel.sheets import SEPARATORS, folded, instant_of

MAX_LINES = 1000
MAX_CHARACTERS = 400_000

_COLUMNS = {
    "kind": ("evento", "tipo", "event", "kind", "milestone"),
    "email": ("email", "e mail", "mail"),
    "phone": ("telefono", "cellulare", "phone", "mobile"),
    "plate": ("targa", "plate", "telaio", "vin"),
    "date": ("data", "date", "giorno", "day", "data e ora"),
    "reference": ("numero", "riferimento", "ordine", "fattura", "reference", "number", "order", "invoice"),
    "detail": ("dettaglio", "stato", "detail", "state", "status"),
}
_KEYS = {alias: key for key, aliases in _COLUMNS.items() for alias in aliases}
_KINDS = {
    MilestoneKind.VEHICLE_DELIVERED: ("consegna", "consegnata", "veicolo consegnato", "vehicle delivered", "delivery"),
    MilestoneKind.ORDER_CHANGED: ("ordine", "stato ordine", "order", "order state", "order state changed"),
    MilestoneKind.INVOICE_ISSUED: ("fattura", "fattura emessa", "invoice", "invoice issued"),
    MilestoneKind.LAPSED: ("perso", "cliente perso", "non viene da 18 mesi", "lost", "lost customer"),
    MilestoneKind.DUES_NEAR: ("scadenze", "scadenze vicine", "dues"),
    MilestoneKind.VEHICLE_READY: ("pronto", "veicolo pronto", "auto pronta", "ready", "vehicle ready"),
}
_KNOWN_KINDS = {alias: kind for kind, aliases in _KINDS.items() for alias in aliases} | {
    kind.value.replace("_", " "): kind for kind in MilestoneKind
}


class NotAList(ValueError):
    """The text is no such list; `why` is "empty", "too_long" or "no_columns"."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(why)


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line as it was read; `reached_at` and `kind` are None where they cannot be understood."""

    number: int  # as a spreadsheet counts
    text: str
    kind: MilestoneKind | None
    reached_at: datetime | None
    email: str
    phone: str
    plate: str
    reference: str
    detail: str


def read_list(text: str, *, kind: MilestoneKind | None, zone: tzinfo) -> list[Line]:
    """Return the lines of a list that begins with the names of its columns.

    Args:
        kind: of all lines, where the list has no column that says it.
        zone: of the days in it; a day without an hour means noon.

    Raises:
        NotAList: it is empty, longer than MAX_LINES, or names neither a date nor anything that finds a customer.
    """
    if len(text) > MAX_CHARACTERS:
        raise NotAList("too_long")
    rows = [line for line in text.lstrip("\ufeff").replace("\x00", "").splitlines() if line.strip()]
    if not rows:
        raise NotAList("empty")
    if len(rows) > MAX_LINES + 1:
        raise NotAList("too_long")
    separator = max(SEPARATORS, key=rows[0].count)
    keys = [_KEYS.get(folded(name), "") for name in _cells(rows[0], separator)]
    if "date" not in keys or not {"email", "phone", "plate"} & set(keys):
        raise NotAList("no_columns")
    return [_line(number, row, keys, separator, kind, zone) for number, row in enumerate(rows[1:], start=2)]


def _line(number: int, row: str, keys: Sequence[str], separator: str, kind: MilestoneKind | None, zone: tzinfo) -> Line:
    given = {key: cell.strip() for key, cell in zip(keys, _cells(row, separator), strict=False) if key}
    said = _KNOWN_KINDS.get(folded(given["kind"])) if given.get("kind") else kind
    return Line(
        number=number,
        text=row[:400],
        kind=said,
        reached_at=instant_of(given.get("date", ""), zone),
        email=given.get("email", "")[:254],
        phone=given.get("phone", "")[:40],
        plate=given.get("plate", "")[:17],
        reference=given.get("reference", "")[:60],
        detail=given.get("detail", "")[:120],
    )


def _cells(row: str, separator: str) -> list[str]:
    return next(csv.reader(io.StringIO(row), delimiter=separator), [])
