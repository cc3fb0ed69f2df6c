"""Customers that another system tells, many at once: recognised, added, brought up to date, each thing once."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import transaction

from corsia.customers.identity import stored_tax_code, stored_vat_number
from corsia.customers.models import Address, Customer, SearchKey
from corsia.customers.search_keys import Key, keys_for
from corsia.customers.services.importing_contacts import (
    Reached,
    contacts_of,
    new_contact_rows,
    reach_known,
    reached_by,
    write_addresses,
    write_contacts,
)
from corsia.customers.services.index import add_missing_words, reindex
from corsia.customers.services.recognising import Sought, recognise
from corsia.customers.vocabulary import ContactKind, CustomerKind
from corsia.events import customers as facts
from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit_all
from corsia.kernel.facts import publish_all
from corsia.kernel.importing import ALWAYS, Outcome, Verb, copy_rows, new_ids, refused, shown, takes
from corsia.organisation.queries import day_in
from corsia.organisation.vocabulary import Language

_TEXTS = ("title", "first_name", "last_name", "company_name", "tax_code", "vat_number", "note", "source")
_FIELDS = ("kind", *_TEXTS, "born_on", "language", "owner_advisor_id")
_NEW = (
    *("id", "unit_id", "kind", "first_name", "last_name", "company_name", "display_name", "title", "tax_code"),
    *("vat_number", "born_on", "language", "owner_advisor_id", "note", "source", "created_at", "is_compared"),
)
Tied = Callable[[Collection[int]], Collection[int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerRow:
    """One customer as another system tells it.

    Attributes:
        known_id: the customer it was the time before; None for one that was never told.
        values: only what it says: fields of a customer, `since`, `called`, `email` to `email3`, `phone` to `phone3`,
            parts of an address.
    """

    known_id: int | None
    values: Mapping[str, Any]


@dataclass(slots=True)
class _New:
    """A customer that is about to be written."""

    values: dict[str, Any]
    reached: Reached
    since: datetime | None
    row_id: int = 0
    address: dict[str, str] = field(default_factory=dict)


@transaction.atomic
def import_customers(
    rows: Sequence[CustomerRow],
    *,
    group_id: int,
    master: Mapping[str, str],
    tied: Tied,
    is_rehearsal: bool,
    by: Actor,
    now: datetime,
) -> list[Outcome]:
    """Take in customers of a dealer group; one never told before is looked for among ours first.

    Who has the same tax code is the same; else the same VAT number among companies; else the same name with the same
    address or number. Empty values say nothing. A record that another row of that system is already is left to it.

    Args:
        group_id: the dealer group.
        master: field, or `*`, to who decides; see kernel/importing.takes.
        tied: returns those of some customers that other rows of that system are.
        is_rehearsal: tell what would become of the rows; nothing is written.

    Returns:
        What became of each row, in their order.
    """
    today = day_in(group_id, now)
    cleaned = [_cleaned(row.values) for row in rows]
    known = [row.known_id for row in rows]
    for place, found in _recognised(rows, cleaned, group_id=group_id, tied=tied).items():
        known[place] = found
    ids = sorted({one for one in known if one is not None})
    customers = _customers(ids, is_locked=not is_rehearsal)
    reached, addresses = reached_by(ids), _addresses(ids)
    outcomes: list[Outcome] = []
    new: dict[int, _New] = {}
    changed: list[Customer] = []
    for place, (row, values) in enumerate(zip(rows, cleaned, strict=True)):
        customer = customers.get(known[place] or 0)
        if values.get("born_on") and values["born_on"] > today:
            outcomes.append(refused("in_future", field="born_on", cell=values["born_on"]))
        elif customer is None:
            fresh = _fresh(row, values)
            if fresh is None:
                outcomes.append(refused("unnamed"))
                continue
            new[place] = fresh
            outcomes.append(Outcome(Verb.NEW))
        else:
            differences = _merged(customer, values, master)
            differences += reach_known(reached[customer.pk], row.values, master=master)
            differences += _moved(addresses, customer.pk, row.values, master)
            if differences:
                changed.append(customer)
            outcomes.append(Outcome(Verb.CHANGED if differences else Verb.SAME, customer.pk, differences))
    if is_rehearsal:
        return outcomes
    for row_id, (place, fresh) in zip(new_ids(Customer, len(new)), new.items(), strict=True):
        fresh.row_id = outcomes[place].row_id = row_id
    _add(list(new.values()), group_id=group_id, by=by, now=now)
    _change(changed, outcomes, reached, addresses, by=by, now=now)
    return outcomes


def _cleaned(told: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a customer among what was told, as they are stored."""
    values = {name: told[name] for name in (*_TEXTS, "kind", "born_on", "language") if name in told}
    if "owner_advisor" in told:
        values["owner_advisor_id"] = told["owner_advisor"]
    if "tax_code" in values:
        values["tax_code"] = stored_tax_code(values["tax_code"])[:16]
    if "vat_number" in values:
        values["vat_number"] = stored_vat_number(values["vat_number"])[:14]
    has_name = "first_name" in values or "last_name" in values
    if "kind" not in values and not has_name and "company_name" in values:
        values["kind"] = CustomerKind.COMPANY.value
    kind = values.get("kind", CustomerKind.PERSON)
    if kind == CustomerKind.PERSON:
        values.pop("company_name", None)
    else:
        if not values.get("company_name") and has_name:
            values["company_name"] = f"{values.get('last_name', '')} {values.get('first_name', '')}".strip()
        for name in ("first_name", "last_name", "title", "born_on"):
            values.pop(name, None)
    return values


def _recognised(
    rows: Sequence[CustomerRow], cleaned: Sequence[Mapping[str, Any]], *, group_id: int, tied: Tied
) -> dict[int, int]:
    """Return the customers of ours that rows never told before are; each at most once."""
    sought = {
        place: Sought(
            name=_name(values),
            is_person=values.get("kind", CustomerKind.PERSON) == CustomerKind.PERSON,
            tax_code=values.get("tax_code", ""),
            vat_number=values.get("vat_number", ""),
            emails=tuple(contacts_of(ContactKind.EMAIL, row.values)),
            phones=tuple(contacts_of(ContactKind.PHONE, row.values)),
        )
        for place, (row, values) in enumerate(zip(rows, cleaned, strict=True))
        if row.known_id is None
    }
    found = recognise(sought, group_id=group_id)
    taken = {row.known_id for row in rows} | set(tied(set(found.values())) if found else ())
    free: dict[int, int] = {}
    for place, customer_id in found.items():
        if customer_id not in taken:
            free[place] = customer_id
            taken.add(customer_id)
    return free


def _customers(ids: Sequence[int], *, is_locked: bool) -> dict[int, Customer]:
    if not ids:
        return {}
    found = Customer.unscoped.filter(pk__within=ids).order_by("pk")
    return {one.pk: one for one in (found.select_for_update(of=("self",)) if is_locked else found)}


def _addresses(ids: Sequence[int]) -> dict[int, Address]:
    """Return the primary address of each of some customers."""
    return (
        {one.customer_id: one for one in Address.unscoped.filter(customer_id__within=ids, is_primary=True)}
        if ids
        else {}
    )


def _name(values: Mapping[str, Any]) -> str:
    if values.get("kind", CustomerKind.PERSON) != CustomerKind.PERSON:
        return str(values.get("company_name", ""))
    return f"{values.get('first_name', '')} {values.get('last_name', '')}".strip()


def _fresh(row: CustomerRow, values: dict[str, Any]) -> _New | None:
    reached = Reached()
    for kind in ContactKind:
        reached.new += [(kind, value) for value in contacts_of(kind, row.values)]
    name = _name(values) or next((value for _kind, value in reached.new), "") or row.values.get("called", "")
    if not name:
        return None
    address = {part: row.values[part] for part in _ADDRESS if part in row.values}
    return _New(
        values={**values, "display_name": name[:200]},
        reached=reached,
        since=row.values.get("since"),
        address=address if address.get("street") and address.get("city") else {},
    )


_ADDRESS = ("street", "postcode", "city", "province", "country")


def _master(master: Mapping[str, str], name: str) -> str:
    return master.get(name.removesuffix("_id"), master.get("*", ALWAYS))


def _merged(customer: Customer, values: Mapping[str, Any], master: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """Write into a record what its master says, and return what that changed."""
    found = []
    for name in _FIELDS:
        if name not in values or name == "source":
            continue
        old, new = getattr(customer, name), values[name]
        if new != old and takes(_master(master, name), old=old):
            setattr(customer, name, new)
            found.append((name.removesuffix("_id"), shown(old), shown(new)))
    if found:
        shown_name = _name({name: getattr(customer, name) for name in _FIELDS})
        customer.display_name = shown_name[:200] or customer.display_name
    return found


def _moved(
    addresses: dict[int, Address], customer_id: int, values: Mapping[str, Any], master: Mapping[str, str]
) -> list[tuple[str, str, str]]:
    """Write another address over the primary one, or a first one, and return what that changed."""
    told = {part: values[part] for part in _ADDRESS if part in values}
    if not told.get("street") or not told.get("city"):
        return []
    address = addresses.get(customer_id)
    if address is None:
        address = addresses[customer_id] = Address(customer_id=customer_id, is_primary=True)
    elif not takes(_master(master, "street"), old=address.street):
        return []
    old = _written(address)
    for part, value in told.items():
        setattr(address, part, value)
    return [("address", old, _written(address))] if _written(address) != old else []


def _written(address: Address) -> str:
    town = f"{address.postcode} {address.city} {address.province}"
    return ", ".join(part for part in (address.street, " ".join(town.split())) if part)


def _add(new: Sequence[_New], *, group_id: int, by: Actor, now: datetime) -> None:
    if not new:
        return
    copy_rows(Customer, _NEW, (_columns(one, group_id=group_id, now=now) for one in new))
    write_contacts(new_contact_rows((one.row_id, one.reached, one.since or now) for one in new))
    write_addresses(Address(customer_id=one.row_id, is_primary=True, **one.address) for one in new if one.address)
    keys: list[Key] = []

    def rows() -> Iterable[tuple[int, int, str, str]]:
        for one in new:
            for key in _keys(one):
                keys.append(key)
                yield one.row_id, group_id, key.kind.value, key.value

    copy_rows(SearchKey, ("customer_id", "unit_id", "kind", "value"), rows())
    add_missing_words(keys)
    told = [
        (one.row_id, group_id, {"name": one.values["display_name"], "source": one.values.get("source", "")})
        for one in new
    ]
    audit_all(Customer, "added", told, by=by, now=now)
    publish_all(
        [
            facts.CustomerAdded(
                unit_id=group_id, occurred_at=now, customer_id=one.row_id, source=one.values.get("source", "")
            )
            for one in new
        ]
    )


def _columns(one: _New, *, group_id: int, now: datetime) -> tuple[Any, ...]:
    values = one.values
    texts = {name: values.get(name, "") for name in _TEXTS}
    born_on: date | None = values.get("born_on")
    return (
        *(one.row_id, group_id, values.get("kind", CustomerKind.PERSON.value), texts["first_name"], texts["last_name"]),
        *(texts["company_name"], values["display_name"], texts["title"], texts["tax_code"], texts["vat_number"]),
        *(born_on, values.get("language", Language.ITALIAN.value), values.get("owner_advisor_id"), texts["note"]),
        *(texts["source"], one.since or now, False),
    )


def _keys(one: _New) -> tuple[Key, ...]:
    values = one.values
    is_person = values.get("kind", CustomerKind.PERSON) == CustomerKind.PERSON
    return keys_for(
        names=[f"{values.get('first_name', '')} {values.get('last_name', '')}"] if is_person else [],
        company_names=[] if is_person else [values.get("company_name", "")],
        emails=[value for kind, value in one.reached.new if kind == ContactKind.EMAIL],
        phones=[value.partition(";")[0] for kind, value in one.reached.new if kind == ContactKind.PHONE],
        tax_codes=[values.get("tax_code", "")],
        vat_numbers=[values.get("vat_number", "")],
    )


def _change(
    changed: Sequence[Customer],
    outcomes: Sequence[Outcome],
    reached: Mapping[int, Reached],
    addresses: Mapping[int, Address],
    *,
    by: Actor,
    now: datetime,
) -> None:
    if not changed:
        return
    ids = [one.pk for one in changed]
    Customer.unscoped.bulk_update(changed, [*(name.removesuffix("_id") for name in _FIELDS), "display_name"], 1000)
    write_contacts(
        new_contact_rows((pk, reached[pk], now) for pk in ids), primary_now=[(pk, reached[pk]) for pk in ids]
    )
    write_addresses(addresses[pk] for pk in ids if pk in addresses)
    told = [
        (one.row_id, changed_unit, {name: [old, new] for name, old, new in one.differences if name != "note"})
        for one, changed_unit in _units(outcomes, changed)
    ]
    audit_all(Customer, "edited", told, by=by, now=now)
    reindex(customer_ids=ids)


def _units(outcomes: Sequence[Outcome], changed: Sequence[Customer]) -> list[tuple[Any, int]]:
    units = {one.pk: one.unit_id for one in changed}
    return [(one, units[one.row_id]) for one in outcomes if one.verb is Verb.CHANGED and one.row_id in units]
