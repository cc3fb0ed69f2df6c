"""The minute that sends what is due and tells of what was left; the night and morning that read, sum up and tell."""

import time
from datetime import datetime, timedelta

from django.utils import timezone

from corsia.kernel import scope
from corsia.kernel.jobs import DUE, FACTS, TRANSIENT, app
from corsia.listening import services
from corsia.listening.services.inviting_many import INVITE_SINCE
from corsia.listening.services.panels import DRAW
from corsia.listening.services.topics import ANEW
from corsia.organisation.actors import actor_of
from corsia.organisation.models import Person

SEND = "listening.send_due_invitations"
SENDING_FOR = 45  # seconds of each minute: a wave to very many is a matter of hours, not of days
SETTLE = "listening.settle_left"
REVIEWS = "listening.tell_due_touchpoints"
CALL = "listening.call_due"
TAKE_IN = services.TAKE_IN
DOUBTS = "listening.find_doubts"
LOW_ITEMS = "listening.find_low_items"
READ = "listening.read_words"
ENRICH = "listening.enrich_by_waves"
ENRICH_BACK = timedelta(days=14)  # more nights than a server is ever down
FEEDS = "listening.tell_stopped_feeds"


@app.periodic(cron="* * * * *")
@app.task(
    name="listening.send_due_invitations", queue=DUE, retry=TRANSIENT, queueing_lock="listening.send_due_invitations"
)
def send_due_invitations(timestamp: int) -> None:
    """Send what is due, however late this tick is: in runs, as many as the minute holds."""
    began = time.monotonic()
    with scope.system(SEND):
        services.send_due_reminders(now=timezone.now())
        while services.send_due_invitations(now=timezone.now()) and time.monotonic() - began < SENDING_FOR:
            pass


@app.periodic(cron="* * * * *")
@app.task(name=SETTLE, queue=DUE, retry=TRANSIENT, queueing_lock=SETTLE)
def settle_left(timestamp: int) -> None:
    """Tell of responses that nobody went on with, however late this tick is."""
    with scope.system(SETTLE):
        services.settle_left(now=timezone.now())


@app.periodic(cron="20 6 * * *")
@app.task(name=REVIEWS, queue=DUE, retry=TRANSIENT, queueing_lock=REVIEWS)
def tell_due_touchpoints(timestamp: int) -> None:
    """Tell owners of touchpoints whose review day has come, however late this tick is."""
    with scope.system(REVIEWS):
        services.tell_due_touchpoints(now=timezone.now())


@app.periodic(cron="* * * * *")
@app.task(name=CALL, queue=DUE, retry=TRANSIENT, queueing_lock=CALL)
def call_due(timestamp: int) -> None:
    """Call whoever is to be interviewed by keypad now, however late this tick is."""
    with scope.system(CALL):
        services.call_due(now=timezone.now())


@app.task(name=INVITE_SINCE, queue=DUE, retry=TRANSIENT)
def invite_since(plan_id: int, since: str, person_id: int) -> None:
    """Ask those whom a plan's event reached already; whoever asked for it must still be allowed to."""
    now = timezone.now()
    with scope.system(INVITE_SINCE):
        person = Person.objects.get(pk=person_id)
        by = actor_of(person, today=timezone.localdate(now))
        services.invite_since(plan_id=plan_id, since=datetime.fromisoformat(since), by=by, now=now)


@app.task(name=DRAW, queue=DUE, retry=TRANSIENT)
def draw_panel(panel_id: int, person_id: int) -> None:
    """Draw a panel of customers; whoever asked for it must still be allowed to."""
    now = timezone.now()
    with scope.system(DRAW):
        person = Person.objects.get(pk=person_id)
        by = actor_of(person, today=timezone.localdate(now))
        services.draw_panel(panel_id=panel_id, by=by, now=now)


@app.periodic(cron="* * * * *")
@app.task(name=TAKE_IN, queue=DUE, retry=TRANSIENT)
def take_in_answers(timestamp: int) -> None:
    """Take in the files of answers that were confirmed, however late this tick is."""
    with scope.system(TAKE_IN):
        services.take_in_files(now=timezone.now())


@app.periodic(cron="40 4 * * *")
@app.task(name=DOUBTS, queue=DUE, retry=TRANSIENT, queueing_lock=DOUBTS)
def find_doubts(timestamp: int) -> None:
    """Look for doubtful answers among those since the last night, however late this tick is."""
    with scope.system(DOUBTS):
        services.find_doubts(now=timezone.now())


@app.periodic(cron="50 4 * * *")
@app.task(name=LOW_ITEMS, queue=DUE, retry=TRANSIENT, queueing_lock=LOW_ITEMS)
def find_low_items(timestamp: int) -> None:
    """Count bad answers into findings, however late this tick is."""
    with scope.system(LOW_ITEMS):
        services.find_low_items(now=timezone.now())


@app.periodic(cron="40 3 * * *")
@app.task(name=READ, queue=DUE, retry=TRANSIENT, queueing_lock=READ)
def read_words(timestamp: int) -> None:
    """Read what answers are about that came by import, went on later, or were read by other stems."""
    with scope.system(READ):
        services.read_words(now=timezone.now())


@app.periodic(cron="50 3 * * *")
@app.task(name=ENRICH, queue=DUE, retry=TRANSIENT, queueing_lock=ENRICH)
def enrich_by_waves(timestamp: int) -> None:
    """Give customers their band in the waves that are over."""
    with scope.system(ENRICH):
        now = timezone.now()
        services.enrich_by_waves(now=now, since=now - ENRICH_BACK)


@app.task(name=ANEW, queue=FACTS, retry=TRANSIENT, queueing_lock=ANEW)
def read_anew() -> None:
    """Read all answers by the stems that somebody has just changed."""
    with scope.system(ANEW):
        services.read_words(now=timezone.now())


@app.periodic(cron="35 6 * * *")
@app.task(name=FEEDS, queue=DUE, retry=TRANSIENT, queueing_lock=FEEDS)
def tell_stopped_feeds(timestamp: int) -> None:
    """Tell managers of feeds that stopped, however late this tick is."""
    with scope.system(FEEDS):
        services.tell_stopped_feeds(now=timezone.now())
