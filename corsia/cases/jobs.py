"""What is looked for each minute. Due rows are scanned by their instant, so a late tick still does all of it."""

from django.utils import timezone

from corsia.cases.services import due, recovery, recovery_lists
from corsia.kernel import scope
from corsia.kernel.jobs import DUE, TRANSIENT, app


@app.periodic(cron="* * * * *")
@app.task(name="cases.find_missed_deadlines", queue=DUE, retry=TRANSIENT, queueing_lock="cases.find_missed_deadlines")
def find_missed_deadlines(timestamp: int) -> None:
    """Find promises that were broken."""
    with scope.system("cases.find_missed_deadlines"):
        due.find_missed_deadlines(now=timezone.now())


@app.periodic(cron="* * * * *")
@app.task(name="cases.find_warnings", queue=DUE, retry=TRANSIENT, queueing_lock="cases.find_warnings")
def find_warnings(timestamp: int) -> None:
    """Find promises about to break."""
    with scope.system("cases.find_warnings"):
        due.find_warnings(now=timezone.now())


@app.periodic(cron="* * * * *")
@app.task(name="cases.find_neglected", queue=DUE, retry=TRANSIENT, queueing_lock="cases.find_neglected")
def find_neglected(timestamp: int) -> None:
    """Find cases nobody has touched for too long."""
    with scope.system("cases.find_neglected"):
        due.find_neglected(now=timezone.now())


@app.periodic(cron="* * * * *")
@app.task(name="cases.wake_snoozed", queue=DUE, retry=TRANSIENT, queueing_lock="cases.wake_snoozed")
def wake_snoozed(timestamp: int) -> None:
    """Put cases whose snooze is over back on the desk."""
    with scope.system("cases.wake_snoozed"):
        due.wake_snoozed(now=timezone.now())


@app.periodic(cron="* * * * *")
@app.task(name="cases.escalate_alarms", queue=DUE, retry=TRANSIENT, queueing_lock="cases.escalate_alarms")
def escalate_alarms(timestamp: int) -> None:
    """Take alarms that are still up one level higher."""
    with scope.system("cases.escalate_alarms"):
        due.escalate_alarms(now=timezone.now())


@app.periodic(cron="* * * * *")
@app.task(name="cases.wake_recoveries", queue=DUE, retry=TRANSIENT, queueing_lock="cases.wake_recoveries")
def wake_recoveries(timestamp: int) -> None:
    """Give forgotten customers their turn again whose next attempt is due."""
    with scope.system("cases.wake_recoveries"):
        recovery.wake_recoveries(now=timezone.now())


@app.periodic(cron="* * * * *")
@app.task(name="cases.take_in_lists", queue=DUE, retry=TRANSIENT, queueing_lock="cases.take_in_lists")
def take_in_lists(timestamp: int) -> None:
    """Take in what is left of confirmed lists of forgotten customers."""
    with scope.system("cases.take_in_lists"):
        recovery_lists.take_in_lists(now=timezone.now())
