"""What happens by itself: slots lapse, days are planned and written down, customers reminded, traces forgotten."""

from django.utils import timezone

from corsia.kernel import scope
from corsia.kernel.jobs import DUE, PLAN, TRANSIENT, app
from corsia.workshop.services import booking, capacity_days, night, online, proposals, reminders, working_out

SOLVE = proposals.SOLVE
NIGHT_FOR = 480.0  # seconds of each run: what somebody asks for meanwhile waits no longer


@app.periodic(cron="* * * * *")
@app.task(name="workshop.lapse_holds", queue=DUE, retry=TRANSIENT, queueing_lock="workshop.lapse_holds")
def lapse_holds(timestamp: int) -> None:
    """Let go the slots that were held and not confirmed in time."""
    with scope.system("workshop.lapse_holds"):
        booking.lapse_holds(now=timezone.now())


@app.periodic(cron="35 * * * *")
@app.task(name="workshop.forget_changes", queue=DUE, retry=TRANSIENT, queueing_lock="workshop.forget_changes")
def forget_changes(timestamp: int) -> None:
    """Delete old traces of changes of the diaries."""
    with scope.system("workshop.forget_changes"):
        booking.forget_changes()


@app.periodic(cron="20 */6 * * *")  # soon after midnight wherever a workshop is
@app.task(name="workshop.count_days", queue=DUE, retry=TRANSIENT, queueing_lock="workshop.count_days")
def count_days(timestamp: int) -> None:
    """Write down how long technicians, bays and courtesy cars were there on the days that are over."""
    with scope.system("workshop.count_days"):
        capacity_days.count_days(now=timezone.now())


@app.periodic(cron="40 * * * *")
@app.task(name="workshop.forget_lapsed", queue=DUE, retry=TRANSIENT, queueing_lock="workshop.forget_lapsed")
def forget_lapsed(timestamp: int) -> None:
    """Delete slots that nobody confirmed, a day later."""
    with scope.system("workshop.forget_lapsed"):
        booking.forget_lapsed(now=timezone.now())


@app.task(name=SOLVE, queue=PLAN, retry=TRANSIENT)
def solve_proposal(proposal_id: int) -> None:
    """Work a way on out for a day that did not go as planned."""
    with scope.system(SOLVE):
        working_out.work_out(proposal_id=proposal_id, now=timezone.now())


@app.periodic(cron="* * * * *")
@app.task(name="workshop.settle_proposals", queue=DUE, retry=TRANSIENT, queueing_lock="workshop.settle_proposals")
def settle_proposals(timestamp: int) -> None:
    """Give up proposals that no worker finished, and let lapse those whose day is over."""
    with scope.system("workshop.settle_proposals"):
        proposals.settle_proposals(now=timezone.now())


@app.periodic(cron="*/10 * * * *")
@app.task(name=night.NIGHT, queue=PLAN, retry=TRANSIENT, queueing_lock=night.NIGHT)
def plan_nights(timestamp: int) -> None:
    """Plan the next days of workshops whose night has come, each once a night, however late this tick is."""
    with scope.system(night.NIGHT):
        night.plan_nights(now=timezone.now(), seconds=NIGHT_FOR)


@app.periodic(cron="10 * * * *")
@app.task(name="workshop.remind", queue=DUE, retry=TRANSIENT, queueing_lock="workshop.remind")
def remind(timestamp: int) -> None:
    """Remind customers of tomorrow's visits."""
    with scope.system("workshop.remind"):
        reminders.remind(now=timezone.now())


@app.periodic(cron="45 * * * *")
@app.task(name="workshop.forget_requests", queue=DUE, retry=TRANSIENT, queueing_lock="workshop.forget_requests")
def forget_requests(timestamp: int) -> None:
    """Delete what was typed on the web for visits that nobody confirmed."""
    with scope.system("workshop.forget_requests"):
        online.forget_requests(now=timezone.now())
