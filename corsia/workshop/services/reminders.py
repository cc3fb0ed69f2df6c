"""Customers are reminded of tomorrow's visit, once; a visit that was moved is reminded of anew."""

from datetime import date, datetime, timedelta

from django.db import transaction

from corsia.events import workshop as facts
from corsia.kernel.facts import publish
from corsia.organisation.queries import time_zone_of
from corsia.workshop.models import Visit
from corsia.workshop.vocabulary import VisitState

FROM_HOUR = 9  # of the day before, where the workshop is; quiet hours are messaging's
BOOKED_BEFORE = timedelta(hours=24)  # who booked later than this knows
_AHEAD = timedelta(hours=48)
_AT_ONCE = 100


def remind(*, now: datetime) -> int:
    """State of each visit of tomorrow that it is near, once however many workers look; return of how many."""
    told = 0
    while (count := _some(now=now)) is not None:
        told += count
    return told


@transaction.atomic
def _some(*, now: datetime) -> int | None:
    """Take some visits up, and return how many were told; None when no more waits."""
    rows = Visit.objects.select_for_update(of=("self",), skip_locked=True).filter(
        state=VisitState.BOOKED, reminded_at=None, drop_off_at__gt=now, drop_off_at__lte=now + _AHEAD
    )
    near = [visit for visit in rows.order_by("drop_off_at", "pk") if is_due(visit.unit_id, visit.drop_off_at, now=now)]
    taken = near[:_AT_ONCE]
    for visit in taken:
        visit.reminded_at = now
        if visit.drop_off_at - visit.made_at >= BOOKED_BEFORE:
            publish(
                facts.VisitNear(
                    unit_id=visit.unit_id,
                    customer_id=visit.customer_id or 0,
                    vehicle_id=visit.vehicle_id,
                    visit_id=visit.pk,
                    occurred_at=now,
                    drop_off_at=visit.drop_off_at,
                    promised_at=visit.promised_at,
                )
            )
    Visit.objects.bulk_update(taken, ["reminded_at"])
    return sum(visit.drop_off_at - visit.made_at >= BOOKED_BEFORE for visit in taken) if taken else None


def is_due(unit_id: int, drop_off_at: datetime, *, now: datetime) -> bool:
    """Tell whether it is the day before a visit, and late enough in the morning to write."""
    zone = time_zone_of(unit_id)
    here = now.astimezone(zone)
    eve: date = drop_off_at.astimezone(zone).date() - timedelta(days=1)
    return here.date() > eve or (here.date() == eve and here.hour >= FROM_HOUR)
