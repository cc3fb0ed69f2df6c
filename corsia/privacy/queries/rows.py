"""Which rows are a customer's, found by what every context declares."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.db.models import CharField, Model, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat
from django.utils.translation import gettext as _
from django.utils.translation import override

from corsia.kernel.privacy import OTHERS, TABLES, Erase, Subject, Table, blank_value, rows_of
from corsia.organisation.queries import unit_of


def all_rows(model: type[Model]) -> QuerySet[Any]:
    """Return every row of a table, whatever the scope: whose they are is known from the customer."""
    manager = getattr(model, "unscoped", model._default_manager)
    rows: QuerySet[Any] = manager.all()
    return rows


def subject_of(customer_ids: Sequence[int]) -> Subject:
    """Return the subject that some customer records are, with the addresses that only they have."""
    bare = Subject(ids=tuple(customer_ids))
    addresses: set[str] = set()
    for table in TABLES.values():
        named = [name for name, one in table.fields.items() if one.is_address]
        for wanted in rows_of(table, bare) if named else ():
            for row in all_rows(table.model_class).filter(wanted).values_list(*named).distinct():
                addresses.update(value.casefold() for value in row if "@" in value)
    known = replace(bare, addresses=tuple(sorted(addresses)))
    taken = {address.casefold() for others in OTHERS for address in others(known)} if addresses else set()
    return replace(known, addresses=tuple(sorted(addresses - taken)))


def ids_of(subject: Subject) -> dict[str, list[Any]]:
    """Return for each table, by label, the keys of the rows that an erasure of the subject concerns."""
    return {label: _keys(table, rows_of(table, subject)) for label, table in TABLES.items()}


def _keys(table: Table, ways: Sequence[Q]) -> list[Any]:
    keys: set[Any] = set()
    for wanted in ways:
        keys.update(all_rows(table.model_class).filter(wanted).values_list("pk", flat=True))
    return sorted(keys)


def shown_rows(table: Table, subject: Subject) -> QuerySet[Any]:
    """Return the rows of a table that an export shows, oldest first."""
    keys = _keys(table, rows_of(table, subject, to_show=True))
    return all_rows(table.model_class).filter(pk__in=keys).order_by("pk")


def changes(table: Table, *, word: str, only: frozenset[str] | None = None) -> dict[str, Any]:
    """Return what erasure writes into each field of a table; `only` are the keys of the terms that are meant."""
    columns = table.columns
    values: dict[str, Any] = {}
    for name, one in table.fields.items():
        if only is not None and (one.kept is None or one.kept.key not in only):
            continue
        if one.erase is Erase.BLANK:
            values[name] = blank_value(columns[name])
        elif one.erase is Erase.PSEUDONYM:
            values[name] = Concat(Value(f"{word} #"), Cast("pk", CharField()))
    return values


def still_there(values: Mapping[str, Any]) -> Q:
    """Return the condition that at least one field differs from what erasure writes."""
    found = Q()
    for name, value in values.items():
        found |= Q(**{f"{name}__isnull": False}) if value is None else ~Q(**{name: value})
    return found


def erased_word(unit_id: int) -> str:
    """Return what stands for an erased text, in the language of the unit; the row's number follows it."""
    with override(unit_of(unit_id).language):
        return _("Erased")


def erased_words() -> frozenset[str]:
    """Return the word in every language."""
    words = set()
    for language, _name in settings.LANGUAGES:
        with override(language):
            words.add(_("Erased"))
    return frozenset(words)
