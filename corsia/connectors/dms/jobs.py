"""When files are worked on: as soon as they come; folders and servers are looked at every few minutes."""

from django.db import close_old_connections
from django.utils import timezone

from corsia.connectors.dms.services.deliveries import PROCESS, forget_contents
from corsia.connectors.dms.services.processing import process
from corsia.kernel import scope
from corsia.kernel.jobs import DUE, NO_RETRY, TRANSIENT, app


@app.task(name=PROCESS, queue=DUE, retry=TRANSIENT)
def process_delivery(delivery_id: int) -> None:
    """Look at a file, or take it in."""
    close_old_connections()
    with scope.system(PROCESS):
        process(delivery_id=delivery_id, now=timezone.now())


@app.periodic(cron="20 2 * * *")
@app.task(name="dms.forget_contents", queue=DUE, retry=NO_RETRY, queueing_lock="dms.forget_contents")
def forget_old_contents(timestamp: int) -> None:
    """Forget what files held once their term is over."""
    with scope.system("dms.forget_contents"):
        forget_contents(now=timezone.now())
