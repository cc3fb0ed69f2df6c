"""Erasing a customer: nothing of them is left anywhere, nothing of anybody else changes."""

from datetime import datetime, timedelta

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from corsia.cases.models import Case
from corsia.customers import services as customers
from corsia.customers.models import Customer
from corsia.kernel import audit, scope
from corsia.kernel.models import AuditEntry, Blob
from corsia.listening.models import Response
from corsia.messaging.models import Message
from corsia.organisation.actors import actor_of
from corsia.organisation.vocabulary import Role
from corsia.privacy import services
from corsia.privacy.jobs import JOURNAL, erase_customer
from corsia.privacy.models import Erasure
from corsia.privacy.queries.preview import preview
from corsia.privacy.vocabulary import ErasureReason
from corsia.vehicles.models import Vehicle
from tests.factories.customers import car, gives, person
from tests.factories.organisation import TODAY, person_in
from tests.privacy.world import Place, Somebody, a_place, number_of, plate_of, rows_of_table, somebody, traces

pytestmark = pytest.mark.django_db
LATER = timedelta(hours=2)


@pytest.fixture
def place(group, now) -> Place:
    return a_place(group, now=now)


@pytest.fixture
def zorbax(place, now) -> Somebody:
    return somebody(place, "ZORBAX", now=now)


def erase(place: Place, one: Customer, *, now: datetime) -> Erasure:
    """Ask for an erasure as a manager and let the worker do it."""
    with scope.system("test"):
        erasure = services.ask_erasure(customer_id=one.pk, reason=ErasureReason.REQUEST, by=place.boss, now=now + LATER)
        services.run_erasure(erasure_id=erasure.pk, now=now + LATER)
        erasure.refresh_from_db()
    return erasure


def test_before_it_the_canary_is_everywhere_it_can_be(zorbax: Somebody) -> None:
    found = set(traces("ZORBAX"))

    assert {
        "cases_case.remedy",
        "cases_case.root_cause",
        "cases_case.subject",
        "cases_tag.label",
        "cases_task.title",
        "conversations_draft.text",
        "customers_address.street",
        "customers_consent.source",
        "customers_contactpoint.value",
        "customers_customer.display_name",
        "customers_customer.note",
        "customers_searchkey.value",
        "customers_searchword.word",
        "kernel_auditentry.actor_name",
        "kernel_auditentry.data",
        "kernel_blob.content",
        "kernel_factrecord.payload",
        "kernel_reactionfailure.error",
        "listening_response.text",
        "messaging_attachment.name",
        "messaging_automaticsend.address",
        "messaging_inbound.envelope_from",
        "messaging_inbound.raw",
        "messaging_message.author_name",
        "messaging_message.from_address",
        "messaging_message.header_id",
        "messaging_message.text",
        "messaging_outgoing.body",
        "messaging_outgoing.to_address",
        "messaging_thread.preview",
        "organisation_notification.title",
    } <= found
    assert {
        "customers_searchkey.value",
        "kernel_auditentry.data",
        "kernel_factrecord.payload",
        "vehicles_plate.number",
        "vehicles_vehicle.plate",
    } <= set(traces(plate_of("ZORBAX")))


def test_after_it_no_column_of_the_database_says_who_it_was(place: Place, zorbax: Somebody, now) -> None:
    assert traces("ZORBAX", plate_of("ZORBAX"), f"{number_of('ZORBAX'):07d}")

    erase(place, zorbax.customer, now=now)

    assert traces("ZORBAX", plate_of("ZORBAX"), f"{number_of('ZORBAX'):07d}") == []


def test_the_case_keeps_its_number_and_its_times(place: Place, zorbax: Somebody, now) -> None:
    with scope.system("test"):
        times = ("pk", "opened_at", "phase_id", "due_at", "unit_id", "customer_id", "priority")
        before = Case.objects.values(*times).get(pk=zorbax.case.pk)
        said = list(Message.objects.order_by("pk").values("pk", "case_id", "at", "direction", "channel"))

        erase(place, zorbax.customer, now=now)

        assert Case.objects.values(*times).get(pk=zorbax.case.pk) == before
        assert Case.objects.get(pk=zorbax.case.pk).subject == f"Cancellato #{zorbax.case.pk}"
        assert list(Message.objects.order_by("pk").values("pk", "case_id", "at", "direction", "channel")) == said
        assert Response.objects.values_list("score", "text").get() == (3, "")
        assert Customer.objects.get(pk=zorbax.customer.pk).display_name == f"Cancellato #{zorbax.customer.pk}"


def test_nobody_elses_rows_change(place: Place, zorbax: Somebody, now) -> None:
    """Whatever row changed or went had spoken of the erased customer."""
    somebody(place, "QUILLMONK", now=now)
    before = rows_of_table()

    erase(place, zorbax.customer, now=now)

    after = rows_of_table()
    gone = {table: {row for row in rows - after[table] if "quillmonk" in row.lower()} for table, rows in before.items()}
    assert {table: rows for table, rows in gone.items() if rows} == {}
    hexed = {table: {row for row in rows - after[table] if b"QUILLMONK".hex() in row} for table, rows in before.items()}
    assert {table: rows for table, rows in hexed.items() if rows} == {}
    named = ("organisation_", "auth_", "cases_process", "cases_phase", "messaging_template", "messaging_mailbox")
    touched = [
        table
        for table, rows in before.items()
        if table.startswith(named) and table != "organisation_notification" and rows != after[table]
    ]
    assert touched == []


def test_what_two_customers_share_stays_with_the_other(place: Place, zorbax: Somebody, now) -> None:
    """A shared address, a car both held, the same bytes in both their files."""
    other = somebody(place, "QUILLMONK", now=now)
    with scope.system("test"):
        customers.add_contact(
            customer_id=other.customer.pk, kind="email", value="zorbax@example.com", by=place.boss, now=now
        )
        shared = car(place.group.root, plate="SH777RD")
        gives(zorbax.customer, shared)
        customers.end_holding(
            holding_id=zorbax.customer.holdings(manager="unscoped").get(vehicle=shared).pk,
            until=now.date() + timedelta(days=1),
            by=place.boss,
            now=now,
        )
        gives(other.customer, shared)

        erase(place, zorbax.customer, now=now)

        assert Vehicle.objects.get(pk=shared.pk).plate == "SH777RD"
        assert other.customer.contact_points.filter(value="zorbax@example.com").exists()
    # What only carries the shared address is not known to be the erased customer's.
    assert {"messaging_automaticsend.address", "messaging_inbound.raw"} <= set(traces("zorbax@example"))


def test_merged_records_go_together(place: Place, zorbax: Somebody, now) -> None:
    twin = person(place.group.root, "Wumpel Zorbaxtwin", emails=["wumpel@example.com"])
    with scope.system("test"):
        customers.merge_customers(survivor_id=zorbax.customer.pk, absorbed_id=twin.pk, by=place.boss, now=now)

        erase(place, twin, now=now)

    assert traces("ZORBAX", "wumpel") == []


def test_the_trail_keeps_who_did_what_when_and_its_seals_hold(place: Place, zorbax: Somebody, now) -> None:
    kept = ("pk", "at", "actor_kind", "actor_id", "verb", "object_kind", "object_id")
    before = list(AuditEntry.objects.order_by("pk").values_list(*kept))
    assert audit.broken_seals() == []

    erase(place, zorbax.customer, now=now)

    assert list(AuditEntry.objects.order_by("pk").values_list(*kept))[: len(before)] == before
    assert audit.seal(now=now + 2 * LATER) > 0
    assert audit.broken_seals() == []


def test_a_trail_touched_after_an_erasure_is_found(place: Place, zorbax: Somebody, now) -> None:
    erase(place, zorbax.customer, now=now)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL corsia.may_rewrite = 'on'")
        cursor.execute(
            "UPDATE kernel_auditentry SET actor_name = 'x' WHERE id = (SELECT min(id) FROM kernel_auditentry)"
        )

    assert len(audit.broken_seals()) == 1


def test_a_trail_touched_before_stops_the_erasure(place: Place, zorbax: Somebody, now) -> None:
    """Else an erasure would be the way to have a forged run approved."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL corsia.may_rewrite = 'on'")
        cursor.execute("UPDATE kernel_auditentry SET actor_name = 'x' WHERE verb = 'added'")

    with pytest.raises(audit.BrokenSeal):
        erase(place, zorbax.customer, now=now)


def test_it_runs_once_and_tells_how_much(place: Place, zorbax: Somebody, now) -> None:
    erasure = erase(place, zorbax.customer, now=now)

    assert erasure.rows["messaging.message"] == 4
    assert erasure.rows["customers.customer"] == 1
    with scope.system("test"):
        assert services.run_erasure(erasure_id=erasure.pk, now=now + 2 * LATER) == []
        again = erase(place, zorbax.customer, now=now + LATER)
    assert again.rows == {}


def test_the_preview_says_what_then_happens(place: Place, zorbax: Somebody, now) -> None:
    with scope.system("test"):
        shown = preview([zorbax.customer.pk])
        told = {line.model: line.rows for line in shown.lines}

        erasure = erase(place, zorbax.customer, now=now)

    assert told["messaging.message"] == erasure.rows["messaging.message"] == 4
    assert told["cases.case"] == erasure.rows["cases.case"] == 1
    assert shown.deleted == sum(
        rows for label, rows in erasure.rows.items() if label in {
            "customers.customerflag", "customers.contactpoint", "customers.address", "customers.consent",
            "customers.holding", "customers.searchkey", "cases.tag", "conversations.draft", "messaging.attachment",
            "messaging.outgoing", "messaging.automaticsend", "vehicles.plate", "organisation.notification",
        }
    )  # fmt: skip


def test_files_that_nobody_else_has_go_with_their_bytes(place: Place, zorbax: Somebody, now) -> None:
    assert Blob.objects.filter(content=b"ZORBAX file").exists()

    erase(place, zorbax.customer, now=now)

    assert not Blob.objects.filter(content=b"ZORBAX file").exists()


def test_somebody_who_sees_a_part_only_is_refused(place: Place, zorbax: Somebody, now) -> None:
    elsewhere = actor_of(person_in(place.group.verona, Role.CARE_MANAGER), today=TODAY)
    with scope.system("test"), pytest.raises(services.CasesElsewhere):
        services.ask_erasure(customer_id=zorbax.customer.pk, reason=ErasureReason.REQUEST, by=elsewhere, now=now)
    with scope.system("test"), pytest.raises(services.CasesElsewhere):
        services.ask_export(customer_id=zorbax.customer.pk, by=elsewhere, now=now)
    assert not Erasure.unscoped.exists()


def test_the_trail_keeps_numbers_and_codes(place: Place, zorbax: Somebody, now) -> None:
    """The history of the case still says which phase came when, and no word of what was written."""
    about = AuditEntry.objects.filter(object_kind="cases.case", object_id=zorbax.case.pk)

    erase(place, zorbax.customer, now=now)

    assert about.get(verb="opened").data == {
        "emptied": True, "process": "information", "origin": "email", "queue": None, "assignee": None,
    }  # fmt: skip
    assert about.get(verb="tagged").data == {"emptied": True, "label": ""}
    assert about.get(verb="described").data["new"] == {"reference": "", "root_cause": "", "remedy": ""}


def test_a_restored_backup_is_erased_again_from_the_journal(
    place: Place, zorbax: Somebody, now, tmp_path, capsys
) -> None:
    """The journal outlives the database: the rows as they were before the erasure come back, and go again."""
    with scope.system("test"):
        erasure = services.ask_erasure(
            customer_id=zorbax.customer.pk, reason=ErasureReason.REQUEST, by=place.boss, now=now + LATER
        )
    before = transaction.savepoint()
    erase_customer.func(erasure_id=erasure.pk)
    assert traces("ZORBAX") == []
    transaction.savepoint_rollback(before)  # as a restored backup does
    assert traces("ZORBAX") != []

    call_command("repeat_erasures", str(tmp_path / JOURNAL))
    call_command("repeat_erasures", str(tmp_path / JOURNAL))

    assert traces("ZORBAX") == []
    assert capsys.readouterr().out.splitlines() == ["1 erased again", "0 erased again"]
    assert "ZORBAX" not in (tmp_path / JOURNAL).read_text()
