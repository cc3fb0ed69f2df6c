"""What a vehicle of the world is due for: a plan, a recall with its VINs, something done, dues of every kind."""

from datetime import datetime, timedelta

from corsia.vehicles import services
from corsia.vehicles.models import Vehicle
from corsia.vehicles.services import PlanData, RecallData, VehicleData
from tests.factories.customers import ROBOT


def vehicle_rows(place, vehicle: Vehicle, *, now: datetime) -> dict[str, int]:
    """Write them down for the dealer group's vehicle and return the ids that addresses name."""
    today, mark, number = now.date(), place.group_canary, place.branch.pk % 10_000
    mine, nobodys = f"Z{number:04d}1ZFA31200000", f"Z{number:04d}2ZFA31200000"  # the sweep cuts them behind its mark
    data = VehicleData(
        vin=mine, make=vehicle.make, model=vehicle.model, first_registered_on=today - timedelta(days=400)
    )
    vehicle = services.edit_vehicle(vehicle_id=vehicle.pk, data=data, by=ROBOT, now=now)
    unit_id = vehicle.unit_id
    plan = services.save_plan(
        unit_id=unit_id, data=PlanData(make=vehicle.make, interval_km=15_000, interval_months=12), by=ROBOT, now=now
    )
    recall = services.save_recall(
        recall_id=None,
        unit_id=unit_id,
        data=RecallData(code=f"R{place.branch.pk}", title_it=mark, text_it=mark, opened_on=today - timedelta(days=9)),
        by=ROBOT,
        now=now,
    )
    services.add_vins(recall_id=recall.pk, text=f"{mine} {nobodys}", by=ROBOT, now=now)
    for kind, ago in (("service", 345), ("tyres", 100)):
        services.record_service_event(
            vehicle_id=vehicle.pk, kind=kind, done_on=today - timedelta(days=ago), reference=mark, by=ROBOT, now=now
        )
    return {"service_plan_id": plan.pk, "recall_id": recall.pk}
