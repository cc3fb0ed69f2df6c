"""The clock of the seller's legal warranty on a vehicle sold to a consumer. Pure; days, not instants.

Source: Codice del consumo, articles 128 to 135-septies, for sales from 1 January 2022; terms in months end with the day
of the same number, or the last of the month (Codice civile, article 2963). A lawyer decides on a case, not this.
"""

import calendar
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

FULL_MONTHS = 24
REDUCED_MONTHS = 12  # used goods, and only if both agreed
BURDEN_MONTHS = 12


class Standing(StrEnum):
    """How a case stands towards the clock."""

    BUSINESS = "business"  # no consumer: this clock does not run
    RUNNING = "running"  # the day has not come, and no defect is dated yet
    OVER = "over"  # past the end, and no defect is dated within it
    WITHIN = "within"  # the defect showed in time
    LATE = "late"  # the defect showed after the end


@dataclass(frozen=True, kw_only=True)
class Sale:
    """What is known about the sale.

    Attributes:
        delivered_on: the day the consumer got the vehicle.
        is_reduced: both agreed in writing to twelve months; counts for used vehicles only.
        defect_on: the day the defect showed; None when nobody has said.
    """

    delivered_on: date
    is_used: bool
    is_consumer: bool
    is_reduced: bool = False
    defect_on: date | None = None


@dataclass(frozen=True, kw_only=True)
class Clock:
    """What follows from it.

    Attributes:
        months, ends_on: of the warranty; its last day counts. None and 0 for a business.
        burden_ends_on: until then a defect is presumed to have been there at the delivery.
        is_presumed: whether the defect showed by then; None without a day of it.
        days_left: from today to the last day, negative once it is past.
    """

    standing: Standing
    months: int
    ends_on: date | None
    burden_ends_on: date | None
    is_presumed: bool | None
    days_left: int | None


def warranty_clock(sale: Sale, *, today: date) -> Clock:
    """Return how long the warranty lasts, and whether the defect showed within it."""
    if not sale.is_consumer:
        return Clock(
            standing=Standing.BUSINESS, months=0, ends_on=None, burden_ends_on=None, is_presumed=None, days_left=None
        )
    months = REDUCED_MONTHS if sale.is_used and sale.is_reduced else FULL_MONTHS
    ends_on, burden_ends_on = add_months(sale.delivered_on, months), add_months(sale.delivered_on, BURDEN_MONTHS)
    if sale.defect_on is not None:
        standing = Standing.WITHIN if sale.defect_on <= ends_on else Standing.LATE
    else:
        standing = Standing.RUNNING if today <= ends_on else Standing.OVER
    return Clock(
        standing=standing,
        months=months,
        ends_on=ends_on,
        burden_ends_on=burden_ends_on,
        is_presumed=sale.defect_on <= burden_ends_on if sale.defect_on else None,
        days_left=(ends_on - today).days,
    )


def add_months(day: date, months: int) -> date:
    """Return the day of the same number some months later, or the last of that month when it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))
