"""Jobs that a real worker runs tell facts on the same connection as their data."""

import pytest
from django.db import connection, transaction

from corsia.events.customers import ConsentStated, CustomerAdded
from corsia.kernel import facts
from corsia.kernel.facts import name_of, publish
from corsia.kernel.maintenance import resume_stalled
from corsia.kernel.models import FactRecord, ReactionFailure, ReactionReceipt
from corsia.kernel.worker import run_worker
from tests.conftest import NOON
from tests.jobs import waiting_jobs
from tests.kernel.worker_reactions import stay_quiet, tell_then_fall


@pytest.mark.django_db(transaction=True)
def test_a_fact_told_by_a_failing_job_was_never_told(monkeypatch) -> None:
    table = {CustomerAdded: [tell_then_fall], ConsentStated: [stay_quiet]}
    monkeypatch.setattr(facts, "subscriptions", lambda: table)
    with transaction.atomic():
        told = publish(CustomerAdded(unit_id=1, occurred_at=NOON, customer_id=1, source="counter"))

    run_worker(queues=["facts"], concurrency=1, wait=False)

    assert list(FactRecord.objects.values_list("pk", flat=True)) == [told]
    # The failed job waits for its next attempt; nothing of the second fact is queued.
    assert [job for job in waiting_jobs() if job[0] == "kernel.react"] == [
        ("kernel.react", {"fact_id": told, "reaction": name_of(tell_then_fall)})
    ]
    assert ReactionFailure.objects.get().attempts == 1


@pytest.mark.django_db(transaction=True)
def test_jobs_of_a_dead_worker_go_on_and_twins_are_dropped(monkeypatch) -> None:
    monkeypatch.setattr(facts, "subscriptions", lambda: {CustomerAdded: [stay_quiet]})
    with transaction.atomic():
        told = publish(CustomerAdded(unit_id=1, occurred_at=NOON, customer_id=1, source="counter"))
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'doing'")  # its worker was killed: nobody has it
        cursor.execute(
            "INSERT INTO procrastinate_jobs (task_name, queue_name, status, args, queueing_lock)"
            " SELECT 'email.drain', 'mail', 'doing', '{}', 'email.drain' FROM generate_series(1, 2)"
        )

    resume_stalled.defer(timestamp=int(NOON.timestamp()))
    run_worker(queues=["due"], concurrency=1, wait=False)

    assert [name for name, _ in waiting_jobs() if name in ("kernel.react", "email.drain")] == [
        "kernel.react",
        "email.drain",
    ]
    run_worker(queues=["facts"], concurrency=1, wait=False)
    assert ReactionReceipt.objects.get().fact_id == told
