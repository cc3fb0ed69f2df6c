"""The mapping file: what a dealer's system calls things, read and checked. It names columns; it runs nothing."""

import codecs
import hashlib
import tomllib
from collections.abc import Mapping as Named
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_lazy as _

from corsia.connectors.dms.rules.mapping_lines import Lines
from corsia.connectors.dms.rules.targets import FIELDS, Kind
from corsia.connectors.dms.rules.values import STEPS
from corsia.connectors.dms.vocabulary import Target

LARGEST: Final = 200_000  # signs of a mapping
FORMATS: Final = ("csv", "xlsx", "xml", "json")
MASTERS: Final = ("dms", "corsia", "first")
INLINE: Final = "*"  # the key of a master that holds for all fields of a table

_FORMAT_KEYS: Final[dict[str, type]] = {
    "kind": str,
    "encoding": str,
    "delimiter": str,
    "quote": str,
    "decimal": str,
    "thousands": str,
    "days": list,
    "instants": list,
    "time_zone": str,
    "yes": list,
    "no": list,
    "guarded": bool,
}
_KINDS: Final = {str: _("a text"), list: _("a list of texts"), bool: _("true or false")}
_TABLE_KEYS: Final = frozenset({"target", "files", "records", "key", "only", "except", "fields", "master"})
_EXPRESSION_KEYS: Final = frozenset({"column", "columns", "join", "value", "do", "codes", "otherwise"})


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Something in a mapping that cannot stay, with its line; 0 where no line is to blame."""

    line: int
    words: str


class MappingUnusable(ValueError):
    """The mapping cannot be used; `problems` says why, each with its line."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__("; ".join(f"{one.line}: {one.words}" for one in problems))


@dataclass(frozen=True, kw_only=True)
class Format:
    """How files are written."""

    kind: str = "csv"
    encoding: str = "utf-8"
    delimiter: str = ";"
    quote: str = '"'
    decimal: str = ","
    thousands: str = ""
    days: tuple[str, ...] = ("%d/%m/%Y", "%Y-%m-%d")
    instants: tuple[str, ...] = ("%d/%m/%Y %H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S")
    time_zone: str = "Europe/Rome"
    yes: tuple[str, ...] = ("1", "s", "si", "sì", "y", "yes", "x", "true", "t")
    no: tuple[str, ...] = ("0", "n", "no", "false", "f")
    guarded: bool = False  # cells that a spreadsheet would run carry an apostrophe, as kernel/tables writes them


@dataclass(frozen=True, kw_only=True)
class Expression:
    """Where a field's value comes from: the first column that says something, a constant, steps, a code table."""

    columns: tuple[str, ...] = ()
    join: str | None = None
    value: str = ""
    do: tuple[str, ...] = ()
    codes: str = ""
    otherwise: str | None = None


@dataclass(frozen=True, kw_only=True)
class Table:
    """The rows of one kind that a file holds."""

    target: Target
    files: str = "*"
    records: tuple[str, ...] = ()
    key: tuple[str, ...] = ()
    only: Named[str, frozenset[str]] = field(default_factory=dict)
    without: Named[str, frozenset[str]] = field(default_factory=dict)
    fields: Named[str, Expression] = field(default_factory=dict)
    master: Named[str, str] = field(default_factory=dict)
    seed: bytes = b""  # of the digests of its rows: another mapping reads every row anew

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that the table reads, once."""
        named = [*self.key, *self.only, *self.without]
        named += [name for one in self.fields.values() for name in one.columns]
        return tuple(dict.fromkeys(named))


@dataclass(frozen=True, kw_only=True)
class Mapping:
    """A mapping file as it was read."""

    name: str
    format: Format
    codes: Named[str, Named[str, str]]
    tables: tuple[Table, ...]

    def tables_of(self, file_name: str) -> tuple[Table, ...]:
        """Return the tables that a file holds, in the order in which they are taken in."""
        name = file_name.lower()
        found = [one for one in self.tables if fnmatchcase(name, one.files.lower())]
        return tuple(sorted(found, key=lambda one: list(Target).index(one.target)))

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.format.time_zone)


def read_mapping(text: str) -> Mapping:
    """Read a mapping.

    Raises:
        MappingUnusable: with every problem that was found.
    """
    if len(text) > LARGEST:
        raise MappingUnusable([Problem(line=0, words=str(_("The mapping is longer than 200,000 signs.")))])
    try:
        told = tomllib.loads(text)
    except tomllib.TOMLDecodeError as wrong:
        raise MappingUnusable([Problem(line=0, words=str(_("This is no TOML: %(why)s") % {"why": wrong}))]) from None
    except RecursionError:
        raise MappingUnusable([Problem(line=0, words=str(_("The mapping is nested too deeply.")))]) from None
    return _Reader(Lines(text)).read(told)


class _Reader:
    """Reads what TOML made of the text and gathers what is wrong with it."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._problems: list[Problem] = []

    def read(self, told: dict[str, Any]) -> Mapping:
        for name in told.keys() - {"name", "format", "codes", "tables"}:
            self._wrong(
                ("", -1, name), _("“%(name)s” means nothing here. Known: name, format, codes, tables."), name=name
            )
        form = self._format(told.get("format", {}))
        codes = self._codes(told.get("codes", {}))
        tables = told.get("tables", [])
        if not isinstance(tables, list) or not tables or not all(isinstance(one, dict) for one in tables):
            self._wrong(("", -1, "tables"), _("A mapping needs at least one [[tables]]."))
            tables = []
        seed = hashlib.sha256(repr((form, sorted((name, sorted(one.items())) for name, one in codes.items()))).encode())
        read = [self._table(number, one, form, codes, seed.digest()) for number, one in enumerate(tables)]
        if self._problems:
            raise MappingUnusable(sorted(self._problems, key=lambda one: one.line))
        return Mapping(
            name=str(told.get("name", ""))[:80], format=form, codes=codes, tables=tuple(one for one in read if one)
        )

    def _wrong(self, place: tuple[str, int, str], words: Any, **values: Any) -> None:
        self._problems.append(Problem(line=self._lines.of(*place), words=str(words % values if values else words)))

    def _format(self, told: Any) -> Format:
        values: dict[str, Any] = {}
        for name, value in (told if isinstance(told, dict) else {}).items():
            wanted = _FORMAT_KEYS.get(name)
            if wanted is None:
                known = ", ".join(_FORMAT_KEYS)
                self._wrong(
                    ("format", -1, name),
                    _("“%(name)s” is no part of the format. Known: %(known)s."),
                    name=name,
                    known=known,
                )
            elif not isinstance(value, wanted) or (
                isinstance(value, list) and not all(isinstance(one, str) for one in value)
            ):
                self._wrong(
                    ("format", -1, name),
                    _("“%(name)s” must be %(kind)s."),
                    name=name,
                    kind=_KINDS[wanted],
                )
            else:
                values[name] = tuple(value) if isinstance(value, list) else value
        form = Format(**values)
        if form.kind not in FORMATS:
            self._wrong(
                ("format", -1, "kind"),
                _("“%(value)s” is no kind of file. Known: %(known)s."),
                value=form.kind,
                known=", ".join(FORMATS),
            )
        for name in ("delimiter", "quote", "decimal"):
            if len(getattr(form, name)) != 1:
                self._wrong(("format", -1, name), _("“%(name)s” must be one sign."), name=name)
        if form.decimal == form.thousands:
            self._wrong(("format", -1, "thousands"), _("Decimals and thousands cannot have the same sign."))
        if not _is_encoding(form.encoding):
            self._wrong(
                ("format", -1, "encoding"),
                _("“%(value)s” is no encoding. Usual: utf-8, windows-1252, utf-16."),
                value=form.encoding,
            )
        try:
            ZoneInfo(form.time_zone)
        except (ValueError, OSError, KeyError):
            self._wrong(
                ("format", -1, "time_zone"), _("“%(value)s” is no time zone. Usual: Europe/Rome."), value=form.time_zone
            )
        return form

    def _codes(self, told: Any) -> dict[str, dict[str, str]]:
        codes: dict[str, dict[str, str]] = {}
        for name, table in (told if isinstance(told, dict) else {}).items():
            if not isinstance(table, dict) or not all(isinstance(value, str | int) for value in table.values()):
                self._wrong(
                    ("codes", -1, name), _("The code table “%(name)s” must say for each code a word."), name=name
                )
            else:
                codes[name] = {code.strip().lower(): str(value) for code, value in table.items()}
        return codes

    def _table(
        self, number: int, told: dict[str, Any], form: Format, codes: Named[str, Named[str, str]], seed: bytes
    ) -> Table | None:
        for name in told.keys() - _TABLE_KEYS:
            known = ", ".join(sorted(_TABLE_KEYS))
            self._wrong(
                ("tables", number, name),
                _("“%(name)s” is no part of a table. Known: %(known)s."),
                name=name,
                known=known,
            )
        if told.get("target") not in Target.values:
            self._wrong(
                ("tables", number, "target"),
                _("“%(value)s” is nothing that can be taken in. Known: %(known)s."),
                value=told.get("target", ""),
                known=", ".join(Target.values),
            )
            return None
        target = Target(told["target"])
        records = tuple(part for part in str(told.get("records", "")).split("/") if part)
        if form.kind in ("xml", "json") and not records and form.kind == "xml":
            self._wrong(
                ("tables", number, "records"), _("Say by “records” where the rows stand, such as export/orders/order.")
            )
        key = self._names(number, told.get("key", []))
        if not key:
            self._wrong(
                ("tables", number, "key"), _("Say by “key” which column holds the number of a row in that system.")
            )
        fields = self._fields(number, target, told.get("fields", {}), codes)
        for name, one in FIELDS[target].items():
            if one.is_needed and name not in fields:
                self._wrong(
                    ("tables", number, "fields"),
                    _("%(target)s need “%(name)s”: say where it stands."),
                    target=target.label,
                    name=name,
                )
        return Table(
            target=target,
            files=str(told.get("files", "*")),
            records=records,
            key=key,
            only=self._filter(number, "only", told.get("only", {})),
            without=self._filter(number, "except", told.get("except", {})),
            fields=fields,
            master=self._master(number, target, told.get("master", {})),
            seed=hashlib.sha256(seed + repr(sorted(told.items(), key=str)).encode()).digest(),
        )

    def _names(self, number: int, told: Any) -> tuple[str, ...]:
        named = [told] if isinstance(told, str) else told
        if not isinstance(named, list) or not all(isinstance(one, str) and one for one in named):
            self._wrong(("tables", number, "key"), _("A key is the name of a column or a list of names."))
            return ()
        return tuple(named)

    def _filter(self, number: int, name: str, told: Any) -> dict[str, frozenset[str]]:
        found: dict[str, frozenset[str]] = {}
        for column, values in (told if isinstance(told, dict) else {}).items():
            listed = [values] if isinstance(values, str) else values
            if not isinstance(listed, list) or not all(isinstance(one, str) for one in listed):
                self._wrong(("tables", number, name), _("“%(name)s” says for a column which texts count."), name=name)
            else:
                found[column] = frozenset(one.strip().lower() for one in listed)
        return found

    def _master(self, number: int, target: Target, told: Any) -> dict[str, str]:
        if isinstance(told, str):
            told = {INLINE: told}
        found: dict[str, str] = {}
        for name, value in (told if isinstance(told, dict) else {}).items():
            if name != INLINE and name not in FIELDS[target]:
                self._unknown_field(("tables.master", number, name), target, name)
            elif value not in MASTERS:
                self._wrong(
                    ("tables.master", number, name),
                    _("“%(value)s” is no master. Known: %(known)s."),
                    value=value,
                    known=", ".join(MASTERS),
                )
            else:
                found[name] = value
        return found

    def _fields(
        self, number: int, target: Target, told: Any, codes: Named[str, Named[str, str]]
    ) -> dict[str, Expression]:
        found: dict[str, Expression] = {}
        for name, value in (told if isinstance(told, dict) else {}).items():
            place = ("tables.fields", number, name)
            if name not in FIELDS[target]:
                self._unknown_field(place, target, name)
                continue
            expression = self._expression(place, value, codes)
            if expression is not None:
                found[name] = expression
                wanted = FIELDS[target][name]
                bad = (
                    sorted({one for one in codes.get(expression.codes, {}).values() if one} - wanted.choices)
                    if expression.codes and wanted.kind is Kind.CHOICE
                    else []
                )
                if wanted.kind is Kind.CHOICE and not expression.columns and expression.value not in wanted.choices:
                    bad = [expression.value]
                if bad:
                    self._wrong(
                        place,
                        _("“%(name)s” cannot be “%(value)s”. Allowed: %(known)s."),
                        name=name,
                        value=bad[0],
                        known=", ".join(sorted(wanted.choices)),
                    )
        return found

    def _unknown_field(self, place: tuple[str, int, str], target: Target, name: str) -> None:
        known = ", ".join(FIELDS[target])
        self._wrong(
            place,
            _("“%(name)s” is no field of %(target)s. Known: %(known)s."),
            name=name,
            target=target.label,
            known=known,
        )

    def _expression(
        self, place: tuple[str, int, str], told: Any, codes: Named[str, Named[str, str]]
    ) -> Expression | None:
        if isinstance(told, str):
            return Expression(columns=(told,))
        if not isinstance(told, dict) or told.keys() - _EXPRESSION_KEYS:
            self._wrong(
                place, _("A field is the name of a column, or {column, columns, join, value, do, codes, otherwise}.")
            )
            return None
        columns = told.get("columns", told.get("column", []))
        columns = [columns] if isinstance(columns, str) else columns
        steps = told.get("do", [])
        steps = [steps] if isinstance(steps, str) else steps
        if (
            not isinstance(columns, list)
            or not all(isinstance(one, str) for one in columns)
            or not isinstance(steps, list)
        ):
            self._wrong(place, _("“columns” and “do” are lists of texts."))
            return None
        for step in steps:
            if step not in STEPS:
                self._wrong(place, _("“%(name)s” is no step. Known: %(known)s."), name=step, known=", ".join(STEPS))
        if told.get("codes", "") and told["codes"] not in codes:
            self._wrong(
                place,
                _("There is no code table “%(name)s”. Known: %(known)s."),
                name=told["codes"],
                known=", ".join(codes) or "–",
            )
        if not columns and "value" not in told:
            self._wrong(place, _("Say a column or a value."))
        return Expression(
            columns=tuple(columns),
            join=str(told["join"]) if "join" in told else None,
            value=str(told.get("value", "")),
            do=tuple(step for step in steps if step in STEPS),
            codes=str(told.get("codes", "")),
            otherwise=str(told["otherwise"]) if "otherwise" in told else None,
        )


def _is_encoding(name: str) -> bool:
    try:
        return codecs.lookup(name)._is_text_encoding
    except LookupError:
        return False
