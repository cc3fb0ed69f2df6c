"""When the outbox is emptied: as soon as something is due, and each minute for what that missed."""

from django.db import close_old_connections
from django.utils import timezone

from corsia.kernel.jobs import DUE, MAIL, NO_RETRY, app
from corsia.messaging import services
from corsia.messaging.services import events, planned
from corsia.messaging.services.journal import READ_EVENTS
from corsia.messaging.services.queueing import SEND, SEND_LATER


@app.periodic(cron="* * * * *", periodic_id="tick")
@app.task(name=SEND, queue=MAIL, retry=NO_RETRY, queueing_lock=SEND)
def send_due(timestamp: int = 0) -> None:
    """Send whatever is due. The real now counts, not the tick's: a late tick still does all due work."""
    close_old_connections()
    while services.send_due(now=timezone.now()):
        continue


@app.task(name=SEND_LATER, queue=MAIL, retry=NO_RETRY)
def send_later() -> None:
    """Send what became due now: the undo window of an answer is over, or its chosen time has come."""
    send_due()


@app.periodic(cron="* * * * *", periodic_id="tick")
@app.task(name=READ_EVENTS, queue=MAIL, retry=NO_RETRY, queueing_lock=READ_EVENTS)
def read_events(timestamp: int = 0) -> None:
    """Read what webhooks left in the journal. The real now counts, not the tick's."""
    close_old_connections()
    while events.read_events(now=timezone.now()):
        continue


@app.periodic(cron="* * * * *", periodic_id="tick")
@app.task(name="messaging.make_due_contacts", queue=DUE, retry=NO_RETRY, queueing_lock="messaging.make_due_contacts")
def make_due_contacts(timestamp: int = 0) -> None:
    """Make the planned contacts that are due. The real now counts, not the tick's."""
    close_old_connections()
    while planned.make_due_contacts(now=timezone.now()):
        continue
