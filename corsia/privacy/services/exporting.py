"""The copy of a customer's data: made by a job, downloaded once by whoever asked, gone after a week."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from corsia.customers import queries as customers
from corsia.customers.models import Customer
from corsia.kernel.actors import Actor, system
from corsia.kernel.audit import audit
from corsia.kernel.blobs import content_of, keep
from corsia.kernel.errors import NotFound, Refused
from corsia.kernel.jobs import FACTS, app
from corsia.organisation.queries import time_zone_of, unit_of
from corsia.privacy.models import Export
from corsia.privacy.queries.copy import archive
from corsia.privacy.queries.reach import covers_everything
from corsia.privacy.services.erasing import drop_blobs
from corsia.privacy.services.erasures import CasesElsewhere

EXPORT = "privacy.make_export"  # the job
KEPT = timedelta(days=7)


class CopyGone(Refused):
    code = "privacy.copy_gone"
    message = _("This copy was downloaded already or its seven days are over. Ask for a new one.")


@transaction.atomic
def ask_export(*, customer_id: int, by: Actor, now: datetime) -> Export:
    """Have a copy of a customer's data made for the actor to download.

    Raises:
        NotFound: no such customer within the scope.
        CasesElsewhere: the actor may not do it in every unit that has a case of theirs.
    """
    family = customers.family_ids(customer_id)
    root: Customer = Customer.objects.find(family[0])
    if not covers_everything(family, by=by) or by.id is None:
        raise CasesElsewhere
    export: Export = Export.objects.create(unit_id=root.unit_id, customer=root, asked_by_id=by.id, asked_at=now)
    audit(export, "export_asked", by=by, now=now, customer=root.pk)
    app.configure_task(EXPORT, queue=FACTS).defer(export_id=export.pk)
    return export


@transaction.atomic
def run_export(*, export_id: int, now: datetime) -> None:
    """Make the copy, once however often this runs."""
    export: Export = Export.objects.lock(export_id)
    if export.ready_at is not None:
        return
    family = customers.family_ids(export.customer_id)
    unit = unit_of(export.unit_id)
    with override(unit.language):
        content = archive(family, owner=unit.name, now=now, zone=time_zone_of(export.unit_id))
    export.blob_id = keep(content)
    export.size, export.ready_at, export.expires_at = len(content), now, now + KEPT
    export.save(update_fields=["blob", "size", "ready_at", "expires_at"])
    audit(export, "export_made", by=system("privacy.export"), now=now, customer=export.customer_id, size=export.size)


@transaction.atomic
def take_export(*, export_id: int, by: Actor, now: datetime) -> bytes:
    """Return the copy to whoever asked for it, the first time only; the bytes are deleted here.

    Raises:
        NotFound: it is somebody else's, or there is none.
        CopyGone: taken before, over, or not ready.
    """
    export: Export = Export.objects.lock(export_id)
    if export.asked_by_id != by.id:
        raise NotFound(kind="privacy.Export")
    if export.blob_id is None or export.expires_at is None or export.expires_at <= now:
        raise CopyGone
    content = content_of(export.blob_id)
    blob_id, export.blob_id, export.taken_at = export.blob_id, None, now
    export.save(update_fields=["blob", "taken_at"])
    drop_blobs({blob_id})
    audit(export, "export_taken", by=by, now=now, customer=export.customer_id)
    return content


@transaction.atomic
def drop_old_exports(*, now: datetime) -> int:
    """Delete the bytes of copies whose days are over, and return how many copies they were."""
    old = Export.objects.filter(expires_at__lte=now, blob__isnull=False)
    blobs = set(old.values_list("blob_id", flat=True))
    count = int(old.update(blob=None, expires_at=F("expires_at")))
    drop_blobs(blobs)
    return count
