"""Interviews that one of us asks in person: who gets which call, what is kept, and what follows from its end."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from corsia.customers.models import Consent, ContactPoint, CustomerFlag
from corsia.customers.services import set_flag
from corsia.customers.vocabulary import Flag
from corsia.events.listening import SurveyAnswered, SurveySent
from corsia.kernel import scope
from corsia.kernel.access import scope_of
from corsia.listening.models import Interview, InterviewSetup, Invitation, Response, ResponseItem
from corsia.listening.permissions import INTERVIEW
from corsia.listening.queries.interviews import interviewed
from corsia.listening.queries.questionnaires import definition_of
from corsia.listening.rules.calling import plan_attempt, slot_at
from corsia.listening.services import (
    CallNotYours,
    NotCalledYet,
    OutcomeCannot,
    QuestionsLeft,
    QuietThen,
    TimeNeeded,
    agree,
    call_due,
    end_call,
    give_back,
    next_call,
    note_dialled,
    send_due_invitations,
    take_answer,
)
from corsia.listening.vocabulary import CancelReason, Instrument, InterviewOutcome, InterviewWay, Slot
from corsia.messaging.models import CountedContact, Outgoing
from corsia.organisation.vocabulary import Role
from tests.conftest import NOON
from tests.factories.cases import ROBOT
from tests.factories.interviews import calling_plan, in_force, to_be_called, with_phone
from tests.factories.organisation import actor_in
from tests.factories.surveys import reachable, surveyed_group
from tests.facts import stated_facts

ROME = ZoneInfo("Europe/Rome")
pytestmark = pytest.mark.usefixtures("everything")


@pytest.fixture
def ready(group):
    return surveyed_group(group, now=NOON)


@pytest.fixture
def version(ready):
    row = in_force(ready.root, "nps-workshop", now=NOON)
    InterviewSetup.objects.create(questionnaire=row.questionnaire, most_attempts=3, slots=["noon", "afternoon"])
    return row


@pytest.fixture
def plan(ready, version):
    return calling_plan(version, ready.root, now=NOON, instrument=Instrument.PHONE)


@pytest.fixture
def giulia(ready):
    return with_phone(reachable(ready, now=NOON), "+393331234567", now=NOON)


@pytest.fixture
def laura(ready):
    return actor_in(ready.brescia_care, Role.AGENT)


@pytest.fixture
def paolo(ready):
    return actor_in(ready.brescia_care, Role.AGENT)


@pytest.fixture
def invitation(plan, ready, giulia) -> Invitation:
    return to_be_called(plan, ready.brescia_care, giulia, now=NOON)


def due(invitation) -> datetime:
    """Let the first attempt be planned; return when it is due."""
    call_due(now=NOON)
    return Interview.objects.get(invitation=invitation, attempt=1).planned_at


def taken(invitation, by) -> tuple[Interview, datetime]:
    """Let somebody take the call of an invitation, and dial."""
    at = due(invitation)
    call = next_call(by=by, now=at)
    assert call is not None
    return note_dialled(interview_id=call.pk, by=by, now=at), at


def begun(invitation, by) -> tuple[Interview, datetime]:
    call, at = taken(invitation, by)
    return agree(interview_id=call.pk, by=by, now=at), at


def given(call: Interview, item: str) -> list[str]:
    """Return what somebody answers to any question."""
    question = definition_of(call.version_id).question_of(item)
    assert question is not None
    match question.kind:
        case "scale" | "matrix":
            return [str(question.low)]
        case "choice" | "several":
            return [question.choices[0].key]
        case "yes_no":
            return ["0"]
    return ["Troppa attesa"]


def latest(invitation) -> Interview:
    return Interview.objects.filter(invitation=invitation).order_by("-attempt").first()


def test_a_plan_by_telephone_makes_a_list_and_sends_nothing(invitation) -> None:
    assert send_due_invitations(now=NOON) == 0
    assert call_due(now=NOON) == 0
    assert call_due(now=NOON + timedelta(days=2)) == 0  # nobody is called by the system

    call = Interview.objects.get()
    assert (call.way, call.attempt, call.placed_at, call.outcome) == (InterviewWay.OPERATOR, 1, None, "")
    assert call.slot in ("noon", "afternoon")
    assert Outgoing.objects.count() == 0


def test_two_people_never_get_the_same_call(plan, ready, giulia, invitation, laura, paolo) -> None:
    marco = with_phone(reachable(ready, now=NOON, email="marco@example.it"), "+393331234568", now=NOON)
    to_be_called(plan, ready.brescia_care, marco, now=NOON)
    call_due(now=NOON)
    at = max(Interview.objects.values_list("planned_at", flat=True))

    first, second = next_call(by=laura, now=at), next_call(by=paolo, now=at)
    again = next_call(by=laura, now=at)
    third = next_call(by=actor_in(ready.brescia_care, Role.AGENT), now=at)

    assert first is not None
    assert second is not None
    assert again is not None
    assert {first.customer_id, second.customer_id} == {giulia.pk, marco.pk}
    assert (again.pk, third) == (first.pk, None)
    with pytest.raises(CallNotYours):
        note_dialled(interview_id=first.pk, by=paolo, now=at)


def test_a_call_that_was_taken_and_not_made_is_free_again(invitation, laura, paolo) -> None:
    at = due(invitation)
    call = next_call(by=laura, now=at)
    assert call is not None
    assert next_call(by=paolo, now=at + timedelta(minutes=19)) is None
    other = next_call(by=paolo, now=at + timedelta(minutes=21))
    assert other is not None
    assert other.pk == call.pk
    with pytest.raises(CallNotYours):
        note_dialled(interview_id=call.pk, by=laura, now=at + timedelta(minutes=22))

    give_back(interview_id=call.pk, by=paolo, now=at + timedelta(minutes=22))
    back = next_call(by=laura, now=at + timedelta(minutes=23))
    assert back is not None
    assert back.pk == call.pk


def test_nobody_gets_calls_of_other_branches(plan, ready, giulia, laura) -> None:
    to_be_called(plan, ready.verona, giulia, now=NOON)
    call_due(now=NOON)
    with scope.entered(scope_of(laura, INTERVIEW)):
        assert next_call(by=laura, now=NOON + timedelta(days=1)) is None


def test_whoever_is_dialled_counts_as_asked_once(invitation, giulia, laura) -> None:
    call, at = taken(invitation, laura)
    note_dialled(interview_id=call.pk, by=laura, now=at + timedelta(minutes=1))

    invitation.refresh_from_db()
    call.refresh_from_db()
    assert (call.placed_at, call.slot, invitation.sent_at) == (at, slot_at(at, ROME), at)
    assert [fact.customer_id for fact in stated_facts(SurveySent)] == [giulia.pk]
    assert CountedContact.objects.count() == 1


@pytest.mark.parametrize("flag", [Flag.DO_NOT_CALL, Flag.DECEASED, Flag.IN_DISPUTE])
def test_who_may_not_be_called_is_left_out_with_the_reason(invitation, giulia, laura, flag) -> None:
    at = due(invitation)
    set_flag(customer_id=giulia.pk, flag=flag, by=ROBOT, now=NOON)

    assert next_call(by=laura, now=at) is None

    invitation.refresh_from_db()
    assert (invitation.cancel_reason, invitation.cancel_detail) == (CancelReason.NOT_ALLOWED, flag)
    assert latest(invitation).outcome == InterviewOutcome.CANCELLED


def test_without_a_number_nobody_is_on_the_list(plan, ready, laura) -> None:
    invitation = to_be_called(plan, ready.brescia_care, reachable(ready, now=NOON), now=NOON)
    assert next_call(by=laura, now=due(invitation)) is None

    invitation.refresh_from_db()
    assert (invitation.cancel_reason, invitation.cancel_detail) == (CancelReason.CANNOT_SEND, "no number")


def test_a_customer_who_was_asked_in_another_branch_is_not_called(invitation, ready, giulia, laura) -> None:
    at = due(invitation)
    older = Invitation.objects.create(
        case=None,
        plan=invitation.plan,
        occasion_id=99,
        unit=ready.verona,
        customer=giulia,
        language="it",
        created_at=NOON - timedelta(days=5),
        send_after=NOON,
        expires_at=NOON + timedelta(days=9),
    )
    Invitation.objects.filter(pk=older.pk).update(id=invitation.pk - 1)
    with scope.entered(scope_of(laura, INTERVIEW)):
        assert next_call(by=laura, now=at) is None
    invitation.refresh_from_db()
    assert invitation.cancel_reason == CancelReason.RECENTLY_ASKED


def test_nothing_is_asked_before_the_call_and_nothing_kept_before_they_agree(invitation, laura) -> None:
    at = due(invitation)
    call = next_call(by=laura, now=at)
    assert call is not None
    with pytest.raises(NotCalledYet):
        agree(interview_id=call.pk, by=laura, now=at)
    note_dialled(interview_id=call.pk, by=laura, now=at)
    with pytest.raises(OutcomeCannot):
        take_answer(interview_id=call.pk, item="recommend", values=["3"], by=laura, now=at)
    assert Response.objects.count() == 0


def test_every_answer_is_kept_at_once_and_the_end_tells_it(invitation, giulia, laura) -> None:
    call, at = begun(invitation, laura)

    said = take_answer(interview_id=call.pk, item="recommend", values=["3"], by=laura, now=at)
    response = Response.objects.get()
    assert (response.score, response.channel, response.completed_at) == (3, "phone", None)
    assert said.problem is None
    assert said.following
    for _question in range(20):
        if not said.following:
            break
        values = given(call, said.following)
        said = take_answer(interview_id=call.pk, item=said.following, values=values, by=laura, now=at)
    assert (said.following, said.problem) == ("", None)
    end_call(interview_id=call.pk, outcome="done", by=laura, now=at + timedelta(minutes=4))

    response.refresh_from_db()
    assert response.completed_at == at + timedelta(minutes=4)
    assert (response.invitation_id, response.customer_id) == (invitation.pk, giulia.pk)
    invitation.refresh_from_db()
    assert response.invited_at == invitation.sent_at is not None
    [told] = stated_facts(SurveyAnswered)
    assert (told.is_detractor, told.is_complete, told.score) == (True, True, 3)
    call.refresh_from_db()
    assert (call.outcome, call.response_id) == ("done", response.pk)


def test_a_wrong_answer_is_not_kept_and_stays_asked(invitation, laura) -> None:
    call, at = begun(invitation, laura)
    said = take_answer(interview_id=call.pk, item="recommend", values=["11"], by=laura, now=at)
    assert (said.following, said.problem) == ("recommend", "not_on_scale")
    assert Response.objects.count() == 0


def test_an_interview_left_in_the_middle_counts_what_was_answered(invitation, laura) -> None:
    call, at = begun(invitation, laura)
    with pytest.raises(OutcomeCannot):
        end_call(interview_id=call.pk, outcome="partial", by=laura, now=at)
    with pytest.raises(QuestionsLeft):
        end_call(interview_id=call.pk, outcome="done", by=laura, now=at)
    take_answer(interview_id=call.pk, item="recommend", values=["9"], by=laura, now=at)
    end_call(interview_id=call.pk, outcome="partial", by=laura, now=at)

    assert Response.objects.get().score == 9
    assert Interview.objects.count() == 1  # reached: not called again


@pytest.mark.parametrize("outcome", ["no_answer", "busy", "machine"])
def test_whoever_was_not_reached_is_called_at_another_time_of_day(invitation, laura, outcome) -> None:
    call, at = taken(invitation, laura)
    end_call(interview_id=call.pk, outcome=outcome, by=laura, now=at)

    second = latest(invitation)
    call.refresh_from_db()
    assert (second.attempt, second.outcome, second.way) == (2, "", InterviewWay.OPERATOR)
    assert second.planned_at >= at + timedelta(hours=3)
    assert {second.slot, call.slot} == {"noon", "afternoon"}


def test_after_the_last_attempt_nobody_calls_again(invitation, laura) -> None:
    for number in (1, 2, 3):
        at = due(invitation) if number == 1 else latest(invitation).planned_at
        call = next_call(by=laura, now=at)
        assert call is not None
        assert call.attempt == number
        note_dialled(interview_id=call.pk, by=laura, now=at)
        end_call(interview_id=call.pk, outcome="no_answer", by=laura, now=at)
    assert Interview.objects.count() == 3


def test_whoever_declines_is_never_asked_again_by_any_way(invitation, giulia, laura) -> None:
    call, at = taken(invitation, laura)
    end_call(interview_id=call.pk, outcome="declined", by=laura, now=at)

    consent = Consent.objects.get(customer=giulia)
    assert (consent.purpose, consent.channel, consent.is_given) == ("survey", "any", False)
    assert (consent.source, consent.recorded_by_id) == ("telephone interview", laura.id)
    assert Interview.objects.count() == 1


def test_a_wrong_number_is_not_used_any_more_and_the_other_one_is(invitation, giulia, laura) -> None:
    other = ContactPoint.objects.create(customer=giulia, kind="phone", value="+390301234567", created_at=NOON)
    wrong = ContactPoint.objects.get(value="+393331234567")
    call, at = taken(invitation, laura)
    end_call(interview_id=call.pk, outcome="wrong", contact_id=wrong.pk, by=laura, now=at)

    wrong.refresh_from_db()
    assert (wrong.state, latest(invitation).attempt) == ("refused", 2)
    second = next_call(by=laura, now=latest(invitation).planned_at)
    assert second is not None
    at = second.planned_at
    note_dialled(interview_id=second.pk, by=laura, now=at)
    end_call(interview_id=second.pk, outcome="wrong", contact_id=other.pk, by=laura, now=at)
    assert Interview.objects.count() == 2  # no number is left


def test_a_call_back_comes_at_its_time_before_all_others_and_goes_on(plan, ready, invitation, giulia, laura) -> None:
    call, at = begun(invitation, laura)
    take_answer(interview_id=call.pk, item="recommend", values=["8"], by=laura, now=at)
    wished = at.astimezone(ROME).replace(hour=17, minute=30) + timedelta(days=1)
    end_call(interview_id=call.pk, outcome="later", call_at=wished, note="dopo il turno", by=laura, now=at)
    marco = with_phone(reachable(ready, now=NOON, email="marco@example.it"), "+393331234568", now=NOON)
    to_be_called(plan, ready.brescia_care, marco, now=NOON)
    call_due(now=NOON)

    assert next_call(by=laura, now=wished - timedelta(minutes=1)).customer_id == marco.pk
    give_back(interview_id=Interview.objects.get(customer=marco).pk, by=laura, now=wished)
    second = next_call(by=laura, now=wished)
    assert (second.customer_id, second.is_wished, second.attempt) == (giulia.pk, True, 2)
    note_dialled(interview_id=second.pk, by=laura, now=wished)
    agree(interview_id=second.pk, by=laura, now=wished)
    take_answer(interview_id=second.pk, item="recommend", values=["9"], by=laura, now=wished)

    assert [(one.score, one.interview.pk) for one in Response.objects.all()] == [(9, second.pk)]
    assert ResponseItem.objects.count() == 1


def test_a_time_that_cannot_be_is_refused_in_words(invitation, laura) -> None:
    call, at = taken(invitation, laura)
    for impossible in (None, at - timedelta(hours=1), at + timedelta(days=15)):
        with pytest.raises(TimeNeeded):
            end_call(interview_id=call.pk, outcome="later", call_at=impossible, by=laura, now=at)
    night = at.astimezone(ROME).replace(hour=22)
    with pytest.raises(QuietThen):
        end_call(interview_id=call.pk, outcome="later", call_at=night, by=laura, now=at)
    call.refresh_from_db()
    assert call.outcome == ""


@pytest.mark.parametrize(("outcome", "flag"), [("deceased", Flag.DECEASED), ("gone", Flag.CAR_SOLD)])
def test_what_is_heard_about_a_customer_is_kept_on_their_record(invitation, giulia, laura, outcome, flag) -> None:
    call, at = taken(invitation, laura)
    end_call(interview_id=call.pk, outcome=outcome, by=laura, now=at)

    assert list(CustomerFlag.objects.filter(customer=giulia).values_list("flag", flat=True)) == [flag]
    assert Interview.objects.count() == 1


def test_a_call_ends_once_and_only_as_it_can(invitation, laura) -> None:
    call, at = taken(invitation, laura)
    for impossible in ("done", "partial", "cancelled", "failed", ""):
        with pytest.raises(OutcomeCannot):
            end_call(interview_id=call.pk, outcome=impossible, by=laura, now=at)
    end_call(interview_id=call.pk, outcome="language", by=laura, now=at)
    with pytest.raises(CallNotYours):
        end_call(interview_id=call.pk, outcome="no_answer", by=laura, now=at)


def test_a_call_that_nobody_ended_is_over_after_an_hour(invitation, laura) -> None:
    _call, at = taken(invitation, laura)
    call_due(now=at + timedelta(minutes=61))
    first, second = Interview.objects.order_by("attempt")
    assert (first.outcome, first.detail, second.attempt) == ("failed", "lost", 2)


def test_whoever_can_be_asked_no_more_leaves_the_list(invitation) -> None:
    due(invitation)
    call_due(now=invitation.expires_at)
    call = Interview.objects.get()
    assert (call.outcome, call.detail) == (InterviewOutcome.CANCELLED, "expired")


def test_whoever_answered_by_the_link_meanwhile_is_not_called(invitation, laura) -> None:
    at = due(invitation)
    Response.objects.create(
        invitation=invitation, unit=invitation.unit, started_at=NOON, answered_at=NOON, customer=invitation.customer
    )
    assert next_call(by=laura, now=at) is None


def test_calls_of_people_are_compared_apart_from_those_of_the_keypad(invitation, laura) -> None:
    call, at = taken(invitation, laura)
    end_call(interview_id=call.pk, outcome="later", call_at=at + timedelta(hours=1), by=laura, now=at)

    mine = interviewed(days=30, now=at + timedelta(hours=1), ways=(InterviewWay.OPERATOR,))
    keypad = interviewed(days=30, now=at + timedelta(hours=1), ways=(InterviewWay.CALLBACK, InterviewWay.TRANSFER))
    assert (mine.total.made, mine.total.answered.hits, keypad.total.made) == (1, 1, 0)
    assert [line.key for line in mine.slots.lines] == [slot_at(at, ROME)]
    assert [(line.outcome, line.count) for line in mine.outcomes] == [("later", 1)]


def test_saturdays_have_a_slot_of_their_own() -> None:
    friday = datetime(2026, 3, 13, 18, 30, tzinfo=ROME)
    slots = [Slot.EVENING, Slot.SATURDAY]
    plans = [plan_attempt(seed=0, number=number, not_before=friday, zone=ROME, slots=slots) for number in (1, 2)]
    assert [(one.slot, one.at.astimezone(ROME).weekday()) for one in plans] == [("evening", 4), ("saturday", 5)]
    assert slot_at(datetime(2026, 3, 14, 11, tzinfo=ROME), ROME) == "saturday"
    assert slot_at(datetime(2026, 3, 14, 15, tzinfo=ROME), ROME) == ""
    assert slot_at(datetime(2026, 3, 15, 11, tzinfo=ROME), ROME) == ""
