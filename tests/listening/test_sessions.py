"""Workshops, focus groups and interviews: planned, people invited as they may be, notes that become findings."""

from datetime import date, timedelta

import pytest

from corsia.customers.models import Customer
from corsia.customers.services import record_consent
from corsia.customers.vocabulary import Purpose
from corsia.kernel.errors import NotAllowed, NotFound
from corsia.kernel.privacy import TABLES, rows_of
from corsia.listening import services
from corsia.listening.links import join_token
from corsia.listening.models import Finding, Invitation, Note, Session, SessionBlock, SessionParticipant, Touchpoint
from corsia.listening.queries.findings import findings
from corsia.listening.queries.sessions import heard_in, participants_of, session_row
from corsia.listening.services import BlockData, GuestData, NoteData, SessionData
from corsia.listening.services.findings import FindingSettled, settle_finding
from corsia.messaging.models import Outgoing
from corsia.organisation.vocabulary import Role
from corsia.privacy.queries.rows import subject_of
from corsia.privacy.services import erase_rows
from tests.conftest import NOON
from tests.factories.cases import ROBOT
from tests.factories.organisation import actor_in
from tests.factories.sessions import a_guest, a_session, first_block
from tests.factories.surveys import invited, reachable, surveyed_group

KEY = "k" * 20
DAY = timedelta(days=1)
pytestmark = pytest.mark.usefixtures("everything")


@pytest.fixture
def ready(group):
    surveyed_group(group, now=NOON)
    services.install_touchpoints(unit_id=group.root.pk, by=ROBOT, now=NOON)
    return group


@pytest.fixture
def focus(ready) -> Session:
    return a_session(ready.brescia, now=NOON)


def point(key: str) -> int:
    return int(Touchpoint.objects.get(key=key).pk)


def line(session, typed: str, *, key: str = KEY, block=None, **more) -> Note:
    return services.add_note(
        session_id=session.pk, key=key, typed=typed, block_id=block.pk if block else None, by=ROBOT, now=NOON, **more
    )


# ---- the plan ----


def test_a_session_begins_with_its_outline(focus) -> None:
    blocks = SessionBlock.objects.filter(session=focus).order_by("position")
    assert [(one.name_it, one.minutes) for one in blocks] == [
        ("Presentazione", 10),
        ("Che cosa chiedono i Suoi clienti", 20),
        ("Ordine e consegna", 20),
        ("Aiuto dalla sede", 20),
        ("Tre cose da cambiare", 15),
    ]
    assert [one.touchpoint_id for one in blocks] == [
        None,
        point("quotation"),
        point("order-to-delivery"),
        point("contact-centre"),
        None,
    ]
    row = session_row(focus.pk, actor=ROBOT, now=NOON)
    assert (row.minutes, row.parts, row.counted, row.is_late, row.is_running) == (85, 5, 0, False, False)
    assert session_row(focus.pk, actor=ROBOT, now=NOON + 2 * DAY).is_running
    assert session_row(focus.pk, actor=ROBOT, now=NOON + 3 * DAY).is_late


def test_parts_move_and_a_part_that_goes_leaves_its_notes(focus) -> None:
    first = first_block(focus)
    line(focus, "Si presentano", block=first)
    services.move_block(block_id=first.pk, to=2, by=ROBOT, now=NOON)
    names = SessionBlock.objects.filter(session=focus).order_by("position").values_list("name_it", flat=True)
    assert list(names)[:3] == ["Che cosa chiedono i Suoi clienti", "Ordine e consegna", "Presentazione"]

    services.remove_block(block_id=first.pk, by=ROBOT, now=NOON)
    assert Note.objects.get().block_id is None


def test_what_was_held_keeps_its_plan(focus) -> None:
    services.set_session_state(session_id=focus.pk, state="held", by=ROBOT, now=NOON)

    with pytest.raises(services.SessionOver):
        services.save_block(session_id=focus.pk, block_id=None, data=BlockData(name_it="Altro"), by=ROBOT, now=NOON)
    line(focus, "Una cosa che avevo dimenticato")
    services.set_session_state(session_id=focus.pk, state="cancelled", by=ROBOT, now=NOON)
    with pytest.raises(services.NotesClosed):
        line(focus, "Niente", key="j" * 20)


@pytest.mark.parametrize(
    ("fields", "refusal"),
    [
        ({"instrument": "survey"}, services.NoSession),
        ({"instrument": "community", "ends_on": None}, services.SessionDaysWrong),
        ({"instrument": "community", "ends_on": date(2026, 3, 1)}, services.SessionDaysWrong),
        ({"instrument": "community", "ends_on": date(2026, 12, 1)}, services.SessionDaysWrong),
        ({"touchpoint_id": 9_999_999}, NotFound),
        ({"moderator_id": 9_999_999}, NotFound),
        ({"plan_id": 9_999_999}, NotFound),
    ],
)
def test_what_cannot_be_planned(ready, fields, refusal) -> None:
    values = {
        "instrument": "focus",
        "title": "Prova",
        "touchpoint_id": point("quotation"),
        "population": "retail",
        "starts_at": NOON,
        "quota": 5,
    } | fields
    with pytest.raises(refusal):
        services.save_session(session_id=None, unit_id=ready.brescia.pk, data=SessionData(**values), by=ROBOT, now=NOON)
    assert Session.objects.count() == 0


# ---- people ----


def invite(session: Session, now=NOON) -> services.Invited:
    return services.invite_participants(session_id=session.pk, by=ROBOT, now=now)


def add(session: Session, customer: Customer) -> SessionParticipant:
    return services.add_customer(session_id=session.pk, customer_id=customer.pk, by=ROBOT, now=NOON)


def test_a_customer_is_invited_once_with_a_personal_link(ready, focus) -> None:
    giulia = reachable(ready, now=NOON)
    one = add(focus, giulia)
    assert (one.number, one.state, Outgoing.unscoped.count()) == (1, "listed", 0)
    with pytest.raises(services.ThereAlready):
        add(focus, giulia)

    assert invite(focus) == services.Invited(sent=1, held_back=0)
    assert invite(focus) == services.Invited(sent=0, held_back=0)

    mail = Outgoing.unscoped.get()
    assert (mail.to_address, mail.subject) == ("giulia@example.it", "La Sua auto e noi: vorremmo ascoltarLa")
    assert f"/portal/session/{join_token(one.pk)}/" in mail.body
    assert "12 marzo 2026" in mail.body
    one.refresh_from_db()
    giulia.refresh_from_db()
    assert (one.state, one.invited_at, giulia.last_surveyed_at) == ("invited", NOON, NOON)


def test_the_rules_of_surveys_hold_for_sessions_and_the_other_way_round(ready, focus) -> None:
    asked, free = reachable(ready, now=NOON), reachable(ready, now=NOON, email="b@example.it", name="Bruno Neri")
    invited(ready.brescia_care, asked, now=NOON - DAY)
    first, second = add(focus, asked), add(focus, free)

    assert invite(focus) == services.Invited(sent=1, held_back=1)

    first.refresh_from_db()
    assert (first.state, first.not_invited) == ("listed", "recently_asked")
    later = invited(ready.brescia_care, free, now=NOON + DAY)
    assert (later.cancel_reason, later.cancel_detail) == ("recently_asked", "10/03/2026")
    assert second.pk != first.pk
    # Another session is another question: the pause holds it back as well.
    other = a_session(ready.verona, "workshop", now=NOON, outline="")
    add(other, free)
    assert invite(other, NOON + DAY) == services.Invited(sent=0, held_back=1)


def test_who_wants_no_surveys_is_not_invited(ready, focus) -> None:
    giulia = reachable(ready, now=NOON)
    record_consent(customer_id=giulia.pk, purpose=Purpose.SURVEY, is_given=False, source="desk", by=ROBOT, now=NOON)
    one = add(focus, giulia)

    assert invite(focus) == services.Invited(sent=0, held_back=1)

    one.refresh_from_db()
    assert one.not_invited == "no_consent"
    [shown] = participants_of(focus, by_name=True)
    assert shown.not_invited == "Il cliente non acconsente a questa finalità su questo canale."
    assert Invitation.objects.count() == Outgoing.unscoped.count() == 0


def test_guests_are_written_to_when_they_agreed_and_are_no_customers(ready, focus) -> None:
    reachable(ready, now=NOON)
    for data, refusal in (
        (GuestData(name=" "), services.GuestIncomplete),
        (GuestData(name="Ugo", email="ugo@flotta.example"), services.GuestIncomplete),
        (GuestData(name="Giulia", email="Giulia@Example.it", agreed=True), services.GuestIsCustomer),
    ):
        with pytest.raises(refusal):
            services.add_guest(session_id=focus.pk, data=data, by=ROBOT, now=NOON)
    a_guest(focus, "Senza Posta", now=NOON)
    a_guest(focus, "Ugo Flotta", now=NOON, email="Ugo@flotta.example")
    with pytest.raises(services.ThereAlready):
        a_guest(focus, "Ugo", now=NOON, email="ugo@flotta.example")

    assert invite(focus) == services.Invited(sent=1, held_back=1)
    mail = Outgoing.unscoped.get()
    assert (mail.to_address, mail.state, mail.customer_id) == ("ugo@flotta.example", "waiting", None)
    assert mail.body.startswith("Gentile Ugo Flotta,")


def test_the_count_against_the_quota_is_of_who_comes_then_of_who_came(focus) -> None:
    people = [a_guest(focus, f"Ospite {number}", now=NOON) for number in range(4)]
    for one, state in zip(people, ("accepted", "accepted", "declined", "invited"), strict=True):
        services.set_participant_state(participant_id=one.pk, state=state, by=ROBOT, now=NOON)
    assert session_row(focus.pk, actor=ROBOT, now=NOON).counted == 2

    services.set_participant_state(participant_id=people[0].pk, state="came", by=ROBOT, now=NOON)
    services.set_participant_state(participant_id=people[1].pk, state="absent", by=ROBOT, now=NOON)
    services.set_session_state(session_id=focus.pk, state="held", by=ROBOT, now=NOON)
    assert session_row(focus.pk, actor=ROBOT, now=NOON).counted == 1


def test_names_are_for_managers_and_for_whoever_moderates(ready, focus) -> None:
    a_guest(focus, "Anna Segreta", now=NOON)
    manager, consultant = actor_in(ready.brescia, Role.CARE_MANAGER), actor_in(ready.root, Role.CONSULTANT)
    assert session_row(focus.pk, actor=manager, now=NOON).sees_names
    assert not session_row(focus.pk, actor=consultant, now=NOON).sees_names
    assert [(one.pseudonym, one.name) for one in participants_of(focus, by_name=False)] == [("P1", "")]
    with pytest.raises(NotAllowed):
        services.add_guest(session_id=focus.pk, data=GuestData(name="Ugo"), by=consultant, now=NOON)
    with pytest.raises(NotAllowed):
        services.invite_participants(session_id=focus.pk, by=consultant, now=NOON)

    focus.moderator_id = consultant.id
    focus.save()
    assert session_row(focus.pk, actor=consultant, now=NOON).sees_names
    services.add_guest(session_id=focus.pk, data=GuestData(name="Ugo"), by=consultant, now=NOON)
    with pytest.raises(NotAllowed):  # customers are searched by managers only
        services.add_customer(session_id=focus.pk, customer_id=reachable(ready, now=NOON).pk, by=consultant, now=NOON)


# ---- notes ----


def test_a_line_sent_twice_is_one_and_knows_who_spoke(focus) -> None:
    anna = a_guest(focus, now=NOON)
    first = line(focus, 'P1: "Quaranta minuti" -4 #attesa', block=first_block(focus))
    again = line(focus, 'P1: "Quaranta minuti" -4 #attesa', block=first_block(focus))

    assert (first.pk, Note.objects.count()) == (again.pk, 1)
    assert (first.kind, first.text, first.participant, first.sign, first.severity, first.tags) == (
        "quote",
        "Quaranta minuti",
        anna,
        "minus",
        4,
        ["attesa"],
    )
    stranger = line(focus, "P9: chi sono?", key="j" * 20)
    assert (stranger.text, stranger.participant) == ("P9: chi sono?", None)
    chosen = line(focus, "Anch'io", key="h" * 20, participant_id=anna.pk)
    assert (chosen.kind, chosen.participant) == ("quote", anna)
    for typed, key in (("  ", "g" * 20), ("x" * 4001, "g" * 20), ("x", "short")):
        with pytest.raises(services.NoteEmpty):
            line(focus, typed, key=key)


def test_a_quote_becomes_a_finding_that_ranks_with_the_others(focus) -> None:
    a_guest(focus, now=NOON)
    block = SessionBlock.objects.get(session=focus, name_it="Ordine e consegna")
    note = line(focus, "P1: Nessuno mi ha chiamato -5 #notizie", block=block)

    services.keep_finding(note_id=note.pk, by=ROBOT, now=NOON)
    services.keep_finding(note_id=note.pk, by=ROBOT, now=NOON)

    row = Finding.objects.get()
    assert (row.instrument, row.source_id, row.touchpoint_id, row.sign, row.severity) == (
        "focus",
        focus.pk,
        point("order-to-delivery"),
        "minus",
        5,
    )
    # What a customer said is the quote, never the title.
    assert (row.title, row.quote, row.found_on) == ("Notizie", "Nessuno mi ha chiamato", date(2026, 3, 10))
    assert [one.title for one in findings(now=NOON, instrument="focus").ranked] == ["Notizie"]


def test_a_finding_follows_its_note_until_it_is_settled(focus) -> None:
    note = services.keep_finding(note_id=line(focus, "Il preventivo arriva tardi").pk, by=ROBOT, now=NOON)
    assert (note.finding.title, note.finding.quote, note.finding.severity) == ("Il preventivo arriva tardi", "", 3)

    data = NoteData(text="Il preventivo arriva dopo", sign="plus", severity=2, title="Preventivo", tags="#Tempi")
    services.change_note(note_id=note.pk, data=data, kind="quote", by=ROBOT, now=NOON)
    row = Finding.objects.get()
    assert (row.title, row.quote, row.sign, row.severity) == ("Preventivo", "Il preventivo arriva dopo", "plus", 2)
    assert Note.objects.get().tags == ["tempi"]

    settle_finding(finding_id=row.pk, by=ROBOT, now=NOON)
    with pytest.raises(FindingSettled):
        services.change_note(note_id=note.pk, data=data, by=ROBOT, now=NOON)
    with pytest.raises(FindingSettled):
        services.remove_note(note_id=note.pk, by=ROBOT, now=NOON)
    assert Finding.objects.count() == Note.objects.count() == 1


def test_a_finding_that_was_none_is_taken_back(focus) -> None:
    note = services.keep_finding(note_id=line(focus, "Sbaglio").pk, by=ROBOT, now=NOON)
    services.drop_finding(note_id=note.pk, by=ROBOT, now=NOON)
    assert (Finding.objects.count(), Note.objects.count()) == (0, 1)


def test_what_was_heard_is_grouped_by_touchpoint_and_tag(focus) -> None:
    a_guest(focus, now=NOON)
    a_guest(focus, "Bea", now=NOON)
    delivery = SessionBlock.objects.get(session=focus, name_it="Ordine e consegna")
    line(focus, "P1: tardi -2 #attesa", key="a" * 20, block=delivery)
    worst = line(focus, "P2: mai -5 #attesa #notizie", key="b" * 20, block=delivery)
    line(focus, "P1: cortesi +", key="c" * 20, block=first_block(focus))
    services.keep_finding(note_id=worst.pk, by=ROBOT, now=NOON)

    heard = heard_in(focus)
    assert [(theme.touchpoint.key, theme.minus, theme.plus) for theme in heard.themes] == [
        ("order-to-delivery", 2, 0),
        ("quotation", 0, 1),
    ]
    assert [(voice.who, voice.note.text) for voice in heard.themes[0].voices] == [("P2", "mai"), ("P1", "tardi")]
    assert (heard.tags, heard.speakers, heard.findings) == ([("attesa", 2), ("notizie", 1)], 2, 1)
    assert [v.note.text for theme in heard_in(focus, tag="notizie").themes for v in theme.voices] == ["mai"]
    assert heard_in(focus, sign="plus").plus == 1
    assert heard_in(focus, only_findings=True).quotes == 1


# ---- privacy ----


def test_erasing_a_customer_empties_their_words_wherever_they_went(ready, focus) -> None:
    giulia = reachable(ready, now=NOON)
    add(focus, giulia)
    a_guest(focus, "Bea", now=NOON)
    block = first_block(focus)
    for typed, key in (("P1: mi chiamo Zorbax -4", "a" * 20), ("P2: resto qui -4", "b" * 20)):
        services.keep_finding(note_id=line(focus, typed, key=key, block=block).pk, by=ROBOT, now=NOON)

    erase_rows([giulia.pk], word="erased", why="asked", now=NOON)

    assert [note.text for note in Note.objects.order_by("pk")] == ["", "resto qui"]
    assert [(row.title, row.quote) for row in Finding.objects.order_by("pk")] == [
        ("Presentazione", ""),
        ("Presentazione", "resto qui"),
    ]


def test_a_guest_who_has_a_customers_own_address_is_found_with_them(ready, focus) -> None:
    a_guest(focus, "Giulia Ospite", now=NOON, email="giulia@example.it")
    giulia = reachable(ready, now=NOON)
    line(focus, "P1: parole mie")
    subject = subject_of([giulia.pk])
    found = {
        name: [
            pk
            for way in rows_of(TABLES[f"listening.{name}"], subject)
            for pk in TABLES[f"listening.{name}"].model_class.unscoped.filter(way).values_list("pk", flat=True)
        ]
        for name in ("sessionparticipant", "note")
    }
    assert found == {"sessionparticipant": [SessionParticipant.objects.get().pk], "note": [Note.objects.get().pk]}
