"""Record the agreements with the staff under which figures of single persons may be seen."""

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from corsia.kernel import blobs
from corsia.kernel.access import demand
from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit
from corsia.kernel.errors import Invalid, Refused
from corsia.organisation.models import StaffAgreement
from corsia.organisation.permissions import MANAGE_AGREEMENTS
from corsia.organisation.queries import tree

MAX_FILE = 20 * 1024 * 1024


class NotAPdf(Invalid):
    code = "organisation.not_a_pdf"
    message = _(
        "The signed agreement is kept as a PDF of at most 20 MB. Scan it, or save it as PDF, and choose it again."
    )


class EndsBeforeItBegins(Invalid):
    code = "organisation.agreement_order"
    message = _("The last day %(last)s comes before the first day %(first)s. Correct one of the two.")


class AgreementOver(Refused):
    code = "organisation.agreement_over"
    message = _("This agreement has ended already. Record a new one if there is another.")


@transaction.atomic
def record_agreement(
    *,
    unit_id: int,
    signed_on: date,
    signed_with: str,
    covers: str,
    starts_on: date,
    last_on: date | None,
    file_name: str,
    content: bytes,
    by: Actor,
    now: datetime,
) -> StaffAgreement:
    """Record a signed agreement; from its first day figures of single persons may be seen in the unit and below.

    Args:
        last_on: the last day on which it holds; None until somebody ends it.

    Raises:
        NotFound, NotAllowed: no such unit, or the actor does not administer it.
        NotAPdf, EndsBeforeItBegins: what was given cannot be used.
    """
    unit = tree().unit(unit_id)
    demand(by, MANAGE_AGREEMENTS, unit.pk)
    if not content.startswith(b"%PDF-") or len(content) > MAX_FILE:
        raise NotAPdf
    if last_on is not None and last_on < starts_on:
        raise EndsBeforeItBegins(first=f"{starts_on:%d/%m/%Y}", last=f"{last_on:%d/%m/%Y}")
    agreement: StaffAgreement = StaffAgreement.objects.create(
        unit_id=unit.pk,
        signed_on=signed_on,
        signed_with=signed_with.strip(),
        covers=covers.strip(),
        starts_on=starts_on,
        ends_on=_after(last_on),
        file_id=blobs.keep(content),
        file_name=file_name[-200:],
        media_type="application/pdf",
        recorded_by_id=by.id,
        recorded_at=now,
    )
    audit(agreement, "recorded", by=by, now=now, starts_on=str(starts_on), last_on=str(last_on or ""))
    return agreement


@transaction.atomic
def end_agreement(*, agreement_id: int, today: date, by: Actor, now: datetime) -> StaffAgreement:
    """Let an agreement hold no longer, from today on; the record stays.

    Raises:
        NotFound, NotAllowed: no such agreement, or the actor does not administer its unit.
        AgreementOver: it has ended already.
    """
    agreement: StaffAgreement = StaffAgreement.objects.lock(agreement_id)
    demand(by, MANAGE_AGREEMENTS, agreement.unit_id)
    if agreement.ends_on is not None and agreement.ends_on <= max(today, agreement.starts_on):
        raise AgreementOver
    agreement.ends_on = max(today, agreement.starts_on)  # one that has not begun never will: it ends as it starts
    agreement.save(update_fields=["ends_on"])
    audit(agreement, "ended", by=by, now=now, ends_on=str(agreement.ends_on))
    return agreement


def _after(day: date | None) -> date | None:
    return None if day is None else date.fromordinal(day.toordinal() + 1)
