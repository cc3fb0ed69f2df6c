"""Which customers of ours another system means: looked for by the keys they are found by, all at once."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from django.db import connection

from corsia.customers.names import fold_company_name, fold_person_name
from corsia.customers.search_keys import Key, keys_for
from corsia.customers.vocabulary import CustomerKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """What another system knows of a customer; addresses and numbers as they are stored here."""

    name: str
    is_person: bool
    tax_code: str
    vat_number: str
    emails: tuple[str, ...]
    phones: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Ours:
    """A customer of ours that shares a key."""

    customer_id: int
    is_person: bool
    name: frozenset[str]
    tax_code: str


def recognise(sought: Mapping[int, Sought], *, group_id: int) -> dict[int, int]:
    """Return for each of those sought who it is for certain; who is nobody, or may be several, is left out.

    The same tax code; else the same VAT number among companies; else the same name and an address or number in common.
    Two different tax codes are two customers, whatever else they share.
    """
    keys = {place: _keys(one) for place, one in sought.items()}
    ours = _ours({key for found in keys.values() for key in found}, group_id)
    recognised: dict[int, int] = {}
    for place, one in sought.items():
        candidates = [found for key in keys[place] for found in ours.get((key.kind.value, key.value), ())]
        if not candidates:
            continue
        is_same = _by_code(one, ours) or _by_name(one, candidates)
        if is_same is not None:
            recognised[place] = is_same
    return recognised


def _keys(one: Sought) -> tuple[Key, ...]:
    return keys_for(
        emails=one.emails,
        phones=[phone.partition(";")[0] for phone in one.phones],
        tax_codes=[one.tax_code],
        vat_numbers=[one.vat_number],
    )


def _by_code(one: Sought, ours: Mapping[tuple[str, str], list[_Ours]]) -> int | None:
    if one.tax_code:
        found = {same.customer_id for same in ours.get(("tax_code", one.tax_code), ())}
        if found:
            return min(found)
    if one.vat_number and not one.is_person:
        found = {same.customer_id for same in ours.get(("vat", one.vat_number), ()) if not same.is_person}
        if found:
            return min(found)
    return None


def _by_name(one: Sought, candidates: list[_Ours]) -> int | None:
    name = _folded(one.name, is_person=one.is_person)
    found = {
        same.customer_id
        for same in candidates
        if name
        and same.name == name
        and same.is_person == one.is_person
        and not (same.tax_code and one.tax_code and same.tax_code != one.tax_code)
    }
    return found.pop() if len(found) == 1 else None


def _folded(name: str, *, is_person: bool) -> frozenset[str]:
    return frozenset((fold_person_name(name) if is_person else fold_company_name(name)).split())


def _ours(keys: set[Key], group_id: int) -> dict[tuple[str, str], list[_Ours]]:
    """Return the surviving customers of a group by the keys they are found by."""
    listed = [key for key in keys if key.kind.value in ("email", "phone", "tax_code", "vat")]
    found: dict[tuple[str, str], list[_Ours]] = defaultdict(list)
    if not listed:
        return found
    with connection.cursor() as cursor:
        cursor.execute(_SHARED, [[key.kind.value for key in listed], [key.value for key in listed], group_id])
        for kind, value, customer_id, of, first, last, company, tax_code in cursor.fetchall():
            is_person = of == CustomerKind.PERSON
            name = _folded(f"{first} {last}" if is_person else company, is_person=is_person)
            found[kind, value].append(_Ours(customer_id, is_person, name, tax_code))
    return found


# Of the customers a key leads to; LATERAL, so that each key is one look into the index however many keys there are.
_SHARED = """
    SELECT k.kind, k.value, c.id, c.kind, c.first_name, c.last_name, c.company_name, c.tax_code
    FROM unnest(%s::text[], %s::text[]) AS asked(kind, value)
    CROSS JOIN LATERAL (
        SELECT kind, value, customer_id FROM customers_searchkey
        WHERE kind = asked.kind AND value = asked.value AND unit_id = %s LIMIT 20 OFFSET 0
    ) k
    JOIN customers_customer c ON c.id = k.customer_id AND c.merged_into_id IS NULL
"""
