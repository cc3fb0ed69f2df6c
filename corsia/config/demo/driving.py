"""Which kilometres a vehicle had on a day: driven evenly, so that everything which names them agrees."""

from dataclasses import dataclass
from datetime import date

from django.db import connection

from corsia.config.demo.copying import analyze
from corsia.organisation.queries import tree
from corsia.vehicles.models import OdometerReading, Vehicle

_READ = """
    INSERT INTO vehicles_odometerreading (vehicle_id, km, read_on, source, goes_back)
    SELECT DISTINCT ON (o.vehicle_id, d.day) o.vehicle_id, o.km, d.day, 'workshop', FALSE
    FROM workshop_order o
    JOIN unnest(%s::bigint[], %s::text[]) z(unit_id, zone) ON z.unit_id = o.unit_id
    CROSS JOIN LATERAL (SELECT (o.received_at AT TIME ZONE z.zone)::date) d(day)
    WHERE o.km IS NOT NULL
        AND NOT EXISTS (
            SELECT FROM vehicles_odometerreading r WHERE r.vehicle_id = o.vehicle_id AND r.read_on = d.day
        )
"""
_FOLLOW = """
    UPDATE vehicles_vehicle v SET odometer_km = r.km, odometer_on = r.read_on
    FROM (
        SELECT DISTINCT ON (vehicle_id) vehicle_id, km, read_on FROM vehicles_odometerreading
        ORDER BY vehicle_id, read_on DESC
    ) r
    WHERE r.vehicle_id = v.id AND r.read_on > v.odometer_on
"""


@dataclass(frozen=True)
class Driven:
    """A vehicle as far as its history is made up: first registered, read once."""

    id: int
    registered: date
    km: int
    read_on: date

    def km_on(self, day: date) -> int:
        """Return what it had on a day, or will have."""
        whole = max(1, (self.read_on - self.registered).days)
        return max(5, self.km * (day - self.registered).days // whole)


def all_driven() -> dict[int, Driven]:
    """Return every vehicle that was read, by id."""
    rows = Vehicle.objects.filter(first_registered_on__isnull=False, odometer_on__isnull=False).values_list(
        "pk", "first_registered_on", "odometer_km", "odometer_on"
    )
    return {row[0]: Driven(*row) for row in rows}


def days_read() -> set[tuple[int, date]]:
    """Return which vehicle was read on which days."""
    return set(OdometerReading.objects.values_list("vehicle_id", "read_on"))


def read_at_reception() -> None:
    """Write down what the orders say of kilometres, as reception does."""
    places = tree()
    zones = {unit_id: str(places.time_zone(unit_id)) for unit_id in places.units}
    with connection.cursor() as cursor:
        cursor.execute(_READ, [list(zones), list(zones.values())])
        cursor.execute(_FOLLOW)
    analyze(OdometerReading)
