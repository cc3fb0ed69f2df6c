"""Work of the inbox that comes due by itself."""

from corsia.conversations import services
from corsia.kernel.jobs import DUE, NO_RETRY, app, instant


@app.periodic(cron="*/10 * * * *")
@app.task(
    name="conversations.forget_viewings", queue=DUE, retry=NO_RETRY, queueing_lock="conversations.forget_viewings"
)
def forget_viewings(timestamp: int) -> None:
    """Forget who looked at which case some minutes ago."""
    services.forget_viewings(now=instant(timestamp))
