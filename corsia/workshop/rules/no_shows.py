"""How likely a customer does not come, from what became of visits before: a hint to call them, never to refuse them.

A logistic regression whose effects are drawn towards none (ridge), so that few visits say little. With too few visits
or misses only the rate over all is used, itself drawn towards what workshops usually see.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

LEAST_VISITS: Final = 200
LEAST_MISSES: Final = 10
USUAL: Final = 0.04  # share of visits that customers miss, before anything is known of a workshop
WEIGHT: Final = 50  # visits that this counts as
RIDGE: Final = 2.0  # an effect is rarely larger than doubling or halving
_ROUNDS: Final = 30
_CLOSE: Final = 1e-9
_REASON: Final = math.log(1.25)  # an effect below a quarter more is not worth a word
LIKELY: Final = 2.0  # times the rate over all
LIKELY_AT_LEAST: Final = 0.08

FEATURES: Final = (
    "web", "lead_week", "lead_weeks", "lead_month", "monday", "friday", "saturday", "missed_once", "missed_often",
    "first_visit", "not_reminded",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Known:
    """What is known of a visit beforehand.

    Attributes:
        lead_days: from booking to the visit.
        weekday: 0 is Monday.
        misses: of this customer before.
        visits: of this customer before, missed or not.
        reminded: 1 or 0; for a visit ahead, the share of visits that are reminded here.
    """

    is_web: bool
    lead_days: int
    weekday: int
    misses: int
    visits: int
    reminded: float

    def features(self) -> tuple[float, ...]:
        """Return the values of `FEATURES`."""
        return (
            float(self.is_web),
            float(3 <= self.lead_days <= 7),
            float(8 <= self.lead_days <= 21),
            float(self.lead_days > 21),
            float(self.weekday == 0),
            float(self.weekday == 4),
            float(self.weekday == 5),
            float(self.misses == 1),
            float(self.misses > 1),
            float(self.visits == 0),
            1.0 - self.reminded,
        )


@dataclass(frozen=True, kw_only=True)
class Model:
    """What was learned.

    Attributes:
        effects: of each feature on the logarithm of the odds; empty where only the rate over all is used.
        visits, misses: it was learned from.
    """

    rate: float
    intercept: float
    effects: tuple[float, ...]
    visits: int
    misses: int

    @property
    def is_base(self) -> bool:
        return not self.effects

    def chance(self, known: Known) -> float:
        """Return how likely the customer does not come, from 0 to 1."""
        if self.is_base:
            return self.rate
        return _sigmoid(self.intercept + sum(b * x for b, x in zip(self.effects, known.features(), strict=True)))

    def reasons(self, known: Known) -> tuple[str, ...]:
        """Return the features that make it more likely, the strongest first."""
        if self.is_base:
            return ()
        strong = [(b * x, name) for b, x, name in zip(self.effects, known.features(), FEATURES, strict=True)]
        return tuple(name for effect, name in sorted(strong, reverse=True) if effect >= _REASON)

    def is_likely(self, known: Known) -> bool:
        """Tell whether a call before the visit is worth it. Never without a reason that can be said."""
        return self.chance(known) >= max(LIKELY * self.rate, LIKELY_AT_LEAST) and bool(self.reasons(known))


def learned(history: Iterable[tuple[Known, bool]]) -> Model:
    """Learn from visits that are over, each with whether it was missed."""
    cells: Counter[tuple[tuple[float, ...], bool]] = Counter(
        (known.features(), is_missed) for known, is_missed in history
    )
    visits = sum(cells.values())
    misses = sum(count for (_x, is_missed), count in cells.items() if is_missed)
    rate = (misses + USUAL * WEIGHT) / (visits + WEIGHT)
    if visits < LEAST_VISITS or misses < LEAST_MISSES:
        return Model(rate=rate, intercept=_logit(rate), effects=(), visits=visits, misses=misses)
    intercept, *effects = _fitted(cells, start=_logit(rate))
    return Model(rate=rate, intercept=intercept, effects=tuple(effects), visits=visits, misses=misses)


def brier(pairs: Sequence[tuple[float, bool]]) -> float:
    """Return the mean squared error of chances: 0 is perfect."""
    return sum((chance - is_missed) ** 2 for chance, is_missed in pairs) / len(pairs) if pairs else 0.0


def _fitted(cells: Mapping[tuple[tuple[float, ...], bool], int], *, start: float) -> list[float]:
    """Return intercept and effects by Newton's method; the intercept alone is not drawn anywhere."""
    size = len(FEATURES) + 1
    weights = [start, *([0.0] * (size - 1))]
    totals: dict[tuple[float, ...], list[int]] = {}
    for (features, is_missed), count in cells.items():
        both = totals.setdefault((1.0, *features), [0, 0])
        both[0] += count
        both[1] += count * is_missed
    for _ in range(_ROUNDS):
        slope = [0.0, *(-RIDGE * weight for weight in weights[1:])]
        bend = [[(RIDGE if i == j and i else 0.0) for j in range(size)] for i in range(size)]
        for features, (count, missed) in totals.items():
            chance = _sigmoid(sum(w * x for w, x in zip(weights, features, strict=True)))
            error, spread = missed - count * chance, count * chance * (1 - chance)
            there = [number for number, x in enumerate(features) if x]
            for i in there:
                slope[i] += error * features[i]
                for j in there:
                    bend[i][j] += spread * features[i] * features[j]
        step = _solved(bend, slope)
        weights = [weight + by for weight, by in zip(weights, step, strict=True)]
        if max(map(abs, step)) < _CLOSE:
            break
    return weights


def _solved(matrix: list[list[float]], right: list[float]) -> list[float]:
    """Solve a small symmetric system by elimination."""
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    size = len(rows)
    for column in range(size):
        pivot = max(range(column, size), key=lambda row: abs(rows[row][column]))
        rows[column], rows[pivot] = rows[pivot], rows[column]
        for row in range(column + 1, size):
            factor = rows[row][column] / rows[column][column]
            for place in range(column, size + 1):
                rows[row][place] -= factor * rows[column][place]
    found = [0.0] * size
    for row in reversed(range(size)):
        known = sum(rows[row][place] * found[place] for place in range(row + 1, size))
        found[row] = (rows[row][size] - known) / rows[row][row]
    return found


def _sigmoid(value: float) -> float:
    return 1 / (1 + math.exp(-value)) if value >= 0 else 1 - 1 / (1 + math.exp(value))


def _logit(share: float) -> float:
    return math.log(share / (1 - share))
