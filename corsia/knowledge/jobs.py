"""The morning that tells what is due for review, and the night that forgets."""

from django.utils import timezone

from corsia.kernel import scope
from corsia.kernel.jobs import DUE, TRANSIENT, app
from corsia.knowledge import services

REVIEWS = "knowledge.tell_due_reviews"
FORGET = "knowledge.forget"


@app.periodic(cron="10 6 * * *")
@app.task(name="knowledge.tell_due_reviews", queue=DUE, retry=TRANSIENT, queueing_lock="knowledge.tell_due_reviews")
def tell_due_reviews(timestamp: int) -> None:
    """Tell every owner whose review day has come, however late this tick is."""
    with scope.system(REVIEWS):
        services.tell_due_reviews(now=timezone.now())


@app.periodic(cron="25 0,12 * * *")
@app.task(name="knowledge.forget", queue=DUE, retry=TRANSIENT, queueing_lock="knowledge.forget")
def forget(timestamp: int) -> None:
    """Delete yesterday's readers and words that nobody searches any more."""
    with scope.system(FORGET):
        services.forget_readers(now=timezone.now())
        services.forget_old_searches(now=timezone.now())
