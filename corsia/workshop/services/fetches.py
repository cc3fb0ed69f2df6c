"""A vehicle is fetched at the customer's home and brought back: drivers are sent, and keep to another promise."""

from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from corsia.kernel.errors import Invalid, Refused
from corsia.workshop.models import Fetch, Visit
from corsia.workshop.queries.fetches import Run, driver_at, return_of
from corsia.workshop.services.plan_places import hour_words
from corsia.workshop.services.plan_refusals import DriverTaken

SHORTEST, LONGEST = 5, 200  # characters of an address


class NotFetched(Refused):
    code = "workshop.not_fetched"
    message = _("This workshop does not fetch vehicles at home. Choose another way, or another workshop.")


class AddressMissing(Invalid):
    code = "workshop.fetch_address_missing"
    message = _("The address where the vehicle is fetched is missing: street, number and town, 5 to 200 characters.")


def cleaned(address: str) -> str:
    """Return an address in one line.

    Raises:
        AddressMissing: nobody can find a house by it.
    """
    line = " ".join(address.replace("\x00", "").split())
    if not SHORTEST <= len(line) <= LONGEST:
        raise AddressMissing
    return line


def address_of(visit: Visit) -> str | None:
    """Return where a vehicle is fetched, None where the customer brings it."""
    found: str | None = Fetch.objects.filter(visit=visit).values_list("address", flat=True).first()
    return found


def send_drivers(visit: Visit, runs: Sequence[Run], *, address: str) -> None:
    """Write down who fetches a vehicle and brings it back."""
    Fetch.objects.bulk_create(
        Fetch(
            unit_id=visit.unit_id,
            visit=visit,
            kind=run.kind,
            driver=run.driver,
            address=address,
            starts_at=run.starts_at,
            ends_at=run.ends_at,
        )
        for run in runs
    )


def bring_back_at(visit: Visit, promised_at: datetime) -> None:
    """Let a vehicle be brought back at another hour, where that was agreed.

    Raises:
        DriverTaken: every driver is on another road then.
    """
    run = return_of(visit)
    if run is None or run.starts_at == promised_at:
        return
    refusal = DriverTaken(at=hour_words(promised_at, visit, day_of=None), customer=visit.whose)
    driver = driver_at(run, promised_at)
    if driver is None:
        raise refusal
    run.driver, run.starts_at, run.ends_at = driver, promised_at, promised_at + (run.ends_at - run.starts_at)
    try:
        with transaction.atomic():
            run.save(update_fields=["driver", "starts_at", "ends_at"])
    except IntegrityError as taken:
        raise refusal from taken
