"""How customers are reached, as another system tells it: addresses and numbers of customers, many at once."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from corsia.customers.models import Address, ContactPoint, Customer
from corsia.customers.services.index import reindex
from corsia.customers.services.records import contact_value
from corsia.customers.vocabulary import ContactKind, ContactState
from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit_all
from corsia.kernel.importing import ALWAYS, Outcome, Verb, copy_rows, new_ids, shown, takes

_MOST = 3  # addresses, and numbers, that a customer's own row names
_COLUMNS = ("customer_id", "kind", "value", "label", "is_primary", "state", "state_reason", "created_at")
_PARTS = ("street", "postcode", "city", "province", "country", "label")


@dataclass(slots=True)
class Reached:
    """How one customer is reached: what is known, what is new, and which of each kind is used first from now on."""

    known: dict[tuple[str, str], bool] = field(default_factory=dict)  # kind and value, to whether it is the first
    new: list[tuple[ContactKind, str]] = field(default_factory=list)
    first: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactRow:
    """One address or number, or one postal address; `customer_id` is negative where a rehearsal would add them."""

    known_id: int | None
    customer_id: int
    values: Mapping[str, Any]


def contacts_of(kind: ContactKind, told: Mapping[str, Any]) -> list[str]:
    """Return the addresses or numbers that a row names, as they are stored, each once."""
    names = [kind.value, *(f"{kind.value}{number}" for number in range(2, _MOST + 1))]
    return list(dict.fromkeys(value for name in names if name in told and (value := contact_value(kind, told[name]))))


def reached_by(customer_ids: Sequence[int]) -> dict[int, Reached]:
    """Return how some customers are reached."""
    found: dict[int, Reached] = defaultdict(Reached)
    if customer_ids:
        points = ContactPoint.unscoped.filter(customer_id__within=customer_ids)
        for customer_id, kind, value, is_primary in points.values_list("customer_id", "kind", "value", "is_primary"):
            found[customer_id].known[kind, value] = is_primary
    return found


def reach_known(reached: Reached, told: Mapping[str, Any], *, master: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """Note what a row tells of a known customer's addresses and numbers, and return what changes.

    What was known stays: another system that names a new number does not say that the old one is wrong.
    """
    found = []
    for kind in ContactKind:
        values = contacts_of(kind, told)
        if not values:
            continue
        before = next((value for (of, value), is_first in reached.known.items() if of == kind and is_first), "")
        new = [value for value in values if (kind.value, value) not in reached.known]
        reached.new += [(kind, value) for value in new]
        rule = master.get(kind.value, master.get("*", ALWAYS))
        if values[0] != before and takes(rule, old=before):
            reached.first[kind.value] = values[0]
            found.append((kind.value, before, values[0]))
            new = [value for value in new if value != values[0]]
        found += [(kind.value, "", value) for value in new]
    return found


def new_contact_rows(told: Iterable[tuple[int, Reached, datetime]]) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of new addresses and numbers; the first of a kind is the one that is used first."""
    for customer_id, reached, since in told:
        has_first = {kind for (kind, _value), is_first in reached.known.items() if is_first}
        for kind, value in reached.new:
            is_first = reached.first.get(kind.value) == value or kind.value not in has_first
            has_first.add(kind.value)
            yield customer_id, kind.value, value, "", is_first, ContactState.UNKNOWN.value, "", since


def write_contacts(rows: Iterable[tuple[Any, ...]], *, primary_now: Sequence[tuple[int, Reached]] = ()) -> None:
    """Write new addresses and numbers, and let others of known customers be used first."""
    moved = [(pk, kind, value) for pk, one in primary_now for kind, value in one.first.items()]
    for kind in ContactKind.values:
        ids = [pk for pk, of, _value in moved if of == kind]
        ContactPoint.unscoped.filter(customer_id__within=ids, kind=kind, is_primary=True).update(is_primary=False)
    copy_rows(ContactPoint, _COLUMNS, rows)
    for pk, of, value in moved:
        ContactPoint.unscoped.filter(customer_id=pk, kind=of, value=value).update(is_primary=True)


def write_addresses(rows: Iterable[Address]) -> None:
    """Write postal addresses, new and known ones."""
    listed = list(rows)
    known = [one for one in listed if one.pk is not None]
    columns = ("customer_id", *_PARTS, "is_primary")
    copy_rows(Address, columns, ([getattr(one, name) for name in columns] for one in listed if one.pk is None))
    Address.unscoped.bulk_update(known, list(_PARTS), batch_size=1000)


@transaction.atomic
def import_contacts(
    rows: Sequence[ContactRow], *, master: Mapping[str, str], is_rehearsal: bool, by: Actor, now: datetime
) -> list[Outcome]:
    """Take in addresses and numbers that have rows of their own. The first of its kind is used first."""
    ids = sorted({row.customer_id for row in rows if row.customer_id > 0})
    there = {
        (one.customer_id, one.kind, one.value): one for one in ContactPoint.unscoped.filter(customer_id__within=ids)
    }
    firsts = {(one.customer_id, one.kind) for one in there.values() if one.is_primary}
    outcomes: list[Outcome] = []
    new: list[tuple[Outcome, ContactPoint]] = []
    changed: list[ContactPoint] = []
    for row in rows:
        told = row.values
        value = contact_value(told["kind"], told["value"])
        point = there.get((row.customer_id, told["kind"], value))
        if point is not None:
            differences = _relabelled(point, told, master)
            if differences:
                changed.append(point)
            outcomes.append(Outcome(Verb.CHANGED if differences else Verb.SAME, point.pk or None, differences))
            continue
        first = (row.customer_id, told["kind"])
        point = ContactPoint(
            customer_id=row.customer_id,
            kind=told["kind"],
            value=value,
            label=told.get("label", ""),
            is_primary=told.get("is_primary", True) and first not in firsts,
            state=told.get("state", ContactState.UNKNOWN.value),
            created_at=told.get("since", now),
        )
        firsts |= {first} if point.is_primary else set()
        there[row.customer_id, told["kind"], value] = point
        outcomes.append(Outcome(Verb.NEW))
        new.append((outcomes[-1], point))
    if is_rehearsal:
        return outcomes
    for row_id, (outcome, point) in zip(new_ids(ContactPoint, len(new)), new, strict=True):
        outcome.row_id = point.pk = row_id
    ContactPoint.unscoped.bulk_create([point for _outcome, point in new], batch_size=2000)
    ContactPoint.unscoped.bulk_update([one for one in changed if one.pk], ["label", "state"], batch_size=1000)
    _tell([point for _outcome, point in new], by=by, now=now)
    return outcomes


def _relabelled(point: ContactPoint, told: Mapping[str, Any], master: Mapping[str, str]) -> list[tuple[str, str, str]]:
    found = []
    for name in ("label", "state"):
        old = getattr(point, name)
        if name in told and told[name] != old and takes(master.get(name, master.get("*", ALWAYS)), old=old):
            setattr(point, name, told[name])
            found.append((name, shown(old), shown(told[name])))
    return found


def _tell(new: Sequence[ContactPoint], *, by: Actor, now: datetime) -> None:
    ids = sorted({point.customer_id for point in new})
    units = dict(Customer.unscoped.filter(pk__within=ids).values_list("pk", "unit_id"))
    told = [(one.customer_id, units[one.customer_id], {"kind": str(one.kind), "value": one.value}) for one in new]
    audit_all(Customer, "contact_added", told, by=by, now=now)
    reindex(customer_ids=ids)


@transaction.atomic
def import_addresses(
    rows: Sequence[ContactRow], *, master: Mapping[str, str], is_rehearsal: bool, by: Actor, now: datetime
) -> list[Outcome]:
    """Take in postal addresses that have rows of their own; a customer's first one is the primary one."""
    ids = sorted({row.customer_id for row in rows if row.customer_id > 0})
    known = {one.pk: one for one in Address.unscoped.filter(customer_id__within=ids)}
    firsts = {one.customer_id for one in known.values() if one.is_primary}
    same = {_place(one.customer_id, one): one for one in known.values()}
    outcomes: list[Outcome] = []
    new: list[tuple[Outcome, Address]] = []
    changed: list[Address] = []
    for row in rows:
        told = Address(customer_id=row.customer_id, **{name: row.values[name] for name in _PARTS if name in row.values})
        address = known.get(row.known_id or 0) or same.get(_place(row.customer_id, told))
        if address is None:
            told.is_primary = row.values.get("is_primary", True) and row.customer_id not in firsts
            firsts |= {row.customer_id} if told.is_primary else set()
            outcomes.append(Outcome(Verb.NEW))
            new.append((outcomes[-1], told))
            continue
        differences = []
        for name in _PARTS:
            old = getattr(address, name)
            if (
                name in row.values
                and row.values[name] != old
                and takes(master.get(name, master.get("*", ALWAYS)), old=old)
            ):
                setattr(address, name, row.values[name])
                differences.append((name, shown(old), shown(row.values[name])))
        changed += [address] if differences else []
        outcomes.append(Outcome(Verb.CHANGED if differences else Verb.SAME, address.pk, differences))
    if is_rehearsal:
        return outcomes
    for row_id, (outcome, address) in zip(new_ids(Address, len(new)), new, strict=True):
        outcome.row_id = address.pk = row_id
    Address.unscoped.bulk_create([address for _outcome, address in new], batch_size=2000)
    Address.unscoped.bulk_update(changed, list(_PARTS), batch_size=1000)
    units = dict(Customer.unscoped.filter(pk__within=ids).values_list("pk", "unit_id"))
    for verb, written in (("address_added", [one for _outcome, one in new]), ("address_edited", changed)):
        told_of = [
            (one.customer_id, units[one.customer_id], {"address": f"{one.street}, {one.city}"}) for one in written
        ]
        audit_all(Customer, verb, told_of, by=by, now=now)
    return outcomes


def _place(customer_id: int, address: Address) -> tuple[int, str, str, str]:
    return customer_id, address.street.casefold(), address.postcode, address.city.casefold()
