"""What a desk keeps for itself: saved views and the queues cases wait in."""

from dataclasses import asdict, dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from corsia.cases.models import Queue, SavedView
from corsia.cases.permissions import MANAGE_PROCESSES, WORK_CASES
from corsia.kernel.access import demand
from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit
from corsia.kernel.errors import Invalid, NotAllowed


class ViewWithoutName(Invalid):
    code = "cases.view_without_name"
    message = _("A saved view needs a name of at most 60 characters. Write one and save again.")


@dataclass(frozen=True)
class QueueDetails:
    """What a queue is for and how it gives cases away."""

    name: str
    skill_id: int | None = None
    language: str = ""
    make: str = ""
    process_key: str = ""
    assigns_itself: bool = False
    prefers_owner_advisor: bool = True
    is_active: bool = True


@transaction.atomic
def save_view(*, unit_id: int, name: str, query: str, is_shared: bool, by: Actor, now: datetime) -> SavedView:
    """Keep a filter of the desk's list under a name; one's own view of the same name is replaced.

    Args:
        unit_id: the unit, with everything below it, that sees the view when it is shared.
        query: the list's query string, already reduced to its known filters.

    Raises:
        ViewWithoutName: no name, or a very long one.
    """
    demand(by, WORK_CASES, unit_id)
    name = " ".join(name.split())
    if not 0 < len(name) <= 60 or by.id is None:
        raise ViewWithoutName
    view: SavedView
    view, _is_new = SavedView.objects.update_or_create(
        owner_id=by.id,
        name=name,
        defaults={"unit_id": unit_id, "query": query[:500], "is_shared": is_shared},
    )
    audit(view, "view_saved", by=by, now=now, is_shared=is_shared)
    return view


@transaction.atomic
def delete_view(*, view_id: int, by: Actor, now: datetime) -> None:
    """Delete one of the actor's own views.

    Raises:
        NotAllowed: it is somebody else's.
    """
    view = SavedView.objects.lock(view_id)
    if view.owner_id != by.id:
        raise NotAllowed
    audit(view, "view_deleted", by=by, now=now)
    view.delete()


@transaction.atomic
def save_queue(*, unit_id: int, details: QueueDetails, queue_id: int | None = None, by: Actor, now: datetime) -> Queue:
    """Add a queue to a unit, or change one."""
    demand(by, MANAGE_PROCESSES, unit_id)
    queue = Queue(unit_id=unit_id) if queue_id is None else Queue.objects.lock(queue_id)
    demand(by, MANAGE_PROCESSES, queue.unit_id)
    for name, value in asdict(details).items():
        setattr(queue, name, value)
    queue.unit_id = unit_id
    queue.save()
    audit(queue, "queue_saved", by=by, now=now, name=queue.name, is_active=queue.is_active)
    return queue
