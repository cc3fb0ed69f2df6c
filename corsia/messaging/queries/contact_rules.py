"""Which rules about contacting customers hold in a unit."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import timedelta

from corsia.kernel.held import once
from corsia.messaging.models import ContactRules
from corsia.messaging.rules.budget import Budget
from corsia.messaging.rules.contact_rules import DEFAULTS, RuleSet
from corsia.messaging.rules.quiet import QuietHours
from corsia.organisation.models import Unit
from corsia.organisation.queries import Tree, holidays_at, tree


@dataclass(frozen=True)
class RulesInForce:
    """What holds in a unit.

    Attributes:
        set_by: the unit whose quiet hours these are; None: the defaults.
        rules: the set of that unit.
        quiet: its quiet hours, by this unit's own clock, holidays and days closed.
        budgets: of this unit and of those above it; every one of them must have a place.
    """

    set_by: Unit | None
    rules: RuleSet
    quiet: QuietHours
    budgets: tuple[Budget, ...]


def rules_in_force(unit_id: int) -> RulesInForce:
    """Return what holds in a unit.

    Raises:
        NotFound: no such unit.
    """
    places = tree()
    chain = places.chain(unit_id)
    rows = ContactRules.unscoped.filter(unit_id__in=[unit.pk for unit in chain])
    return _in_force(places, unit_id, {row.unit_id: as_rule_set(row) for row in rows})


def rules_of_units(unit_ids: Iterable[int]) -> dict[int, RulesInForce]:
    """Return what holds in each of these units, with one statement for all."""
    places = tree()
    own = {row.unit_id: as_rule_set(row) for row in ContactRules.unscoped.all()}
    return {unit_id: _in_force(places, unit_id, own) for unit_id in unit_ids}


def quiet_hours_with(rules: RuleSet, *, unit_id: int) -> QuietHours:
    """Return the quiet hours of a unit as they would be with other rules."""
    return _quiet(tree(), unit_id, rules)


def as_rule_set(row: ContactRules) -> RuleSet:
    return RuleSet(**{field.name: getattr(row, field.name) for field in fields(RuleSet)})


def _in_force(places: Tree, unit_id: int, own: dict[int, RuleSet]) -> RulesInForce:
    chain = places.chain(unit_id)
    holding = [unit for unit in chain if unit.pk in own]
    group = places.group(unit_id)
    budgets = [own[unit.pk].budget for unit in holding]
    if not any(unit.pk == group.pk or unit.pk in group.ancestor_ids for unit in holding):
        budgets.append(DEFAULTS.budget)  # a branch is never more generous than its group, whatever the group has set
    nearest = holding[0] if holding else None
    rules = own[nearest.pk] if nearest else DEFAULTS
    return RulesInForce(nearest, rules, _quiet(places, unit_id, rules), tuple(budgets))


def _quiet(places: Tree, unit_id: int, rules: RuleSet) -> QuietHours:
    return once(
        f"messaging.quiet:{unit_id}:{hash(rules)}",
        lambda: rules.quiet_hours(
            zone=places.time_zone_name(unit_id),
            holidays=holidays_at(places.place(unit_id)),
            closures=tuple(
                (closure.first_on, closure.last_on + timedelta(days=1)) for closure in places.closures_in_force(unit_id)
            ),
        ),
    )
