"""Behind the second wall the database itself shows a web process only the rows of its scope."""

from datetime import UTC, datetime

import pytest
from django.db import DatabaseError, connection, transaction

from corsia.customers.models import ContactPoint, Customer
from corsia.kernel import scope
from corsia.kernel.access import scope_of
from corsia.kernel.row_security import APP_ROLE
from tests.factories.organisation import actor_in, small_group

PROTECTED = {
    "cases_case",
    "cases_goodwill",
    "cases_legalwarranty",
    "cases_discussion",
    "cases_discussionfile",
    "cases_discussionline",
    "cases_recovery",
    "cases_recoveryitem",
    "cases_recoveryline",
    "cases_recoverylist",
    "cases_steptick",
    "conversations_bottalk",
    "conversations_dossier",
    "customers_address",
    "customers_consent",
    "customers_contactpoint",
    "customers_customer",
    "customers_customerflag",
    "customers_duetold",
    "customers_holding",
    "customers_milestone",
    "improvement_action",
    "improvement_actionkpi",
    "improvement_actionunit",
    "improvement_adoption",
    "improvement_attendance",
    "improvement_changeagent",
    "improvement_cultureitem",
    "improvement_evidence",
    "improvement_goldenrule",
    "improvement_group",
    "improvement_kpireading",
    "improvement_macroaction",
    "improvement_meeting",
    "improvement_pain",
    "improvement_participant",
    "improvement_practice",
    "improvement_rating",
    "improvement_responsibility",
    "knowledge_article",
    "knowledge_articlefile",
    "knowledge_articletext",
    "knowledge_articleversion",
    "knowledge_missedsearch",
    "knowledge_searchtext",
    "dms_delivery",
    "dms_difference",
    "dms_externalrecord",
    "dms_leftoutrow",
    "dms_mappingversion",
    "dms_source",
    "listening_answerattachment",
    "listening_answerfile",
    "listening_answersource",
    "listening_collectedanswer",
    "listening_finding",
    "listening_flaggedanswer",
    "listening_integrityflag",
    "listening_interview",
    "listening_interviewkey",
    "listening_leftoutline",
    "listening_loop",
    "listening_loopitem",
    "listening_mysteryvisit",
    "listening_note",
    "listening_panel",
    "listening_panelstratum",
    "listening_post",
    "listening_session",
    "listening_staffinvitation",
    "listening_sessionblock",
    "listening_sessionparticipant",
    "listening_visititem",
    "listening_reading",
    "listening_response",
    "listening_responseitem",
    "listening_responsetopic",
    "listening_wavesegment",
    "listening_invitation",
    "messaging_attachment",
    "messaging_certifiedrecord",
    "messaging_countedcontact",
    "messaging_deliveredpart",
    "messaging_heldback",
    "messaging_message",
    "messaging_outgoing",
    "messaging_plannedcontact",
    "privacy_erasure",
    "privacy_export",
    "privacy_retentionsettings",
    "privacy_retentionterm",
    "telephony_call",
    "telephony_callevent",
    "vehicles_due",
    "vehicles_grouppace",
    "vehicles_recall",
    "vehicles_serviceevent",
    "vehicles_serviceplan",
    "vehicles_vehiclerecall",
    "workshop_allocation",
    "workshop_approval",
    "workshop_bay",
    "workshop_capacityday",
    "workshop_clocking",
    "workshop_courtesycar",
    "workshop_damage",
    "workshop_diarychange",
    "workshop_estimate",
    "workshop_estimateanswer",
    "workshop_estimateline",
    "workshop_fetch",
    "workshop_finding",
    "workshop_job",
    "workshop_jobfit",
    "workshop_jobpart",
    "workshop_jobstep",
    "workshop_listcolumns",
    "workshop_listfile",
    "workshop_loan",
    "workshop_numberseries",
    "workshop_onlinerequest",
    "workshop_order",
    "workshop_orderline",
    "workshop_package",
    "workshop_packagejob",
    "workshop_part",
    "workshop_partarrival",
    "workshop_partmovement",
    "workshop_partreservation",
    "workshop_picture",
    "workshop_proposal",
    "workshop_proposalcall",
    "workshop_proposalmove",
    "workshop_refusedline",
    "workshop_technician",
    "workshop_visit",
    "workshop_visitjob",
    "workshop_workshop",
}
NOW = datetime(2026, 3, 10, 11, tzinfo=UTC)


@pytest.fixture
def wall(settings, group):
    """Two groups with a customer each; from here on the session is a web process's."""
    other = small_group(code="rivali")
    for unit, name in ((group.root, "Giulia Ferri"), (other.root, "Elena Conti")):
        customer = Customer.unscoped.create(unit=unit, display_name=name, created_at=NOW)
        ContactPoint.unscoped.create(
            customer=customer, kind="email", value=f"{unit.code}@example.it", state="unknown", created_at=NOW
        )
    laura = actor_in(group.brescia_care)
    settings.CORSIA_APP_ROLE = APP_ROLE
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL ROLE {APP_ROLE}")
    return scope_of(laura, None), other


def names_seen() -> list[str]:
    """Ask past the scoped manager, as a forgetful query would."""
    return list(Customer.unscoped.order_by("display_name").values_list("display_name", flat=True))


def test_without_a_scope_no_row_is_there(wall) -> None:
    assert names_seen() == []
    assert ContactPoint.unscoped.count() == 0


def test_a_forgetful_query_sees_only_the_rows_of_the_scope(wall) -> None:
    own, _other = wall

    with scope.entered(own):
        assert names_seen() == ["Giulia Ferri"]
        assert ContactPoint.unscoped.get().value == "bellandi@example.it"
    assert names_seen() == []


def test_a_row_cannot_be_written_into_somebody_elses_unit(wall) -> None:
    own, other = wall

    with scope.entered(own):
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            Customer.unscoped.create(unit=other.root, display_name="Intruso", created_at=NOW)
        assert Customer.unscoped.filter(unit=other.root).update(display_name="Intruso") == 0


def test_a_service_that_looks_further_sees_further_only_while_it_does(wall) -> None:
    own, _other = wall

    with scope.entered(own):
        with scope.system("find duplicates"):
            assert names_seen() == ["Elena Conti", "Giulia Ferri"]
        assert names_seen() == ["Giulia Ferri"]


def test_after_a_failed_transaction_the_outer_scope_holds_again(wall) -> None:
    own, _other = wall

    with scope.entered(own):
        with pytest.raises(DatabaseError), transaction.atomic(), scope.system("doomed"), connection.cursor() as cursor:
            cursor.execute("SELECT 1 / 0")
        assert names_seen() == ["Giulia Ferri"]


def test_the_trail_can_be_added_to_but_not_changed_by_a_web_process(wall) -> None:
    with connection.cursor() as cursor:
        for table in ("kernel_auditentry", "kernel_factrecord", "kernel_auditseal"):
            cursor.execute("SELECT has_table_privilege(%s, 'INSERT'), has_table_privilege(%s, 'UPDATE')", [table] * 2)
            assert cursor.fetchone() == (True, False)


def test_the_tables_with_personal_data_are_behind_the_wall(db) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relrowsecurity ORDER BY 1")
        assert {row[0] for row in cursor.fetchall()} == PROTECTED
