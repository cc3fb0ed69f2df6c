"""What the pages of actions show: the board, one card, what is late."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet

from corsia.improvement.models import Action, ActionKpi, KpiReading
from corsia.improvement.ports import outcomes
from corsia.improvement.queries.groups import quadrant_of_action
from corsia.improvement.vocabulary import OPEN_STATES, ActionState, Direction, Quadrant
from corsia.organisation.queries import tree

COLUMN = 30  # cards shown in a column


@dataclass(frozen=True, kw_only=True)
class CardLine:
    """A card on the board or in a list."""

    action: Action
    place: str
    quadrant: Quadrant | None
    is_late: bool


@dataclass(frozen=True, kw_only=True)
class Column:
    """One state of the pipeline."""

    state: ActionState
    count: int
    cards: Sequence[CardLine]


def board(actions: "QuerySet[Action]", *, today: date) -> list[Column]:
    """Return the pipeline: open states with the earliest due first, ended ones with the latest first."""
    columns = []
    for state in ActionState:
        rows = actions.filter(state=state).select_related("owner", "group")
        ordered = rows.order_by("due_on", "pk") if state in OPEN_STATES else rows.order_by("-ended_at", "-pk")
        columns.append(Column(state=state, count=rows.count(), cards=card_lines(ordered[:COLUMN], today=today)))
    return columns


def card_lines(actions: "QuerySet[Action] | Sequence[Action]", *, today: date) -> list[CardLine]:
    """Return cards for a list."""
    places = tree()
    return [
        CardLine(
            action=action,
            place=places.label(action.unit_id),
            quadrant=quadrant_of_action(action),
            is_late=is_late(action, today=today),
        )
        for action in actions
    ]


def late(actions: "QuerySet[Action]", *, today: date) -> list[CardLine]:
    """Return the open actions whose day has passed, the longest overdue first."""
    rows = actions.filter(state__in=OPEN_STATES, due_on__lt=today).select_related("owner", "group")
    return card_lines(rows.order_by("due_on", "pk")[:COLUMN], today=today)


def is_late(action: Action, *, today: date) -> bool:
    """Tell whether an open action's day has passed."""
    return action.state in OPEN_STATES and action.due_on is not None and action.due_on < today


@dataclass(frozen=True, kw_only=True)
class KpiLine:
    """A KPI with its readings, oldest first, and how far it is from baseline to target."""

    kpi: ActionKpi
    readings: Sequence[KpiReading]
    name: str
    measure: str

    @property
    def last(self) -> KpiReading | None:
        return self.readings[-1] if self.readings else None

    @property
    def progress(self) -> int | None:
        """Per cent of the way from baseline to target, from 0 to 100; None where one of them is missing."""
        if self.last is None or self.kpi.baseline is None or self.kpi.target is None:
            return None
        way = self.kpi.target - self.kpi.baseline
        if way == 0:
            return None
        return max(0, min(100, round(100 * (self.last.value - self.kpi.baseline) / way)))

    @property
    def is_reached(self) -> bool:
        if self.last is None or self.kpi.target is None:
            return False
        if self.kpi.better == Direction.HIGHER:
            return self.last.value >= self.kpi.target
        return self.last.value <= self.kpi.target

    @property
    def values(self) -> list[float]:
        return [float(reading.value) for reading in self.readings]


def kpi_lines(action: Action) -> list[KpiLine]:
    """Return the KPI set of an action."""
    rows = action.kpis.order_by("pk").prefetch_related("readings")
    known = {kpi.key: kpi for kpi in outcomes().kpis()}
    return [
        KpiLine(
            kpi=row,
            readings=sorted(row.readings.all(), key=lambda reading: reading.on),
            # What is measured everywhere is named in the reader's language, what people read as they named it.
            name=str(known[row.key].name) if row.key in known else row.name,
            measure=str(known[row.key].measure) if row.key in known else row.measure,
        )
        for row in rows
    ]
