"""Work of the inbox that comes due by itself, and dossiers that somebody waits for."""

from django.utils import timezone

from corsia.conversations import services
from corsia.conversations.services.dossiers import MAKE
from corsia.kernel import scope
from corsia.kernel.jobs import DUE, FACTS, NO_RETRY, TRANSIENT, app, instant


@app.periodic(cron="*/10 * * * *")
@app.task(
    name="conversations.forget_viewings", queue=DUE, retry=NO_RETRY, queueing_lock="conversations.forget_viewings"
)
def forget_viewings(timestamp: int) -> None:
    """Forget who looked at which case some minutes ago."""
    services.forget_viewings(now=instant(timestamp))


@app.task(name=MAKE, queue=FACTS, retry=TRANSIENT)
def make_dossier(dossier_id: int) -> None:
    """Make one dossier."""
    with scope.system(MAKE):
        services.run_dossier(dossier_id=dossier_id, now=timezone.now())
