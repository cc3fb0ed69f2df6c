"""When files are worked on: as soon as they come; folders and servers are looked at every few minutes."""

from django.db import close_old_connections
from django.utils import timezone

from corsia.connectors.dms.services.deliveries import PROCESS, forget_contents
from corsia.connectors.dms.services.folders import collect_folders
from corsia.connectors.dms.services.processing import process
from corsia.kernel import scope
from corsia.kernel.jobs import DUE, NO_RETRY, TRANSIENT, app


@app.task(name=PROCESS, queue=DUE, retry=TRANSIENT)
def process_delivery(delivery_id: int) -> None:
    """Look at a file, or take it in."""
    close_old_connections()
    with scope.system(PROCESS):
        process(delivery_id=delivery_id, now=timezone.now())


@app.periodic(cron="*/2 * * * *")
@app.task(name="dms.collect_folders", queue=DUE, retry=NO_RETRY, queueing_lock="dms.collect_folders")
def collect_all_folders(timestamp: int) -> None:
    """Keep what was put into the folders of sources."""
    with scope.system("dms.collect_folders"):
        collect_folders(now=timezone.now())


@app.periodic(cron="*/10 * * * *")
@app.task(name="dms.pull", queue=DUE, retry=NO_RETRY, queueing_lock="dms.pull")
def pull_from_servers(timestamp: int) -> None:
    """Fetch what is new on the servers of sources."""
    close_old_connections()
    from corsia.connectors.dms.services.sftp import pull_all  # loads an SSH client

    with scope.system("dms.pull"):
        pull_all(now=timezone.now())


@app.periodic(cron="20 2 * * *")
@app.task(name="dms.forget_contents", queue=DUE, retry=NO_RETRY, queueing_lock="dms.forget_contents")
def forget_old_contents(timestamp: int) -> None:
    """Forget what files held once their term is over."""
    with scope.system("dms.forget_contents"):
        forget_contents(now=timezone.now())
