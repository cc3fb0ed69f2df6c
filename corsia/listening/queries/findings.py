"""Findings of all instruments, ranked together: what was found, how often, how bad, in whose words."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from corsia.listening.models import Finding, Touchpoint
from corsia.listening.queries.journey import touchpoints_in_order
from corsia.listening.queries.places import place_name
from corsia.listening.rules.journey import Weight
from corsia.listening.vocabulary import Instrument, Sign
from corsia.organisation.queries import tree

MOST = 2000
SHOWN = 60
QUOTES = 3


@dataclass(frozen=True, kw_only=True)
class Ranked:
    """One matter at one touchpoint."""

    place: int  # in the ranking, from 1
    title: str
    sign: str
    touchpoint: Touchpoint
    weight: Weight
    instruments: Sequence[str]
    units: Sequence[str]
    quotes: Sequence[Finding]
    latest_on: date
    open_ids: Sequence[int]
    bar: int  # its weight in per cent of the heaviest

    @property
    def rounded(self) -> int:
        """The mean severity as whole points."""
        return round(self.weight.severity)


@dataclass(frozen=True, kw_only=True)
class Balance:
    """What speaks for and against a touchpoint."""

    touchpoint: Touchpoint
    plus: int
    minus: int
    weight: float  # of what speaks against it

    @property
    def reach(self) -> int:
        """The longer of the two sides, at least 1."""
        return max(self.plus, self.minus, 1)


@dataclass(frozen=True, kw_only=True)
class Findings:
    """Everything the page of findings shows."""

    ranked: Sequence[Ranked]
    balance: Sequence[Balance]
    plus: int
    minus: int
    settled: int
    longest: int  # the longest side of all balances, for one scale
    is_capped: bool


def findings(
    *,
    now: datetime,
    sign: str = "",
    instrument: str = "",
    touchpoint_id: int | None = None,
    unit_ids: Sequence[int] = (),
    days: int = 365,
) -> Findings:
    """Rank what was found in the last `days` and is not settled; the heaviest first.

    What has the same title at the same touchpoint is one matter; its weight is its mean severity times how often it
    was found.

    Args:
        sign, instrument: "" for all.
        unit_ids: only what was found at these; empty means the whole scope.
    """
    rows = Finding.objects.filter(found_on__gt=(now - timedelta(days=days)).date()).select_related("touchpoint")
    if instrument:
        rows = rows.filter(instrument=instrument)
    if touchpoint_id is not None:
        rows = rows.filter(touchpoint_id=touchpoint_id)
    if unit_ids:
        rows = rows.filter(unit_id__within=unit_ids)
    found = list(rows.order_by("-found_on", "-pk")[: MOST + 1])
    settled = sum(row.settled_on is not None for row in found[:MOST])
    held = [row for row in found[:MOST] if row.settled_on is None]
    matters: dict[tuple[int, str, str], list[Finding]] = defaultdict(list)
    for row in held:
        if not sign or row.sign == sign:
            matters[row.touchpoint_id, row.sign, " ".join(row.title.split()).casefold()].append(row)
    heaviest = sorted(matters.values(), key=lambda group: (-_weight(group).value, group[0].pk))
    top = _weight(heaviest[0]).value if heaviest else 1
    balance = _balance(held)
    return Findings(
        ranked=[_ranked(group, place, top) for place, group in enumerate(heaviest[:SHOWN], start=1)],
        balance=balance,
        plus=sum(one.plus for one in balance),
        minus=sum(one.minus for one in balance),
        settled=settled,
        longest=max((one.reach for one in balance), default=1),
        is_capped=len(found) > MOST,
    )


def _weight(group: Sequence[Finding]) -> Weight:
    times = sum(row.times for row in group)
    return Weight(times=times, severity=sum(row.severity * row.times for row in group) / times)


def _ranked(group: Sequence[Finding], place: int, top: float) -> Ranked:
    places, weight = tree(), _weight(group)
    return Ranked(
        place=place,
        title=group[0].title,
        sign=group[0].sign,
        touchpoint=group[0].touchpoint,
        weight=weight,
        instruments=[str(Instrument(key).label) for key in dict.fromkeys(row.instrument for row in group)],
        units=[place_name(places, pk) for pk in dict.fromkeys(row.unit_id for row in group)],
        quotes=[row for row in group if row.quote][:QUOTES],
        latest_on=group[0].found_on,
        open_ids=[row.pk for row in group],
        bar=round(100 * weight.value / top),
    )


def _balance(held: Sequence[Finding]) -> list[Balance]:
    plus: dict[int, int] = defaultdict(int)
    minus: dict[int, int] = defaultdict(int)
    weight: dict[int, float] = defaultdict(float)
    for row in held:
        if row.sign == Sign.PLUS:
            plus[row.touchpoint_id] += row.times
        else:
            minus[row.touchpoint_id] += row.times
            weight[row.touchpoint_id] += row.severity * row.times
    named = {row.touchpoint_id: row.touchpoint for row in held}
    order = {row.pk: place for place, row in enumerate(touchpoints_in_order())}
    return [
        Balance(touchpoint=touchpoint, plus=plus[pk], minus=minus[pk], weight=weight[pk])
        for pk, touchpoint in sorted(named.items(), key=lambda item: order.get(item[0], len(order)))
    ]


def titles_in_use() -> list[str]:
    """Return titles of findings that others wrote lately, so that the same matter gets the same words."""
    rows = Finding.objects.filter(month=None).order_by("-found_on", "-pk").values_list("title", flat=True)[:300]
    return sorted(dict.fromkeys(rows))
