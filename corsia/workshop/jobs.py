"""What happens by itself: slots that nobody confirmed are let go, days that are over are written down."""

from django.utils import timezone

from corsia.kernel import scope
from corsia.kernel.jobs import DUE, TRANSIENT, app
from corsia.workshop.services import booking, capacity_days


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


@app.periodic(cron="20 */6 * * *")  # soon after midnight wherever a workshop is
@app.task(name="workshop.count_days", queue=DUE, retry=TRANSIENT, queueing_lock="workshop.count_days")
def count_days(timestamp: int) -> None:
    """Write down how long technicians, bays and courtesy cars were there on the days that are over."""
    with scope.system("workshop.count_days"):
        capacity_days.count_days(now=timezone.now())
