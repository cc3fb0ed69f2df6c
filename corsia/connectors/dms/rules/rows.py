"""From a record to what it says: its number in that system, a digest, and the values of the fields it fills."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from corsia.connectors.dms.rules import values
from corsia.connectors.dms.rules.mapping import Expression, Mapping, Table
from corsia.connectors.dms.rules.records import Cells
from corsia.connectors.dms.rules.targets import FIELDS, Field, Kind
from corsia.connectors.dms.rules.values import STEPS, Unreadable
from corsia.connectors.dms.vocabulary import Wrong

BETWEEN: Final = "|"  # between the parts of a key, and so in what refers to it
LONGEST_KEY: Final = 200
_DIGEST: Final = 16  # bytes

Convert = Callable[[str], Any]


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a row cannot be taken in, and the column and cell to blame."""

    why: Wrong
    column: str = ""
    cell: str = ""


class Plan:
    """A table of a mapping, made ready for many records."""

    def __init__(self, mapping: Mapping, table: Table) -> None:
        self.table = table
        self._key, self._seed = table.key, table.seed
        self._columns = table.columns
        self._filters = [(name, wanted, True) for name, wanted in table.only.items()]
        self._filters += [(name, unwanted, False) for name, unwanted in table.without.items()]
        self._fields = [
            (name, expression, _converter(FIELDS[table.target][name], expression, mapping), FIELDS[table.target][name])
            for name, expression in table.fields.items()
        ]
        self._codes = mapping.codes

    def concerns(self, cells: Cells) -> bool:
        """Tell whether a record is one of the table's, by its filters."""
        return all((cells.get(name, "").strip().lower() in values_) is is_in for name, values_, is_in in self._filters)

    def key_of(self, cells: Cells) -> str:
        """Return the number that a record has in that system; "" where a part of it is missing."""
        parts = [cells.get(name, "").strip() for name in self._key]
        return BETWEEN.join(parts).replace("\x00", "") if all(parts) else ""

    def digest_of(self, cells: Cells) -> bytes:
        """Return a hash of all that the mapping reads of a record, and of the mapping itself."""
        said = BETWEEN.join([cells.get(name, "") for name in self._columns])
        return hashlib.blake2b(said.encode("utf-8", "replace"), digest_size=_DIGEST, key=self._seed).digest()

    def values_of(self, cells: Cells) -> dict[str, Any] | Fault:
        """Return the fields that a record fills, read; or what is wrong with it. What is empty is left out."""
        found: dict[str, Any] = {}
        for name, expression, convert, field in self._fields:
            text = self._text(expression, cells)
            column = expression.columns[0] if expression.columns else name
            if text and expression.codes:
                coded = self._codes[expression.codes].get(text.lower(), expression.otherwise)
                if coded is None:
                    return Fault(Wrong.NOT_IN_CODES, column, text[:80])
                text = coded
            if not text:
                if field.is_needed:
                    return Fault(Wrong.NEEDED, column)
                continue
            if field.longest and len(text) > field.longest:
                return Fault(Wrong.TOO_LONG, column, text[:80])
            try:
                found[name] = convert(text)
            except Unreadable:
                return Fault(Wrong.UNREADABLE, column, text[:80])
        return found

    @staticmethod
    def _text(expression: Expression, cells: Cells) -> str:
        if expression.join is not None:
            parts = [cells.get(name, "").strip() for name in expression.columns]
            text = expression.join.join(part for part in parts if part)
        else:
            text = ""
            for name in expression.columns:
                text = cells.get(name, "").strip()
                if text:
                    break
        text = text or expression.value
        for step in expression.do:
            text = STEPS[step](text).strip()
        return text.replace("\x00", "")


def _converter(field: Field, expression: Expression, mapping: Mapping) -> Convert:
    form, zone = mapping.format, mapping.zone
    found: dict[Kind, Convert] = {
        Kind.TEXT: lambda text: " ".join(text.split()),
        Kind.WORDS: str,
        Kind.DAY: lambda text: values.day(text, form.days),
        Kind.INSTANT: lambda text: values.instant(text, form, zone),
        Kind.WHOLE: lambda text: values.minutes(text, form, is_hours="hours" in expression.do),
        Kind.DECIMAL: lambda text: values.decimal(text, form),
        Kind.CENTS: lambda text: values.cents(text, form, is_minor="minor" in expression.do),
        Kind.FLAG: lambda text: values.flag(text, form),
        Kind.CHOICE: lambda text: _choice(text, field.choices),
        Kind.UNIT: str.casefold,
        Kind.PERSON: str.lower,
        Kind.JOB: str,
        Kind.REFERENCE: str,
    }
    return found[field.kind]


def _choice(text: str, choices: frozenset[str]) -> str:
    word = text.lower()
    if word not in choices:
        raise Unreadable(text)
    return word
