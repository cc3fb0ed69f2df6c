"""What came to pass between a customer and us, stated by hand or by a list, each thing once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Max, Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from corsia.customers.identity import read_email, read_phone
from corsia.customers.milestone_list import Line, NotAList, read_list
from corsia.customers.models import LONGEST_DETAIL, ContactPoint, Customer, Holding, Milestone
from corsia.customers.permissions import EDIT_CUSTOMERS, IMPORT_MILESTONES
from corsia.customers.vocabulary import MilestoneKind, VehicleRole
from corsia.events.customers import MilestoneReached
from corsia.kernel.access import demand
from corsia.kernel.actors import Actor, system
from corsia.kernel.audit import audit
from corsia.kernel.errors import Invalid
from corsia.kernel.facts import publish
from corsia.organisation.queries import tree
from corsia.vehicles.models import Vehicle
from corsia.vehicles.queries import find_vehicle

AHEAD = timedelta(minutes=5)  # clocks of two machines differ
LAPSED_AFTER = timedelta(days=548)  # 18 months
LAPSED_LATELY = timedelta(days=90)  # who lapsed before the product came is not asked about it years later
ROBOT = system("milestones")
# What somebody comes for, or is told of because they came.
_CAME = (
    MilestoneKind.VEHICLE_DELIVERED,
    MilestoneKind.VEHICLE_READY,
    MilestoneKind.ORDER_CLOSED,
    MilestoneKind.INVOICE_ISSUED,
)


class NotYet(Invalid):
    code = "customers.milestone_not_yet"
    message = _("A milestone can be stated only once it was reached. Choose a day that has come.")


class ListUnusable(Invalid):
    code = "customers.milestone_list_unusable"
    message = _(
        "The list cannot be read: it needs a first line with the names of its columns, among them a date and an e-mail,"
        " a phone or a plate, and at most 1000 lines. Correct it and try again."
    )


@transaction.atomic
def state_milestone(
    *,
    unit_id: int,
    kind: str,
    customer_id: int,
    vehicle_id: int | None,
    reached_at: datetime,
    reference: str = "",
    detail: str = "",
    by: Actor,
    now: datetime,
) -> tuple[Milestone, bool]:
    """State that something was reached, and tell the other contexts; stated again, nothing happens.

    Returns:
        The milestone, and whether it is new.

    Raises:
        NotYet: it lies in the future.
        NotFound: no such customer or vehicle within the scope.
    """
    demand(by, EDIT_CUSTOMERS, unit_id)
    if reached_at > now + AHEAD:
        raise NotYet
    customer: Customer = Customer.objects.find(customer_id)
    if vehicle_id is not None:
        Vehicle.objects.find(vehicle_id)
    milestone, is_new = Milestone.objects.get_or_create(
        kind=MilestoneKind(kind),
        customer_id=customer.merged_into_id or customer.pk,
        vehicle_id=vehicle_id,
        day=reached_at.astimezone(tree().time_zone(unit_id)).date(),
        reference=" ".join(reference.split())[:60],
        detail=" ".join(detail.split())[:LONGEST_DETAIL],
        defaults={"unit_id": unit_id, "reached_at": reached_at, "stated_by_id": by.id, "stated_at": now},
    )
    if is_new:
        audit(milestone, "stated", by=by, now=now, kind=milestone.kind, customer=milestone.customer_id)
        publish(
            MilestoneReached(
                unit_id=unit_id,
                occurred_at=reached_at,
                customer_id=milestone.customer_id,
                milestone_id=milestone.pk,
                kind=milestone.kind,
                vehicle_id=vehicle_id,
                reference=milestone.reference,
                detail=milestone.detail,
            )
        )
    return milestone, is_new


def state_lapsed(*, now: datetime) -> int:
    """State of everybody who came last 18 months ago that they did not come again; return of how many.

    Stated once for each last visit, also when this runs twice. Who was merged is one customer with one last visit.
    """
    who = Coalesce("customer__merged_into", "customer_id")
    visits = Milestone.objects.filter(kind__in=_CAME).values(who=who).annotate(last=Max("reached_at"))
    ended = visits.filter(last__lte=now - LAPSED_AFTER, last__gt=now - LAPSED_AFTER - LAPSED_LATELY).order_by("last")
    lapsed = Milestone.objects.filter(kind=MilestoneKind.LAPSED, reached_at__gt=now - LAPSED_LATELY)
    known = set(lapsed.values_list("customer_id", "reached_at"))
    stated = 0
    for customer_id, last in ended.values_list("who", "last"):
        if (customer_id, last + LAPSED_AFTER) in known:
            continue
        came = Milestone.objects.filter(reached_at=last, kind__in=_CAME).filter(
            Q(customer_id=customer_id) | Q(customer__merged_into_id=customer_id)
        )
        unit_id = came.order_by("pk").values_list("unit_id", flat=True)[0]
        _milestone, is_new = state_milestone(
            unit_id=unit_id,
            kind=MilestoneKind.LAPSED,
            customer_id=customer_id,
            vehicle_id=None,
            reached_at=last + LAPSED_AFTER,
            by=ROBOT,
            now=now,
        )
        stated += is_new
    return stated


@dataclass(frozen=True, kw_only=True)
class PlannedLine:
    """A line of a list and what stating it does: `why_not` is "" where it would be stated."""

    line: Line
    customer: Customer | None
    vehicle: Vehicle | None
    is_known: bool
    why_not: str


def plan_list(*, text: str, kind: str, unit_id: int, now: datetime) -> list[PlannedLine]:
    """Return what each line of a list would do; nothing is changed.

    Raises:
        ListUnusable: it is no list of milestones.
    """
    zone = tree().time_zone(unit_id)
    try:
        lines = read_list(text, kind=MilestoneKind(kind) if kind in MilestoneKind.values else None, zone=zone)
    except NotAList:
        raise ListUnusable from None
    return [_planned(line, now=now) for line in lines]


@transaction.atomic
def state_list(*, text: str, kind: str, unit_id: int, by: Actor, now: datetime) -> list[PlannedLine]:
    """State every line of a list that can be stated; the others are returned with what is wrong with them.

    Raises:
        ListUnusable: it is no list of milestones.
    """
    demand(by, IMPORT_MILESTONES, unit_id)
    planned = plan_list(text=text, kind=kind, unit_id=unit_id, now=now)
    for one in planned:
        line = one.line
        if one.why_not or one.customer is None or line.kind is None or line.reached_at is None:
            continue
        state_milestone(
            unit_id=unit_id,
            kind=line.kind,
            customer_id=one.customer.pk,
            vehicle_id=one.vehicle.pk if one.vehicle else None,
            reached_at=line.reached_at,
            reference=line.reference,
            detail=line.detail,
            by=by,
            now=now,
        )
    return planned


def _planned(line: Line, *, now: datetime) -> PlannedLine:
    vehicle = find_vehicle(plate=line.plate, vin=line.plate) if line.plate else None
    customers = _customers(line, vehicle)
    why_not = ""
    if line.kind is None:
        why_not = str(_("It does not say what happened: name the kind in a column, or choose it above."))
    elif line.reached_at is None:
        why_not = str(_("The date cannot be read. Write it as 31/12/2026 or 2026-12-31."))
    elif line.reached_at > now + AHEAD:
        why_not = str(_("The date lies in the future."))
    elif line.plate and vehicle is None:
        why_not = str(_("No vehicle here has this plate or VIN. Add it first, or leave it out."))
    elif not customers:
        why_not = str(_("No customer here has this e-mail, phone or vehicle. Add them first."))
    elif len(customers) > 1:
        why_not = str(_("Several customers share this e-mail, phone or vehicle. State it on the customer's page."))
    customer = customers[0] if len(customers) == 1 else None
    is_known = bool(not why_not and customer and _is_known(line, customer, vehicle))
    return PlannedLine(line=line, customer=customer, vehicle=vehicle, is_known=is_known, why_not=why_not)


def _is_known(line: Line, customer: Customer, vehicle: Vehicle | None) -> bool:
    if line.reached_at is None or line.kind is None:
        return False
    return bool(
        Milestone.objects.filter(
            kind=line.kind,
            customer=customer,
            vehicle=vehicle,
            day=line.reached_at.date(),
            reference=" ".join(line.reference.split())[:60],
            detail=" ".join(line.detail.split())[:120],
        ).exists()
    )


def _customers(line: Line, vehicle: Vehicle | None) -> Sequence[Customer]:
    """Return who a line may mean, survivors only: by e-mail or phone, else by owning the vehicle today."""
    values = []
    if line.email:
        values.append(read_email(line.email).value)
    if line.phone:
        values.append(read_phone(line.phone).e164)
    found: set[int] = set()
    if any(values):
        points = ContactPoint.objects.filter(value__in=[value for value in values if value])
        found = set(points.values_list("customer_id", flat=True))
    elif vehicle is not None:
        holding = Holding.objects.filter(Q(vehicle=vehicle, until=None, role=VehicleRole.OWNER))
        found = set(holding.values_list("customer_id", flat=True))
    rows = Customer.objects.filter(pk__in=found)
    survivors = {row.merged_into_id or row.pk for row in rows}
    return list(Customer.objects.filter(pk__in=survivors).order_by("pk")[:2])
