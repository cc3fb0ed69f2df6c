"""When stored mails are read and mailboxes polled: as soon as something arrives, and each minute for the rest."""

from django.db import close_old_connections
from django.utils import timezone

from corsia.connectors.email import services
from corsia.connectors.email.services import imap
from corsia.kernel.jobs import MAIL, NO_RETRY, app
from corsia.messaging.services.journal import READ_MAIL


@app.periodic(cron="* * * * *", periodic_id="tick")
@app.task(name=READ_MAIL, queue=MAIL, retry=NO_RETRY, queueing_lock=READ_MAIL)
def drain(timestamp: int = 0) -> None:
    """Read whatever waits. The real now counts, not the tick's: a late tick still does all due work."""
    close_old_connections()
    while services.drain(now=timezone.now()):
        continue


@app.periodic(cron="* * * * *")
@app.task(name="email.poll", queue=MAIL, retry=NO_RETRY, queueing_lock="email.poll")
def poll(timestamp: int) -> None:
    """Fetch what is new in the IMAP mailboxes."""
    close_old_connections()
    imap.poll_mailboxes(now=timezone.now())
