"""Who may open a group, an action, a practice: leaders of the unit, and those who take part."""

from collections.abc import Iterable

from django.db.models import Q, QuerySet

from corsia.improvement.models import Action, ChangeAgent, Group
from corsia.improvement.permissions import LEAD_IMPROVEMENT
from corsia.kernel.access import may
from corsia.kernel.actors import Actor
from corsia.kernel.errors import NotAllowed, NotFound


def leads(actor: Actor, unit_id: int) -> bool:
    """Tell whether the actor leads improvement in a unit; the system always does."""
    return actor.kind != "person" or may(actor, LEAD_IMPROVEMENT, unit_id)


def groups_of(actor: Actor) -> "QuerySet[Group]":
    """Return the groups that the actor leads or takes part in."""
    led = actor.units_with(LEAD_IMPROVEMENT.roles)
    mine = Group.objects.filter(participants__person_id=actor.id or 0).values("pk")
    return Group.objects.filter(Q(unit_id__within=led) | Q(pk__in=mine))  # type: ignore[no-any-return]


def actions_of(actor: Actor) -> "QuerySet[Action]":
    """Return the actions that the actor leads, owns, works on in a group, or has in a unit they lead."""
    led = actor.units_with(LEAD_IMPROVEMENT.roles)
    mine = Group.objects.filter(participants__person_id=actor.id or 0).values("pk")
    here = Action.objects.filter(units__unit_id__within=led).values("pk")
    wanted = Q(unit_id__within=led) | Q(owner_id=actor.id or 0) | Q(group_id__in=mine) | Q(pk__in=here)
    return Action.objects.filter(wanted)  # type: ignore[no-any-return]


def open_group(group_id: int, actor: Actor) -> Group:
    """Return a group that the actor may open.

    Raises:
        NotFound: no such group, or the actor neither leads it nor takes part.
    """
    group: Group = Group.objects.find(group_id)
    if leads(actor, group.unit_id) or group.participants.filter(person_id=actor.id or 0).exists():
        return group
    raise NotFound(kind=Group._meta.label)


def open_action(action_id: int, actor: Actor) -> Action:
    """Return an action that the actor may read.

    Raises:
        NotFound: no such action, or nothing of the actor's.
    """
    if actor.kind != "person":
        return Action.objects.find(action_id)  # type: ignore[no-any-return]
    found = actions_of(actor).select_related("group", "owner", "macro").filter(pk=action_id).first()
    if found is None:
        raise NotFound(kind=Action._meta.label)
    return found


def works_on(actor: Actor, action: Action) -> bool:
    """Tell whether the actor may change an action: leaders, its owner, and the people of its group."""
    if leads(actor, action.unit_id) or (actor.id is not None and action.owner_id == actor.id):
        return True
    return action.group is not None and action.group.participants.filter(person_id=actor.id or 0).exists()


def demand_work_on(actor: Actor, action: Action) -> None:
    """Raise NotAllowed unless the actor may change the action."""
    if not works_on(actor, action):
        raise NotAllowed(right=LEAD_IMPROVEMENT.name)


def spreads_in(actor: Actor, unit_id: int) -> bool:
    """Tell whether the actor carries change into a unit: leads there, or is its change agent."""
    if leads(actor, unit_id):
        return True
    return ChangeAgent.objects.filter(person_id=actor.id or 0, until=None, unit_id=unit_id).exists()  # type: ignore[no-any-return]


def units_to_spread(actor: Actor, candidates: Iterable[int]) -> list[int]:
    """Return those of some units into which the actor carries change."""
    led = actor.units_with(LEAD_IMPROVEMENT.roles)
    own = set(ChangeAgent.objects.filter(person_id=actor.id or 0, until=None).values_list("unit_id", flat=True))
    return [unit_id for unit_id in candidates if unit_id in led or unit_id in own]
