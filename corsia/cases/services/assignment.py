"""Who works on a case: taken, given, handed over, or given by a queue."""

from collections import defaultdict
from datetime import datetime

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from corsia.cases.models import Case, Queue, Watcher
from corsia.cases.permissions import ASSIGN_OTHERS
from corsia.cases.queries.people import members, people_who_work_in, visible_name
from corsia.cases.rules.assignment import Candidate, Wish, choose
from corsia.cases.services.locking import locked_open_case, tell_case
from corsia.cases.services.telling import tell_person
from corsia.cases.services.touching import touched
from corsia.customers.models import Customer
from corsia.events.cases import CaseAssigned
from corsia.kernel.access import demand
from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit
from corsia.kernel.errors import Invalid, Refused
from corsia.kernel.facts import publish
from corsia.kernel.held import once
from corsia.organisation.models import Absence, Person, PersonSkill
from corsia.organisation.queries import Tree, tree
from corsia.organisation.vocabulary import DESK_ROLES, MANAGER_ROLES
from corsia.vehicles.models import Vehicle

# Managers see every case but are not given any by themselves.
_TAKERS = sorted({*DESK_ROLES} - {*MANAGER_ROLES})
_GIVEN = _("%(name)s gave you case #%(number)s")
_HANDED_OVER = _("%(name)s handed case #%(number)s over to you")


class CannotWorkThere(Invalid):
    code = "cases.assignee_cannot_work_there"
    message = _("%(name)s has no role in %(unit)s and would not see the case. Choose somebody of that unit.")


class AlreadyTaken(Refused):
    code = "cases.already_taken"
    message = _("Case #%(number)s already belongs to %(name)s. Ask for a hand-over, or assign it on purpose.")


@transaction.atomic
def take(*, case_id: int, by: Actor, now: datetime) -> Case:
    """Put the case on the actor's own desk.

    Raises:
        AlreadyTaken: somebody else has it: two people who click at once do not both believe it is theirs.
    """
    case = locked_open_case(case_id, by=by)
    if case.assignee_id is not None and case.assignee_id != by.id:
        raise AlreadyTaken(number=case.pk, name=Person.objects.get(pk=case.assignee_id).full_name)
    return case if case.assignee_id == by.id else _give(case, by.id, verb="taken", by=by, now=now)


@transaction.atomic
def assign(*, case_id: int, person_id: int | None, by: Actor, now: datetime) -> Case:
    """Give the case to somebody who works in its unit, or back to nobody.

    Raises:
        CannotWorkThere: the person would not even see the case.
    """
    case = locked_open_case(case_id, by=by)
    if person_id == case.assignee_id:
        return case
    if person_id != by.id:
        demand(by, ASSIGN_OTHERS, case.unit_id)
    case = _give(case, person_id, verb="assigned", by=by, now=now)
    tell_person(person_id, case, _GIVEN, kind="assigned", key=_key("given", case, now), by=by, now=now)
    return case


@transaction.atomic
def hand_over(*, case_id: int, person_id: int, reason: str, by: Actor, now: datetime) -> Case:
    """Give the case to a colleague with the reason why, and go on watching it.

    Raises:
        CannotWorkThere: the person would not even see the case.
    """
    case = locked_open_case(case_id, by=by)
    demand(by, ASSIGN_OTHERS, case.unit_id)
    if person_id == case.assignee_id:
        return case
    if by.id is not None:
        Watcher.objects.get_or_create(case=case, person_id=by.id, defaults={"since": now})
    case = _give(case, person_id, verb="handed_over", reason=reason.strip()[:200], by=by, now=now)
    tell_person(person_id, case, _HANDED_OVER, kind="handed_over", key=_key("over", case, now), by=by, now=now)
    return case


def queue_choice(
    *,
    organisation: Tree,
    unit_id: int,
    process_key: str,
    customer_id: int | None,
    vehicle_id: int | None,
    language: str,
    now: datetime,
    only: int | None = None,
) -> tuple[int | None, int | None]:
    """Return the queue that fits a new case and the person whom it gives it to, each None when there is none.

    The queue is the most particular one of the unit and those above it: for this process, this make, this language.

    Args:
        only: this queue and no other, where it is in use there.
    """
    chain = [unit.pk for unit in organisation.chain(unit_id)]
    active = once(
        ("cases.queues", unit_id),
        lambda: list(Queue.objects.filter(unit_id__within=chain, is_active=True).select_related("skill")),
    )
    queues = [queue for queue in active if queue.process_key in ("", process_key) and queue.language in ("", language)]
    if only is not None:
        queues = [queue for queue in active if queue.pk == only] or queues
    if not queues:
        return None, None
    make = ""
    if vehicle_id is not None and any(queue.make or queue.assigns_itself for queue in queues):
        make = Vehicle.objects.filter(pk=vehicle_id).values_list("make", flat=True).first() or ""
    queues = [queue for queue in queues if not queue.make or queue.make.casefold() == make.casefold()]
    if not queues:
        return None, None
    queue = min(
        queues,
        key=lambda queue: (
            -sum(1 for value in (queue.process_key, queue.make, queue.language) if value),
            chain.index(queue.unit_id),
            queue.position,
            queue.pk,
        ),
    )
    if not queue.assigns_itself:
        return queue.pk, None
    advisor = None
    if customer_id is not None and queue.prefers_owner_advisor:
        advisor = Customer.objects.filter(pk=customer_id).values_list("owner_advisor_id", flat=True).first()
    wish = Wish(
        needed=queue.skill.key if queue.skill else "",
        useful=tuple(word for word in (language, make.casefold()) if word),
        owner_advisor_id=advisor,
    )
    return queue.pk, choose(_candidates(queue, organisation=organisation, unit_id=unit_id, now=now), wish)


def _give(case: Case, person_id: int | None, *, verb: str, by: Actor, now: datetime, reason: str = "") -> Case:
    if person_id is not None:
        must_work_there(person_id, case.unit_id, now=now)
    old = case.assignee_id
    case.assignee_id = person_id
    case.save(update_fields=["assignee", *touched(case, now=now)])
    audit(case, verb, by=by, now=now, old=old, new=person_id, **({"reason": reason} if reason else {}))
    publish(
        CaseAssigned(
            unit_id=case.unit_id,
            occurred_at=now,
            case_id=case.pk,
            customer_id=case.customer_id,
            assignee_id=person_id,
        )
    )
    tell_case(case)
    return case


def must_work_there(person_id: int, unit_id: int, *, now: datetime) -> None:
    """Raise CannotWorkThere unless the person sees and works on the cases of the unit."""
    if people_who_work_in(unit_id, now=now).filter(pk=person_id).exists():
        return
    raise CannotWorkThere(name=visible_name(person_id), unit=tree().unit(unit_id).name)


def _candidates(queue: Queue, *, organisation: Tree, unit_id: int, now: datetime) -> list[Candidate]:
    """Return those who see the unit's cases, work at the queue's unit or below, and are there right now."""
    path = organisation.unit(queue.unit_id).path
    units = [unit.pk for unit in organisation.chain(unit_id) if unit.path.startswith(path)]
    load = Case.objects.filter(assignee=OuterRef("pk"), closed_at=None).order_by()
    people = list(
        Person.objects.filter(
            ~Exists(Absence.objects.filter(person=OuterRef("pk"), starts_at__lte=now, ends_at__gt=now)),
            is_active=True,
            is_available=True,
            pk__in=members(units, _TAKERS, organisation=organisation, unit_id=unit_id, now=now),
        )
        .annotate(load=Coalesce(Subquery(load.values("assignee").annotate(n=Count("pk")).values("n")), 0))
        .values_list("pk", "load", "capacity")
    )
    skills: dict[int, dict[str, int]] = defaultdict(dict)
    for person_id, key, level in PersonSkill.objects.filter(person_id__in=[row[0] for row in people]).values_list(
        "person_id", "skill__key", "level"
    ):
        skills[person_id][key] = level
    return [Candidate(person_id=pk, load=load, capacity=room, skills=skills[pk]) for pk, load, room in people]


def _key(what: str, case: Case, now: datetime) -> str:
    return f"{what}:{case.pk}:{now.isoformat()}"
