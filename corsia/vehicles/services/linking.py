"""The VINs of recalls find the vehicles that have them."""

from django.db.models import F, OuterRef, Subquery

from corsia.vehicles.models import Vehicle, VehicleRecall


def link_recalls(*, vehicle_id: int | None = None) -> int:
    """Give every VIN of a recall its vehicle; return of how many VINs that changed.

    Args:
        vehicle_id: only what concerns this vehicle; None for all within the scope.
    """
    theirs = Vehicle.objects.filter(unit_id=OuterRef("recall__unit_id"), vin=OuterRef("vin"))
    waiting, wrong = VehicleRecall.objects.filter(vehicle=None), VehicleRecall.objects.exclude(vehicle=None)
    wrong = wrong.exclude(vehicle__vin=F("vin"))
    if vehicle_id is not None:
        wrong = wrong.filter(vehicle_id=vehicle_id)
        waiting = waiting.filter(vin=Vehicle.objects.values_list("vin", flat=True).get(pk=vehicle_id))
    loosened = VehicleRecall.objects.filter(pk__in=list(wrong.values_list("pk", flat=True))).update(vehicle=None)
    found = waiting.annotate(found=Subquery(theirs.values("pk")[:1])).filter(found__isnull=False)
    rows = [VehicleRecall(pk=pk, vehicle_id=theirs_id) for pk, theirs_id in found.values_list("pk", "found")]
    VehicleRecall.objects.bulk_update(rows, ["vehicle"], batch_size=1000)
    return int(loosened) + len(rows)
