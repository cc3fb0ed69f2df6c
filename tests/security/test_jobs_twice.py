"""Every job run twice in a row leaves the same database as once: workers die after the work and before saying so."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection, transaction
from django.test import Client
from procrastinate.contrib.django import app

from corsia.cases.models import Alarm, Case
from corsia.cases.services import due
from corsia.connectors.dms import jobs as dms_jobs
from corsia.connectors.email import jobs as email_jobs
from corsia.connectors.telephony import jobs as telephony_jobs
from corsia.connectors.whatsapp import jobs as whatsapp_jobs
from corsia.conversations.models import Dossier
from corsia.events.cases import TemplateDue
from corsia.events.improvement import ActionDone
from corsia.events.workshop import CheckDone, PromiseChanged, VisitCancelled, VisitMoved, VisitNear
from corsia.kernel import scope
from corsia.kernel.facts import kind_of, name_of, publish, subscriptions
from corsia.kernel.models import FactRecord
from corsia.listening.links import ANSWER, token_of
from corsia.messaging import jobs as messaging_jobs
from corsia.messaging.services.journal import RawItem, store_inbound
from corsia.messaging.vocabulary import InboundSource
from tests.factories.messaging import raw_mail
from tests.factories.surveys import answer_all
from tests.security.doors import PAST
from tests.security.walking import contents
from tests.security.world import World, browser_of

pytestmark = pytest.mark.django_db

# Jobs whose second run is tried elsewhere, each with where and why.
ELSEWHERE = {
    "kernel.resume_stalled": "tests/kernel/test_worker.py: it needs workers that died, and a connection of its own",
    "kernel.react": "below, for every reaction",
    "email.poll": "tests/connectors/email/test_imap.py: it needs a mail server",
    "conversations.make_dossier": "below, for a dossier that waits",
    "listening.invite_since": "tests/listening/test_inviting_many.py: it needs a plan with events of before",
    "listening.draw_panel": "tests/listening/test_panels.py: it needs a panel that nobody drew yet",
    "privacy.make_export": "tests/privacy: it needs a request of its own",
    "telephony.transfer": "tests/connectors/telephony/test_interviews.py: it needs a caller and a provider",
    "workshop.solve_proposal": "tests/workshop/test_proposals.py: it needs a proposal that was just asked for",
    "privacy.erase_customer": "tests/privacy: it needs a request of its own",
    "dms.process": "tests/connectors/dms: it needs a file, and taking one in twice is their subject",
}
# Jobs that find something to do in the world three days later: without that the second run would prove nothing.
BUSY = {
    "cases.find_missed_deadlines", "cases.find_neglected", "cases.wake_snoozed", "cases.escalate_alarms",
    "customers.find_duplicates", "customers.state_dues_near", "email.drain", "listening.send_due_invitations",
    "messaging.send_due", "messaging.send_later", "conversations.forget_viewings", "kernel.seal_audit",
}  # fmt: skip


def tasks() -> dict[str, Any]:
    return {name: task for name, task in app.tasks.items() if "procrastinate" not in name and "tests." not in name}


def all_tables() -> list[str]:
    return sorted(connection.introspection.table_names())


def changed(before: dict[str, str], after: dict[str, str]) -> list[str]:
    return [table for table in before if before[table] != after[table]]


def twice(run: Callable[[], Any]) -> tuple[list[str], list[str]]:
    """Run something twice, take it all back, and return the tables that each run changed."""
    tables, mark = all_tables(), transaction.savepoint()
    before = contents(tables)
    run()
    once = contents(tables)
    run()
    again = contents(tables)
    transaction.savepoint_rollback(mark)
    return changed(before, once), changed(once, again)


@pytest.fixture
def later(world: World, monkeypatch, settings, tmp_path):
    """Three days after the world was made: much is due. A mail waits to be read."""
    settings.WAREHOUSE = tmp_path  # what is taken back here does not stay in the world's
    for module in (
        dms_jobs,
        email_jobs,
        messaging_jobs,
        telephony_jobs,
        whatsapp_jobs,
    ):  # the transaction of the test lives on the connection they would close
        monkeypatch.setattr(module, "close_old_connections", lambda: None)
    at = datetime.now(tz=UTC).replace(microsecond=0) + timedelta(days=3)
    mailbox = f"assistenza{world.brescia.branch.pk}@bellandi.example"
    store_inbound([RawItem(source=InboundSource.SMTP, raw=raw_mail(to=mailbox), mailbox=mailbox)], now=at)
    Case.unscoped.filter(pk=world.brescia.rows["watched_id"]).update(snoozed_until=at - timedelta(hours=1))
    with time_machine.travel(at, tick=False):
        yield at


def alarms_of_yesterday(at: datetime) -> None:
    with scope.system("test"):
        due.find_missed_deadlines(now=at - timedelta(days=1))
        assert Alarm.objects.filter(cleared_at=None).update(escalate_at=at)


# What must have happened before a job has something to do.
BEFORE = {"cases.escalate_alarms": alarms_of_yesterday}

# What every run writes anew: how far it has read, by transactions of the whole server, others' databases among them.
MOVES_ON = {("analytics.refresh", "analytics_build")}


def test_every_job_run_twice_leaves_the_same_database(later: datetime) -> None:
    found, idle = [], set()
    for name, task in sorted(tasks().items()):
        if name in ELSEWHERE:
            continue
        assert not asyncio.iscoroutinefunction(task.func), f"{name}: give it a row in ELSEWHERE"
        names = task.func.__code__.co_varnames[: task.func.__code__.co_argcount]
        assert set(names) <= {"timestamp"}, f"{name} takes ids: prepare its rows here, or name its own test"
        given = {"timestamp": int(later.timestamp())} if names else {}
        mark = transaction.savepoint()
        BEFORE.get(name, lambda _at: None)(later)
        first, second = twice(lambda task=task, given=given: task.func(**given))
        transaction.savepoint_rollback(mark)
        second = [table for table in second if (name, table) not in MOVES_ON]
        found += [f"{name}: the second run changed {second}"] if second else []
        idle |= {name} if not first else set()

    assert not found, "\n".join(found)
    assert idle & BUSY == set(), "these found nothing to do"
    assert set(tasks()) >= BUSY


def test_a_dossier_is_made_once(world: World, later: datetime) -> None:
    asked = Dossier.unscoped.filter(pk=world.brescia.rows["dossier_id"])
    asked.update(state="waiting", ready_at=None, blob=None, sha256="", content_digest="")

    first, second = twice(lambda: app.tasks["conversations.make_dossier"].func(dossier_id=asked.get().pk))

    assert "conversations_dossier" in first
    assert second == []


@pytest.fixture
def told(world: World) -> None:
    """Let a fact of each kind that has a reaction become true, beside those of the world."""
    place = world.brescia
    asked = answer_all(Client(), f"/portal/survey/{token_of(place.rows['asked_id'], ANSWER)}/", 2)
    plate = browser_of(place.boss).post(
        f"/vehicles/{place.rows['vehicle_id']}/plate/", {"number": "ZZ985ZZ", "since": PAST}
    )
    invoice = browser_of(place.boss).post(
        f"/customers/{place.rows['customer_id']}/milestones/new/",
        {"kind": "invoice_issued", "unit": place.desk.pk, "vehicle": place.rows["vehicle_id"], "on": PAST},
    )
    assert (asked, plate.status_code, invoice.status_code < 400) == (302, 302, True)
    with transaction.atomic():
        publish(ActionDone(unit_id=place.desk.pk, occurred_at=world.now, action_id=1, touchpoint="none"))
        order = {
            "unit_id": place.rows["shop_unit_id"],
            "occurred_at": world.now,
            "customer_id": place.rows["customer_id"],
            "vehicle_id": place.rows["vehicle_id"],
            "order_id": place.rows["order_id"],
            "number": "2026/1",
        }
        publish(CheckDone(extra_lines=1, **order))
        publish(PromiseChanged(promised_at=world.now, reason="ricambi", **order))
        visit = {name: order[name] for name in ("unit_id", "occurred_at", "customer_id", "vehicle_id")}
        visit |= {"visit_id": place.rows["workshop_visit_id"]}
        publish(VisitMoved(drop_off_at=world.now, promised_at=world.now, **visit))
        publish(VisitNear(drop_off_at=world.now, promised_at=world.now, **visit))
        publish(VisitCancelled(reason="venduta", **visit))
        publish(
            TemplateDue(
                unit_id=place.desk.pk,
                occurred_at=world.now,
                case_id=place.rows["conversation_id"],
                customer_id=place.rows["customer_id"],
                template="solved",
            )
        )


def test_every_reaction_takes_effect_once(told: None, later: datetime) -> None:
    kinds = {kind_of(fact): table for fact, table in subscriptions().items()}
    found, ran = [], set()
    for record in FactRecord.objects.exclude(payload={}).order_by("pk"):  # an empty one is a row for a page, no fact
        for reaction in kinds.get(record.kind, ()):
            given = {"fact_id": record.pk, "reaction": name_of(reaction)}
            first, second = twice(lambda given=given: app.tasks["kernel.react"].func(**given))
            ran.add((record.kind, reaction))
            if second or "kernel_reactionreceipt" not in first:
                found.append(f"{given['reaction']} to {record.kind}: first {first}, second {second}")

    assert not found, "\n".join(found)
    assert ran == {(kind, reaction) for kind, table in kinds.items() for reaction in table}


def test_the_list_of_exceptions_says_why() -> None:
    assert all(len(reason) > 20 for reason in ELSEWHERE.values())
