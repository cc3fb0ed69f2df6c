"""What was done to a vehicle is written down: its dues count from it, its recalls are closed by it."""

from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from corsia.events import vehicles as facts
from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit
from corsia.kernel.errors import Invalid, Refused
from corsia.kernel.facts import publish
from corsia.organisation.queries import day_in
from corsia.vehicles.models import OdometerReading, ServiceEvent, Vehicle, VehicleRecall
from corsia.vehicles.services.dues import recompute_dues
from corsia.vehicles.services.records import demand_edit, note_reading
from corsia.vehicles.vocabulary import EventKind


class DoneInFuture(Invalid):
    code = "vehicles.done_in_future"
    message = _("What was done cannot lie in the future. Enter the day on which it was done.")


class RecallNotOpen(Refused):
    code = "vehicles.recall_not_open"
    message = _("Recall %(recall)s is not open for this vehicle: it was closed before, or never named its VIN.")


@transaction.atomic
def record_service_event(
    *,
    vehicle_id: int,
    kind: EventKind | str,
    done_on: date,
    km: int | None = None,
    reference: str = "",
    place_id: int | None = None,
    closes: Sequence[str] = (),
    by: Actor,
    now: datetime,
) -> ServiceEvent:
    """Write down what was done to a vehicle, close its recalls, and compute its dues anew.

    Recorded again under the same reference it is the same event, and nothing happens.

    Args:
        km: what the odometer said; None when nobody read it.
        reference: number of the work order.
        place_id: the unit that did it; None for work done elsewhere.
        closes: codes of the recalls whose work was done.

    Raises:
        NotFound: no such vehicle within the scope.
        DoneInFuture: the day has not come where the vehicle's unit is.
        OdometerOutOfRange: no odometer shows that.
        RecallNotOpen: a code names no open recall of the vehicle.
    """
    vehicle: Vehicle = Vehicle.objects.lock(vehicle_id)
    demand_edit(by, vehicle.unit_id)
    reference = " ".join(reference.split())[:60]
    if reference:
        known = ServiceEvent.objects.filter(vehicle=vehicle, kind=kind, reference=reference).first()
        if known is not None:
            return known  # type: ignore[no-any-return]
    today = day_in(vehicle.unit_id, now)
    if done_on > today:
        raise DoneInFuture
    if km is not None and not OdometerReading.objects.filter(vehicle=vehicle, km=km, read_on=done_on).exists():
        note_reading(vehicle, km=km, read_on=done_on, today=today, source="workshop", by=by, now=now)
    event: ServiceEvent = ServiceEvent.objects.create(
        unit_id=vehicle.unit_id,
        vehicle=vehicle,
        kind=EventKind(kind),
        done_on=done_on,
        km=km,
        reference=reference,
        place_id=place_id,
    )
    for code in dict.fromkeys(closes):
        _close(vehicle, code, on=done_on, reference=reference)
    audit(vehicle, "service_recorded", by=by, now=now, kind=event.kind, reference=reference, closes=list(closes))
    publish(
        facts.ServiceRecorded(
            unit_id=vehicle.unit_id,
            occurred_at=now,
            vehicle_id=vehicle.pk,
            event_id=event.pk,
            kind=event.kind,
            done_on=done_on.isoformat(),
            reference=reference,
        )
    )
    recompute_dues(vehicle_ids=[vehicle.pk], now=now)
    return event


def _close(vehicle: Vehicle, code: str, *, on: date, reference: str) -> None:
    row = VehicleRecall.objects.filter(vehicle=vehicle, recall__code=code, closed_on=None).first()
    if row is None:
        raise RecallNotOpen(recall=code)
    row.closed_on, row.closing_reference = on, reference
    row.save(update_fields=["closed_on", "closing_reference"])
