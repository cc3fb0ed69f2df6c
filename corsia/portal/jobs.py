"""The minute that files submissions a web process could not."""

from django.utils import timezone

from corsia.kernel import scope
from corsia.kernel.jobs import DUE, TRANSIENT, app
from corsia.portal import services

LATE = "portal.file_late_forms"


@app.periodic(cron="* * * * *")
@app.task(name=LATE, queue=DUE, retry=TRANSIENT, queueing_lock=LATE)
def file_late_forms(timestamp: int) -> None:
    """File whatever still waits, however late this tick is."""
    with scope.system(LATE):
        services.file_waiting(now=timezone.now())
