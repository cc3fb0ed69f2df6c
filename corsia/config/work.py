"""All work of the machine in one place: what waits, runs and failed, dead letters, what providers take."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, Min, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit
from corsia.kernel.errors import NotFound
from corsia.kernel.facts import react
from corsia.kernel.limits import Limit, used
from corsia.kernel.models import ReactionFailure
from corsia.kernel.scope import current_scope
from corsia.messaging.models import ChannelAccount, Inbound, Outgoing
from corsia.messaging.ports import adapter_of, adapters
from corsia.messaging.queries.journal import visible_journal
from corsia.messaging.services import try_again
from corsia.messaging.services.journal import retry as read_again
from corsia.messaging.vocabulary import InboundState, OutboxState, SendProblem
from corsia.organisation.queries import tree
from corsia.ui.channels import channel_look

PAGE = 50
MOST_AT_ONCE = 200
LATE = timedelta(minutes=5)


@dataclass(frozen=True)
class QueueState:
    """How a queue stands. Ages are those of the oldest: waiting since it was due, running since it began."""

    name: str
    waiting: int
    later: int  # to be run at a chosen instant that has not come
    running: int
    failed: int
    waits_for: timedelta | None
    runs_for: timedelta | None

    @property
    def is_late(self) -> bool:
        return self.waits_for is not None and self.waits_for > LATE


@dataclass(frozen=True)
class FailedJob:
    """A job that gave up. Its arguments are ids only."""

    id: int
    queue: str
    task: str
    arguments: str
    attempts: int
    failed_at: datetime | None


@dataclass(frozen=True)
class DeadLetters:
    """Work of a context that will not go on by itself, of one kind, within the scope."""

    key: str
    title: Any
    count: int
    oldest: datetime | None
    url: str
    may_discard: bool


@dataclass(frozen=True)
class ProviderState:
    """What an account of a channel sends in this minute, of what its provider takes."""

    account: ChannelAccount
    label: Any
    place: str
    used: int
    per_minute: int
    held: int  # messages that wait because it was too fast
    failing: int  # its events that could not be read


_QUEUES = """
    WITH jobs AS (
        SELECT id, queue_name, status, scheduled_at,
            status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= %(now)s) AS is_due
        FROM procrastinate_jobs WHERE status IN ('todo', 'doing', 'failed')
    ), counted AS (
        SELECT queue_name, count(*) FILTER (WHERE is_due) AS waiting,
            count(*) FILTER (WHERE status = 'todo' AND NOT is_due) AS later,
            count(*) FILTER (WHERE status = 'doing') AS running, count(*) FILTER (WHERE status = 'failed') AS failed,
            min(id) FILTER (WHERE is_due) AS oldest_due, min(id) FILTER (WHERE status = 'doing') AS oldest_running
        FROM jobs GROUP BY queue_name
    )
    SELECT c.queue_name, c.waiting, c.later, c.running, c.failed,
        coalesce((SELECT j.scheduled_at FROM jobs j WHERE j.id = c.oldest_due),
            (SELECT max(e.at) FROM procrastinate_events e WHERE e.job_id = c.oldest_due
                AND e.type IN ('deferred', 'deferred_for_retry', 'retried'))),
        (SELECT max(e.at) FROM procrastinate_events e WHERE e.job_id = c.oldest_running AND e.type = 'started')
    FROM counted c
"""
_FAILED = """
    SELECT j.id, j.queue_name, j.task_name, j.args::text, j.attempts,
        (SELECT max(e.at) FROM procrastinate_events e WHERE e.job_id = j.id AND e.type = 'failed')
    FROM procrastinate_jobs j WHERE j.status = 'failed' AND j.id < %(before)s ORDER BY j.id DESC LIMIT %(limit)s
"""
_NO_END = 2**63 - 1


def keeps_everything() -> bool:
    """Tell whether the scope holds the top of each tree: jobs belong to no unit."""
    scope = current_scope()
    return scope.everything or all(top.pk in scope.units for top in tree().units.values() if top.parent_id is None)


def visible(rows: Any, unit: str) -> Any:
    """Return the rows of the visible units; whoever keeps the whole tree also sees those that belong to no unit."""
    return rows if keeps_everything() else rows.filter(**{f"{unit}__within": current_scope().units})


def queue_states(*, now: datetime) -> list[QueueState]:
    """Return how each queue stands, those without work too, by name."""
    with connection.cursor() as cursor:
        cursor.execute(_QUEUES, {"now": now})
        found = {row[0]: row[1:] for row in cursor.fetchall()}
    names = {task.queue for task in app.tasks.values() if not task.name.startswith("builtin")} | set(found)
    states = []
    for name in sorted(names):
        waiting, later, running, failed, due_since, started = found.get(name, (0, 0, 0, 0, None, None))
        states.append(
            QueueState(
                name=name,
                waiting=waiting,
                later=later,
                running=running,
                failed=failed,
                waits_for=max(timedelta(0), now - due_since) if due_since else None,
                runs_for=max(timedelta(0), now - started) if started else None,
            )
        )
    return states


def failed_jobs(*, before: int | None = None, limit: int = PAGE) -> list[FailedJob]:
    """Return jobs that gave up, the youngest first."""
    with connection.cursor() as cursor:
        cursor.execute(_FAILED, {"before": before or _NO_END, "limit": limit})
        return [
            FailedJob(
                id=pk,
                queue=queue,
                task=task,
                arguments="" if args == "{}" else args[:200],
                attempts=tries,
                failed_at=at,
            )
            for pk, queue, task, args, tries, at in cursor.fetchall()
        ]


@transaction.atomic
def retry_jobs(*, job_ids: Sequence[int], by: Actor, now: datetime) -> int:
    """Queue failed jobs again; one whose twin waits already is dropped, for the twin does the same work.

    Returns:
        How many were taken up.
    """
    done = 0
    for job in _failed(job_ids):
        twin = job.queueing_lock and ProcrastinateJob.objects.filter(queueing_lock=job.queueing_lock, status="todo")
        with connection.cursor() as cursor:
            if twin and twin.exists():
                cursor.execute("DELETE FROM procrastinate_jobs WHERE id = %s AND status = 'failed'", [job.pk])
            else:
                cursor.execute("SELECT procrastinate_retry_job_v2(%s, %s, NULL, NULL, NULL)", [job.pk, now])
        audit(job, "job_retried", by=by, now=now, task=job.task_name, args=job.args)
        done += 1
    return done


@transaction.atomic
def discard_jobs(*, job_ids: Sequence[int], by: Actor, now: datetime) -> int:
    """Drop failed jobs for good; the audit trail keeps what they were. Returns how many."""
    done = 0
    for job in _failed(job_ids):
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM procrastinate_jobs WHERE id = %s AND status = 'failed'", [job.pk])
        audit(job, "job_discarded", by=by, now=now, task=job.task_name, args=job.args)
        done += 1
    return done


def _failed(job_ids: Sequence[int]) -> list[ProcrastinateJob]:
    """Lock those of the jobs that have failed, up to what is done at once."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM procrastinate_jobs WHERE status = 'failed' AND id = ANY(%s)"
            " ORDER BY id LIMIT %s FOR UPDATE",
            [list(job_ids), MOST_AT_ONCE],
        )
        ids = [pk for (pk,) in cursor.fetchall()]
    return list(ProcrastinateJob.objects.filter(pk__in=ids).order_by("pk"))


# ---- dead letters ----


@dataclass(frozen=True)
class _Kind:
    """Where dead letters of one kind lie and what can be done with them."""

    title: Any
    rows: Callable[[], "QuerySet[Any]"]
    at: str
    url: Callable[[], str]
    retry: Callable[[Any, Actor, datetime], object]
    discard: Callable[[Any, Actor, datetime], object] | None = None


def _retry_reaction(row: ReactionFailure, by: Actor, now: datetime) -> None:
    react.defer(fact_id=row.fact_id, reaction=row.reaction)
    audit(row.fact, "reaction_retried", by=by, now=now, reaction=row.reaction)


def _discard_reaction(row: ReactionFailure, by: Actor, now: datetime) -> None:
    audit(row.fact, "reaction_discarded", by=by, now=now, reaction=row.reaction, attempts=row.attempts)
    row.delete()


def _discard_outgoing(row: Outgoing, by: Actor, now: datetime) -> None:
    changed = Outgoing.objects.filter(pk=row.pk, state=OutboxState.FAILED).update(state=OutboxState.CANCELLED)
    if changed:
        audit(row, "send_discarded", by=by, now=now, error=row.last_error.partition(": ")[0])


def _kinds() -> dict[str, _Kind]:
    """Return the kinds by key; each channel that came in by a webhook is one, mail is another."""
    kinds = {
        "reactions": _Kind(
            title=gettext_lazy("Failed reactions"),
            rows=lambda: visible(ReactionFailure.objects.select_related("fact"), "fact__unit_id"),
            at="first_failed_at",
            url=lambda: reverse("system:failures"),
            retry=_retry_reaction,
            discard=_discard_reaction,
        ),
        "outbox": _Kind(
            title=gettext_lazy("Messages that could not be sent"),
            rows=lambda: Outgoing.objects.filter(state=OutboxState.FAILED),
            at="created_at",
            url=lambda: reverse("messaging:outbox") + "?tab=failed",
            retry=lambda row, by, now: try_again(outgoing_id=row.pk, by=by, now=now) if row.body else None,
            discard=_discard_outgoing,
        ),
        "mail": _Kind(
            title=gettext_lazy("Mail in quarantine"),
            rows=lambda: _quarantine().exclude(source__in=list(adapters())),
            at="received_at",
            url=lambda: reverse("messaging:journal") + "?tab=quarantined",
            retry=lambda row, by, now: read_again(inbound_id=row.pk, by=by, now=now),
        ),
    }
    for channel in adapters():
        look = channel_look(channel)
        kinds[f"events-{channel}"] = _Kind(
            title=_("Events of %(channel)s that could not be read") % {"channel": look.label if look else channel},
            rows=lambda channel=channel: _quarantine().filter(source=channel),  # type: ignore[misc]
            at="received_at",
            url=lambda: reverse("messaging:journal") + "?tab=quarantined",
            retry=lambda row, by, now: read_again(inbound_id=row.pk, by=by, now=now),
        )
    return kinds


def _quarantine() -> "QuerySet[Inbound]":
    return visible_journal().filter(state=InboundState.QUARANTINED)


def dead_letters() -> list[DeadLetters]:
    """Return what lies dead within the scope, kind by kind; kinds with nothing are left out but for the usual ones."""
    found = []
    for key, kind in _kinds().items():
        sums = kind.rows().aggregate(count=Count("pk"), oldest=Min(kind.at))
        if sums["count"] or not key.startswith("events-"):
            found.append(
                DeadLetters(key, kind.title, sums["count"], sums["oldest"], kind.url(), kind.discard is not None)
            )
    return found


def retry_letters(*, key: str, by: Actor, now: datetime) -> int:
    """Try dead letters of a kind again, the oldest first, as many as are done at once; return how many were taken up.

    Raises:
        NotFound: no such kind.
    """
    kind = _kind(key)
    return _each(kind, kind.retry, by=by, now=now)


def discard_letters(*, key: str, by: Actor, now: datetime) -> int:
    """Give dead letters of a kind up, the oldest first; the audit trail keeps what they were.

    Raises:
        NotFound: no such kind, or one whose letters are never given up.
    """
    kind = _kind(key)
    if kind.discard is None:
        raise NotFound(kind="config.DeadLetters")
    return _each(kind, kind.discard, by=by, now=now)


def _kind(key: str) -> _Kind:
    found = _kinds().get(key)
    if found is None:
        raise NotFound(kind="config.DeadLetters")
    return found


@transaction.atomic
def _each(kind: _Kind, act: Callable[[Any, Actor, datetime], object], *, by: Actor, now: datetime) -> int:
    rows = list(kind.rows().order_by(kind.at, "pk")[:MOST_AT_ONCE])
    for row in rows:
        act(row, by, now)
    return len(rows)


def provider_states(*, now: datetime) -> list[ProviderState]:
    """Return the switched-on accounts of the scope with what they send now, by channel and name."""
    accounts = list(ChannelAccount.objects.filter(is_active=True).order_by("channel", "name"))
    held = dict(
        Outgoing.objects.filter(state=OutboxState.WAITING, last_error__startswith=SendProblem.TOO_FAST)
        .values_list("correspondent__account_id")
        .annotate(Count("pk"))
    )
    failing = dict(
        Inbound.objects.filter(state=InboundState.QUARANTINED, account__in=[one.pk for one in accounts])
        .values_list("account_id")
        .annotate(Count("pk"))
    )
    places = tree()
    states = []
    for account in accounts:
        adapter, look = adapter_of(account.channel), channel_look(account.channel)
        if adapter is None:
            continue
        limit = Limit(f"messaging.{account.channel}", times=adapter.kind.per_minute, seconds=60)
        states.append(
            ProviderState(
                account=account,
                label=look.label if look else account.channel,
                place=places.label(account.unit_id),
                used=used(limit, key=str(account.pk), now=now),
                per_minute=limit.times,
                held=held.get(account.pk, 0),
                failing=failing.get(account.pk, 0),
            )
        )
    return states


def unread_events(*, now: datetime) -> dict[str, tuple[int, int]]:
    """Return for each channel how many events wait to be read since more than two minutes, and how many failed."""
    late = Q(state=InboundState.RECEIVED, received_at__lt=now - timedelta(minutes=2))
    rows = (
        Inbound.objects.filter(source__in=list(adapters()), state__in=[InboundState.RECEIVED, InboundState.QUARANTINED])
        .values_list("source")
        .annotate(late=Count("pk", filter=late), failed=Count("pk", filter=Q(state=InboundState.QUARANTINED)))
    )
    return {source: (waiting, failed) for source, waiting, failed in rows}
