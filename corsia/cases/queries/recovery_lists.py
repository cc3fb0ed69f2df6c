"""What a list of forgotten customers would do, line by line: who is known, who is new, what cannot be read and why."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Q

from corsia.cases.models import Case, Recovery, RecoveryItem, RecoveryLine, RecoveryList
from corsia.cases.rules.recovery_list import Person, person_of
from corsia.cases.vocabulary import LineReason, LineState
from corsia.customers.models import Customer
from corsia.customers.queries.recognising import Known, contacts_of, known_by
from corsia.kernel.scope import Scope
from corsia.kernel.sheets import cells_of
from corsia.organisation.queries import Tree, day_in

_IDS = tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Planned:
    """What would become of one line.

    Attributes:
        customer_id: who it is, where they are known.
        case_id: the open case that would go first, where there is one.
        unit_id: where a case would be opened.
    """

    number: int
    person: Person
    state: LineState
    reason: str = ""
    customer_id: int | None = None
    case_id: int | None = None
    vehicle_id: int | None = None
    unit_id: int


@dataclass
class _Known:
    """What the tables say about all that the lines of a list name, each looked up once."""

    who: Known = field(default_factory=Known)
    case_of: dict[int, Case] = field(default_factory=dict)  # by number, open ones
    oldest: dict[int, Case] = field(default_factory=dict)  # by surviving customer: their oldest open case
    busy: set[int] = field(default_factory=set)  # cases in another open recovery
    here: set[int] = field(default_factory=set)  # cases in this one, whatever came of it
    customers_here: set[int] = field(default_factory=set)  # surviving customers in this one
    survivors: dict[int, int] = field(default_factory=dict)


def scope_of_recovery(recovery: Recovery, organisation: Tree) -> Scope:
    """Return what a list of a recovery may touch: cases of its unit and below, customers of its group."""
    return organisation.scope_below(recovery.unit_id, reason=f"recovery:{recovery.pk}")


def plan(
    recovery: Recovery, source: RecoveryList, lines: Sequence[RecoveryLine], *, organisation: Tree, now: datetime
) -> list[Planned]:
    """Return what would become of these lines, in their order. To be called within `scope_of_recovery`."""
    header = cells_of(source.header, separator=source.separator)
    rows = [cells_of(line.text, separator=source.separator) for line in lines]
    people = [person_of(header, cells) for cells in rows]
    known = _look_up(people, recovery)
    units = organisation.named_below(recovery.unit_id)
    done = _said_before(recovery, lines)
    planned: list[Planned] = []
    seen: set[object] = set()
    for line, cells, person in zip(lines, rows, people, strict=True):
        unit_id = units.get(person.unit.casefold()) if person.unit else recovery.unit_id
        one = _one(line, person, known, unit_id=unit_id or recovery.unit_id, now=now)
        if not any(cell.strip() for cell in cells):
            one = _unreadable(one, LineReason.EMPTY)
        elif len(cells) > len(header):
            one = _unreadable(one, LineReason.COLUMNS)
        elif unit_id is None:
            one = _unreadable(one, LineReason.NO_UNIT)
        marks = _marks(one, known)
        if one.state != LineState.UNREADABLE and (line.digest in done or marks & seen):
            one = _as(one, LineState.TWICE)
        if one.state != LineState.UNREADABLE:
            seen |= marks
        planned.append(one)
    return planned


def _one(line: RecoveryLine, person: Person, known: _Known, *, unit_id: int, now: datetime) -> Planned:
    blank = Planned(number=line.number, person=person, state=LineState.UNREADABLE, unit_id=unit_id)
    if person.is_date_wrong:
        return _unreadable(blank, LineReason.BAD_DATE)
    if person.since is not None and person.since > day_in(unit_id, now):
        return _unreadable(blank, LineReason.FUTURE)
    if person.case_id is not None:
        case = known.case_of.get(person.case_id)
        return _joined(blank, case, known) if case else _unreadable(blank, LineReason.NO_CASE)
    email, phone, plate = _contacts(person)
    if not (email or phone or plate):
        return _unreadable(blank, LineReason.NO_CONTACT)
    common = known.who.customers(email, phone, plate)
    vehicle_id = known.who.vehicle_of.get(plate)
    if not common:
        if not (email or phone):
            return _unreadable(blank, LineReason.NO_CONTACT)
        if not person.has_name:
            return _unreadable(blank, LineReason.NO_NAME)
        return Planned(number=line.number, person=person, state=LineState.NEW, unit_id=unit_id, vehicle_id=vehicle_id)
    if len(common) > 1:
        return _unreadable(blank, LineReason.AMBIGUOUS)
    customer_id = next(iter(common))
    if customer_id in known.customers_here:
        return Planned(
            number=line.number, person=person, state=LineState.TWICE, unit_id=unit_id, customer_id=customer_id
        )
    if case := known.oldest.get(customer_id):
        return _joined(blank, case, known, customer_id=customer_id)
    return Planned(
        number=line.number,
        person=person,
        state=LineState.KNOWN_NEW,
        unit_id=unit_id,
        customer_id=customer_id,
        vehicle_id=vehicle_id,
    )


def _joined(blank: Planned, case: Case, known: _Known, *, customer_id: int | None = None) -> Planned:
    customer = customer_id or (known.survivors.get(case.customer_id, case.customer_id) if case.customer_id else None)
    one = Planned(
        number=blank.number,
        person=blank.person,
        state=LineState.KNOWN,
        unit_id=case.unit_id,
        customer_id=customer,
        case_id=case.pk,
    )
    if case.pk in known.here or customer in known.customers_here:
        return _as(one, LineState.TWICE)
    return _unreadable(one, LineReason.OTHER_LIST) if case.pk in known.busy else one


def _as(one: Planned, state: LineState, reason: str = "") -> Planned:
    return Planned(
        number=one.number,
        person=one.person,
        state=state,
        reason=reason,
        unit_id=one.unit_id,
        customer_id=one.customer_id,
        case_id=one.case_id,
        vehicle_id=one.vehicle_id,
    )


def _unreadable(one: Planned, reason: LineReason) -> Planned:
    return _as(one, LineState.UNREADABLE, reason)


def _contacts(person: Person) -> tuple[str, str, str]:
    return contacts_of(person.email, person.phone, person.plate)


def _marks(one: Planned, known: _Known) -> set[object]:
    """Return by what a later line of the same list is told to be the same person."""
    if one.customer_id is not None:
        return {("customer", one.customer_id)}
    email, phone, _plate = _contacts(one.person)
    return {("contact", value) for value in (email, phone) if value}


def _look_up(people: Iterable[Person], recovery: Recovery) -> _Known:
    known = _Known()
    people = list(people)
    contacts = [_contacts(person) for person in people]
    emails, phones, plates = ({contact[place] for contact in contacts} for place in range(3))
    who = known.who = known_by(emails=emails, phones=phones, plates=plates)
    numbers = [person.case_id for person in people if person.case_id is not None]
    if numbers:
        known.case_of = {case.pk: case for case in Case.objects.filter(pk__in=numbers, closed_at=None)}
    found = set().union(*who.by_email.values(), *who.by_phone.values(), *who.by_plate.values())
    found |= {case.customer_id for case in known.case_of.values() if case.customer_id}
    family = Customer.objects.filter(Q(pk__in=found) | Q(merged_into__in=found))
    known.survivors = {pk: merged or pk for pk, merged in family.values_list("pk", "merged_into_id")}
    for case in Case.objects.filter(customer_id__in=list(known.survivors), closed_at=None).order_by("opened_at", "pk"):
        known.oldest.setdefault(known.survivors[case.customer_id or 0], case)
    cases = [*known.case_of, *(case.pk for case in known.oldest.values())]
    for case_id, recovery_id, ended_at in RecoveryItem.objects.filter(case_id__in=cases).values_list(
        "case_id", "recovery_id", "ended_at"
    ):
        if recovery_id == recovery.pk:
            known.here.add(case_id)
        elif ended_at is None:
            known.busy.add(case_id)
    mine = RecoveryItem.objects.filter(recovery=recovery, case__customer_id__in=list(known.survivors))
    known.customers_here = {known.survivors[pk] for pk in mine.values_list("case__customer_id", flat=True)}
    return known


def _said_before(recovery: Recovery, lines: Sequence[RecoveryLine]) -> set[str]:
    """Return which of these lines a confirmed list of this recovery said already, word for word."""
    digests = {line.digest for line in lines}
    before = RecoveryLine.objects.filter(
        digest__in=digests, list__recovery=recovery, list__confirmed_at__isnull=False, item__isnull=False
    )
    own = {line.pk for line in lines}
    return {digest for digest, pk in before.values_list("digest", "pk") if pk not in own}
