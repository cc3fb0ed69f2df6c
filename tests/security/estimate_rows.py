"""Rows of estimates for the sweeps: one in the making and one that waits for the customer."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from corsia.workshop.links import estimate_token
from corsia.workshop.models import EstimateLine, Job
from corsia.workshop.queries.catalogue import bundle
from corsia.workshop.services import estimates
from tests.factories.cases import ROBOT

if TYPE_CHECKING:
    from tests.security.world import Place


def estimate_rows(place: "Place", now: datetime) -> tuple[dict[str, int], dict[str, str]]:
    """Make both, marked."""
    job = Job.unscoped.get(pk=place.rows["workshop_job_id"])

    def made() -> int:
        return estimates.make_estimate(
            unit_id=place.desk.pk,
            customer_id=place.rows["customer_id"],
            vehicle_id=place.rows["vehicle_id"],
            bundle=bundle(job_ids=[job.pk]),
            note=place.canary,
            by=ROBOT,
            now=now,
        ).pk

    draft, sent = made(), made()
    estimates.send_estimate(
        estimate_id=sent, valid_until=now.date() + timedelta(days=9), note=place.canary, by=ROBOT, now=now
    )
    line = EstimateLine.unscoped.filter(estimate_id=draft).first()
    return (
        {"estimate_id": draft, "sent_estimate_id": sent, "estimate_line_id": line.pk},
        {"estimate_token": estimate_token(sent)},
    )
