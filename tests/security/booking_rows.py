"""Rows of booking on the web for the sweeps: a slot that is held, a contact that was asked, a visit, a car's link."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from corsia.kernel.actors import customer
from corsia.kernel.tokens import new_token
from corsia.workshop.links import booking_token, car_token
from corsia.workshop.models import OnlineRequest, Workshop
from corsia.workshop.queries.catalogue import bundle
from corsia.workshop.queries.online import booking_page
from corsia.workshop.services.online import Slot, hold_slot

if TYPE_CHECKING:
    from tests.security.world import Place


def booking_rows(place: "Place", now: datetime) -> dict[str, str]:
    """Return the words of the addresses; the desk's workshop is always open and takes bookings on the web."""
    page = booking_page(place.desk.code)
    work = bundle(job_ids=[place.rows["workshop_job_id"]])
    Workshop.unscoped.filter(unit=place.desk).update(hold_minutes=600)

    def request(days: int) -> str:
        at = (now + timedelta(days=days)).replace(hour=15, minute=0, second=0, microsecond=0)
        token, _row = hold_slot(
            page=page, slot=Slot(unit_id=place.desk.pk, starts_at=at, bundle=work), origin=bytes(32), before="",
            known=None, language="it", by=customer("web"), now=now,
        )  # fmt: skip
        return token

    held, asked = request(11), request(12)
    proof, digest = new_token()
    row = OnlineRequest.unscoped.order_by("-pk")[0]
    row.name, row.email, row.proof, row.asked_at = place.canary, f"web{place.desk.pk}@example.it", digest, now
    row.save()
    return {
        "page_code": place.desk.code,
        "who_token": held,
        "asked_token": asked,
        "proof_token": proof,
        "booked_token": booking_token(place.rows["workshop_visit_id"]),
        "car_token": car_token(place.rows["holding_id"], until=now.date() + timedelta(days=99)),
        "web_slot": f"{place.desk.pk}|{(now + timedelta(days=13)).date().isoformat()}T10:00:00+00:00",
    }
