"""The page of all work: queues with their ages, failed jobs, dead letters of every context, providers' limits."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone, translation

from corsia.config import work
from corsia.config.health import State, findings
from corsia.kernel import scope
from corsia.kernel.access import scope_of
from corsia.kernel.errors import NotFound
from corsia.kernel.limits import Limit, spend, used
from corsia.kernel.models import AuditEntry, FactRecord, ReactionFailure
from corsia.messaging.models import Inbound, Outgoing
from corsia.messaging.vocabulary import InboundState, OutboxState, Outcome, SentReason
from corsia.organisation.vocabulary import Role
from tests.conftest import NOON
from tests.factories.messaging import a_mailbox
from tests.factories.organisation import actor_in, person_in, signed_in
from tests.jobs import waiting_jobs

MINUTE = timedelta(minutes=1)


def a_job(*, status="failed", queue="mail", task="messaging.send_due", lock=None, since=None, scheduled_at=None) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, queueing_lock, args, status, scheduled_at)"
            " VALUES (%s, %s, %s, '{\"fact_id\": 7}', %s, %s) RETURNING id",
            [queue, task, lock, "todo" if status == "todo" else "doing", scheduled_at],
        )
        pk = cursor.fetchone()[0]
        if status == "failed":
            cursor.execute("UPDATE procrastinate_jobs SET status = 'failed', attempts = 8 WHERE id = %s", [pk])
        if since is not None:
            cursor.execute("UPDATE procrastinate_events SET at = %s WHERE job_id = %s", [since, pk])
    return pk


def a_failure(unit, *, reaction="corsia.cases.reactions.reopen_for_detractor", at=NOON) -> ReactionFailure:
    fact = FactRecord.objects.create(kind="cases.CaseClosed", payload={}, unit_id=unit.pk, occurred_at=at)
    return ReactionFailure.objects.create(
        fact=fact, reaction=reaction, error="Traceback", first_failed_at=at, last_failed_at=at
    )


def a_failed_mail(unit, key: str) -> Outgoing:
    return Outgoing.unscoped.create(
        unit=unit, reason=SentReason.PROCESS, mailbox=None, to_address="a@example.it", subject="S", body="B",
        header_id=key, idempotency_key=key, state=OutboxState.FAILED, last_error="unreachable: x", send_after=NOON,
        created_at=NOON,
    )  # fmt: skip


def in_quarantine(unit, *, source="smtp") -> Inbound:
    return Inbound.objects.create(
        source=source, dedupe_key=f"{source}{unit.pk}".encode().ljust(32, b"x"), raw=b"x", size=1, received_at=NOON,
        state=InboundState.QUARANTINED, outcome=Outcome.QUARANTINED, reason="crashed", unit=unit,
    )  # fmt: skip


@pytest.fixture
def boss(group):
    return actor_in(group.root, Role.ADMINISTRATOR)


@pytest.mark.usefixtures("everything", "group")
class TestQueues:
    def test_each_queue_says_what_waits_runs_and_failed_and_for_how_long(self) -> None:
        now = timezone.now()
        a_job(status="todo", queue="mail", since=now - 7 * MINUTE)
        a_job(status="todo", queue="mail", since=now - MINUTE)
        a_job(status="todo", queue="mail", scheduled_at=now + MINUTE)
        a_job(status="doing", queue="mail", since=now - 3 * MINUTE)
        a_job(status="failed", queue="facts", since=now)

        states = {state.name: state for state in work.queue_states(now=now)}

        mail, facts = states["mail"], states["facts"]
        assert (mail.waiting, mail.later, mail.running, mail.failed) == (2, 1, 1, 0)
        assert (mail.waits_for, mail.is_late) == (7 * MINUTE, True)
        assert mail.runs_for is None  # it was put there without ever being started
        assert (facts.waiting, facts.failed, facts.waits_for) == (0, 1, None)
        assert states["due"].waiting == 0  # a queue without work is listed too

    def test_the_doctor_has_a_line_for_each_queue_and_each_channel(self, group) -> None:
        now = timezone.now()
        a_job(status="todo", queue="mail", since=now - 7 * MINUTE)
        a_job(status="failed", queue="facts", since=now)
        channel = next(iter(work.adapters()), None)
        if channel:
            in_quarantine(group.brescia, source=channel)

        with translation.override("en"):
            lines = {finding.name: finding for finding in findings(now=now)}

        assert lines["Queue mail"].state is State.BAD
        assert "corsia worker --queues mail" in lines["Queue mail"].advice
        assert lines["Queue facts"].state is State.WARN
        assert lines["Queue due"].state is State.OK
        assert not channel or any(
            finding.state is State.WARN and "Events of" in name for name, finding in lines.items()
        )


@pytest.mark.usefixtures("everything", "db")
class TestJobs:
    def test_a_failed_job_is_queued_again_and_the_trail_says_who_did_it(self, boss) -> None:
        pk, other = a_job(), a_job()

        assert work.retry_jobs(job_ids=[pk], by=boss, now=NOON) == 1

        assert [job.id for job in work.failed_jobs()] == [other]
        assert waiting_jobs() == [("messaging.send_due", {"fact_id": 7})]
        entry = AuditEntry.objects.get(verb="job_retried")
        assert (entry.actor_id, entry.object_id, entry.data["task"]) == (boss.id, pk, "messaging.send_due")

    def test_one_whose_twin_waits_already_is_dropped_in_its_favour(self, boss) -> None:
        pk = a_job(lock="messaging.send_due")
        a_job(status="todo", lock="messaging.send_due")

        assert work.retry_jobs(job_ids=[pk], by=boss, now=NOON) == 1
        assert work.failed_jobs() == []
        assert len(waiting_jobs()) == 1

    def test_jobs_are_dropped_and_only_failed_ones(self, boss) -> None:
        pk, waiting = a_job(), a_job(status="todo")

        assert work.discard_jobs(job_ids=[pk, waiting, 999_999], by=boss, now=NOON) == 1
        assert work.failed_jobs() == []
        assert len(waiting_jobs()) == 1
        assert AuditEntry.objects.get(verb="job_discarded").data["args"] == {"fact_id": 7}

    def test_they_are_paged_by_id(self) -> None:
        ids = [a_job() for _n in range(4)]

        assert [job.id for job in work.failed_jobs(limit=2)] == [ids[3], ids[2]]
        assert [job.id for job in work.failed_jobs(before=ids[2], limit=2)] == [ids[1], ids[0]]
        assert work.failed_jobs(limit=1)[0].arguments == '{"fact_id": 7}'


class TestDeadLetters:
    def test_each_context_s_own_are_counted_within_the_scope(self, group, boss) -> None:
        a_mailbox(group.brescia)
        a_failure(group.brescia)
        a_failure(group.verona, at=NOON - MINUTE)
        a_failed_mail(group.brescia, "m1")
        in_quarantine(group.verona)

        def counted(actor):
            with scope.entered(scope_of(actor, None)):
                return {one.key: one.count for one in work.dead_letters()}

        assert counted(boss) == {"reactions": 2, "outbox": 1, "mail": 1}
        assert counted(actor_in(group.brescia, Role.ADMINISTRATOR)) == {"reactions": 1, "outbox": 1, "mail": 0}

    @pytest.mark.usefixtures("everything")
    def test_they_are_tried_again_together(self, group, boss) -> None:
        failure, mail, raw = a_failure(group.brescia), a_failed_mail(group.brescia, "m1"), in_quarantine(group.brescia)

        assert [work.retry_letters(key=key, by=boss, now=NOON) for key in ("reactions", "outbox", "mail")] == [1, 1, 1]

        mail.refresh_from_db()
        raw.refresh_from_db()
        assert (mail.state, raw.state) == (OutboxState.WAITING, InboundState.RECEIVED)
        assert ("kernel.react", {"fact_id": failure.fact_id, "reaction": failure.reaction}) in waiting_jobs()
        assert {entry.verb for entry in AuditEntry.objects.all()} >= {"reaction_retried", "tried_again", "read_again"}

    @pytest.mark.usefixtures("everything")
    def test_what_came_in_is_never_given_up(self, group, boss) -> None:
        a_failure(group.brescia)
        mail = a_failed_mail(group.brescia, "m1")
        in_quarantine(group.brescia)

        work.discard_letters(key="reactions", by=boss, now=NOON)
        work.discard_letters(key="outbox", by=boss, now=NOON)
        with pytest.raises(NotFound):
            work.discard_letters(key="mail", by=boss, now=NOON)
        with pytest.raises(NotFound):
            work.retry_letters(key="nonsense", by=boss, now=NOON)

        mail.refresh_from_db()
        assert (ReactionFailure.objects.count(), mail.state) == (0, OutboxState.CANCELLED)
        assert Inbound.objects.get().state == InboundState.QUARANTINED


class TestPage:
    def test_who_keeps_the_whole_tree_sees_jobs_and_others_what_is_theirs(self, group, client) -> None:
        pk = a_job()
        a_failure(group.brescia)
        whole = signed_in(person_in(group.root, Role.ADMINISTRATOR, language="en"))
        part = signed_in(person_in(group.brescia, Role.ADMINISTRATOR, language="en"))

        assert client.get("/system/jobs/").status_code == 302
        assert signed_in(person_in(group.root, Role.CARE_MANAGER)).get("/system/jobs/").status_code == 403
        assert "messaging.send_due" in whole.get("/system/jobs/").content.decode()
        text = part.get("/system/jobs/").content.decode()
        assert "messaging.send_due" not in text
        assert "Failed reactions" in text
        assert part.post("/system/jobs/failed/", {"job": pk, "act": "retry"}).status_code == 403
        assert waiting_jobs() == []
        assert whole.post("/system/jobs/failed/", {"job": [pk, "x", "9" * 40], "act": "retry"}).status_code == 302
        assert len(waiting_jobs()) == 1
        assert part.post("/system/jobs/letters/reactions/", {"act": "retry"}).status_code == 302
        assert part.post("/system/jobs/letters/nonsense/", {"act": "retry"}).status_code == 404


def test_what_a_provider_takes_is_read_without_using_any_of_it(db) -> None:
    limit = Limit("messaging.sms", times=5, seconds=60)
    for _n in range(3):
        spend(limit, key="1", now=NOON)

    assert [used(limit, key=key, now=at) for key, at in (("1", NOON), ("2", NOON), ("1", NOON + MINUTE))] == [3, 0, 0]
