"""Rows of improvement for the sweeps: a group in its course, actions with everything, rules, practices, culture."""

from datetime import datetime, timedelta

from corsia.improvement.models import ChangeAgent, GoldenRule
from corsia.improvement.services import actions, groups, spreading
from corsia.improvement.services.actions import Card
from corsia.organisation.models import Person, Unit
from corsia.organisation.vocabulary import Role
from tests.factories.cases import ROBOT
from tests.factories.improvement import HEARD
from tests.factories.organisation import person_in


def improvement_rows(
    *, branch: Unit, desk: Unit, agent: Person, boss: Person, canary: str, now: datetime
) -> dict[str, int]:
    """Make one of everything, marked; the boss takes part in the group."""
    people = [boss, agent, *(person_in(desk, Role.MECHANIC, first_name="Piero", last_name=canary) for _ in "12")]
    at = {"by": ROBOT, "now": now}
    made = groups.begin_group(
        unit_id=branch.pk, name=canary, goal=canary, person_ids=[one.pk for one in people],
        first_meeting_at=now + timedelta(days=7), heard=[HEARD], **at,
    )  # fmt: skip
    rated, _second, free = (
        groups.add_macro(group_id=made.pk, title=f"{canary} {name}", description=canary, **at) for name in "ABC"
    )
    groups.open_survey(group_id=made.pk, **at)
    closing = groups.begin_group(
        unit_id=branch.pk, name=f"{canary} 2", goal="", person_ids=[one.pk for one in people],
        first_meeting_at=now, heard=[], **at,
    )  # fmt: skip
    card = Card(
        title=canary, owner_id=agent.pk, unit_ids=[branch.pk], begins_on=now.date(),
        due_on=now.date() + timedelta(days=9),
    )  # fmt: skip
    action = actions.make_action(group_id=made.pk, macro_id=rated.pk, card=card, **at)
    kpi = actions.add_measure(action_id=action.pk, name=canary, baseline=1, target=2, **at)
    proof = actions.add_evidence(
        action_id=action.pk, text=canary, file_name=f"{canary}.txt", content=canary.encode(), **at
    )
    rules = [spreading.write_rule(unit_id=branch.pk, text=f"{canary} {name}", **at) for name in "AB"]
    spreading.publish_rule(rule_id=rules[0].pk, **at)
    practice = spreading.publish_practice(origin_id=branch.pk, title="Foto", what="Quattro foto", **at)
    retiring = spreading.publish_practice(origin_id=branch.pk, title="Cartello", what="Un cartello", **at)
    other = Unit.objects.exclude(pk=branch.pk).filter(kind="branch", parent=branch.parent).first()
    strange = spreading.publish_practice(origin_id=other.pk if other else branch.pk, title="Altra", what="Altra", **at)
    adoptable = spreading.publish_practice(
        origin_id=other.pk if other else branch.pk, title="Nuova", what="Nuova", **at
    )
    adoption = spreading.adopt(practice_id=strange.pk, unit_id=branch.pk, on=now.date(), **at)
    agent_row = ChangeAgent.objects.create(unit=branch, person=agent, since=now.date() - timedelta(days=3))
    item = spreading.plan_culture(
        unit_id=branch.pk, kind="training", title=canary, audience=canary, planned_on=now.date(), **at
    )
    assert GoldenRule.objects.filter(pk=rules[1].pk, published_at=None).exists()
    return {
        "improving_id": made.pk,
        "closing_improving_id": closing.pk,
        "mechanic_id": people[2].pk,
        "second_mechanic_id": people[3].pk,
        "pain_id": made.pains.get().pk,
        "macro_action_id": rated.pk,
        "free_macro_id": free.pk,
        "action_id": action.pk,
        "kpi_id": kpi.pk,
        "evidence_id": proof.pk,
        "golden_rule_id": rules[0].pk,
        "draft_golden_rule_id": rules[1].pk,
        "practice_id": practice.pk,
        "retiring_practice_id": retiring.pk,
        "adoptable_practice_id": adoptable.pk,
        "adoption_id": adoption.pk,
        "change_agent_id": agent_row.pk,
        "culture_id": item.pk,
    }
