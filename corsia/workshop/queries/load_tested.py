"""How good forecasts of the evening before would have been in the last weeks, on days that they did not learn from."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from corsia.workshop.queries.attendance import Attendance, walk_ins_on
from corsia.workshop.queries.visit_history import Past
from corsia.workshop.rules.load import expected
from corsia.workshop.rules.no_shows import brier, learned

TESTED_DAYS = 56
_Z95 = 1.96


@dataclass(frozen=True, kw_only=True)
class Tested:
    """How good forecasts of the evening before were.

    Attributes:
        inside: days that ended within the band that four of five should end in; with its 95 % interval in percent.
        off_minutes: mean distance between forecast and day.
        ours, alone: mean squared error of the chances, and of the rate alone, on visits not learned from.
    """

    days: int
    inside: int
    interval: tuple[int, int]
    off_minutes: float
    visits: int
    misses: int
    ours: float
    alone: float


def tested_forecasts(
    past: Sequence[Past], minutes: Mapping[int, int], walked: Mapping[date, int], attendance: Attendance, today: date
) -> Tested | None:
    """Forecast the last weeks as of the evening before each day, learned from what lay before them all."""
    first = today - timedelta(days=TESTED_DAYS)
    model = learned((one.known, one.is_missed) for one in past if one.on < first and not one.is_walk_in)
    by_day: dict[date, list[Past]] = defaultdict(list)
    for one in past:
        if one.on >= first and not one.is_walk_in:
            by_day[one.on].append(one)
    days = [day for number in range(TESTED_DAYS) if attendance.open_on(day := first + timedelta(days=number))]
    pairs = [(model.chance(one.known), one.is_missed) for rows in by_day.values() for one in rows]
    if not pairs or not days:
        return None
    inside, off = 0, 0.0
    for day in days:
        visits = [(minutes.get(one.pk, 0), model.chance(one.known)) for one in by_day[day]]
        found = expected(visits, walk_ins=walk_ins_on(walked, attendance, day, first), capacity=1)
        came = sum(minutes.get(one.pk, 0) for one in by_day[day] if not one.is_missed) + walked.get(day, 0)
        inside += found.low <= came <= found.high
        off += abs(found.load - came)
    return Tested(
        days=len(days),
        inside=inside,
        interval=_interval(inside, len(days)),
        off_minutes=off / len(days),
        visits=len(pairs),
        misses=sum(is_missed for _chance, is_missed in pairs),
        ours=brier(pairs),
        alone=brier([(model.rate, is_missed) for _chance, is_missed in pairs]),
    )


def _interval(hits: int, many: int) -> tuple[int, int]:
    """Return Wilson's 95 % interval of a share, in percent."""
    share, square = hits / many, _Z95**2 / many
    middle = share + square / 2
    spread = _Z95 * math.sqrt(share * (1 - share) / many + square / (4 * many))
    return round(100 * max(0.0, (middle - spread) / (1 + square))), round(
        100 * min(1.0, (middle + spread) / (1 + square))
    )
