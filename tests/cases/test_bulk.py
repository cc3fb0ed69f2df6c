"""Many cases at once: looked at first, done together, taken back exactly (T14)."""

from datetime import timedelta

import pytest

from corsia.cases.models import Case, Deadline, Tag
from corsia.cases.services import assign, close_case
from corsia.cases.services.bulk import AlreadyUndone, NothingChosen, TooManyChosen, plan, run, undo
from corsia.cases.vocabulary import BulkVerb
from corsia.kernel.errors import NotFound
from tests.factories.cases import ROBOT, a_case
from tests.factories.organisation import actor_in, person_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("everything")]


@pytest.fixture
def cases(desk, now):
    return [a_case(desk.group.brescia_care, now=now, customer=desk.customer, priority=one) for one in (1, 2, 4)]


def state(cases):
    ids = [case.pk for case in cases]
    return (
        list(
            Case.objects.filter(pk__in=ids).order_by("pk").values("assignee_id", "priority", "snoozed_until", "due_at")
        ),
        list(Deadline.objects.filter(case_id__in=ids).order_by("pk").values("due_at", "warn_at", "limit_minutes")),
        sorted(Tag.objects.filter(case_id__in=ids).values_list("case_id", "label")),
    )


def test_the_preview_says_what_would_change_and_changes_nothing(desk, cases, now):
    close_case(case_id=cases[0].pk, by=ROBOT, now=now)
    before = state(cases)

    planned = plan(verb=BulkVerb.PRIORITY, value="4", case_ids=[case.pk for case in cases], now=now)

    assert [(one.old, bool(one.why_not)) for one in planned] == [("1", True), ("2", False), ("4", True)]
    assert state(cases) == before


@pytest.mark.parametrize("verb", BulkVerb)
def test_taking_an_action_back_gives_every_case_exactly_what_it_had(desk, cases, now, verb):
    value = {
        BulkVerb.ASSIGN: str(desk.agent.pk),
        BulkVerb.PRIORITY: "3",
        BulkVerb.TAG: "gomme",
        BulkVerb.SNOOZE: (now + timedelta(days=2)).isoformat(),
    }[verb]
    before = state(cases)

    done = run(verb=verb, value=value, case_ids=[case.pk for case in cases], by=desk.actor, now=now)
    assert state(cases) != before
    undone = undo(run_id=done.pk, by=desk.actor, now=now + timedelta(minutes=5))

    assert (undone.restored, undone.left_alone) == (3, ())
    assert state(cases) == before


def test_what_somebody_changed_since_is_left_alone(desk, cases, now):
    done = run(
        verb=BulkVerb.ASSIGN,
        value=str(desk.agent.pk),
        case_ids=[case.pk for case in cases],
        by=desk.actor,
        now=now,
    )
    colleague = person_in(desk.group.brescia_care)
    assign(case_id=cases[1].pk, person_id=colleague.pk, by=ROBOT, now=now)

    undone = undo(run_id=done.pk, by=desk.actor, now=now)

    assert (undone.restored, undone.left_alone) == (2, (cases[1].pk,))
    assert Case.objects.get(pk=cases[1].pk).assignee_id == colleague.pk


def test_an_action_is_taken_back_once_and_only_by_whoever_did_it(desk, cases, now):
    done = run(verb=BulkVerb.TAG, value="vip", case_ids=[cases[0].pk], by=desk.actor, now=now)

    with pytest.raises(NotFound):
        undo(run_id=done.pk, by=actor_in(desk.group.brescia_care), now=now)
    undo(run_id=done.pk, by=desk.actor, now=now)
    with pytest.raises(AlreadyUndone):
        undo(run_id=done.pk, by=desk.actor, now=now)


def test_nobody_is_given_cases_they_could_not_open(desk, cases, now):
    foreign = person_in(desk.group.verona_care)

    with pytest.raises(NothingChosen):
        run(verb=BulkVerb.ASSIGN, value=str(foreign.pk), case_ids=[cases[0].pk], by=desk.actor, now=now)

    assert Case.objects.get(pk=cases[0].pk).assignee_id is None


def test_none_and_too_many_are_refused(desk, now):
    with pytest.raises(NothingChosen):
        plan(verb=BulkVerb.TAG, value="x", case_ids=[], now=now)
    with pytest.raises(TooManyChosen):
        plan(verb=BulkVerb.TAG, value="x", case_ids=range(1, 202), now=now)
