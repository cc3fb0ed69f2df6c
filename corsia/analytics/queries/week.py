"""The numbers of one week of a unit, beside those of the week before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from corsia.analytics.queries.asking import Figure
from corsia.analytics.queries.figures import Breakdown, breakdown, figure
from corsia.analytics.queries.narrowing import Filters
from corsia.analytics.rules.metrics import Metric
from corsia.analytics.rules.periods import Period
from corsia.analytics.rules.registry import METRICS
from corsia.analytics.vocabulary import Dimension
from corsia.kernel.actors import Actor
from corsia.organisation.queries import tree
from corsia.workshop.models import Workshop

NUMBERS = (
    *("contacts", "first_answer_working_median", "answered_share", "closing_median"),
    *("over_limit_share", "reopened_share", "backlog", "nps"),
)
OF_WORKSHOPS = (  # where a workshop is among the units
    *("workshop_orders", "workshop_efficiency", "workshop_productivity"),
    *("workshop_promise_share", "workshop_comeback_share"),
)
REASONS = 5


@dataclass(frozen=True)
class Week:
    """A week of a unit and all below it.

    Attributes:
        figures: each with the figure of the week before.
    """

    unit_id: int
    period: Period
    figures: Sequence[tuple[Metric, Figure]]
    reasons: Breakdown


def monday_after(day: date) -> date:
    """Return the Monday on which the week of a day is over."""
    return day - timedelta(days=day.weekday()) + timedelta(days=7)


def week_of(*, unit_id: int, monday: date, actor: Actor) -> Week:
    """Return the numbers of the week that ended when `monday` began.

    Raises:
        NotBuiltYet, NoNumbers, NotFound: as for `figure`.
    """
    period, filters = Period(monday - timedelta(days=7), monday), Filters(unit_id=unit_id)
    return Week(
        unit_id=unit_id,
        period=period,
        figures=[
            (METRICS[key], figure(METRICS[key], period=period, filters=filters, actor=actor, today=monday))
            for key in (*NUMBERS, *(OF_WORKSHOPS if _has_workshop(unit_id) else ()))
        ],
        reasons=breakdown(
            METRICS["contacts"],
            by=Dimension.REASON,
            period=period,
            filters=filters,
            actor=actor,
            today=monday,
            limit=REASONS,
        ),
    )


def _has_workshop(unit_id: int) -> bool:
    path = tree().unit(unit_id).path
    found: bool = Workshop.objects.filter(unit__path__startswith=path, is_active=True).exists()
    return found
