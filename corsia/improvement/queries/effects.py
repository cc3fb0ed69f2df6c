"""The effect of an action: its units against those without it, before it began and after it was done."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from corsia.improvement.models import Action, ActionKpi
from corsia.improvement.ports import Kpi, kpi_named, outcomes
from corsia.improvement.rules.effect import (
    Effect,
    Moments,
    NothingToCompare,
    UnitChange,
    Verdict,
    effect_of,
    in_money,
)
from corsia.improvement.vocabulary import ActionState, Direction
from corsia.kernel.errors import NotFound
from corsia.kernel.scope import visible_ids
from corsia.organisation.models import Unit
from corsia.organisation.queries import group_of, tree
from corsia.organisation.vocabulary import UnitKind

WINDOWS = (30, 90, 180)
_Z_95 = 1.959963984540054
_NONE = Moments(n=0, total=0.0, squares=0.0)


@dataclass(frozen=True, kw_only=True)
class UnitLine:
    """One unit in the table; units out of sight have no name."""

    name: str
    is_treated: bool
    is_left_out: bool  # too little was measured
    before: Moments
    after: Moments
    before_reach: float | None  # half of the 95 % interval of its mean
    after_reach: float | None
    change: float | None


@dataclass(frozen=True, kw_only=True)
class EffectPage:
    """Everything the page says; `effect` is None where there is nothing to compare, and `why` says why not.

    Attributes:
        before, after: first day and first day no longer in, of each period.
        is_whole: the period after is over.
        money: effect and interval in cents, and how they came about: "stated" or "measured"; None without either.
    """

    action: Action
    kpi: Kpi
    aim: ActionKpi | None
    window: int
    before: tuple[date, date]
    after: tuple[date, date]
    is_whole: bool
    units: Sequence[UnitLine]
    effect: Effect | None
    verdict: Verdict | None
    why: str
    n: int
    money: tuple[int, int | None, int | None] | None

    @property
    def left_out(self) -> int:
        return sum(1 for unit in self.units if unit.is_left_out)


def measured(action: Action) -> list[tuple[Kpi, ActionKpi | None]]:
    """Return what is measured in every unit, with the action's aim for it; its own measures first."""
    aims = {row.key: row for row in action.kpis.exclude(key="").order_by("pk")}
    kpis = {kpi.key: kpi for kpi in outcomes().kpis()}
    own = [(kpis[key], row) for key, row in aims.items() if key in kpis]
    return own + [(kpi, None) for key, kpi in kpis.items() if key not in aims]


def effect_page(action: Action, *, kpi_key: str, window: int, now: datetime) -> EffectPage:
    """Return what became of a KPI in the action's units against the others of its dealer group.

    The time between beginning and end of the action belongs to neither period. Units with fewer than ten measurements
    in one of them are left out.

    Args:
        window: days before the beginning, and days after the end.
    """
    kpi = _measured_kpi(kpi_key)
    zone = tree().time_zone(action.unit_id)
    today = now.astimezone(zone).date()
    begun = action.begins_on or today
    ended = action.ended_at.astimezone(zone).date() if action.ended_at else begun
    before = (begun - timedelta(days=window), begun)
    after = (ended, min(ended + timedelta(days=window), today))
    treated, others = _compared(action)
    everyone = [unit.pk for unit in (*treated, *others)]

    def read(period: tuple[date, date]) -> dict[int, Moments]:
        since, until = (datetime.combine(day, time(0), tzinfo=zone).astimezone(UTC) for day in period)
        return dict(outcomes().by_unit(kpi_key, everyone, since, until))

    earlier, later = read(before), read(after)
    changes = [
        UnitChange(
            unit_id=unit.pk,
            is_treated=place < len(treated),
            before=earlier.get(unit.pk, _NONE),
            after=later.get(unit.pk, _NONE),
        )
        for place, unit in enumerate((*treated, *others))
    ]
    counted = [one for one in changes if not one.is_thin]
    effect, why = _effect(action, counted, has_begun=after[0] < after[1])
    aim = action.kpis.filter(key=kpi_key).first()
    return EffectPage(
        action=action,
        kpi=kpi,
        aim=aim,
        window=window,
        before=before,
        after=after,
        is_whole=ended + timedelta(days=window) <= today,
        units=_lines(changes),
        effect=effect,
        verdict=effect.verdict(higher_is_better=kpi.better == Direction.HIGHER) if effect else None,
        why=why,
        n=sum(one.before.n + one.after.n for one in counted),
        money=_money(action, kpi, effect, counted),
    )


def verdict_of(action: Action, *, now: datetime) -> EffectPage | None:
    """Return the effect on an action's first measure, for lists; None before it is done or without such a measure."""
    first = next((kpi for kpi, aim in measured(action) if aim is not None), None)
    if action.state != ActionState.DONE or first is None:
        return None
    return effect_page(action, kpi_key=first.key, window=90, now=now)


def _measured_kpi(key: str) -> Kpi:
    kpi = kpi_named(key)
    if kpi is None:
        raise NotFound(kind="improvement.Kpi")
    return kpi


def _compared(action: Action) -> tuple[list[Unit], list[Unit]]:
    """Return the branches in which the action is done, and the other branches of the dealer group.

    A unit below a branch stands for itself, against the units of the same kind and name in other branches: workshops
    are compared with workshops.
    """
    places = tree()
    rows = list(action.units.values_list("unit_id", flat=True))
    treated = [places.unit(unit_id) for unit_id in sorted(rows)]
    if not treated:
        return [], []
    house = group_of(treated[0].pk)
    kinds = {(unit.kind, "" if unit.kind == UnitKind.BRANCH else unit.name) for unit in treated}
    others = [
        unit
        for unit in places.units.values()
        if unit.path.startswith(house.path)
        and unit.is_active
        and unit.pk not in rows
        and unit.pk != house.pk
        and (unit.kind, "" if unit.kind == UnitKind.BRANCH else unit.name) in kinds
    ]
    return treated, others


def _effect(action: Action, counted: Sequence[UnitChange], *, has_begun: bool) -> tuple[Effect | None, str]:
    if action.begins_on is None:
        return None, "no_begin"
    if not has_begun:
        return None, "no_after"
    try:
        return effect_of(counted), ""
    except NothingToCompare:
        return None, "nothing_to_compare" if counted else "too_little"


def _lines(changes: Sequence[UnitChange]) -> list[UnitLine]:
    places = tree()
    seen = visible_ids(one.unit_id for one in changes)
    lines = [
        UnitLine(
            name=places.label(one.unit_id) if one.unit_id in seen else "",
            is_treated=one.is_treated,
            is_left_out=one.is_thin,
            before=one.before,
            after=one.after,
            before_reach=_reach(one.before),
            after_reach=_reach(one.after),
            change=None if one.is_thin else one.change,
        )
        for one in changes
    ]
    return sorted(lines, key=lambda line: (not line.is_treated, line.is_left_out, -(line.change or 0.0)))


def _reach(moments: Moments) -> float | None:
    return _Z_95 * moments.variance**0.5 if moments.n > 1 else None


def _money(
    action: Action, kpi: Kpi, effect: Effect | None, counted: Sequence[UnitChange]
) -> tuple[int, int | None, int | None] | None:
    """Return the effect in cents: by the worth that the card states, or, of a KPI in euro, for all that was counted."""
    if effect is None:
        return None
    if kpi.is_money:
        served = sum(one.after.n for one in counted if one.is_treated)
        return in_money(effect, cents_per_point=100 * served)
    if action.cents_per_point is None or not action.kpis.filter(key=kpi.key).exists():
        return None
    return in_money(effect, cents_per_point=action.cents_per_point)
