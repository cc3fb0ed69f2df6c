"""Vehicles near a workshop that are due soon and have no visit yet: who to call when a day is quiet."""

from dataclasses import dataclass
from datetime import date

from corsia.customers.models import Customer, Holding
from corsia.customers.vocabulary import VehicleRole
from corsia.organisation.queries import tree
from corsia.organisation.vocabulary import UnitKind
from corsia.vehicles.queries.dues import DueRow, dues_list
from corsia.vehicles.vocabulary import DueKind
from corsia.workshop.models import Visit
from corsia.workshop.vocabulary import PRESENT_STATES

SHOWN = 6
_READ = 60
_FAR = 45  # days ahead
_BOOKABLE = (DueKind.SERVICE, DueKind.INSPECTION, DueKind.TYRES, DueKind.RECALL)


@dataclass(frozen=True, kw_only=True)
class NearDue:
    """A due with whose vehicle it is."""

    row: DueRow
    customer: Customer


def dues_near(unit_id: int, *, on: date) -> list[NearDue]:
    """Return what vehicles last seen at a workshop's branch are due for, overdue first, each vehicle once.

    Five statements, whatever the number of vehicles.
    """
    found = [
        row
        for row in dues_list(on=on, place_ids=_places(unit_id), limit=_READ)
        if row.kind in _BOOKABLE and row.days <= _FAR
    ]
    vehicles = {row.vehicle.pk for row in found}
    booked = set(
        Visit.objects.filter(vehicle__in=vehicles, state__in=PRESENT_STATES).values_list("vehicle_id", flat=True)
    )
    owners: dict[int, Customer] = {
        one.vehicle_id: one.customer
        for one in Holding.objects.filter(vehicle__in=vehicles - booked, role=VehicleRole.OWNER, until=None)
        .select_related("customer")
        .order_by("pk")
    }
    first: dict[int, NearDue] = {}
    for row in found:
        if row.vehicle.pk in owners:
            first.setdefault(row.vehicle.pk, NearDue(row=row, customer=owners[row.vehicle.pk]))
    return list(first.values())[:SHOWN]


def _places(unit_id: int) -> frozenset[int]:
    """Return the units of the branch that a workshop belongs to."""
    organisation = tree()
    branch = next(
        (one for one in organisation.chain(unit_id) if one.kind not in (UnitKind.DEPARTMENT, UnitKind.TEAM)), None
    )
    return frozenset(one.pk for one in organisation.below(branch.pk if branch is not None else unit_id))
