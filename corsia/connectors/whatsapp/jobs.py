"""When Meta is asked for the approved texts: each hour."""

from django.db import close_old_connections
from django.utils import timezone

from corsia.connectors.whatsapp.services.texts import fetch_all_texts
from corsia.kernel import scope
from corsia.kernel.jobs import DUE, NO_RETRY, app


@app.periodic(cron="17 * * * *")
@app.task(name="whatsapp.fetch_texts", queue=DUE, retry=NO_RETRY, queueing_lock="whatsapp.fetch_texts")
def fetch_texts(timestamp: int) -> None:
    """Ask about every account that is switched on; what fails is shown on its page and asked again in an hour."""
    close_old_connections()
    with scope.system("whatsapp.fetch_texts"):
        fetch_all_texts(now=timezone.now())
