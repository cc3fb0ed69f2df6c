"""What happens by itself: slots that nobody confirmed are let go."""

from django.utils import timezone

from corsia.kernel import scope
from corsia.kernel.jobs import DUE, TRANSIENT, app
from corsia.workshop.services import booking


@app.periodic(cron="* * * * *")
@app.task(name="workshop.lapse_holds", queue=DUE, retry=TRANSIENT, queueing_lock="workshop.lapse_holds")
def lapse_holds(timestamp: int) -> None:
    """Let go the slots that were held and not confirmed in time."""
    with scope.system("workshop.lapse_holds"):
        booking.lapse_holds(now=timezone.now())


@app.periodic(cron="35 * * * *")
@app.task(name="workshop.forget_changes", queue=DUE, retry=TRANSIENT, queueing_lock="workshop.forget_changes")
def forget_changes(timestamp: int) -> None:
    """Delete old traces of changes of the diaries."""
    with scope.system("workshop.forget_changes"):
        booking.forget_changes()
