"""What each field of each table means for privacy. Export, erasure, retention and the register are generated from it.

Every context has one `privacy.py` that calls `declare(...)` for each of its tables; `unclassed()` finds what is missing
and a system check refuses to start with it. `corsia/privacy/` carries out what is declared here.
"""

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.db import models
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from corsia.events import Fact

Words = str | Promise


class Kind(models.TextChoices):
    """What a value tells about somebody."""

    IDENTITY = "identity", _("Identity")
    CONTACT = "contact", _("Contact details")
    CONTENT = "content", _("What was said and written")
    TECHNICAL = "technical", _("Numbers, times and states")
    NOT_PERSONAL = "not_personal", _("Not personal")


TELLING = frozenset({Kind.IDENTITY, Kind.CONTACT, Kind.CONTENT})  # kinds that name or describe somebody by themselves


class Erase(models.TextChoices):
    """What erasure does to a value."""

    BLANK = "blank", _("emptied")
    PSEUDONYM = "pseudonym", _("replaced by a number")
    PARTS = "parts", _("emptied of its personal parts")  # of a fact's snapshot; see FactParts
    DELETE = "delete", _("deleted with its row")
    KEEP = "keep", _("kept")


class Whose(models.TextChoices):
    CUSTOMER = "customer", _("Customers")
    STAFF = "staff", _("People who work here")


@dataclass(frozen=True, kw_only=True)
class Purpose:
    """Why data is kept: an entry of the register of processing (Art. 30 GDPR)."""

    key: str
    title: Words
    basis: Words  # the legal basis, with its article


@dataclass(frozen=True, kw_only=True)
class Term:
    """How long something is kept.

    Attributes:
        days: the default; None where no nightly job ends it, because a person decides or a law fixes the moment.
        counts_from: what the days are counted from, in the manager's words.
    """

    key: str
    title: Words
    days: int | None
    counts_from: Words = ""


@dataclass(frozen=True, kw_only=True)
class Class:
    """The privacy class of one field.

    Attributes:
        label: what the export and the preview call it; the field's own name where empty.
        reason: why erasure keeps it; demanded where it tells something about somebody.
        is_address: holds the person's own e-mail address: rows that only carry the address are found by it.
    """

    kind: Kind
    purpose: Purpose | None = None
    kept: Term | None = None
    erase: Erase = Erase.KEEP
    whose: Whose = Whose.CUSTOMER
    label: Words = ""
    reason: Words = ""
    is_address: bool = False

    def called(self, label: Words, *, is_address: bool = False) -> "Class":
        """Return the same class for a field that people call `label`."""
        return dataclasses.replace(self, label=label, is_address=is_address)

    @property
    def is_telling(self) -> bool:
        return self.kind in TELLING


@models.BinaryField.register_lookup
class HasBytes(models.Lookup):
    """`raw__has_bytes=b"..."`: the bytes occur in the column."""

    lookup_name = "has_bytes"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        left, left_params = self.process_lhs(compiler, connection)
        right, right_params = self.process_rhs(compiler, connection)
        return f"position({right}::bytea in {left}) > 0", (*right_params, *left_params)


NOT_PERSONAL = Class(kind=Kind.NOT_PERSONAL)
ANONYMOUS = _("Without a name it tells nothing about anybody; counts and times stay true (recital 26).")


def plain(*names: str) -> dict[str, Class]:
    """Return fields that tell nothing about a person."""
    return dict.fromkeys(names, NOT_PERSONAL)


def each(one: Class, *names: str) -> dict[str, Class]:
    """Return several fields of one class."""
    return dict.fromkeys(names, one)


@dataclass(frozen=True)
class Subject:
    """Whose data is meant: all records of one or several customers, and the addresses that nobody else has."""

    ids: tuple[int, ...]
    addresses: tuple[str, ...] = ()


Rows = Callable[[Subject], list[Q]]  # each asked on its own, so that each walks an index
Addresses = Callable[[Subject], set[str]]


def through(*paths: str) -> Rows:
    """Return how rows belong to a customer: by the first of the paths that leads to any customer at all.

    A message of another person on a customer's case is that person's: paths further back do not count then.
    """

    def rows(subject: Subject) -> list[Q]:
        return [
            Q(**{f"{path}__in": subject.ids}, **{f"{before}__isnull": True for before in paths[:place]})
            for place, path in enumerate(paths)
        ]

    return rows


@dataclass(frozen=True, kw_only=True)
class Table:
    """The privacy class of a table.

    Attributes:
        model: its label, "customers.Customer".
        title: what people call the rows.
        rows: which rows are a customer's; None where none ever is.
        ages_from: the lookup of the instant from which terms count; "" where nothing ends by itself.
        ages_if: which rows age at all: a case still open does not.
        is_in_copies: False keeps it out of the copy a customer gets, though erasure and terms reach it: what our own
            people say among themselves.
    """

    model: str
    title: Words
    fields: Mapping[str, Class]
    rows: Rows | None = None
    ages_from: str = ""
    ages_if: Q = field(default_factory=Q)
    is_in_copies: bool = True

    @property
    def model_class(self) -> type[models.Model]:
        return apps.get_model(self.model)

    @property
    def columns(self) -> dict[str, "models.Field[Any, Any]"]:
        return {column.name: column for column in self.model_class._meta.concrete_fields}

    @property
    def deletes_rows(self) -> bool:
        return any(one.erase is Erase.DELETE for one in self.fields.values())

    @property
    def personal(self) -> dict[str, Class]:
        return {name: one for name, one in self.fields.items() if one.kind is not Kind.NOT_PERSONAL}

    def terms(self) -> set[Term]:
        return {one.kept for one in self.fields.values() if one.kept is not None and one.erase is not Erase.KEEP}


@dataclass(frozen=True, kw_only=True)
class FactParts:
    """Which texts of a fact are personal and which are mere keys.

    Attributes:
        key, model: for facts that belong to no customer: the field that holds a row's id, and that row's table.
    """

    fact: type[Fact]
    personal: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    key: str = ""
    model: str = ""


@dataclass(frozen=True)
class Mention:
    """Rows of a lower context's table that this context wrote about a customer, such as notices about a case.

    `shown` are those an export shows, where they are more than those an erasure may touch: a vehicle two people held.
    """

    model: str
    rows: Rows
    shown: Rows


TABLES: dict[str, Table] = {}
FACTS: dict[type[Fact], FactParts] = {}
MENTIONS: list[Mention] = []
CLEANERS: list[Callable[[], object]] = []  # run after an erasure: what nothing points at any more goes
CODES: dict[tuple[str, str], frozenset[str]] = {}  # (table, verb) -> values of an audit entry that are mere codes
OTHERS: list["Addresses"] = []  # which of some addresses belong to somebody besides the subject


def declare(*tables: Table) -> None:
    """Add a context's tables to the registry.

    Raises:
        ValueError: a table is declared twice.
    """
    for table in tables:
        label = table.model.lower()
        if label in TABLES:
            raise ValueError(f"The table {table.model} is classed twice.")
        TABLES[label] = table


def declare_facts(*parts: FactParts) -> None:
    """Say which texts of a context's facts are personal."""
    FACTS.update({one.fact: one for one in parts})


def keep_codes(label: str, **verbs: tuple[str, ...]) -> None:
    """Say which values of a table's audit entries are codes, not words: erasure leaves them, by verb."""
    CODES.update({(label, verb): frozenset(names) for verb, names in verbs.items()})


def mention(model: str, rows: Rows, *, shown: Rows | None = None) -> None:
    """Say which rows of another context's table are about a customer, besides those it knows of itself."""
    MENTIONS.append(Mention(model, rows, shown or rows))


def after_erasure(cleaner: Callable[[], object]) -> None:
    """Have something tidied up at the end of each erasure, in its transaction."""
    CLEANERS.append(cleaner)


def belongs_to_others(answer: Addresses) -> None:
    """Say how to find which of a subject's addresses somebody else has too: rows found by those are left alone."""
    OTHERS.append(answer)


def rows_of(table: Table, subject: Subject, *, to_show: bool = False) -> list[Q]:
    """Return how to find the subject's rows of a table, by its own declaration and by mentions; []: never any."""
    ways = [one.shown if to_show else one.rows for one in MENTIONS if one.model.lower() == table.model.lower()]
    if table.rows is not None:
        ways.append(table.rows)
    return [wanted for way in ways for wanted in way(subject)]


def purposes() -> list[Purpose]:
    """Return every declared purpose once, in order of declaration."""
    return list(dict.fromkeys(one.purpose for table in TABLES.values() for one in table.fields.values() if one.purpose))


def terms() -> list[Term]:
    """Return every declared term that a nightly job can end, once, in order of declaration."""
    found = [one.kept for table in TABLES.values() for one in table.fields.values()]
    return list(dict.fromkeys(term for term in found if term is not None and term.days is not None))


def unclassed(all_models: Sequence[type[models.Model]], facts: Sequence[type[Fact]]) -> Iterator[str]:
    """Yield a sentence for each gap: a field, a table or a fact's text without a class, a class that contradicts."""
    for model in all_models:
        label = model._meta.label
        table = TABLES.get(model._meta.label_lower)
        if table is None:
            yield f"{label} has no class: declare it in its context's privacy.py."
            continue
        names = {one.name for one in model._meta.concrete_fields}
        yield from (f"{label}.{name} has no class." for name in sorted(names - set(table.fields)))
        yield from (f"{label}.{name} is classed but does not exist." for name in sorted(set(table.personal) - names))
        yield from _contradictions(table)
    for fact in facts:
        parts = FACTS.get(fact)
        texts = {one.name for one in dataclasses.fields(fact) if "str" in str(one.type)}
        known = set(parts.personal + parts.keys) if parts else set()
        yield from (f"{fact.__name__}.{name} has no class." for name in sorted(texts - known))


def _contradictions(table: Table) -> Iterator[str]:
    columns = table.columns
    for name, one in table.personal.items():
        place = f"{table.model}.{name}"
        if one.purpose is None or one.kept is None:
            yield f"{place} is personal and says no purpose or no term."
        if one.erase is Erase.KEEP and one.is_telling and one.whose is Whose.CUSTOMER and not one.reason:
            yield f"{place} is kept by erasure without a reason."
        if table.deletes_rows and one.erase not in (Erase.DELETE, Erase.KEEP):
            yield f"{place} is changed in a row that erasure deletes."
        if one.erase is Erase.BLANK and name in columns and not can_be_blank(columns[name]):
            yield f"{place} cannot be empty: choose another way to erase it."
        if one.erase is Erase.PSEUDONYM and not isinstance(columns.get(name), models.CharField | models.TextField):
            yield f"{place} is no text: a pseudonym does not fit."


def can_be_blank(column: "models.Field[Any, Any]") -> bool:
    """Tell whether a column has an empty value."""
    return column.null or isinstance(
        column, models.CharField | models.TextField | models.BinaryField | models.JSONField
    )


def blank_value(column: "models.Field[Any, Any]") -> object:
    """Return the empty value of a column."""
    if column.null:
        return None
    if isinstance(column, models.BinaryField):
        return b""
    return {} if isinstance(column, models.JSONField) else ""
