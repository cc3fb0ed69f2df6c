"""When calls are settled: a moment after their end, and each minute whatever was left."""

from django.db import close_old_connections
from django.utils import timezone

from corsia.connectors.telephony.services.calls import SETTLE
from corsia.connectors.telephony.services.ends import fetch_voicemails, settle_due
from corsia.connectors.telephony.services.interviews import TRANSFER, carry_out
from corsia.kernel import scope
from corsia.kernel.jobs import DUE, NO_RETRY, TRANSIENT, app


@app.task(name=SETTLE, queue=DUE, retry=TRANSIENT)
def settle_later() -> None:
    """Do what follows from the end of calls, as soon as late reports may be over."""
    close_old_connections()
    with scope.system(SETTLE):
        settle_due(now=timezone.now())


@app.periodic(cron="* * * * *")
@app.task(name="telephony.settle_due", queue=DUE, retry=NO_RETRY, queueing_lock="telephony.settle_due")
def settle_due_calls(timestamp: int) -> None:
    """Settle what is due, and fetch the messages that callers left."""
    close_old_connections()
    with scope.system("telephony.settle_due"):
        settle_due(now=timezone.now())
        fetch_voicemails(now=timezone.now())


@app.task(name=TRANSFER, queue=DUE, retry=NO_RETRY)
def transfer_caller(interview_id: int) -> None:
    """Have the provider transfer a caller to their interview."""
    close_old_connections()
    with scope.system(TRANSFER):
        carry_out(interview_id=interview_id, now=timezone.now())
