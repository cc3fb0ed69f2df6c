"""What the recommendation hangs on: how much each item of a questionnaire explains of it.

Items go together (who finds the workshop friendly finds it punctual too), so the order in which they are looked at
would decide who gets the credit. Here every order is taken and the credit averaged (Lindeman, Merenda and Gold;
Shapley's value of the explained variance). The intervals come from leaving out one part of the answers after the other.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from corsia.listening.rules.quantiles import t_95

PARTS: Final = 20  # into which the answers are divided for the intervals
MOST_ITEMS: Final = 10  # every order of more takes too long
FEWEST: Final = 50  # whole answers, five for each item besides

_FLAT = 1e-9  # less than this share of its variance left: the item says nothing that the others have not said


@dataclass(frozen=True, kw_only=True)
class Sums:
    """Sums over whole answers: the items in their order, the recommendation last.

    Attributes:
        products: for each pair the sum of their products; both halves of the square.
    """

    n: int
    totals: tuple[float, ...]
    products: tuple[tuple[float, ...], ...]

    def __sub__(self, part: "Sums") -> "Sums":
        return Sums(
            n=self.n - part.n,
            totals=tuple(mine - less for mine, less in zip(self.totals, part.totals, strict=True)),
            products=tuple(
                tuple(mine - less for mine, less in zip(row, other, strict=True))
                for row, other in zip(self.products, part.products, strict=True)
            ),
        )


@dataclass(frozen=True, kw_only=True)
class Driver:
    """One item.

    Attributes:
        share: its part of what all items explain together, in per cent; those of all add up to 100.
        low, high: where the true part lies with 95 % confidence.
        correlation: with the recommendation, from -1 to 1.
        mean: of the item on its own scale.
    """

    share: float
    low: float
    high: float
    correlation: float
    mean: float


@dataclass(frozen=True, kw_only=True)
class Drivers:
    """What the items explain.

    Attributes:
        explained: part of the differences between recommendations that the items explain together, from 0 to 1.
    """

    n: int
    explained: float
    items: tuple[Driver, ...]

    @property
    def explained_pct(self) -> int:
        """The same in whole per cent."""
        return round(100 * self.explained)


def drivers(parts: Sequence[Sums]) -> Drivers | None:
    """Return what each item explains, in the order of the items; None where too little was answered to say.

    Args:
        parts: the sums of parts of the answers that were divided by chance, the same items in each.

    Sources: U. Grömping, "Relative Importance for Linear Regression in R", Journal of Statistical Software 17 (2006);
    K. Wolter, "Introduction to Variance Estimation" (delete-a-group jackknife).
    """
    filled = [part for part in parts if part.n]
    if not filled:
        return None
    everything = _added(filled)
    items = len(everything.totals) - 1
    if everything.n < FEWEST + 5 * items or len(filled) < 2:
        return None
    related = _correlations(everything)
    earned = _credits(related)
    explained = sum(earned)
    if explained <= _FLAT:
        return None
    shares = [100 * credit / explained for credit in earned]
    without = []
    for part in filled:
        others = _credits(_correlations(everything - part))
        total = sum(others)
        without.append([100 * credit / total if total > _FLAT else 100 / items for credit in others])
    found = []
    for place in range(items):
        reach = t_95(len(filled) - 1) * _jackknife([shares_of_rest[place] for shares_of_rest in without])
        found.append(
            Driver(
                share=shares[place],
                low=max(0.0, shares[place] - reach),
                high=min(100.0, shares[place] + reach),
                correlation=related[place][items],
                mean=everything.totals[place] / everything.n,
            )
        )
    return Drivers(n=everything.n, explained=explained, items=tuple(found))


def _added(parts: Sequence[Sums]) -> Sums:
    return Sums(
        n=sum(part.n for part in parts),
        totals=tuple(map(sum, zip(*(part.totals for part in parts), strict=True))),
        products=tuple(
            tuple(map(sum, zip(*rows, strict=True))) for rows in zip(*(part.products for part in parts), strict=True)
        ),
    )


def _jackknife(left_out: Sequence[float]) -> float:
    """Return the standard error of a figure from its values with one part of the answers left out each time."""
    count = len(left_out)
    mean = sum(left_out) / count
    return math.sqrt((count - 1) / count * sum((value - mean) ** 2 for value in left_out))


def _correlations(sums: Sums) -> list[list[float]]:
    """Return the correlations of items and recommendation; one that never differs goes with nothing."""
    size, n = len(sums.totals), sums.n
    spreads = [
        [sums.products[row][column] - sums.totals[row] * sums.totals[column] / n for column in range(size)]
        for row in range(size)
    ]
    own = [math.sqrt(max(0.0, spreads[place][place])) for place in range(size)]
    is_flat = [own[place] ** 2 <= _FLAT * max(1.0, sums.products[place][place]) for place in range(size)]
    return [
        [
            float(row == column)
            if row == column or is_flat[row] or is_flat[column]
            else spreads[row][column] / (own[row] * own[column])
            for column in range(size)
        ]
        for row in range(size)
    ]


def _credits(related: Sequence[Sequence[float]]) -> list[float]:
    """Return what each item explains of the last, averaged over every order of the items."""
    items = len(related) - 1
    orders = math.factorial(items)
    # The share of orders in which exactly `size` given items come before another given one.
    before = [math.factorial(size) * math.factorial(items - 1 - size) / orders for size in range(items)] + [0.0]
    earned, together = [0.0] * items, 0.0

    def visit(left: list[list[float]], first: int, chosen: tuple[int, ...]) -> None:
        """Count the set `chosen`; `left` is what it leaves unexplained of the items from `first` on and of the last."""
        nonlocal together
        explained, size = 1 - left[-1][-1], len(chosen)
        together += before[size] * explained
        for item in chosen:
            earned[item] += (before[size - 1] + before[size]) * explained
        for place in range(items - first):
            pivot = left[place][place]
            later = range(place + 1, items - first + 1)
            if pivot <= _FLAT:
                rest = [[left[row][column] for column in later] for row in later]
            else:
                rest = [
                    [left[row][column] - left[row][place] * left[place][column] / pivot for column in later]
                    for row in later
                ]
            visit(rest, first + place + 1, (*chosen, first + place))

    visit([list(row) for row in related], 0, ())
    return [credit - together for credit in earned]
