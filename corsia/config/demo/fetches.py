"""Vehicles that the first workshop of the invented group fetches at home and brings back in the coming days."""

import random
from datetime import datetime, timedelta

from corsia.workshop.models import Visit, Workshop
from corsia.workshop.queries.fetches import Roads, home_of
from corsia.workshop.services.fetches import send_drivers
from corsia.workshop.vocabulary import VisitState

DRIVERS = 2
_MOST = 10
_AHEAD = timedelta(days=8)
_SEED = "corsia-fetches"


def load(workshop: Workshop, *, now: datetime) -> int:
    """Give a workshop drivers, let them fetch some of the coming vehicles, and return how many."""
    rng = random.Random(f"{_SEED}|{now.date().isoformat()}")  # its own: the rest of the demonstration stays as it was
    workshop.drivers = DRIVERS
    workshop.save(update_fields=["drivers"])
    coming = Visit.objects.filter(
        unit_id=workshop.unit_id, state=VisitState.BOOKED, is_waiting=False, loan=None, customer__isnull=False,
        drop_off_at__gt=now + timedelta(hours=2), drop_off_at__lt=now + _AHEAD,
    ).order_by("pk")  # fmt: skip
    visits = list(coming)
    rng.shuffle(visits)
    fetched = 0
    for visit in visits:
        if fetched == _MOST:
            break
        address = home_of(visit.customer_id or 0)
        runs = Roads([workshop], now=now, but=None).free(workshop.unit_id, visit.drop_off_at, visit.promised_at)
        if address and runs:
            send_drivers(visit, runs, address=address)
            fetched += 1
    return fetched
