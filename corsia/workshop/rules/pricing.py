"""What the customer is told a visit costs, and how the price of a package falls on its jobs."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal


def cents_of_parts(parts: Sequence[tuple[Decimal, int]]) -> int:
    """Return the price of parts given as quantity and price of one in cents, each line rounded to a cent."""
    lines = ((quantity * cents).quantize(Decimal(1), ROUND_HALF_UP) for quantity, cents in parts)
    return int(sum(lines))


def split_price(total: int, parts: Sequence[int]) -> tuple[int, list[int]]:
    """Part what was told for a job with its parts into labour and parts; a package may cost less than its parts."""
    labour = total - sum(parts)
    return (labour, list(parts)) if labour >= 0 else (0, shares(total, parts))


def shares(total: int, weights: Sequence[int]) -> list[int]:
    """Part a sum by weights so that the parts add up to it exactly; the largest remainders get the odd cents.

    Where all weights are zero, the parts are equal.
    """
    if not weights:
        return []
    weights = weights if any(weights) else [1] * len(weights)
    whole = sum(weights)
    parts = [total * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda place: (-(total * weights[place] % whole), place))
    for place in by_remainder[: total - sum(parts)]:
        parts[place] += 1
    return parts
