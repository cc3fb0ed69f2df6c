"""Odometer readings and what was done to vehicles, as another system tells it, many at once."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection, transaction

from corsia.events import vehicles as facts
from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit_all
from corsia.kernel.facts import publish_all
from corsia.kernel.importing import Outcome, Verb, copy_rows, new_ids, refused
from corsia.vehicles.models import OdometerReading, ServiceEvent, Vehicle
from corsia.vehicles.services.records import HIGHEST_KM
from corsia.vehicles.vocabulary import EventKind


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingRow:
    """What an odometer said on a day."""

    vehicle_id: int
    km: int
    read_on: date
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRow:
    """What was done to a vehicle."""

    vehicle_id: int
    kind: EventKind
    done_on: date
    km: int | None
    reference: str
    place_id: int


@transaction.atomic
def import_readings(
    rows: Sequence[ReadingRow], *, group_id: int, today: date, is_rehearsal: bool, by: Actor, now: datetime
) -> list[Outcome]:
    """Take in what odometers said. Readings that go back are kept and marked, never refused."""
    ids = sorted({row.vehicle_id for row in rows if row.vehicle_id > 0})
    there: dict[int, list[OdometerReading]] = defaultdict(list)
    for one in OdometerReading.objects.filter(vehicle_id__within=ids) if ids else ():
        there[one.vehicle_id].append(one)
    outcomes: list[Outcome] = [Outcome(Verb.SAME)] * len(rows)
    new: list[tuple[Outcome, OdometerReading]] = []
    for place in sorted(range(len(rows)), key=lambda place: rows[place].read_on):
        row = rows[place]
        readings = there[row.vehicle_id]
        known = next((one for one in readings if one.km == row.km and one.read_on == row.read_on), None)
        if not 0 <= row.km <= HIGHEST_KM:
            outcomes[place] = refused("out_of_range", field="km", cell=row.km)
        elif row.read_on > today:
            outcomes[place] = refused("in_future", field="read_on", cell=row.read_on)
        elif known is not None:
            outcomes[place] = Outcome(Verb.SAME, known.pk)
        else:
            reading = OdometerReading(
                vehicle_id=row.vehicle_id,
                km=row.km,
                read_on=row.read_on,
                source=row.source[:40],
                goes_back=any(_contradicts(one, row) for one in readings),
            )
            readings.append(reading)
            outcomes[place] = Outcome(Verb.NEW)
            new.append((outcomes[place], reading))
    if not is_rehearsal:
        for row_id, (outcome, reading) in zip(new_ids(OdometerReading, len(new)), new, strict=True):
            outcome.row_id = reading.pk = row_id
        _write_readings([reading for _outcome, reading in new], group_id=group_id, by=by, now=now)
    return outcomes


def _contradicts(known: OdometerReading, row: ReadingRow) -> bool:
    return (known.read_on < row.read_on and known.km > row.km) or (known.read_on > row.read_on and known.km < row.km)


def _write_readings(fresh: Sequence[OdometerReading], *, group_id: int, by: Actor, now: datetime) -> None:
    columns = ("id", "vehicle_id", "km", "read_on", "source", "goes_back")
    copy_rows(OdometerReading, columns, ([getattr(one, name) for name in columns] for one in fresh))
    ids = sorted({one.vehicle_id for one in fresh})
    if ids:
        with connection.cursor() as cursor:
            cursor.execute(_LATEST, [ids])
    told = [(one.vehicle_id, group_id, {"km": one.km, "read_on": one.read_on.isoformat()}) for one in fresh]
    audit_all(Vehicle, "odometer_read", told, by=by, now=now)
    publish_all(
        [
            facts.OdometerRead(
                unit_id=group_id, occurred_at=now, vehicle_id=one.vehicle_id, km=one.km, goes_back=one.goes_back
            )
            for one in fresh
        ]
    )


# The reading written last counts among those of one day, as when they are written one by one.
_LATEST = """
    UPDATE vehicles_vehicle v SET odometer_km = r.km, odometer_on = r.read_on
    FROM (
        SELECT DISTINCT ON (vehicle_id) vehicle_id, km, read_on FROM vehicles_odometerreading
        WHERE vehicle_id = ANY(%s::bigint[]) ORDER BY vehicle_id, read_on DESC, id DESC
    ) r
    WHERE v.id = r.vehicle_id AND (v.odometer_on IS NULL OR r.read_on >= v.odometer_on)
"""


@transaction.atomic
def import_events(rows: Iterable[EventRow], *, group_id: int, by: Actor, now: datetime) -> int:
    """Write down what was done to vehicles, each reference once; return how much was new. Dues are for the caller."""
    listed = {(row.vehicle_id, row.kind.value, row.reference): row for row in rows}
    there = ServiceEvent.objects.filter(vehicle_id__within={row.vehicle_id for row in listed.values()})
    known = set(there.values_list("vehicle_id", "kind", "reference"))
    fresh = [
        ServiceEvent(
            unit_id=group_id,
            vehicle_id=row.vehicle_id,
            kind=row.kind,
            done_on=row.done_on,
            km=row.km,
            reference=row.reference,
            place_id=row.place_id,
        )
        for key, row in listed.items()
        if key not in known
    ]
    ServiceEvent.objects.bulk_create(fresh, batch_size=2000)
    told = [(one.vehicle_id, group_id, {"kind": str(one.kind), "reference": one.reference}) for one in fresh]
    audit_all(Vehicle, "service_recorded", told, by=by, now=now)
    publish_all(
        [
            facts.ServiceRecorded(
                unit_id=group_id,
                occurred_at=now,
                vehicle_id=one.vehicle_id,
                event_id=one.pk,
                kind=str(one.kind),
                done_on=one.done_on.isoformat(),
                reference=one.reference,
            )
            for one in fresh
        ]
    )
    return len(fresh)
