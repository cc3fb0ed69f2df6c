"""Facts are told in the transaction that makes them true; reactions take effect once."""

from datetime import datetime

import pytest
from django.db import DatabaseError, connection, transaction

from corsia.events import Fact
from corsia.events.customers import CustomerAdded
from corsia.kernel import facts
from corsia.kernel.models import FactRecord, ReactionFailure, ReactionReceipt
from tests.conftest import NOON
from tests.jobs import run_jobs, waiting_jobs

SEEN: list[Fact] = []


def remember(fact: Fact, *, now: datetime) -> None:
    SEEN.append(fact)


def stumble(fact: Fact, *, now: datetime) -> None:
    raise ZeroDivisionError("the abacus broke")


@transaction.atomic
def _publish_and_fall() -> None:
    facts.publish(ADDED)
    stumble(ADDED, now=NOON)


ADDED = CustomerAdded(unit_id=1, occurred_at=NOON, customer_id=7, source="counter")


@pytest.fixture
def subscribed(monkeypatch):
    SEEN.clear()
    table = {CustomerAdded: [remember]}
    monkeypatch.setattr(facts, "subscriptions", lambda: table)
    return table


def test_a_fact_comes_back_as_it_was_told(db, subscribed) -> None:
    record_id = facts.publish(ADDED)

    record = FactRecord.objects.get(pk=record_id)
    assert facts.fact_of(record) == ADDED
    assert (record.kind, record.subject_id, record.depth) == ("customers.CustomerAdded", 7, 0)


def test_a_reaction_takes_effect_once_however_often_its_job_runs(db, subscribed) -> None:
    record_id = facts.publish(ADDED)
    assert waiting_jobs() == [("kernel.react", {"fact_id": record_id, "reaction": facts.name_of(remember)})]

    assert run_jobs() == 1
    again = facts.run_reaction(fact_id=record_id, reaction=facts.name_of(remember), now=NOON)

    assert again is False
    assert SEEN == [ADDED]
    assert ReactionReceipt.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_fact_outside_a_transaction_is_refused_and_a_rollback_leaves_nothing(subscribed) -> None:
    with pytest.raises(facts.OutsideTransaction):
        facts.publish(ADDED)
    with pytest.raises(ZeroDivisionError):
        _publish_and_fall()

    assert FactRecord.objects.count() == 0
    assert waiting_jobs() == []


@pytest.mark.django_db(transaction=True)
def test_a_failed_reaction_stays_visible_with_its_error_until_it_succeeds(subscribed) -> None:
    subscribed[CustomerAdded] = [stumble]
    with transaction.atomic():
        record_id = facts.publish(ADDED)
    name = facts.name_of(stumble)

    for _attempt in range(2):
        with pytest.raises(ZeroDivisionError):
            facts.run_reaction(fact_id=record_id, reaction=name, now=NOON)

    failure = ReactionFailure.objects.get()
    assert (failure.reaction, failure.attempts) == (name, 2)
    assert "the abacus broke" in failure.error
    assert ReactionReceipt.objects.count() == 0


def test_facts_in_a_circle_are_stopped(db, subscribed, monkeypatch) -> None:
    def again(fact: Fact, *, now: datetime) -> None:
        facts.publish(fact)

    monkeypatch.setattr("tests.kernel.test_facts.remember", again)
    facts.publish(ADDED)

    with pytest.raises(facts.TooDeep):
        run_jobs()

    assert FactRecord.objects.count() == facts.MAX_DEPTH + 1


def test_a_told_fact_cannot_be_changed(db, subscribed) -> None:
    facts.publish(ADDED)

    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        FactRecord.objects.update(unit_id=2)


def test_the_connection_is_the_same_for_data_and_jobs(db, subscribed) -> None:
    with transaction.atomic():
        facts.publish(ADDED)
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM procrastinate_jobs")
            assert cursor.fetchone()[0] == 1
