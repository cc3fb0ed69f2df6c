"""Files of dealers' systems: kept as they come, looked at, confirmed, put aside, sent once more."""

import hashlib
from datetime import datetime, timedelta
from pathlib import PurePath

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from corsia.connectors.dms.models import Delivery, Difference, LeftOutRow, Source
from corsia.connectors.dms.permissions import MANAGE_DMS
from corsia.connectors.dms.rules.records import LARGEST_FILE
from corsia.connectors.dms.vocabulary import DeliveryState, Way
from corsia.kernel import blobs
from corsia.kernel.access import demand
from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit
from corsia.kernel.errors import Invalid, Refused
from corsia.kernel.jobs import DUE, app
from corsia.privacy.services.erasing import drop_blobs

PROCESS = "dms.process"
KEPT = timedelta(days=60)


class FileEmpty(Invalid):
    code = "dms.file_empty"
    message = _("The file is empty. Choose the one you meant.")


class FileTooLarge(Invalid):
    code = "dms.file_too_large"
    message = _("The file is larger than 1 GB. Have it exported in parts, and send them one after the other.")


class MappingMissing(Refused):
    code = "dms.mapping_missing"
    message = _("This source has no mapping yet: say first which column is what.")


class NotWaiting(Refused):
    code = "dms.not_waiting"
    message = _("This file was taken in or put aside already, or is being worked on. Reload the page to see it.")


class ContentGone(Refused):
    code = "dms.content_gone"
    message = _("The file itself is no longer kept: have it exported and sent again.")


@transaction.atomic
def keep_delivery(
    *, source_id: int, file_name: str, content: bytes, way: Way, stamp: str = "", by: Actor, now: datetime
) -> tuple[Delivery, bool]:
    """Keep a file as it came and have it looked at. Bytes that came before are not looked at again.

    Args:
        stamp: of a file on a server: what is seen of it without fetching it.

    Returns:
        The delivery, and whether it is new.

    Raises:
        FileEmpty, FileTooLarge: it cannot be kept.
        MappingMissing: nobody said yet what the source calls things.
    """
    source: Source = Source.objects.lock(source_id)
    demand(by, MANAGE_DMS, source.unit_id)
    if not content:
        raise FileEmpty
    if len(content) > LARGEST_FILE:
        raise FileTooLarge
    mapping = source.mappings.order_by("-number").first()
    if mapping is None:
        raise MappingMissing
    name = plain_name(file_name)
    digest = hashlib.sha256(content).digest()
    before = source.deliveries.filter(sha256=digest, file_name=name, mapping=mapping)
    if way is not Way.AGAIN:
        known: Delivery | None = before.exclude(state=DeliveryState.DISCARDED).order_by("-pk").first()
        if known is not None:
            return known, False
    delivery: Delivery = Delivery.objects.create(
        unit_id=source.unit_id,
        source=source,
        mapping=mapping,
        file_name=name,
        content_id=blobs.keep(content),
        sha256=digest,
        size=len(content),
        way=way,
        stamp=stamp[:300],
        received_by_id=by.id,
        received_at=now,
    )
    audit(delivery, "delivery_received", by=by, now=now, file=name, way=str(way))
    _work_on(delivery)
    return delivery, True


def plain_name(file_name: str) -> str:
    """Return the name of a file without any folder, of printable signs only."""
    name = PurePath(file_name.replace("\\", "/")).name
    return "".join(sign for sign in name if sign.isprintable())[-200:] or "file"


@transaction.atomic
def confirm_delivery(*, delivery_id: int, by: Actor, now: datetime) -> Delivery:
    """Have a file taken in that was looked at.

    Raises:
        NotWaiting: it was taken in or put aside, or nobody looked at it yet.
    """
    delivery = _locked(delivery_id, by=by)
    if delivery.state != DeliveryState.CHECKED:
        raise NotWaiting
    delivery.state, delivery.confirmed_by_id, delivery.done = DeliveryState.CONFIRMED, by.id, 0
    delivery.save(update_fields=["state", "confirmed_by", "done"])
    audit(delivery, "delivery_confirmed", by=by, now=now)
    _work_on(delivery)
    return delivery


@transaction.atomic
def discard_delivery(*, delivery_id: int, by: Actor, now: datetime) -> Delivery:
    """Put a file aside that is not to be taken in.

    Raises:
        NotWaiting: it was taken in already, or is being taken in.
    """
    delivery = _locked(delivery_id, by=by)
    if delivery.state in (DeliveryState.CONFIRMED, DeliveryState.APPLIED):
        raise NotWaiting
    delivery.state = DeliveryState.DISCARDED
    delivery.save(update_fields=["state"])
    audit(delivery, "delivery_discarded", by=by, now=now)
    return delivery


@transaction.atomic
def replay(*, delivery_id: int, by: Actor, now: datetime) -> Delivery:
    """Look at the bytes of a file once more, with the mapping of today.

    Raises:
        ContentGone: they are no longer kept.
    """
    before = _locked(delivery_id, by=by)
    if before.content_id is None:
        raise ContentGone
    delivery, _is_new = keep_delivery(
        source_id=before.source_id,
        file_name=before.file_name,
        content=blobs.content_of(before.content_id),
        way=Way.AGAIN,
        by=by,
        now=now,
    )
    return delivery


@transaction.atomic
def forget_contents(*, now: datetime) -> int:
    """Forget what files held two months after they came: bytes, differences and rows left out; return of how many."""
    old = Delivery.objects.filter(received_at__lt=now - KEPT, content__isnull=False)
    ids = list(old.values_list("pk", flat=True)[:500])
    contents = set(Delivery.objects.filter(pk__in=ids).values_list("content_id", flat=True))
    Difference.objects.filter(delivery_id__in=ids).delete()
    LeftOutRow.objects.filter(delivery_id__in=ids).delete()
    Delivery.objects.filter(pk__in=ids).update(content=None)
    drop_blobs(contents)
    return len(ids)


def _locked(delivery_id: int, *, by: Actor) -> Delivery:
    delivery: Delivery = Delivery.objects.lock(delivery_id)
    demand(by, MANAGE_DMS, delivery.unit_id)
    return delivery


def _work_on(delivery: Delivery) -> None:
    app.configure_task(PROCESS, queue=DUE, lock=f"dms.source.{delivery.source_id}").defer(delivery_id=delivery.pk)
