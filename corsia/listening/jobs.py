"""The minute that sends what is due."""

from django.utils import timezone

from corsia.kernel import scope
from corsia.kernel.jobs import DUE, TRANSIENT, app
from corsia.listening import services

SEND = "listening.send_due_invitations"


@app.periodic(cron="* * * * *")
@app.task(
    name="listening.send_due_invitations", queue=DUE, retry=TRANSIENT, queueing_lock="listening.send_due_invitations"
)
def send_due_invitations(timestamp: int) -> None:
    """Send every invitation whose time has come, however late this tick is."""
    with scope.system(SEND):
        services.send_due_invitations(now=timezone.now())
