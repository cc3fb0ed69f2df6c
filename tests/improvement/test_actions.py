"""An action: its card, its way through the pipeline, measures, evidence, and the fact when it is done."""

from datetime import timedelta
from decimal import Decimal

import pytest

from corsia.events.improvement import ActionDone
from corsia.improvement.models import Action
from corsia.improvement.queries.actions import board, kpi_lines, late
from corsia.improvement.queries.authority import actions_of, open_action
from corsia.improvement.services import actions
from corsia.improvement.services.actions import Card
from corsia.improvement.vocabulary import ActionState, Direction
from corsia.kernel.access import scope_of
from corsia.kernel.errors import NotAllowed, NotFound
from corsia.kernel.scope import entered
from corsia.organisation.actors import actor_of
from corsia.organisation.models import Notification, Person
from corsia.organisation.vocabulary import Role
from tests.factories.improvement import a_group, an_action, four_people
from tests.factories.organisation import TODAY, actor_in, person_in
from tests.facts import stated_facts

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("everything")]


def test_done_needs_evidence_and_states_the_fact_once(group, now, robot) -> None:
    action = an_action(group.brescia, now=now, touchpoint="workshop-release")
    move = {"action_id": action.pk, "by": robot, "now": now}
    actions.move_action(state="running", **move)

    with pytest.raises(actions.EvidenceMissing):
        actions.move_action(state="done", **move)
    assert stated_facts(ActionDone) == []
    actions.add_evidence(action_id=action.pk, text="Le chiamate del mese", by=robot, now=now)
    actions.move_action(state="done", **move)
    with pytest.raises(actions.ActionEnded):
        actions.move_action(state="running", **move)

    assert stated_facts(ActionDone) == [
        ActionDone(action_id=action.pk, touchpoint="workshop-release", unit_id=group.brescia.pk, occurred_at=now)
    ]
    assert Action.objects.get(pk=action.pk).ended_at == now


@pytest.mark.parametrize(
    ("missing", "state", "refusal"),
    [
        ({"owner_id": None}, "planned", actions.OwnerMissing),
        ({"due_on": None}, "planned", actions.OwnerMissing),
        ({"begins_on": None}, "running", actions.StartMissing),
    ],
)
def test_a_step_asks_for_what_it_needs(group, now, robot, missing, state, refusal) -> None:
    action = an_action(group.brescia, now=now, **missing)

    with pytest.raises(refusal):
        actions.move_action(action_id=action.pk, state=state, by=robot, now=now)

    assert Action.objects.get(pk=action.pk).state == ActionState.IDEA


def test_nothing_is_planned_without_a_unit(group, now, robot) -> None:
    action = an_action(group.brescia, now=now)
    action.units.all().delete()

    with pytest.raises(actions.UnitsMissing):
        actions.move_action(action_id=action.pk, state="planned", by=robot, now=now)


def test_a_card_that_contradicts_itself_is_refused(group, now, robot) -> None:
    make = {"unit_id": group.brescia.pk, "by": robot, "now": now}
    day = now.date()

    with pytest.raises(actions.DaysTurned):
        actions.make_action(card=Card(title="x", begins_on=day, due_on=day - timedelta(days=1)), **make)
    with pytest.raises(actions.WorthWithoutReason):
        actions.make_action(card=Card(title="x", cents_per_point=100_00), **make)
    with pytest.raises(NotFound):
        actions.make_action(card=Card(title="x", unit_ids=[group.verona.pk]), **make)
    with pytest.raises(NotFound):
        actions.make_action(card=Card(title="x", owner_id=person_in(group.verona).pk), **make)
    assert not Action.objects.exists()


def test_leaders_owners_and_the_people_of_the_group_work_on_a_card_and_nobody_else(group, now) -> None:
    people = four_people(group.brescia_care)
    made = a_group(group.brescia, now=now, people=people)
    action = an_action(group.brescia, now=now, group=made)
    owner = actor_of(Person.objects.get(pk=action.owner_id), today=TODAY)
    boss, colleague = actor_in(group.brescia, Role.CONSULTANT), actor_in(group.brescia_care)
    place = {"action_id": action.pk, "benefit": 8, "constraint": 3, "now": now}

    for actor in (boss, owner, actor_of(people[0], today=TODAY)):
        with entered(scope_of(actor, None)):
            assert list(actions_of(actor)) == [action]
            actions.place_action(by=actor, **place)
    with entered(scope_of(colleague, None)):
        assert list(actions_of(colleague)) == []
        with pytest.raises(NotFound):
            actions.place_action(by=colleague, **place)
        with pytest.raises(NotAllowed):
            actions.make_action(unit_id=group.brescia.pk, card=Card(title="x"), by=colleague, now=now)


def test_a_manager_reads_what_the_group_above_does_in_their_branch_but_does_not_change_it(group, now) -> None:
    action = an_action(group.root, now=now, units=[group.brescia])
    brescia, verona = (actor_in(unit, Role.BRANCH_MANAGER) for unit in (group.brescia, group.verona))

    with entered(scope_of(brescia, None)):
        assert open_action(action.pk, brescia) == action
        with pytest.raises(NotAllowed):
            actions.move_action(action_id=action.pk, state="planned", by=brescia, now=now)
    with entered(scope_of(verona, None)), pytest.raises(NotFound):
        open_action(action.pk, verona)


def test_the_board_counts_each_state_and_says_what_is_late(group, now, robot) -> None:
    today = now.date()
    early = an_action(group.brescia, now=now, begins_on=None, due_on=today - timedelta(days=2))
    an_action(group.brescia, now=now, due_on=today)
    dropped = an_action(group.brescia, now=now, begins_on=None, due_on=today - timedelta(days=9))
    actions.move_action(action_id=dropped.pk, state="dropped", by=robot, now=now)

    columns = {column.state: column.count for column in board(Action.objects.all(), today=today)}

    assert columns == {state: {"idea": 2, "dropped": 1}.get(state, 0) for state in ActionState}
    assert [line.action for line in late(Action.objects.all(), today=today)] == [early]


def test_readings_show_the_way_to_the_target(group, now, robot) -> None:
    action = an_action(group.brescia, now=now)
    make = {"action_id": action.pk, "by": robot, "now": now}
    kpi = actions.add_measure(
        name="Ore", measure="h", better=Direction.LOWER, baseline=Decimal(20), target=Decimal(10), **make
    )
    with pytest.raises(actions.SameMeasure):
        actions.add_measure(name="Ore", baseline=None, target=None, **make)

    for days, value in ((0, 20), (7, 18), (14, 15), (14, 14)):
        on = now.date() + timedelta(days=days)
        actions.read_measure(kpi_id=kpi.pk, on=on, value=Decimal(value), by=robot, now=now)

    line = kpi_lines(action)[0]
    assert (line.values, line.progress, line.is_reached) == ([20.0, 18.0, 14.0], 60, False)
    actions.read_measure(kpi_id=kpi.pk, on=now.date() + timedelta(days=21), value=Decimal(9), by=robot, now=now)
    line = kpi_lines(action)[0]
    assert (line.progress, line.is_reached) == (100, True)


def test_a_new_owner_is_told_and_empty_evidence_is_refused(group, now, robot) -> None:
    action = an_action(group.brescia, now=now)

    with pytest.raises(actions.NothingAdded):
        actions.add_evidence(action_id=action.pk, text="", by=robot, now=now)

    assert list(Notification.objects.values_list("person_id", "kind")) == [(action.owner_id, "improvement.action")]
