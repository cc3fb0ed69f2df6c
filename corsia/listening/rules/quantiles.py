"""Quantiles of the normal and of Student's distribution, without a library."""

import math
from statistics import NormalDist
from typing import Final

Z_95: Final = 1.959963984540054

_NORMAL = NormalDist()


def two_sided(z: float) -> float:
    """Return how often a standard normal number lies as far from zero as `z`, on either side."""
    return 2 * _NORMAL.cdf(-abs(z))


def t_95(freedom: int) -> float:
    """Return the number within which, on either side, 95 % of Student's distribution lie.

    Right to a ten-thousandth from 9 degrees of freedom, where the smallest group that is shown has them.

    Source: M. Abramowitz, I. Stegun, "Handbook of Mathematical Functions", 26.7.5.
    """
    z = Z_95
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return z + math.fsum(term / float(freedom) ** power for power, term in enumerate(terms, start=1))
