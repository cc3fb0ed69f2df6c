"""When copies are made, customers erased and terms enforced."""

from pathlib import Path

from django.conf import settings
from django.utils import timezone

from corsia.kernel import scope
from corsia.kernel.jobs import DUE, FACTS, NO_RETRY, TRANSIENT, app
from corsia.privacy.queries.retention import is_run_due, last_run_at
from corsia.privacy.services import drop_old_exports, enforce_terms, run_erasure, run_export
from corsia.privacy.services.erasures import ERASE
from corsia.privacy.services.exporting import EXPORT

JOURNAL = "erasures.txt"


@app.task(name=EXPORT, queue=FACTS, retry=TRANSIENT)
def make_export(export_id: int) -> None:
    """Make one copy of a customer's data."""
    with scope.system(EXPORT):
        run_export(export_id=export_id, now=timezone.now())


@app.task(name=ERASE, queue=FACTS, retry=TRANSIENT)
def erase_customer(erasure_id: int) -> None:
    """Carry one erasure out."""
    now = timezone.now()
    with scope.system(ERASE):
        erased = run_erasure(erasure_id=erasure_id, now=now)
    if erased:
        # Ids only, outside the database: a backup from before brings the customer back, this list takes them again.
        with (Path(settings.VAR) / JOURNAL).open("a", encoding="utf-8") as journal:
            journal.write(f"{now.isoformat()} {' '.join(map(str, erased))}\n")


@app.periodic(cron="7 * * * *")
@app.task(name="privacy.drop_old_exports", queue=DUE, retry=NO_RETRY, queueing_lock="privacy.drop_old_exports")
def drop_exports(timestamp: int) -> None:
    """Delete copies that nobody downloaded in time."""
    with scope.system("privacy.drop_old_exports"):
        drop_old_exports(now=timezone.now())


@app.periodic(cron="23 * * * *")
@app.task(name="privacy.enforce_terms", queue=FACTS, retry=NO_RETRY, queueing_lock="privacy.enforce_terms")
def enforce(timestamp: int) -> None:
    """Erase each night what is past its term; after a night without workers, at the first hour with one."""
    now = timezone.now()
    if is_run_due(last_run_at(), local_now=timezone.localtime(now)):
        with scope.system("privacy.enforce_terms"):
            enforce_terms(now=now)
