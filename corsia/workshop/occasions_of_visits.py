"""What happens to a visit that a message of ours may follow, with its link; and the link of the car for what is due."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db.models import CharField, F, QuerySet, Value
from django.utils.formats import date_format
from django.utils.translation import gettext, override
from django.utils.translation import gettext_lazy as _

from corsia.customers.models import DueTold, Holding
from corsia.customers.queries import family_ids
from corsia.customers.vocabulary import MilestoneKind, VehicleRole
from corsia.events.workshop import VisitBooked, VisitCancelled, VisitMoved, VisitNear, WorkshopFact
from corsia.messaging.occasions import Happened, Occasion, register_occasion, register_values
from corsia.organisation.queries import day_in, time_zone_of, tree
from corsia.workshop.links import booking_link, car_link
from corsia.workshop.models import Visit
from corsia.workshop.queries.fetches import comes_at, return_of
from corsia.workshop.vocabulary import LAPSED, VisitState

BOOKED, MOVED = "workshop.visit_booked", "workshop.visit_moved"
CANCELLED, NEAR = "workshop.visit_cancelled", "workshop.visit_near"
MINUTES = 10**7  # of one visit: each hour it is moved to is an event of its own


def register() -> None:
    """Let rules follow what happens to visits, and give their texts the links."""
    for key, title, fact, read, rows in (
        (BOOKED, _("Visit booked"), VisitBooked, _booked, _made),
        (MOVED, _("Visit moved"), VisitMoved, _moved, _made),
        (CANCELLED, _("Visit cancelled"), VisitCancelled, _cancelled, _called_off),
        (NEAR, _("Visit tomorrow"), VisitNear, _near, _reminded),
    ):
        register_occasion(Occasion(key=key, title=title, fact=fact, read=read, rows=rows))
    register_values(BOOKED, _links)
    register_values(MOVED, lambda row_id: _links(row_id // MINUTES))
    register_values(NEAR, _links_of_hour)
    register_values(CANCELLED, lambda row_id: {"visit_link": booking_link(row_id)})
    register_values(f"customers.{MilestoneKind.DUES_NEAR.value}", _link_of_due)


def _of(fact: WorkshopFact, visit: Visit, *, row_id: int) -> Happened:
    return Happened(
        row_id=row_id,
        unit_id=fact.unit_id,
        customer_id=fact.customer_id,
        vehicle_id=fact.vehicle_id,
        reached_at=fact.occurred_at,
        detail=_when(visit),
    )


def _when(visit: Visit) -> str:
    """Return day, hour and place in the customer's language; of a vehicle that is fetched, when the driver comes."""
    language = visit.customer.language if visit.customer is not None else "it"
    with override(language):
        at = date_format(comes_at(visit).astimezone(time_zone_of(visit.unit_id)), "l j F Y, H:i")
        at = at.lower() if language == "it" else at
        if return_of(visit) is not None:
            return gettext("about %(at)s, we come for your vehicle") % {"at": at}
    return f"{at}, {tree().label(visit.unit_id)}"


def _visit(visit_id: int) -> Visit:
    visit: Visit = Visit.objects.select_related("customer").get(pk=visit_id)
    return visit


def _booked(fact: VisitBooked) -> Happened:
    return _of(fact, _visit(fact.visit_id), row_id=fact.visit_id)


def _cancelled(fact: VisitCancelled) -> Happened:
    return _of(fact, _visit(fact.visit_id), row_id=fact.visit_id)


def _moved(fact: VisitMoved) -> Happened:
    visit = _visit(fact.visit_id)
    return _of(fact, visit, row_id=fact.visit_id * MINUTES + _minutes(visit, fact.occurred_at))


def _near(fact: VisitNear) -> Happened:
    visit = _visit(fact.visit_id)
    return _of(fact, visit, row_id=fact.visit_id * MINUTES + _minutes(visit, fact.drop_off_at))


def _minutes(visit: Visit, at: datetime) -> int:
    return max(0, (at - visit.made_at) // timedelta(minutes=1)) % MINUTES


def _links(visit_id: int) -> Mapping[str, str]:
    """Return the link of a visit that is still to come; of no other, so that what is late says nothing wrong."""
    if not Visit.objects.filter(pk=visit_id, state=VisitState.BOOKED).exists():
        return {}
    return {"visit_link": booking_link(visit_id)}


def _links_of_hour(row_id: int) -> Mapping[str, str]:
    """Return the link of a visit that still begins when the reminder says."""
    visit_id, minutes = divmod(row_id, MINUTES)
    visit = Visit.objects.filter(pk=visit_id).first()
    return _links(visit_id) if visit is not None and _minutes(visit, visit.drop_off_at) == minutes else {}


def _link_of_due(milestone_id: int) -> Mapping[str, str]:
    """Return the link of the vehicle whose due is the next; nothing where it was sold meanwhile."""
    told = DueTold.objects.filter(milestone_id=milestone_id).select_related("due", "customer", "milestone")
    first = told.order_by("due__due_on", "pk").first()
    if first is None:
        return {}
    held = Holding.objects.filter(
        vehicle_id=first.due.vehicle_id,
        role=VehicleRole.OWNER,
        until=None,
        customer_id__in=family_ids(first.customer_id),
    )
    holding_id = held.values_list("pk", flat=True).first()
    if holding_id is None:
        return {}
    return {"car_link": car_link(holding_id, today=day_in(first.milestone.unit_id, first.milestone.stated_at))}


def _visits() -> QuerySet[Any]:
    rows = Visit.objects.exclude(customer=None).exclude(state=VisitState.HELD)
    shown: QuerySet[Any] = rows.annotate(reference=Value("", CharField()), detail=Value("", CharField()))
    return shown


def _made() -> QuerySet[Any]:
    rows: QuerySet[Any] = _visits().exclude(state=VisitState.CANCELLED, end_reason=LAPSED)
    told: QuerySet[Any] = rows.annotate(reached_at=F("made_at"))
    return told


def _called_off() -> QuerySet[Any]:
    rows: QuerySet[Any] = _visits().filter(state=VisitState.CANCELLED).exclude(end_reason=LAPSED)
    told: QuerySet[Any] = rows.annotate(reached_at=F("ended_at"))
    return told


def _reminded() -> QuerySet[Any]:
    rows: QuerySet[Any] = _visits().exclude(reminded_at=None)
    told: QuerySet[Any] = rows.annotate(reached_at=F("reminded_at"))
    return told
