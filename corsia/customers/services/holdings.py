"""Who owns, drives or pays for which vehicle over time, and who belongs to which household or company."""

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from corsia.customers.models import Customer, Holding, Relation
from corsia.customers.services.index import reindex
from corsia.customers.services.records import locked
from corsia.customers.vocabulary import CustomerKind, RelationKind, VehicleRole
from corsia.events import customers as facts
from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit
from corsia.kernel.errors import Refused
from corsia.kernel.facts import publish
from corsia.organisation.queries import day_in
from corsia.vehicles.models import Vehicle


class HoldingKnown(Refused):
    code = "customers.holding_known"
    message = _("The vehicle is already with this customer in this role. Nothing was changed.")


class OwnedBySince(Refused):
    code = "customers.owned_since"
    message = _(
        "%(name)s has owned the vehicle since %(since)s, so the new owner cannot begin earlier. Choose a later day."
    )


class EndsBeforeStart(Refused):
    code = "customers.ends_before_start"
    message = _("The end lies before the beginning (%(since)s). Choose a later day.")


class VehicleElsewhere(Refused):
    code = "customers.vehicle_elsewhere"
    message = _("The vehicle belongs to another dealer group. Add it to this one first.")


class RelationImpossible(Refused):
    code = "customers.relation_impossible"
    message = _(
        "Only a company or a household can have members. Open the company or household and add the person there."
    )


class RelationKnown(Refused):
    code = "customers.relation_known"
    message = _("%(name)s is already a member. Nothing was changed.")


@transaction.atomic
def start_holding(
    *, customer_id: int, vehicle_id: int, role: str = VehicleRole.OWNER, since: date | None, by: Actor, now: datetime
) -> Holding:
    """Write down that a customer owns, drives or pays for a vehicle from a day on.

    A new owner ends the ownership of the one before on that day: a car has one owner at a time, and the old one hears
    nothing about it any more.

    Args:
        since: None when nobody knows.

    Raises:
        HoldingKnown: the customer has the vehicle in this role already.
        OwnedBySince: the owner before became so later than `since`.
    """
    customer = locked(customer_id, by=by)
    vehicle: Vehicle = Vehicle.objects.lock(vehicle_id)
    if vehicle.unit_id != customer.unit_id:
        raise VehicleElsewhere
    current = list(Holding.objects.filter(vehicle=vehicle, role=role, until=None).select_related("customer"))
    if any(holding.customer_id == customer.pk for holding in current):
        raise HoldingKnown
    if role == VehicleRole.OWNER:
        for holding in current:
            _hand_on(holding, vehicle=vehicle, on=since or day_in(customer.unit_id, now), by=by, now=now)
    started: Holding = Holding.objects.create(customer=customer, vehicle=vehicle, role=role, since=since)
    _tell(started, is_current=True, now=now)
    audit(customer, "holding_started", by=by, now=now, vehicle=vehicle.pk, role=role)
    reindex(customer_ids=[customer.pk])
    return started


@transaction.atomic
def end_holding(*, holding_id: int, until: date, by: Actor, now: datetime) -> None:
    """Write down that a customer no longer owns, drives or pays for a vehicle.

    Args:
        until: the first day on which it no longer holds.

    Raises:
        EndsBeforeStart: it began on that day or later.
    """
    holding: Holding = Holding.objects.find(holding_id)
    customer = locked(holding.customer_id, by=by)
    if holding.until is not None:
        return
    if holding.since is not None and until <= holding.since:
        raise EndsBeforeStart(since=f"{holding.since:%d/%m/%Y}")
    holding.until = until
    holding.save(update_fields=["until"])
    _tell(holding, is_current=False, now=now)
    audit(customer, "holding_ended", by=by, now=now, vehicle=holding.vehicle_id, role=holding.role)
    reindex(customer_ids=[customer.pk])


def _hand_on(holding: Holding, *, vehicle: Vehicle, on: date, by: Actor, now: datetime) -> None:
    if holding.since is not None and on <= holding.since:
        raise OwnedBySince(name=holding.customer.display_name, since=f"{holding.since:%d/%m/%Y}")
    holding.until = on
    holding.save(update_fields=["until"])
    _tell(holding, is_current=False, now=now)
    audit(holding.customer, "holding_ended", by=by, now=now, vehicle=vehicle.pk, role=holding.role)
    reindex(customer_ids=[holding.customer_id])


def _tell(holding: Holding, *, is_current: bool, now: datetime) -> None:
    publish(
        facts.HoldingChanged(
            unit_id=holding.customer.unit_id,
            occurred_at=now,
            customer_id=holding.customer_id,
            vehicle_id=holding.vehicle_id,
            role=holding.role,
            is_current=is_current,
        )
    )


@transaction.atomic
def relate(*, whole_id: int, part_id: int, job: str = "", by: Actor, now: datetime) -> Relation:
    """Make a person a member of a household or a contact of a company.

    Raises:
        RelationImpossible: `whole_id` is a person, or both are the same.
        RelationKnown: it is so already.
    """
    whole = locked(whole_id, by=by)
    part: Customer = Customer.objects.find(part_id)
    if whole.kind == CustomerKind.PERSON or whole.pk == part.pk or whole.unit_id != part.unit_id:
        raise RelationImpossible
    if Relation.objects.filter(whole=whole, part=part).exists():
        raise RelationKnown(name=part.display_name)
    kind = RelationKind.HOUSEHOLD_MEMBER if whole.kind == CustomerKind.HOUSEHOLD else RelationKind.COMPANY_CONTACT
    relation: Relation = Relation.objects.create(whole=whole, part=part, kind=kind, job=job.strip()[:80])
    audit(whole, "member_added", by=by, now=now, member=part.pk, job=relation.job)
    return relation


@transaction.atomic
def unrelate(*, relation_id: int, by: Actor, now: datetime) -> None:
    """End a membership of a household or a contact of a company."""
    relation: Relation = Relation.objects.find(relation_id)
    whole = locked(relation.whole_id, by=by)
    part_id = relation.part_id
    relation.delete()
    audit(whole, "member_removed", by=by, now=now, member=part_id)
