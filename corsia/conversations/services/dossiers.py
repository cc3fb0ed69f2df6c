"""Dossiers: a whole case as one PDF, asked for by somebody, set by a job, kept with its hash."""

import hashlib
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from corsia.cases.models import Case
from corsia.conversations.models import Dossier
from corsia.conversations.permissions import MAKE_DOSSIERS
from corsia.conversations.queries.chronology import chronology
from corsia.conversations.queries.dossier import dossier_paper
from corsia.conversations.vocabulary import Audience, DossierState
from corsia.kernel.access import demand
from corsia.kernel.actors import Actor, system
from corsia.kernel.audit import audit
from corsia.kernel.blobs import content_of, keep
from corsia.kernel.errors import Invalid, NotFound, Refused
from corsia.kernel.jobs import FACTS, app
from corsia.kernel.live import tell
from corsia.organisation.queries import time_zone_of
from corsia.organisation.vocabulary import Language
from corsia.ui.paper import PaperFailed, PaperTooLarge, set_paper

MAKE = "conversations.make_dossier"  # the job
PAPER = "conversations/dossier.typ"


class UnknownCopy(Invalid):
    code = "conversations.unknown_copy"
    message = _("Choose whether the dossier is for the customer or for us, and its language.")


class NotReady(Refused):
    code = "conversations.dossier_not_ready"
    message = _("This dossier is still being made or could not be made. Look at the list of the case.")


@transaction.atomic
def ask_dossier(*, case_id: int, audience: str, language: str, by: Actor, now: datetime) -> Dossier:
    """Have a dossier of a case made that tells everything up to now.

    Raises:
        NotFound: no such case within the scope.
        UnknownCopy: there is no such copy or language.
    """
    case: Case = Case.objects.find(case_id)
    demand(by, MAKE_DOSSIERS, case.unit_id)
    if audience not in Audience.values or language not in Language.values:
        raise UnknownCopy
    dossier: Dossier = Dossier.objects.create(
        case=case, audience=audience, language=language, asked_by_id=by.id, asked_at=now
    )
    audit(case, "dossier_asked", by=by, now=now, dossier=dossier.pk, audience=audience)
    app.configure_task(MAKE, queue=FACTS).defer(dossier_id=dossier.pk)
    return dossier


@transaction.atomic
def run_dossier(*, dossier_id: int, now: datetime) -> Dossier:
    """Make a dossier, once however often this runs. What cannot be set is written down as not made, with the reason."""
    dossier: Dossier = Dossier.objects.lock(dossier_id)
    if dossier.state != DossierState.WAITING:
        return dossier
    case: Case = Case.objects.get(pk=dossier.case_id)
    with override(dossier.language), timezone.override(time_zone_of(case.unit_id)):
        told = chronology(case=case, until=dossier.asked_at, audience=dossier.audience)
    try:
        pdf = set_paper(PAPER, dossier_paper(dossier, told, now=now), at=dossier.asked_at)
    except (PaperTooLarge, PaperFailed) as refusal:
        dossier.state, dossier.why_failed = DossierState.FAILED, str(refusal)[:300]
        dossier.save(update_fields=["state", "why_failed"])
    else:
        _keep(dossier, pdf, digest=told.digest, entries=len(told.entries), now=now)
        audit(
            case,
            "dossier_made",
            by=system(MAKE),
            now=now,
            dossier=dossier.pk,
            audience=dossier.audience,
            until=dossier.asked_at.isoformat(),
            entries=dossier.entries,
            sha256=dossier.sha256,
            content=dossier.content_digest,
        )
    tell("conversations.dossier", unit_id=case.unit_id, case=case.pk, dossier=dossier.pk)
    return dossier


def _keep(dossier: Dossier, pdf: bytes, *, digest: str, entries: int, now: datetime) -> None:
    dossier.blob_id, dossier.size = keep(pdf), len(pdf)
    dossier.sha256, dossier.content_digest = hashlib.sha256(pdf).hexdigest(), digest
    dossier.entries, dossier.state, dossier.ready_at = entries, DossierState.READY, now
    dossier.save()


def dossier_file(*, dossier_id: int) -> tuple[Dossier, bytes]:
    """Return a dossier and its PDF.

    Raises:
        NotFound: no such dossier within the scope.
        NotReady: it has no file.
    """
    dossier = Dossier.objects.filter(pk=dossier_id).first()
    if dossier is None:
        raise NotFound(kind=Dossier._meta.label)
    if dossier.blob_id is None:
        raise NotReady
    return dossier, content_of(dossier.blob_id)


def still_tells(*, dossier_id: int) -> bool:
    """Read the log again for the dossier's instant and tell whether it gives the very same chronology."""
    dossier: Dossier = Dossier.objects.find(dossier_id)
    if dossier.state != DossierState.READY:
        raise NotReady
    told = chronology(case=Case.objects.get(pk=dossier.case_id), until=dossier.asked_at, audience=dossier.audience)
    return told.digest == dossier.content_digest
