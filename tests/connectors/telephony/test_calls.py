"""Calls: whatever comes in whichever order is the same call; who was missed is called back, once."""

import itertools
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import parse_qsl

import pytest
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st

from corsia.cases.models import Case, Task
from corsia.cases.services import close_case, move_case, open_case
from corsia.connectors.telephony.models import Call, CallEvent, Extension
from corsia.connectors.telephony.reactions import move_along
from corsia.connectors.telephony.rules.folding import Told, fold
from corsia.connectors.telephony.services.calls import note_post
from corsia.connectors.telephony.services.ends import fetch_voicemails, settle_due
from corsia.connectors.telephony.vocabulary import Happened
from corsia.connectors.telephony.wire import pack, unpack
from corsia.customers.models import Customer
from corsia.customers.services import add_contact, find_or_add_by_phone
from corsia.events.cases import CaseMoved
from corsia.kernel.actors import system
from corsia.kernel.blobs import content_of
from corsia.messaging.models import Attachment, ChannelAccount, Inbound, Message
from corsia.organisation.models import Notification
from tests.conftest import NOON
from tests.connectors.providers import running
from tests.connectors.telephony.speaker import (
    CALL,
    DESK_PHONE,
    GIULIA,
    OURS,
    Recordings,
    VoiceCalls,
    a_line,
    ended,
    leg,
    tell,
    voice,
)
from tests.facts import stated_facts

pytestmark = pytest.mark.usefixtures("everything")
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


@pytest.fixture
def account(desk) -> ChannelAccount:
    return VoiceCalls().account(desk, is_on=True)


@pytest.fixture
def line(account):
    return a_line(account, asks_language=False)


@pytest.fixture
def recordings(settings) -> Iterator[Recordings]:
    with running(Recordings(), settings) as server:
        settings.VOICE_API = server.url
        yield server


@pytest.fixture
def giulia(desk) -> Customer:
    return find_or_add_by_phone(group_id=desk.group.root.pk, phone=GIULIA, name="Giulia Ferri", source="test", now=NOON)


def missed(client, account, *, at=NOON, sid=CALL, caller=GIULIA) -> None:
    """Let somebody call, hear the phones ring, and hang up."""
    tell(client, account, ("", voice(sid, caller=caller)), at=at)
    no_answer = voice(sid, status="completed", caller=caller, DialCallStatus="no-answer")
    tell(client, account, ("step=dialed&l=it", no_answer), at=at + 25 * SECOND)
    tell(client, account, ("", ended(at + 30 * SECOND, sid, seconds=30, caller=caller)), at=at + 30 * SECOND)


# ---- what is told becomes a call ----


def test_a_call_is_a_row_of_its_unit_with_the_customer_who_has_the_number(client, account, line, giulia, desk) -> None:
    tell(client, account, ("", voice()), at=NOON)

    call = Call.objects.get()
    assert (call.unit_id, call.state, call.result) == (desk.unit.pk, "ringing", "")
    assert (call.from_number, call.to_number, call.customer_id, call.began_at) == (GIULIA, OURS, giulia.pk, NOON)
    assert Case.objects.count() == 0
    assert bytes(Inbound.objects.get().raw) == voice()  # as it came, before anybody read it


def test_who_calls_is_not_guessed_where_several_have_the_number(client, account, line, desk, giulia, robot) -> None:
    paolo = find_or_add_by_phone(
        group_id=desk.group.root.pk, phone="+393330000000", name="Paolo Ferri", source="test", now=NOON
    )
    add_contact(customer_id=paolo.pk, kind="phone", value=GIULIA, by=robot, now=NOON)
    tell(client, account, ("", voice()), at=NOON)
    assert Call.objects.get().customer_id is None


def test_a_withheld_number_is_a_call_of_nobody(client, account, line) -> None:
    for number, caller in enumerate(("anonymous", "+266696687", "Restricted", "")):
        tell(client, account, ("", voice(f"CA{number:032}", caller=caller)), at=NOON)
    assert set(Call.objects.values_list("customer_id", flat=True)) == {None}
    assert Call.objects.filter(from_number="").count() >= 3


def five_events() -> list[tuple[str, bytes]]:
    """Return what is told of a call that a colleague answers, after the caller asked for the hours."""
    return [
        ("", voice()),
        ("step=menu&n=1&l=it", voice(status="in-progress", Digits="1")),
        ("step=leg", leg(NOON + 20 * SECOND, "in-progress")),
        ("step=dialed&l=it", voice(status="in-progress", DialCallStatus="completed", DialCallDuration="70")),
        ("", ended(NOON + 95 * SECOND)),
    ]


COLUMNS = [
    *("state", "result", "began_at", "answered_at", "ended_at", "seconds", "answered_number", "menu"),
    *("from_number", "to_number", "customer_id", "case_id", "person_id", "callback_id", "provider_id"),
]


def test_five_events_in_any_order_and_twice_come_to_the_same_call(account, line, giulia) -> None:
    Extension.objects.filter(number=DESK_PHONE).update(person=None)
    ends = set()
    for order in itertools.permutations(five_events()):
        with transaction.atomic():
            for turn, request in enumerate([*order, order[0], order[2]]):
                query, raw = request
                kept = pack(dict(parse_qsl(query)), raw)
                note_post(account, unpack(kept), at=NOON + turn * SECOND)
            settle_due(now=NOON + 10 * MINUTE)
            ends.add(tuple(Call.objects.values_list(*COLUMNS).get()))
            ends.add(("rows", Case.objects.count(), Task.objects.count(), CallEvent.objects.count()))
            transaction.set_rollback(True)

    assert len(ends) == 2, ends
    [call] = [end for end in ends if end[0] != "rows"]
    assert call[:8] == (
        "ended", "answered", NOON, NOON + 20 * SECOND, NOON + 95 * SECOND, 70, DESK_PHONE, "1",
    )  # fmt: skip
    assert ("rows", 0, 0, 5) in ends


_KINDS = [kind for kind in Happened if kind != Happened.RECORDED]
_TOLD = st.lists(
    st.builds(
        lambda kind, number, seconds, value, lasted, is_stated: Told(
            key=f"{kind}:{number}",
            kind=kind,
            at=NOON + timedelta(seconds=seconds),
            value=value,
            seconds=lasted,
            is_stated=is_stated,
        ),
        st.sampled_from(_KINDS),
        st.integers(0, 3),
        st.integers(0, 300),
        st.sampled_from(["1", "2", "completed", "no-answer"]),
        st.none() | st.integers(0, 300),
        st.booleans(),
    ),
    min_size=1,
    max_size=8,
    unique_by=lambda one: one.key,
)


@given(_TOLD, st.randoms(use_true_random=False))
def test_the_end_of_a_call_does_not_depend_on_order_or_repeats(told, rng) -> None:
    mixed = [*told, *told[:3]]
    rng.shuffle(mixed)
    known = fold(mixed)

    assert known == fold(told)
    has_talked = any(
        one.kind == Happened.LEG_ANSWERED or (one.kind == Happened.DIALED and one.value == "completed") for one in told
    )
    assert (known.result == "answered") == (has_talked and any(one.kind == Happened.ENDED for one in told))
    assert (known.seconds is None) or has_talked


def test_a_call_of_nothing_is_none() -> None:
    with pytest.raises(ValueError, match="event"):
        fold([])


# ---- missed ----


def test_a_missed_call_is_a_task_on_a_new_case_for_whom_the_queue_chooses(client, account, line, giulia) -> None:
    missed(client, account)
    assert Case.objects.count() == 0  # a late report may still say that it was answered
    settle_due(now=NOON + MINUTE)

    call, case, task = Call.objects.get(), Case.objects.get(), Task.objects.get()
    assert (call.result, call.case_id, call.callback_id) == ("missed", case.pk, task.pk)
    assert (case.subject, case.origin, case.customer_id) == ("Chiamata persa da 333 123 4567", "phone", giulia.pk)
    assert case.version.process.key == "information"
    assert (task.is_callback, task.assignee_id, task.done_at) == (True, case.assignee_id, None)
    assert task.title == "Richiamare 333 123 4567: chiamata persa alle 12:00"
    assert task.due_at == NOON + 151 * MINUTE  # an hour of working time: the pause at noon does not count
    assert Message.objects.get().text == "Chiamata persa da 333 123 4567 alle 12:00."
    assert Notification.objects.filter(kind="telephony.missed").count() == (1 if case.assignee_id else 0)


def test_it_is_done_once_however_often_the_jobs_run(client, account, line) -> None:
    missed(client, account)
    for minute in range(1, 4):
        settle_due(now=NOON + minute * MINUTE)
    assert (Case.objects.count(), Task.objects.count(), Message.objects.count()) == (1, 1, 1)


def test_a_call_follows_its_case_to_another_unit(client, account, line, giulia, desk) -> None:
    missed(client, account)
    settle_due(now=NOON + MINUTE)
    case = Case.objects.get()

    move_case(
        case_id=case.pk,
        unit_id=desk.group.verona_care.pk,
        reason="È di Verona",
        by=system("test"),
        now=NOON + 120 * MINUTE,
    )
    for _again in range(2):
        move_along(stated_facts(CaseMoved)[0], now=NOON)

    assert Call.objects.get(case=case).unit_id == desk.group.verona_care.pk


def test_somebody_nobody_knows_becomes_a_customer_by_their_number(client, account, line) -> None:
    missed(client, account)
    settle_due(now=NOON + MINUTE)
    assert Customer.objects.get().display_name == GIULIA
    assert Call.objects.get().customer_id == Case.objects.get().customer_id == Customer.objects.get().pk


def test_the_callback_stands_on_the_open_case_and_a_second_call_adds_none(
    client, account, line, giulia, desk, robot
) -> None:
    open_ = open_case(
        unit_id=desk.unit.pk, process_key="information", subject="Freni", origin="email", customer_id=giulia.pk,
        by=robot, now=NOON - 60 * MINUTE,
    )  # fmt: skip
    missed(client, account)
    settle_due(now=NOON + MINUTE)
    missed(client, account, at=NOON + 5 * MINUTE, sid="CA" + "3" * 32)
    settle_due(now=NOON + 7 * MINUTE)

    assert Case.objects.get().pk == open_.pk
    assert Task.objects.count() == 1
    assert set(Call.objects.values_list("callback_id", flat=True)) == {Task.objects.get().pk}
    assert Message.objects.filter(case=open_).count() == 2  # both calls stand in the conversation


def test_a_report_that_comes_too_late_takes_the_callback_back(client, account, line) -> None:
    missed(client, account)
    settle_due(now=NOON + MINUTE)
    tell(client, account, ("step=leg", leg(NOON + 5 * SECOND, "in-progress")), at=NOON + 2 * MINUTE)
    assert (Call.objects.get().result, Call.objects.get().callback_id) == ("answered", None)
    assert Task.objects.count() == 0


def test_a_caller_whom_the_robot_served_is_not_missed(client, account, line) -> None:
    tell(client, account, ("", voice()), at=NOON)
    tell(client, account, ("step=menu&n=1&l=it", voice(status="in-progress", Digits="1")), at=NOON + 9 * SECOND)
    tell(client, account, ("", ended(NOON + 30 * SECOND, seconds=30)), at=NOON + 30 * SECOND)
    settle_due(now=NOON + MINUTE)
    assert (Call.objects.get().result, Call.objects.get().menu) == ("served", "1")
    assert Case.objects.count() == 0


def test_a_withheld_number_cannot_be_called_back(client, account, line) -> None:
    missed(client, account, caller="anonymous")
    settle_due(now=NOON + MINUTE)
    assert (Call.objects.get().result, Case.objects.count()) == ("missed", 0)


def test_a_call_whose_end_nobody_told_is_settled_hours_later(client, account, line) -> None:
    tell(client, account, ("", voice()), at=NOON)
    settle_due(now=NOON + 3 * 60 * MINUTE)
    assert Call.objects.get().settled_at is None
    settle_due(now=NOON + 4 * 60 * MINUTE)
    assert (Call.objects.get().result, Task.objects.count()) == ("missed", 1)


def test_a_message_that_comes_after_its_case_was_closed_is_heard_on_a_new_one(
    client, account, line, giulia, recordings, robot
) -> None:
    tell(client, account, ("", voice()), at=NOON)
    left = voice(status="completed", RecordingUrl=f"{recordings.url}/RE1", RecordingSid="RE1", RecordingDuration="12")
    tell(client, account, ("step=left&l=it", left), at=NOON + 40 * SECOND)
    tell(client, account, ("", ended(NOON + 41 * SECOND, seconds=41)), at=NOON + 41 * SECOND)
    settle_due(now=NOON + 2 * MINUTE)
    first = Case.objects.get()
    close_case(case_id=first.pk, by=robot, now=NOON + 2 * MINUTE)

    assert fetch_voicemails(now=NOON + 3 * MINUTE) == 1
    assert fetch_voicemails(now=NOON + 4 * MINUTE) == 0

    again = Case.objects.exclude(pk=first.pk).get()
    assert (again.customer_id, again.closed_at) == (giulia.pk, None)
    assert Attachment.objects.get().message.case_id == again.pk == Call.objects.get().case_id


def test_a_message_that_is_gone_at_the_provider_does_not_stand_before_a_new_one(
    client, account, line, giulia, recordings
) -> None:
    for number, (sid, name) in enumerate(((CALL, "RE0"), (f"{CALL[:-1]}x", "RE1"))):
        at = NOON + number * 5 * MINUTE
        tell(client, account, ("", voice(sid)), at=at)
        left = voice(sid, status="completed", RecordingUrl=f"{recordings.url}/{name}", RecordingDuration="12")
        tell(client, account, ("step=left&l=it", left), at=at + 40 * SECOND)
        tell(client, account, ("", ended(at + 41 * SECOND, sid, seconds=41)), at=at + 41 * SECOND)
    settle_due(now=NOON + 8 * MINUTE)

    assert fetch_voicemails(now=NOON + 9 * MINUTE, limit=1) == 1
    assert Call.objects.get(voicemail__isnull=False).provider_id == f"{CALL[:-1]}x"


def test_a_message_after_the_tone_lies_on_the_case_as_sound(client, account, line, giulia, recordings) -> None:
    tell(client, account, ("", voice()), at=NOON)
    left = voice(status="completed", RecordingUrl=f"{recordings.url}/RE1", RecordingSid="RE1", RecordingDuration="12")
    tell(client, account, ("step=left&l=it", left), at=NOON + 40 * SECOND)
    tell(client, account, ("", ended(NOON + 41 * SECOND, seconds=41)), at=NOON + 41 * SECOND)
    settle_due(now=NOON + 2 * MINUTE)
    recordings.refusal = (503, {})
    assert fetch_voicemails(now=NOON + 2 * MINUTE) == 0
    recordings.refusal = None
    assert fetch_voicemails(now=NOON + 3 * MINUTE) == 1
    assert fetch_voicemails(now=NOON + 4 * MINUTE) == 0

    call, file = Call.objects.get(), Attachment.objects.get()
    assert (call.result, call.recording_seconds) == ("missed", 12)
    assert content_of(file.blob_id) == b"ID3 sound of Giulia"
    assert file.message_id == call.voicemail_id
    assert file.message.case_id == call.case_id
    assert Task.objects.count() == 1
