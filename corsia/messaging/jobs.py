"""When the outbox is emptied: as soon as something is due, and each minute for what that missed."""

from django.utils import timezone

from corsia.kernel.jobs import MAIL, NO_RETRY, app
from corsia.messaging import services


@app.periodic(cron="* * * * *", periodic_id="tick")
@app.task(name="messaging.send_due", queue=MAIL, retry=NO_RETRY, queueing_lock="messaging.send_due")
def send_due(timestamp: int = 0) -> None:
    """Send whatever is due. The real now counts, not the tick's: a late tick still does all due work."""
    while services.send_due(now=timezone.now()):
        continue
