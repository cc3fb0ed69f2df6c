"""When the parts that a visit takes are there. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum


class Standing(StrEnum):
    """How a part stands for who needs it."""

    STOCK = "stock"  # enough lies there that nobody else is to have
    ARRIVING = "arriving"  # enough was ordered
    TO_ORDER = "to_order"  # it must be ordered, and how long that takes is known
    MISSING = "missing"  # nobody knows when it comes


@dataclass(frozen=True, kw_only=True)
class Need:
    """Pieces that a visit needs on a day."""

    visit_id: int
    quantity: Decimal
    on: date


@dataclass(frozen=True, kw_only=True)
class Coming:
    """Pieces that are expected on a day."""

    quantity: Decimal
    on: date


@dataclass(frozen=True, kw_only=True)
class Short:
    """A need that is not met in time: `there_on` is the day on which it will be, None where nobody knows."""

    need: Need
    there_on: date | None
    is_late: bool  # what was to come for it is overdue


def standing(
    *, free: Decimal, needed: Decimal, coming: Iterable[Coming], order_days: int | None, today: date
) -> tuple[Standing, date | None]:
    """Return how a part stands for who needs it now, and the day on which it comes where it is not there.

    Args:
        free: on hand less what is kept for others; below zero where more is promised than lies there.
        coming: what is overdue counts for nothing: nobody knows when it comes.
    """
    if free >= needed:
        return Standing.STOCK, None
    for one in sorted((one for one in coming if one.on >= today), key=lambda one: one.on):
        free += one.quantity
        if free >= needed:
            return Standing.ARRIVING, one.on
    if order_days is not None:
        return Standing.TO_ORDER, today + timedelta(days=order_days)
    return Standing.MISSING, None


def shorts(*, on_hand: Decimal, needs: Sequence[Need], coming: Sequence[Coming], today: date) -> list[Short]:
    """Return the needs that are not met in time, the earliest first: who comes first is served first.

    What is expected on a day is there for visits of later days. What is overdue is as good as not ordered.
    """
    expected = sorted((one for one in coming if one.on >= today), key=lambda one: one.on)
    overdue = sum((one.quantity for one in coming if one.on < today), Decimal())
    found, asked = [], Decimal()
    for need in sorted(needs, key=lambda one: (one.on, one.visit_id)):
        asked += need.quantity
        there = on_hand + sum((one.quantity for one in expected if one.on < need.on), Decimal())
        if there >= asked:
            continue
        total, day = on_hand, None
        for one in expected:
            total += one.quantity
            if total >= asked:
                day = one.on
                break
        found.append(Short(need=need, there_on=day, is_late=day is None and total + overdue >= asked))
    return found
