"""What goes round: golden rules, good practices and their adoption, change agents, the plan of the culture."""

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from corsia.improvement.models import Action, Adoption, ChangeAgent, CultureItem, GoldenRule, Practice
from corsia.improvement.permissions import LEAD_IMPROVEMENT
from corsia.improvement.queries.authority import open_action, open_group, spreads_in
from corsia.improvement.queries.people import functions_in
from corsia.improvement.vocabulary import CultureKind, Outcome
from corsia.kernel.access import demand
from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit
from corsia.kernel.errors import NotAllowed, NotFound, Refused
from corsia.organisation.queries import day_in, group_of, tree


class AdoptedAlready(Refused):
    code = "improvement.adopted_already"
    message = _("%(unit)s took this practice over already. Say there what came of it.")


class ItsOwn(Refused):
    code = "improvement.its_own"
    message = _("The practice comes from %(unit)s: others adopt it.")


class AgentAlready(Refused):
    code = "improvement.agent_already"
    message = _("They are change agent there already.")


class DoneBeforehand(Refused):
    code = "improvement.done_beforehand"
    message = _("It is done already.")


class RuleRetired(Refused):
    code = "improvement.rule_retired"
    message = _("The rule is retired. Write a new one.")


@transaction.atomic
def write_rule(
    *,
    unit_id: int,
    text: str,
    reason: str = "",
    process_key: str = "",
    group_id: int | None = None,
    by: Actor,
    now: datetime,
) -> GoldenRule:
    """Write a golden rule; nobody but those who lead sees it until it is published."""
    if group_id is not None:
        unit_id = open_group(group_id, by).unit_id
    else:
        demand(by, LEAD_IMPROVEMENT, unit_id)
    last = GoldenRule.objects.filter(unit_id=unit_id).order_by("-position").values_list("position", flat=True).first()
    rule: GoldenRule = GoldenRule.objects.create(
        unit_id=unit_id,
        group_id=group_id,
        text=text,
        reason=reason,
        process_key=process_key,
        position=min((last or 0) + 1, 32_000),
    )
    audit(rule, "added", by=by, now=now)
    return rule


@transaction.atomic
def publish_rule(*, rule_id: int, by: Actor, now: datetime) -> GoldenRule:
    """Let everybody of the unit and below read a golden rule."""
    rule: GoldenRule = GoldenRule.objects.lock(rule_id)
    demand(by, LEAD_IMPROVEMENT, rule.unit_id)
    if rule.retired_at is not None:
        raise RuleRetired
    rule.published_at, rule.published_by_id = now, by.id
    rule.save(update_fields=["published_at", "published_by"])
    audit(rule, "rule_published", by=by, now=now)
    return rule


@transaction.atomic
def retire_rule(*, rule_id: int, by: Actor, now: datetime) -> GoldenRule:
    """Let a golden rule hold no more; a draft goes."""
    rule: GoldenRule = GoldenRule.objects.lock(rule_id)
    demand(by, LEAD_IMPROVEMENT, rule.unit_id)
    audit(rule, "retired", by=by, now=now)
    if rule.published_at is None:
        rule.delete()
    else:
        rule.retired_at = now
        rule.save(update_fields=["retired_at"])
    return rule


@transaction.atomic
def publish_practice(
    *,
    origin_id: int,
    title: str,
    what: str,
    how: str = "",
    result: str = "",
    action_id: int | None = None,
    by: Actor,
    now: datetime,
) -> Practice:
    """Publish what works in a unit to its whole dealer group."""
    _demand_spreading(by, origin_id)
    action = open_action(action_id, by) if action_id is not None else None
    practice: Practice = Practice.objects.create(
        unit_id=group_of(origin_id).pk,
        origin_id=origin_id,
        action=action,
        title=title,
        what=what,
        how=how,
        result=result,
        published_by_id=by.id,
        published_at=now,
    )
    audit(practice, "practice_published", by=by, now=now, title=title)
    return practice


@transaction.atomic
def retire_practice(*, practice_id: int, by: Actor, now: datetime) -> Practice:
    """Recommend a practice no more; who adopted it stays on record."""
    practice: Practice = Practice.objects.lock(practice_id)
    _demand_spreading(by, practice.origin_id)
    practice.retired_at = now
    practice.save(update_fields=["retired_at"])
    audit(practice, "retired", by=by, now=now)
    return practice


@transaction.atomic
def adopt(*, practice_id: int, unit_id: int, on: date, by: Actor, now: datetime) -> Adoption:
    """Take a practice over in a branch.

    Raises:
        ItsOwn, AdoptedAlready: there is nothing to take over.
    """
    practice: Practice = Practice.objects.lock(practice_id)
    place = tree().label(unit_id)
    _demand_spreading(by, unit_id)
    if unit_id == practice.origin_id:
        raise ItsOwn(unit=place)
    if practice.adoptions.filter(unit_id=unit_id).exists():
        raise AdoptedAlready(unit=place)
    adoption: Adoption = Adoption.objects.create(practice=practice, unit_id=unit_id, adopted_on=on, adopted_by_id=by.id)
    audit(adoption, "practice_adopted", by=by, now=now, unit=place)
    return adoption


@transaction.atomic
def judge_adoption(*, adoption_id: int, outcome: str, note: str, by: Actor, now: datetime) -> Adoption:
    """Say what came of a practice in a branch."""
    adoption: Adoption = Adoption.objects.lock(adoption_id)
    _demand_spreading(by, adoption.unit_id)
    adoption.outcome, adoption.note = Outcome(outcome), note
    adoption.judged_on = now.astimezone(tree().time_zone(adoption.unit_id)).date()
    adoption.save(update_fields=["outcome", "note", "judged_on"])
    audit(adoption, "recorded", by=by, now=now, outcome=outcome)
    return adoption


@transaction.atomic
def name_agent(*, unit_id: int, person_id: int, by: Actor, now: datetime) -> ChangeAgent:
    """Make somebody of a unit its change agent.

    Raises:
        AgentAlready: they are.
    """
    demand(by, LEAD_IMPROVEMENT, unit_id)
    if person_id not in functions_in(unit_id, [person_id], today=day_in(unit_id, now)):
        raise NotFound(kind=ChangeAgent._meta.label)
    if ChangeAgent.objects.filter(unit_id=unit_id, person_id=person_id, until=None).exists():
        raise AgentAlready
    agent: ChangeAgent = ChangeAgent.objects.create(unit_id=unit_id, person_id=person_id, since=day_in(unit_id, now))
    audit(agent, "added", by=by, now=now)
    return agent


@transaction.atomic
def end_agent(*, agent_id: int, by: Actor, now: datetime) -> ChangeAgent:
    """End what somebody was; the record stays."""
    agent: ChangeAgent = ChangeAgent.objects.lock(agent_id)
    demand(by, LEAD_IMPROVEMENT, agent.unit_id)
    agent.until = max(agent.since, day_in(agent.unit_id, now))
    agent.save(update_fields=["until"])
    audit(agent, "closed", by=by, now=now)
    return agent


@transaction.atomic
def plan_culture(
    *,
    unit_id: int,
    kind: str,
    title: str,
    audience: str,
    planned_on: date,
    owner_id: int | None = None,
    action_id: int | None = None,
    by: Actor,
    now: datetime,
) -> CultureItem:
    """Plan a piece of communication or training."""
    demand(by, LEAD_IMPROVEMENT, unit_id)
    action: Action | None = open_action(action_id, by) if action_id is not None else None
    if owner_id is not None and owner_id not in functions_in(unit_id, [owner_id], today=day_in(unit_id, now)):
        raise NotFound(kind=CultureItem._meta.label)
    item: CultureItem = CultureItem.objects.create(
        unit_id=unit_id,
        kind=CultureKind(kind),
        title=title,
        audience=audience,
        planned_on=planned_on,
        owner_id=owner_id,
        action=action,
    )
    audit(item, "added", by=by, now=now, title=title)
    return item


@transaction.atomic
def finish_culture(*, item_id: int, people_reached: int | None, by: Actor, now: datetime) -> CultureItem:
    """Say that it took place, and how many people it reached."""
    item: CultureItem = CultureItem.objects.lock(item_id)
    if not _is_owner(by, item):
        demand(by, LEAD_IMPROVEMENT, item.unit_id)
    if item.done_on is not None:
        raise DoneBeforehand
    item.done_on = now.astimezone(tree().time_zone(item.unit_id)).date()
    item.people_reached = people_reached
    item.save(update_fields=["done_on", "people_reached"])
    audit(item, "recorded", by=by, now=now, people=people_reached)
    return item


def _is_owner(by: Actor, item: CultureItem) -> bool:
    return by.id is not None and item.owner_id == by.id


def _demand_spreading(by: Actor, unit_id: int) -> None:
    if not spreads_in(by, tree().unit(unit_id).pk):
        raise NotAllowed(right=LEAD_IMPROVEMENT.name)
