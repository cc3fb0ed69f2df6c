"""What improvement needs of others: criticalities, outcomes, points of the journey. config/ports.py plugs it in."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from corsia.improvement.rules.effect import Moments
from corsia.improvement.vocabulary import Direction, Sign


@dataclass(frozen=True, kw_only=True)
class Criticality:
    """Something that customers suffer from, or praise.

    Attributes:
        key: stable, so that a group remembers where a pain came from: "cause:12", "detractors:complaint".
        volume: how often, in the period asked for.
        severity: from 1 to 5.
        source: what was counted, in words.
        quotes: customers' own words, newest first.
    """

    key: str
    label: str
    plus_minus: Sign
    volume: int
    severity: int
    source: Any
    quotes: Sequence[str] = ()

    @property
    def weight(self) -> int:
        return self.volume * self.severity


class Criticalities(Protocol):
    """Whoever listens to customers."""

    def ranked(self, unit_ids: Collection[int], since: datetime, until: datetime) -> Sequence[Criticality]:
        """Return what was heard in these units, the heaviest first (volume times severity)."""


@dataclass(frozen=True, kw_only=True)
class Kpi:
    """Something measured in every unit.

    Attributes:
        name, measure, formula: lazily translated; the measure is what a value is in: "points", "€".
    """

    key: str
    name: Any
    measure: Any
    formula: Any
    better: Direction
    is_money: bool = False


class Outcomes(Protocol):
    """Whoever measures."""

    def kpis(self) -> Sequence[Kpi]:
        """Return what is measured."""

    def by_unit(self, kpi: str, unit_ids: Collection[int], since: datetime, until: datetime) -> Mapping[int, Moments]:
        """Return the number, sum and sum of squares in a period, of each of these units with everything below it.

        It looks beyond the active scope: whoever asks decides which of it is shown, and by which name.
        """


class Touchpoints(Protocol):
    """Whoever keeps the journey."""

    def names(self, unit_id: int) -> Sequence[tuple[str, str]]:
        """Return key and name of the points of the journey that are lived at a unit, in the journey's order."""


def criticalities() -> Criticalities:
    """Return whoever listens."""
    return import_string(settings.CORSIA_IMPROVEMENT_CRITICALITIES)  # type: ignore[no-any-return]


def outcomes() -> Outcomes:
    """Return whoever measures."""
    return import_string(settings.CORSIA_IMPROVEMENT_OUTCOMES)  # type: ignore[no-any-return]


def touchpoints() -> Touchpoints:
    """Return whoever keeps the journey."""
    return import_string(settings.CORSIA_IMPROVEMENT_TOUCHPOINTS)  # type: ignore[no-any-return]


def kpi_named(key: str) -> Kpi | None:
    """Return what is measured under a key; None for a KPI that people read themselves."""
    return next((kpi for kpi in outcomes().kpis() if kpi.key == key), None)
