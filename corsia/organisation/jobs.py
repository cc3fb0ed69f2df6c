"""When notices are mailed: each minute, whatever is due."""

from django.utils import timezone

from corsia.kernel.jobs import DUE, NO_RETRY, app
from corsia.organisation import services

MAIL_NOTICES = "organisation.mail_notices"


@app.periodic(cron="* * * * *")
@app.task(name=MAIL_NOTICES, queue=DUE, retry=NO_RETRY, queueing_lock=MAIL_NOTICES)
def mail_notices(timestamp: int) -> None:
    """Mail what is due. The real now counts, not the tick's: a late tick still does all due work."""
    services.mail_due_notices(now=timezone.now())
