"""The minute that files submissions a web process could not."""

from django.utils import timezone

from corsia.kernel import scope
from corsia.kernel.jobs import DUE, MAIL, TRANSIENT, app
from corsia.portal import services


@app.task(name=services.FILE_FORMS, queue=MAIL, retry=TRANSIENT)
def file_forms() -> None:
    """File what was just kept, should the web process have died before it could."""
    with scope.system(services.FILE_FORMS):
        services.file_waiting(now=timezone.now())


@app.periodic(cron="* * * * *")
@app.task(name="portal.file_late_forms", queue=DUE, retry=TRANSIENT, queueing_lock="portal.file_late_forms")
def file_late_forms(timestamp: int) -> None:
    """File whatever still waits, however late this tick is."""
    with scope.system("portal.file_late_forms"):
        services.file_waiting(now=timezone.now())
