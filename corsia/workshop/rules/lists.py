"""Lists in a table: which column is what, which lines belong together, and what a cell says. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from corsia.kernel.sheets import folded
from corsia.kernel.tables import unguarded
from corsia.workshop.vocabulary import ListKind

YES: Final = frozenset({"si", "s", "x", "1", "yes", "y", "true", "vero", "on"})
NO: Final = frozenset({"no", "n", "0", "false", "falso", "off"})
_THOUSANDS = re.compile(r"\d{1,3}(?:([.\s'])\d{3})(?:\1\d{3})*,\d{1,2}", re.ASCII)
_NUMBER = re.compile(r"\d{1,9}(?:[.,]\d{1,2})?", re.ASCII)


@dataclass(frozen=True)
class Field:
    """What a column may hold: its title as we write it, and what others call it, folded.

    Attributes:
        it, en: title in our own files.
        is_repeated: each line of a job may add one, as for steps, parts and vehicles.
    """

    key: str
    label: object
    it: str
    en: str
    others: tuple[str, ...] = ()
    is_repeated: bool = False


_CODE = Field("code", _("Code"), "Codice", "Code", ("cod", "codice lavoro", "codice articolo", "articolo", "sku"))
_NAMES = (
    Field("name_it", _("Italian name"), "Descrizione", "Italian name", ("nome", "descrizione lavoro", "nome italiano")),
    Field("name_en", _("English name"), "Descrizione inglese", "English name", ("nome inglese", "description")),
)
_USE = (
    Field("is_online", _("Bookable on the web"), "Prenotabile online", "Bookable online", ("online", "web")),
    Field("is_active", pgettext_lazy("job", "In use"), "In uso", "In use", ("attivo", "active")),
)
FIELDS: Final[Mapping[str, tuple[Field, ...]]] = {
    ListKind.JOBS: (
        _CODE,
        *_NAMES,
        Field("group", pgettext_lazy("jobs", "Group"), "Gruppo", "Group", ("categoria", "tipo", "category")),
        Field(
            "price", _("Price of labour, VAT included"), "Prezzo manodopera", "Labour price",
            ("prezzo", "price", "manodopera", "importo"),
        ),
        *_USE,
        Field("skill", _("Skill of the step"), "Competenza", "Skill", ("specializzazione", "qualifica"), True),
        Field("level", _("Level of the skill"), "Livello", "Level", (), True),
        Field("bay", _("Kind of bay"), "Postazione", "Bay", ("tipo postazione", "ponte", "bay kind"), True),
        Field("minutes", _("Minutes of the step"), "Minuti", "Minutes", ("tempo", "tempo standard", "durata"), True),
        Field("part_code", _("Code of the part"), "Codice ricambio", "Part code", ("ricambio", "part"), True),
        Field("part_name", _("Name of the part"), "Ricambio", "Part", ("descrizione ricambio", "part name"), True),
        Field("quantity", _("Quantity"), "Quantità", "Quantity", ("qta", "q ta", "qty", "pezzi"), True),
        Field(
            "part_price", _("Price of one part, VAT included"), "Prezzo ricambio", "Part price",
            ("prezzo unitario", "unit price"), True,
        ),
        Field("make", _("Make"), "Marca", "Make", ("brand", "marchio"), True),
        Field("model", _("Model"), "Modello", "Model", (), True),
        Field("fuel", pgettext_lazy("vehicle", "Fuel"), "Alimentazione", "Fuel", ("carburante",), True),
    ),
    ListKind.PACKAGES: (
        _CODE,
        *_NAMES,
        Field("price", _("Price, VAT included"), "Prezzo", "Price", ("importo", "prezzo pacchetto")),
        *_USE,
        Field("jobs", _("Code of the job"), "Lavori", "Jobs", ("lavoro", "codici lavori", "job"), True),
    ),
    ListKind.STOCK: (
        _CODE,
        Field("name", _("Name"), "Descrizione", "Name", ("nome", "description", "ricambio")),
        Field("on_hand", _("On hand"), "Giacenza", "On hand", ("quantita", "esistenza", "stock", "qta")),
        Field("order_days", _("Days when ordered"), "Giorni di consegna", "Order days", ("lead time", "consegna")),
    ),
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Item:
    """Lines that belong together by their code.

    Attributes:
        numbers: of its lines, as a spreadsheet counts.
        said: field to the first thing that a line says of it; a field whose column is missing is missing.
        rows: field to text of each line, for fields that each line may add one of.
        twice: a field of which two lines say two things, "" where none.
    """

    numbers: tuple[int, ...]
    code: str
    said: Mapping[str, str]
    rows: tuple[Mapping[str, str], ...]
    twice: str = ""


def columns_of(header: Sequence[str], *, kind: str, remembered: Mapping[str, str]) -> list[str]:
    """Return what each column holds: as it was told before, else by its title, else "" for nothing of ours."""
    known = {field.key for field in FIELDS[kind]}
    titles = {folded(title): field.key for field in FIELDS[kind] for title in (field.it, field.en)}
    for field in FIELDS[kind]:
        for title in field.others:
            titles.setdefault(title, field.key)
    held: list[str] = []
    for name in map(folded, header):
        key = remembered[name] if name in remembered else titles.get(name, "")
        held.append(key if key in known and key not in held else "")
    return held


def items_of(
    lines: Iterable[tuple[int, Sequence[str]]], *, columns: Sequence[str], kind: str
) -> tuple[list[Item], list[tuple[int, Sequence[str]]]]:
    """Return the items of a table, in the order of their first lines, and the lines that belong to none.

    A line with a code begins an item or goes on with it; one without a code goes on with the line above. Empty lines
    are nothing.
    """
    repeated = {field.key for field in FIELDS[kind] if field.is_repeated}
    found: dict[str, list[tuple[int, dict[str, str]]]] = {}
    astray: list[tuple[int, Sequence[str]]] = []
    code = ""
    for number, cells in lines:
        if not any(cell.strip() for cell in cells):
            continue
        told = {key: _cell(cells[at]) if at < len(cells) else "" for at, key in enumerate(columns) if key}
        code = told.get("code") or (code if repeated else "")
        if not code:
            astray.append((number, cells))
            continue
        found.setdefault(code, []).append((number, told))
    return [_item(code, lines_, repeated) for code, lines_ in found.items()], astray


def cents_of(text: str) -> int | None:
    """Return an amount in cents: "1.250,00", "99,9 €", "99.90"; None for anything else.

    "1.250" may be a thousand or one: it is none, and whoever wrote it is asked.
    """
    amount = quantity_of(text.replace("€", " ").replace("EUR", " "))
    return None if amount is None else int(amount * 100)


def quantity_of(text: str) -> Decimal | None:
    """Return a number of at most two decimals, with a comma or a point; None for anything else."""
    plain = text.strip()
    if _THOUSANDS.fullmatch(plain):
        plain = re.sub(r"[.\s']", "", plain)
    return Decimal(plain.replace(",", ".")) if _NUMBER.fullmatch(plain) else None


def whole_of(text: str) -> int | None:
    """Return a whole number that is not below zero; "60,00" is one."""
    number = quantity_of(text)
    return int(number) if number is not None and number == int(number) else None


def is_yes(text: str) -> bool | None:
    """Return what a cell answers, None where it answers neither yes nor no."""
    word = folded(text)
    return True if word in YES else False if word in NO else None


def _cell(text: str) -> str:
    return " ".join(unguarded(text).split())


def _item(code: str, lines: Sequence[tuple[int, dict[str, str]]], repeated: set[str]) -> Item:
    said: dict[str, str] = {}
    twice = ""
    for _number, told in lines:
        for key, text in told.items():
            if key in repeated or key == "code":
                continue
            before = said.setdefault(key, text)
            if text and before and text != before:
                twice = twice or key
            said[key] = before or text
    rows = tuple({key: text for key, text in told.items() if key in repeated} for _number, told in lines)
    return Item(numbers=tuple(number for number, _told in lines), code=code, said=said, rows=rows, twice=twice)
