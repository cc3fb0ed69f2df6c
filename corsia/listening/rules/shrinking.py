"""Ranking the small with the large: what few answers say is drawn towards what all say.

The best and the worst of a plain ranking are mostly the smallest. Here each estimate is a compromise between itself and
the mean of all, the more of itself the more answers it has (normal-normal empirical Bayes).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from corsia.listening.rules.quantiles import Z_95

FEWEST: Final = 4  # of fewer nobody can say how much they differ

_ROUNDS = 100


class TooFew(ValueError):
    """Fewer than four estimates: how much they truly differ cannot be known."""


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A figure and the square of its standard error, which is not zero."""

    value: float
    variance: float


@dataclass(frozen=True, kw_only=True)
class Shrunk:
    """An estimate drawn towards the mean of all, with the range that holds the true one with 95 % confidence.

    Attributes:
        own: how much of it is its own, from 0 (all taken from the others) to 1.
    """

    value: float
    low: float
    high: float
    own: float


@dataclass(frozen=True, kw_only=True)
class Together:
    """All estimates together.

    Attributes:
        mean: what they have in common.
        variance: how much they truly differ from each other; 0 when chance alone explains their differences.
    """

    mean: float
    variance: float
    shrunk: tuple[Shrunk, ...]


def shrink(estimates: Sequence[Estimate], *, lowest: float = -math.inf, highest: float = math.inf) -> Together:
    """Return each estimate drawn towards the mean.

    How much they truly differ is estimated as Paule and Mandel do; that this is itself an estimate is allowed for as
    Morris does, so that few are drawn less and their ranges stay honest. With equal variances it is the James-Stein
    estimator of Efron and Morris.

    Args:
        lowest, highest: the ends of the scale, beyond which no range goes.

    Raises:
        TooFew: fewer than four estimates.

    Sources: R. Paule, J. Mandel, Journal of Research of the National Bureau of Standards 87 (1982); C. Morris,
    "Parametric Empirical Bayes Inference", Journal of the American Statistical Association 78 (1983).
    """
    count = len(estimates)
    if count < FEWEST:
        raise TooFew
    between = _between(estimates)
    weights = [1 / (one.variance + between) for one in estimates]
    mean = _mean(estimates, weights)
    typical = sum(weight * one.variance for weight, one in zip(weights, estimates, strict=True)) / sum(weights)
    found = []
    for one, weight in zip(estimates, weights, strict=True):
        drawn = (count - 3) / (count - 1) * one.variance * weight
        value = mean + (1 - drawn) * (one.value - mean)
        doubt = 2 / (count - 3) * drawn**2 * (typical + between) * weight * (one.value - mean) ** 2
        reach = Z_95 * math.sqrt(one.variance * (1 - drawn) + drawn**2 / sum(weights) + doubt)
        low, high = max(lowest, value - reach), min(highest, value + reach)
        found.append(Shrunk(value=value, low=low, high=high, own=1 - drawn))
    return Together(mean=mean, variance=between, shrunk=tuple(found))


def _mean(estimates: Sequence[Estimate], weights: Sequence[float]) -> float:
    return sum(weight * one.value for weight, one in zip(weights, estimates, strict=True)) / sum(weights)


def _between(estimates: Sequence[Estimate]) -> float:
    """Return the variance between the true values at which the weighted squares are as many as they should be."""
    between = 0.0
    for _ in range(_ROUNDS):
        weights = [1 / (one.variance + between) for one in estimates]
        mean = _mean(estimates, weights)
        squares = [(weight, (one.value - mean) ** 2) for weight, one in zip(weights, estimates, strict=True)]
        surplus = sum(weight * square for weight, square in squares) - (len(estimates) - 1)
        # Newton's step: the sum falls and is convex, so that from zero it is reached from below, never overshot.
        if surplus <= 1e-9:
            break
        between += surplus / sum(weight**2 * square for weight, square in squares)
    return between
