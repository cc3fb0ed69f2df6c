"""What goes round: golden rules, practices with their adoption, change agents, the plan of the culture."""

from datetime import timedelta

import pytest

from corsia.improvement.models import Adoption, GoldenRule
from corsia.improvement.queries.spreading import (
    adoption_lines,
    culture_lines,
    draft_rules,
    practice_lines,
    published_rules,
)
from corsia.improvement.services import spreading
from corsia.kernel.access import scope_of
from corsia.kernel.errors import NotAllowed, NotFound
from corsia.kernel.scope import entered
from corsia.organisation.vocabulary import Role
from tests.factories.improvement import a_group, an_action
from tests.factories.organisation import actor_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("everything")]


def test_a_published_rule_is_read_below_its_unit_and_nowhere_else(group, now, robot) -> None:
    at = {"by": robot, "now": now}
    everywhere = spreading.write_rule(unit_id=group.root.pk, text="Richiamare entro due ore", **at)
    brescia = spreading.write_rule(unit_id=group.brescia.pk, text="Auto lavata", process_key="return", **at)
    spreading.write_rule(unit_id=group.brescia.pk, text="Bozza", **at)
    for rule in (everywhere, brescia):
        spreading.publish_rule(rule_id=rule.pk, **at)
    laura, carla = actor_in(group.brescia_care), actor_in(group.verona_care)

    with entered(scope_of(laura, None)):
        assert [rule.text for rule in published_rules()] == ["Richiamare entro due ore", "Auto lavata"]
        assert draft_rules(laura) == []
    with entered(scope_of(carla, None)):
        assert published_rules() == [everywhere]
    assert published_rules(unit_id=group.brescia_care.pk, process_key="complaint") == [everywhere]
    assert published_rules(unit_id=group.brescia_care.pk, process_key="return") == [everywhere, brescia]


def test_a_group_proposes_a_rule_and_only_a_leader_publishes_it(group, now) -> None:
    made = a_group(group.brescia, now=now)
    member = made.participants.order_by("pk").first().person
    from corsia.organisation.actors import actor_of

    laura, boss = actor_of(member, today=now.date()), actor_in(group.brescia, Role.BRANCH_MANAGER)
    rule = spreading.write_rule(unit_id=0, group_id=made.pk, text="Una promessa, un'ora", by=laura, now=now)
    assert (rule.unit_id, draft_rules(laura)) == (group.brescia.pk, [rule])

    with pytest.raises(NotAllowed):
        spreading.publish_rule(rule_id=rule.pk, by=laura, now=now)
    spreading.publish_rule(rule_id=rule.pk, by=boss, now=now)
    spreading.retire_rule(rule_id=rule.pk, by=boss, now=now)

    assert published_rules() == []
    with pytest.raises(spreading.RuleRetired):
        spreading.publish_rule(rule_id=rule.pk, by=boss, now=now)


def test_a_discarded_draft_is_gone(group, now, robot) -> None:
    rule = spreading.write_rule(unit_id=group.root.pk, text="x", by=robot, now=now)

    spreading.retire_rule(rule_id=rule.pk, by=robot, now=now)

    assert not GoldenRule.objects.exists()


def test_a_practice_of_one_branch_is_adopted_by_another_and_judged_there(group, now) -> None:
    paolo, carla = (actor_in(unit, Role.BRANCH_MANAGER) for unit in (group.brescia, group.verona))
    practice = spreading.publish_practice(
        origin_id=group.brescia.pk, title="Foto", what="Quattro foto", by=paolo, now=now
    )
    take = {"practice_id": practice.pk, "on": now.date(), "now": now}

    with entered(scope_of(carla, None)):
        assert [line.practice for line in practice_lines()] == [practice]
        with pytest.raises(NotAllowed):
            spreading.adopt(unit_id=group.brescia.pk, by=carla, **take)
        adoption = spreading.adopt(unit_id=group.verona.pk, by=carla, **take)
        with pytest.raises(spreading.AdoptedAlready):
            spreading.adopt(unit_id=group.verona.pk, by=carla, **take)
        spreading.judge_adoption(adoption_id=adoption.pk, outcome="works", note="Meno liti", by=carla, now=now)
        with pytest.raises(NotAllowed):
            spreading.retire_practice(practice_id=practice.pk, by=carla, now=now)
    with pytest.raises(spreading.ItsOwn):
        spreading.adopt(unit_id=group.brescia.pk, by=paolo, **take)
    with pytest.raises(NotAllowed):
        spreading.judge_adoption(adoption_id=adoption.pk, outcome="fails", note="", by=paolo, now=now)

    line = practice_lines()[0]
    assert (line.adopted, line.works, line.could, line.reach) == (1, 1, 1, 100)
    assert Adoption.objects.get().judged_on == now.date()
    assert [one.unit for one in adoption_lines(practice)] == [group.verona]


def test_a_change_agent_publishes_and_adopts_until_their_task_ends(group, now) -> None:
    boss, laura = actor_in(group.verona, Role.BRANCH_MANAGER), actor_in(group.verona)
    publish = {"origin_id": group.verona.pk, "title": "x", "what": "y", "by": laura, "now": now}
    with pytest.raises(NotAllowed):
        spreading.publish_practice(**publish)
    with pytest.raises(NotFound):
        spreading.name_agent(unit_id=group.verona.pk, person_id=actor_in(group.brescia).id, by=boss, now=now)

    agent = spreading.name_agent(unit_id=group.verona.pk, person_id=laura.id, by=boss, now=now)
    with pytest.raises(spreading.AgentAlready):
        spreading.name_agent(unit_id=group.verona.pk, person_id=laura.id, by=boss, now=now)
    spreading.publish_practice(**publish)
    spreading.end_agent(agent_id=agent.pk, by=boss, now=now)

    with pytest.raises(NotAllowed):
        spreading.publish_practice(**publish)
    assert len(practice_lines()) == 1


def test_the_plan_shows_what_is_to_come_then_what_was_done(group, now) -> None:
    boss, laura = actor_in(group.brescia, Role.EXPERIENCE_MANAGER), actor_in(group.brescia)
    action = an_action(group.brescia, now=now)

    def plan(title: str, days: int, **more):
        on = now.date() + timedelta(days=days)
        return spreading.plan_culture(
            unit_id=group.brescia.pk, kind="training", title=title, audience="Officina", planned_on=on,
            action_id=action.pk, by=boss, now=now, **more,
        )  # fmt: skip

    late, _later, done = plan("Tardi", -2), plan("Poi", 5), plan("Fatta", -5, owner_id=laura.id)
    with pytest.raises(NotAllowed):
        spreading.finish_culture(item_id=late.pk, people_reached=3, by=laura, now=now)
    spreading.finish_culture(item_id=done.pk, people_reached=12, by=laura, now=now)
    with pytest.raises(spreading.DoneBeforehand):
        spreading.finish_culture(item_id=done.pk, people_reached=13, by=boss, now=now)

    lines = [(line.item.title, line.is_late, line.item.people_reached) for line in culture_lines(today=now.date())]
    assert lines == [("Tardi", True, None), ("Poi", False, None), ("Fatta", False, 12)]
