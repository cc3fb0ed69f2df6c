"""An action is written on a card, placed on the matrix, moved through the pipeline, measured and proven."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from corsia.cases.services.telling import later
from corsia.events import improvement as facts
from corsia.improvement.models import Action, ActionKpi, ActionUnit, Evidence, KpiReading, MacroAction
from corsia.improvement.permissions import LEAD_IMPROVEMENT
from corsia.improvement.ports import kpi_named
from corsia.improvement.queries.authority import demand_work_on, open_action, open_group
from corsia.improvement.queries.people import functions_in
from corsia.improvement.vocabulary import AXIS, ENDED_STATES, ActionState, CustomerSegment, Direction
from corsia.kernel.access import demand
from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit
from corsia.kernel.blobs import keep
from corsia.kernel.errors import Invalid, NotFound, Refused
from corsia.kernel.facts import publish
from corsia.organisation.models import Person
from corsia.organisation.queries import day_in, tree
from corsia.organisation.services import notify

MAX_FILE_BYTES = 10 * 1024 * 1024
_OWNED = _("You own the action “%(title)s”")


class OwnerMissing(Refused):
    code = "improvement.owner_missing"
    message = _("“%(title)s” has no owner or no day by which it is due. Edit its card, then plan it.")


class StartMissing(Refused):
    code = "improvement.start_missing"
    message = _("“%(title)s” does not say when it begins: without that day no before and after can be told apart.")


class UnitsMissing(Refused):
    code = "improvement.units_missing"
    message = _("“%(title)s” does not say in which units it is done. Edit its card, then begin.")


class EvidenceMissing(Refused):
    code = "improvement.evidence_missing"
    message = _("Nothing shows yet that “%(title)s” was done. Add a note or a file as evidence, then finish it.")


class ActionEnded(Refused):
    code = "improvement.action_ended"
    message = _("“%(title)s” has ended: what was planned stays as it was.")


class DaysTurned(Invalid):
    code = "improvement.days_turned"
    message = _("The action is due before it begins. Check the two days.")


class WorthWithoutReason(Invalid):
    code = "improvement.worth_without_reason"
    message = _("Say where the worth of a point comes from: a figure nobody can check is not shown.")


class NothingAdded(Invalid):
    code = "improvement.nothing_added"
    message = _("Write a note or choose a file of at most %(mb)s MB.")


class SameMeasure(Invalid):
    code = "improvement.same_measure"
    message = _("The action has a measure of this name already. Choose another name.")


class CardMisplaced(Invalid):
    code = "improvement.card_misplaced"
    message = _("Both values run from 0 to 10.")


@dataclass(frozen=True, kw_only=True)
class Card:
    """What an action card says."""

    title: str
    description: str = ""
    owner_id: int | None = None
    unit_ids: Collection[int] = ()
    segments: Collection[str] = ()
    begins_on: date | None = None
    due_on: date | None = None
    touchpoint: str = ""
    cents_per_point: int | None = None
    worth_because: str = ""
    cost_cents: int | None = None


@transaction.atomic
def make_action(
    *,
    unit_id: int | None = None,
    group_id: int | None = None,
    macro_id: int | None = None,
    card: Card,
    by: Actor,
    now: datetime,
) -> Action:
    """Write a card: of a group, by anybody in it, or of a unit, by its leaders.

    Raises:
        DaysTurned, WorthWithoutReason: the card contradicts itself.
    """
    if group_id is not None:
        group = open_group(group_id, by)
        unit_id = group.unit_id
        if macro_id is not None and not MacroAction.objects.filter(pk=macro_id, group=group).exists():
            raise NotFound(kind=MacroAction._meta.label)
    elif unit_id is None:
        raise NotFound(kind=Action._meta.label)
    else:
        macro_id = None
        demand(by, LEAD_IMPROVEMENT, unit_id)
    action = Action(unit_id=unit_id, group_id=group_id, macro_id=macro_id, created_at=now)
    _fill(action, card, today=day_in(action.unit_id, now))
    action.save()
    _set_units(action, card.unit_ids)
    audit(action, "added", by=by, now=now, title=card.title)
    _tell_owner(action, before=None, by=by, now=now)
    return action


@transaction.atomic
def edit_action(*, action_id: int, card: Card, by: Actor, now: datetime) -> Action:
    """Write a card anew.

    Raises:
        ActionEnded: it is done or dropped.
    """
    action = _locked(action_id, by)
    before = action.owner_id
    _fill(action, card, today=day_in(action.unit_id, now))
    action.save()
    _set_units(action, card.unit_ids)
    audit(action, "changed", by=by, now=now, title=card.title)
    _tell_owner(action, before=before, by=by, now=now)
    return action


@transaction.atomic
def place_action(*, action_id: int, benefit: int, constraint: int, by: Actor, now: datetime) -> Action:
    """Put a card on the matrix of benefits and constraints."""
    if not (0 <= benefit <= AXIS and 0 <= constraint <= AXIS):
        raise CardMisplaced
    action = _locked(action_id, by)
    action.benefit, action.constraint = benefit, constraint
    action.save(update_fields=["benefit", "constraint"])
    audit(action, "changed", by=by, now=now, benefit=benefit, constraint=constraint)
    return action


@transaction.atomic
def move_action(*, action_id: int, state: str, by: Actor, now: datetime) -> Action:
    """Move a card along the pipeline; back is allowed as long as it has not ended.

    Raises:
        OwnerMissing, StartMissing, UnitsMissing, EvidenceMissing: the step asks for something that is not there.
        ActionEnded: it is done or dropped.
    """
    action = _locked(action_id, by)
    target = ActionState(state)
    if target == action.state:
        return action
    if target in (ActionState.PLANNED, ActionState.RUNNING, ActionState.CHECKING, ActionState.DONE):
        if action.owner_id is None or action.due_on is None:
            raise OwnerMissing(title=action.title)
        if not action.units.exists():
            raise UnitsMissing(title=action.title)
    if target in (ActionState.RUNNING, ActionState.CHECKING, ActionState.DONE) and action.begins_on is None:
        raise StartMissing(title=action.title)
    if target == ActionState.DONE and not action.evidence.exists():
        raise EvidenceMissing(title=action.title)
    before = action.state
    action.state = target
    action.ended_at = now if target in ENDED_STATES else None
    action.save(update_fields=["state", "ended_at"])
    audit(action, "moved", by=by, now=now, before=before, after=str(target))
    if target == ActionState.DONE:
        publish(
            facts.ActionDone(action_id=action.pk, unit_id=action.unit_id, touchpoint=action.touchpoint, occurred_at=now)
        )
    return action


@transaction.atomic
def add_measure(
    *,
    action_id: int,
    key: str = "",
    name: str = "",
    measure: str = "",
    better: str = Direction.HIGHER,
    baseline: Decimal | None,
    target: Decimal | None,
    by: Actor,
    now: datetime,
) -> ActionKpi:
    """Add a KPI: one that is measured in every unit (`key`), or one that people read.

    Raises:
        SameMeasure: the action has one of this name.
    """
    action = _locked(action_id, by)
    kpi = kpi_named(key) if key else None
    if kpi is not None:
        name, measure, better = str(kpi.name), str(kpi.measure), kpi.better
    elif not name:
        raise NotFound(kind=ActionKpi._meta.label)
    if action.kpis.filter(name=name).exists():
        raise SameMeasure
    row: ActionKpi = ActionKpi.objects.create(
        action=action,
        key=kpi.key if kpi else "",
        name=name,
        measure=measure,
        better=better,
        baseline=baseline,
        target=target,
    )
    audit(row, "added", by=by, now=now, name=name)
    return row


@transaction.atomic
def read_measure(*, kpi_id: int, on: date, value: Decimal, by: Actor, now: datetime) -> ActionKpi:
    """Keep what somebody read of a KPI on a day; the same day again replaces it."""
    kpi: ActionKpi = ActionKpi.objects.lock(kpi_id)
    demand_work_on(by, open_action(kpi.action_id, by))
    KpiReading.objects.update_or_create(kpi=kpi, on=on, defaults={"value": value, "read_by_id": by.id})
    audit(kpi, "recorded", by=by, now=now, on=on.isoformat(), value=str(value))
    return kpi


@transaction.atomic
def add_evidence(
    *, action_id: int, text: str, file_name: str = "", content: bytes = b"", by: Actor, now: datetime
) -> Evidence:
    """Add what shows that something was done.

    Raises:
        NothingAdded: neither words nor a file, or too large a file.
    """
    action = open_action(action_id, by)
    demand_work_on(by, action)
    if not (text or content) or len(content) > MAX_FILE_BYTES:
        raise NothingAdded(mb=MAX_FILE_BYTES // 1024 // 1024)
    row: Evidence = Evidence.objects.create(
        action=action,
        text=text,
        blob_id=keep(content) if content else None,
        file_name=file_name[:200] if content else "",
        size=len(content),
        added_by_id=by.id,
        added_at=now,
    )
    audit(row, "added", by=by, now=now)
    return row


def _locked(action_id: int, by: Actor) -> Action:
    """Return the action locked, if it has not ended and the actor works on it."""
    demand_work_on(by, open_action(action_id, by))
    action: Action = Action.objects.lock(action_id)
    if action.state in ENDED_STATES:
        raise ActionEnded(title=action.title)
    return action


def _fill(action: Action, card: Card, *, today: date) -> None:
    if card.begins_on and card.due_on and card.due_on < card.begins_on:
        raise DaysTurned
    if card.cents_per_point is not None and not card.worth_because.strip():
        raise WorthWithoutReason
    new_owner = card.owner_id if card.owner_id != action.owner_id else None
    if new_owner is not None and new_owner not in functions_in(action.unit_id, [new_owner], today=today):
        raise NotFound(kind=Person._meta.label)
    action.title, action.description, action.owner_id = card.title, card.description, card.owner_id
    action.segments = [segment for segment in CustomerSegment.values if segment in card.segments]
    action.begins_on, action.due_on = card.begins_on, card.due_on
    action.touchpoint, action.cost_cents = card.touchpoint, card.cost_cents
    action.cents_per_point, action.worth_because = card.cents_per_point, card.worth_because


def _set_units(action: Action, unit_ids: Collection[int]) -> None:
    places = tree()
    home = places.unit(action.unit_id).path
    wanted = {places.unit(unit_id).pk for unit_id in unit_ids}
    if not all(places.unit(unit_id).path.startswith(home) for unit_id in wanted):
        raise NotFound(kind="organisation.Unit")
    action.units.exclude(unit_id__in=wanted).delete()
    there = set(action.units.values_list("unit_id", flat=True))
    ActionUnit.objects.bulk_create(ActionUnit(action=action, unit_id=unit_id) for unit_id in sorted(wanted - there))


def _tell_owner(action: Action, *, before: int | None, by: Actor, now: datetime) -> None:
    if action.owner_id is None or action.owner_id in (before, by.id):
        return
    notify(
        [action.owner_id],
        kind="improvement.action",
        title=later(_OWNED, title=action.title),
        url=reverse("improvement:action", args=[action.pk]),
        dedupe_key=f"improvement:action:{action.pk}:{action.owner_id}",
        now=now,
    )
