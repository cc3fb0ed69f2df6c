"""What happens by itself: slots that nobody confirmed are let go, customers are reminded of tomorrow."""

from django.utils import timezone

from corsia.kernel import scope
from corsia.kernel.jobs import DUE, TRANSIENT, app
from corsia.workshop.services import booking, online, reminders


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


@app.periodic(cron="10 * * * *")
@app.task(name="workshop.remind", queue=DUE, retry=TRANSIENT, queueing_lock="workshop.remind")
def remind(timestamp: int) -> None:
    """Remind customers of tomorrow's visits."""
    with scope.system("workshop.remind"):
        reminders.remind(now=timezone.now())


@app.periodic(cron="45 * * * *")
@app.task(name="workshop.forget_requests", queue=DUE, retry=TRANSIENT, queueing_lock="workshop.forget_requests")
def forget_requests(timestamp: int) -> None:
    """Delete what was typed on the web for visits that nobody confirmed."""
    with scope.system("workshop.forget_requests"):
        online.forget_requests(now=timezone.now())
