"""What customers do when vehicles tell something."""

from datetime import datetime

from corsia.customers.models import Holding
from corsia.customers.services import reindex
from corsia.events.vehicles import VehicleIdentityChanged


def reindex_holders(fact: VehicleIdentityChanged, *, now: datetime) -> None:
    """Let the customers of a vehicle be found by its new plate or VIN."""
    ids = Holding.objects.filter(vehicle_id=fact.vehicle_id, until=None).values_list("customer_id", flat=True)
    reindex(customer_ids=list(ids))
