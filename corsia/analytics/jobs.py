"""The tick that brings the warehouse up to date, and the one that mails the numbers of the week."""

from django.utils import timezone

from corsia.kernel import scope
from corsia.kernel.jobs import DUE, NO_RETRY, app

REFRESH = "analytics.refresh"
WEEK = "analytics.week"


@app.periodic(cron="*/10 * * * *")
@app.task(name="analytics.refresh", queue=DUE, retry=NO_RETRY, queueing_lock="analytics.refresh")
def refresh(timestamp: int) -> None:
    """Write what changed since the last refresh; the next tick tries again what this one could not."""
    from corsia.analytics import services  # with the libraries that write files, which only the worker needs

    with scope.system(REFRESH):
        services.refresh(now=timezone.now())


@app.periodic(cron="5-59/10 * * * *")
@app.task(name="analytics.week", queue=DUE, retry=NO_RETRY, queueing_lock="analytics.week")
def mail_week(timestamp: int) -> None:
    """Mail the numbers of the week where it is Monday morning; the next tick tries again what this one could not."""
    from corsia.analytics.services import weekly

    with scope.system(WEEK):
        weekly.send_due_packs(now=timezone.now())
