"""A dossier tells a whole case in order and from the log alone, never what colleagues wrote to the outside."""

import hashlib
import io
from datetime import timedelta

import pytest
from pypdf import PdfReader

from corsia.cases.models import Case
from corsia.cases.services import (
    add_tag,
    add_task,
    finish_task,
    hand_to,
    merge_cases,
    open_case,
    set_priority,
    take,
    unmerge_case,
)
from corsia.cases.vocabulary import Holder, Priority
from corsia.conversations import services
from corsia.conversations.models import Dossier
from corsia.conversations.queries.chronology import Chronology, chronology
from corsia.conversations.services.dossiers import NotReady, UnknownCopy
from corsia.conversations.vocabulary import Audience, DossierState, EntryKind
from corsia.events.listening import SurveyAnswered
from corsia.kernel import scope
from corsia.kernel.facts import publish
from corsia.kernel.jobs import app
from corsia.kernel.models import AuditEntry, Reading
from corsia.messaging.models import Message, Outgoing
from corsia.messaging.rules.incoming import CertifiedMail, NewFile
from corsia.messaging.services import file_message, send_due, undo_send, write_note, write_reply
from corsia.organisation.vocabulary import Role
from tests.conftest import NOON
from tests.factories.messaging import CUSTOMER, ROBOT, Desk, a_desk, filed, mail_for
from tests.factories.organisation import actor_in, person_in, signed_in
from tests.jobs import waiting_jobs

HOUR = timedelta(hours=1)
END = NOON + 9 * HOUR


@pytest.fixture
def desk(group) -> Desk:
    return a_desk(group, now=NOON)


@pytest.fixture
def laura(desk: Desk):
    return actor_in(desk.unit, Role.AGENT)


@pytest.fixture
def case(desk: Desk, laura, everything) -> Case:
    """A complaint by certified mail, worked on, answered, closed, rated and reopened."""
    envelope = CertifiedMail(kind="messaggio", envelope_from="posta-certificata@pec.example", identifier="opec21")
    done = filed(
        desk,
        at=NOON,
        subject='Diffida: #read("/etc/passwd")',
        text="Vi diffido. *Non* scherzo 😀",
        process_key="complaint",
        certified=envelope,
        attachments=(NewFile(name="diffida.pdf", content=b"%PDF-1.4 diffida"),),
    )
    number = done.case_id
    write_note(case_id=number, text="Attenzione: cliente difficile", by=laura, now=NOON + HOUR / 2)
    add_tag(case_id=number, label="avvocato", by=laura, now=NOON + HOUR / 2)
    task = add_task(case_id=number, title="Chiamare", assignee_id=None, due_at=None, by=laura, now=NOON + HOUR)
    finish_task(task_id=task.pk, by=laura, now=NOON + HOUR)
    hand_to(case_id=number, holder=Holder.MANUFACTURER, reason="dorme", by=laura, now=NOON + HOUR)
    reply = write_reply(case_id=number, text="Provvediamo.", by=laura, now=NOON + 2 * HOUR)
    send_due(now=NOON + 3 * HOUR)
    receipt = CertifiedMail(
        kind="avvenuta-consegna",
        original_id=Outgoing.objects.get(message=reply).header_id,
        recipients=(CUSTOMER,),
        stated_at=NOON + 3 * HOUR,
    )
    file_message(mail_for(desk, at=NOON + 4 * HOUR, header_id="<r@pec.example>", certified=receipt))
    taken_back = write_reply(case_id=number, text="Mai partita", by=laura, now=NOON + 5 * HOUR)
    undo_send(message_id=taken_back.pk, by=laura, now=NOON + 5 * HOUR)
    hand_to(case_id=number, holder=Holder.US, reason="", by=laura, now=NOON + 5 * HOUR)
    return Case.objects.get(pk=number)


def told(case: Case, *, audience: str = Audience.OUTSIDE, until=END) -> Chronology:
    return chronology(case=case, until=until, audience=audience)


def listing(found: Chronology) -> list[tuple]:
    return [(one.key, one.at, one.digest) for one in found.entries]


def made(case: Case, laura, **fields) -> Dossier:
    values = {"audience": Audience.OUTSIDE, "language": "it", **fields}
    dossier = services.ask_dossier(case_id=case.pk, by=laura, now=END, **values)
    return services.run_dossier(dossier_id=dossier.pk, now=END)


def words_of(dossier: Dossier) -> str:
    _row, content = services.dossier_file(dossier_id=dossier.pk)
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)


def test_everything_is_told_in_order(case: Case) -> None:
    entries = told(case).entries

    assert [one.at for one in entries] == sorted(one.at for one in entries)
    said = [(one.kind, one.text.strip()) for one in entries if one.kind in (EntryKind.RECEIVED, EntryKind.SENT)]
    assert said[0] == (EntryKind.RECEIVED, "Vi diffido. *Non* scherzo 😀")
    assert (EntryKind.SENT, "Provvediamo.") in said
    receipts = [one for one in entries if one.kind == EntryKind.RECEIPT]
    assert ["(messaggio)" in dict(one.headers).get("Tipo", "") for one in receipts] == [True, False]
    assert receipts[1].at == NOON + 4 * HOUR
    files = [file for one in entries for file in one.files]
    assert [(file.name, file.size) for file in files] == [("diffida.pdf", 16)]
    assert files[0].sha256 == hashlib.sha256(b"%PDF-1.4 diffida").hexdigest()


def test_every_message_that_left_or_came_is_in_it_and_none_that_did_not(case: Case) -> None:
    keys = {one.key for one in told(case, audience=Audience.INTERNAL).entries}

    never_left = set(Outgoing.objects.exclude(state="sent").values_list("message_id", flat=True))
    expected = {f"message:{pk}" for pk in Message.objects.values_list("pk", flat=True) if pk not in never_left}
    assert {key for key in keys if key.startswith("message:")} == expected
    assert never_left, "one was taken back"


def test_the_copy_for_outside_has_nothing_that_is_between_colleagues(case: Case, laura) -> None:
    outside, inside = words_of(made(case, laura)), words_of(made(case, laura, audience=Audience.INTERNAL))

    for secret in ("cliente difficile", "avvocato", "dorme", "COPIA INTERNA"):
        assert secret not in outside
    assert "cliente difficile" in inside
    assert "avvocato" in inside
    assert "dorme" in inside


def test_the_internal_copy_says_so_on_each_page(case: Case, laura) -> None:
    dossier = made(case, laura, audience=Audience.INTERNAL, language="en")
    _row, content = services.dossier_file(dossier_id=dossier.pk)

    pages = PdfReader(io.BytesIO(content)).pages
    assert len(pages) > 1
    assert all("INTERNAL COPY" in page.extract_text() for page in pages)


def test_the_pdf_says_it_all_and_runs_nothing(case: Case, laura) -> None:
    words = words_of(made(case, laura)).replace("\n", " ")

    for expected in ('#read("/etc/passwd")', "*Non* scherzo [grinning face]", "Provvediamo.", "diffida.pdf", CUSTOMER):
        assert expected in words
    assert hashlib.sha256(b"%PDF-1.4 diffida").hexdigest() in words.replace(" ", "")
    assert "root:" not in words
    assert "Mai partita" not in words


def test_it_is_rebuilt_from_the_log_alone_whatever_happened_since(case: Case, desk: Desk, laura) -> None:
    before, dossier = listing(told(case, audience=Audience.INTERNAL)), made(case, laura, audience=Audience.INTERNAL)
    later = END + HOUR

    filed(desk, at=later, header_id="<other@example.com>", from_address="altri@example.com", subject="Altro")
    set_priority(case_id=case.pk, priority=Priority.URGENT, by=laura, now=later)
    add_tag(case_id=case.pk, label="dopo", by=laura, now=later)
    write_reply(case_id=case.pk, text="Dopo.", by=laura, now=later)
    send_due(now=later + HOUR)
    write_note(case_id=case.pk, text="Dopo", by=laura, now=later)
    hand_to(case_id=case.pk, holder=Holder.INSURER, reason="dopo", by=laura, now=later + HOUR)
    take(case_id=case.pk, by=laura, now=later + 2 * HOUR)
    Case.objects.filter(pk=case.pk).update(subject="Cambiato", reference="X-1")

    again = told(Case.objects.get(pk=case.pk), audience=Audience.INTERNAL)
    assert listing(again) == before
    assert services.still_tells(dossier_id=dossier.pk)
    assert listing(told(case, audience=Audience.INTERNAL, until=later + 3 * HOUR)) != before


def test_what_was_taken_out_of_the_log_is_noticed(case: Case, laura) -> None:
    dossier = made(case, laura)

    Message.objects.filter(case=case, direction="in").update(text="cancellato", full_text="")

    assert not services.still_tells(dossier_id=dossier.pk)


def test_a_merged_case_is_told_with_its_survivor_until_it_is_taken_back(case: Case, desk: Desk, laura) -> None:
    other = filed(desk, at=NOON, header_id="<two@example.com>", text="La seconda mail").case_id
    merge_cases(survivor_id=case.pk, absorbed_id=other, by=laura, now=NOON + 6 * HOUR)

    assert "La seconda mail" in [one.text for one in told(case).entries]
    assert "La seconda mail" not in [one.text for one in told(case, until=NOON + 5 * HOUR).entries]

    unmerge_case(case_id=other, by=laura, now=NOON + 7 * HOUR)
    assert "La seconda mail" not in [one.text for one in told(case).entries]


def test_a_case_merged_from_a_unit_beside_is_named_and_not_shown(case: Case, desk: Desk, group, laura) -> None:
    beside = open_case(
        unit_id=group.verona_care.pk, process_key="information", subject="Di là", origin="internal",
        customer_id=None, by=ROBOT, now=NOON,
    )  # fmt: skip
    merge_cases(survivor_id=case.pk, absorbed_id=beside.pk, by=ROBOT, now=NOON + 6 * HOUR)

    found = told(case)

    assert found.elsewhere == (beside.pk,)
    assert found.case_ids == (case.pk,)
    assert {one.case_id for one in found.entries} == {case.pk}


def test_the_answer_to_a_survey_is_told_from_the_fact(case: Case) -> None:
    publish(
        SurveyAnswered(
            unit_id=case.unit_id, occurred_at=END, response_id=1, invitation_id=1, case_id=case.pk,
            customer_id=case.customer_id, score=2, is_detractor=True, wants_callback=False, is_complete=True,
            low_items=1, text="Mai più",
        )
    )  # fmt: skip

    survey = [one for one in told(case).entries if one.kind == EntryKind.SURVEY]
    assert [(one.text, one.is_bad) for one in survey] == [("Mai più", True)]


def test_hash_and_content_are_kept_in_the_trail(case: Case, laura) -> None:
    dossier = made(case, laura)
    _row, content = services.dossier_file(dossier_id=dossier.pk)

    entry = AuditEntry.objects.get(verb="dossier_made", object_id=case.pk)
    assert entry.data["sha256"] == dossier.sha256 == hashlib.sha256(content).hexdigest()
    assert entry.data["content"] == dossier.content_digest == told(case).digest


def test_it_is_made_once_however_often_the_job_runs(case: Case, laura) -> None:
    dossier = made(case, laura)

    services.run_dossier(dossier_id=dossier.pk, now=END + HOUR)

    assert AuditEntry.objects.filter(verb="dossier_made").count() == 1
    assert Dossier.objects.get().ready_at == END


def test_one_that_cannot_be_set_says_why(case: Case, laura, monkeypatch) -> None:
    monkeypatch.setattr("corsia.ui.paper.MAX_DATA", 10)

    dossier = made(case, laura)

    assert dossier.state == DossierState.FAILED
    assert dossier.why_failed
    with pytest.raises(NotReady):
        services.dossier_file(dossier_id=dossier.pk)


def test_another_copy_or_language_than_there_is_is_refused(case: Case, laura) -> None:
    for fields in ({"audience": "press"}, {"language": "xx"}):
        with pytest.raises(UnknownCopy):
            made(case, laura, **fields)


def test_held_clocks_and_phases_stand_in_it(case: Case, laura) -> None:
    words = words_of(made(case, laura, language="en")).replace("\n", " ")

    assert "Promised times" in words
    assert "Manufacturer" in words
    assert "First answer" in words


# Pages


def test_it_is_asked_for_on_the_page_made_by_a_job_and_each_download_is_written_down(
    case: Case, desk, settings
) -> None:
    settings.CORSIA_LOG_READINGS = True
    browser = signed_in(person_in(desk.unit, Role.AGENT))

    shown = browser.post(
        f"/conversations/{case.pk}/dossiers/new/", {"audience": "outside", "language": "it"}, HTTP_HX_REQUEST="true"
    )
    assert shown.status_code == 200
    assert "hx-trigger" in shown.content.decode(), "the page asks again until it is ready"
    dossier = Dossier.objects.get()
    assert ("conversations.make_dossier", {"dossier_id": dossier.pk}) in waiting_jobs()
    app.tasks["conversations.make_dossier"].func(dossier_id=dossier.pk)
    assert (
        f"/conversations/dossiers/{dossier.pk}/file/"
        in browser.get(f"/conversations/{case.pk}/dossiers/").content.decode()
    )

    answer = browser.get(f"/conversations/dossiers/{dossier.pk}/file/")
    assert answer.content.startswith(b"%PDF")
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    read = Reading.objects.get(door="conversations:dossier_file")
    assert (read.row_kind, read.row_id) == ("dossier", dossier.pk)
    assert "<!DOCTYPE" not in browser.get(f"/conversations/dossiers/{dossier.pk}/check/").content.decode()[:20]


def test_a_page_sent_twice_asks_once(case: Case, desk) -> None:
    browser = signed_in(person_in(desk.unit, Role.AGENT))
    body = {"audience": "outside", "language": "it", "once": "k" * 20}

    for _time in range(2):
        browser.post(f"/conversations/{case.pk}/dossiers/new/", body)

    assert Dossier.objects.count() == 1


@pytest.mark.parametrize(("role", "status"), [(Role.AGENT, 200), (Role.AGENCY_AGENT, 403), (Role.CONSULTANT, 403)])
def test_only_our_own_people_hand_cases_out(case: Case, desk, role, status) -> None:
    browser = signed_in(person_in(desk.unit, role))

    assert browser.get(f"/conversations/{case.pk}/dossiers/").status_code == status
    assert browser.get("/conversations/dossiers/").status_code == status


def test_another_branch_knows_of_no_dossier(case: Case, desk, group, laura) -> None:
    dossier = made(case, laura)
    browser = signed_in(person_in(group.verona_care, Role.AGENT))

    assert browser.get(f"/conversations/dossiers/{dossier.pk}/file/").status_code == 404
    assert browser.get(f"/conversations/dossiers/{dossier.pk}/check/").status_code == 404
    assert browser.get(f"/conversations/{case.pk}/dossiers/").status_code == 404
    assert f"/{dossier.pk}/" not in browser.get("/conversations/dossiers/").content.decode()
    with scope.system("test"):
        assert Dossier.objects.count() == 1


@pytest.mark.parametrize("many", [1, 3])
def test_the_list_takes_a_fixed_number_of_statements(case: Case, desk, laura, many, django_assert_num_queries) -> None:
    for _time in range(many):
        made(case, laura)
    browser = signed_in(person_in(desk.unit, Role.AGENT))
    browser.get("/conversations/dossiers/")

    with django_assert_num_queries(LIST_STATEMENTS):
        browser.get("/conversations/dossiers/")


LIST_STATEMENTS = 4
