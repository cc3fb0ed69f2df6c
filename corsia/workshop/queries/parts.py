"""Parts of workshops: what is there for a visit and when, the list of one, and visits that parts are short for."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from django.db.models import F, Q, Sum

from corsia.organisation.queries import day_in, tree
from corsia.workshop.models import Part, PartArrival, PartMovement, PartReservation, Visit
from corsia.workshop.rules.stock import Coming, Need, Standing, shorts, standing
from corsia.workshop.vocabulary import ReservationState, VisitState

LISTED = 300
MOVES = 60
AHEAD = timedelta(days=21)
_ORDER = (Standing.STOCK, Standing.ARRIVING, Standing.TO_ORDER, Standing.MISSING)


@dataclass(frozen=True, kw_only=True)
class Supply:
    """How all the parts of a visit stand in one workshop.

    Attributes:
        standing: of the part that stands worst.
        on: the day on which the last of them comes; None where all are there, or nobody knows.
        lacking: names of those that are not there.
    """

    standing: Standing
    on: date | None
    lacking: tuple[str, ...] = ()

    @property
    def is_there(self) -> bool:
        return self.standing == Standing.STOCK

    @property
    def is_missing(self) -> bool:
        return self.standing == Standing.MISSING


@dataclass(frozen=True, kw_only=True)
class PartRow:
    """A part of the list."""

    part: Part
    reserved: Decimal
    coming: Decimal
    next_on: date | None
    is_late: bool

    @property
    def free(self) -> Decimal:
        return Decimal(self.part.on_hand) - self.reserved


@dataclass(frozen=True, kw_only=True)
class ShortRow:
    """A visit that a part is short for; `there_on` None: nobody knows when it comes."""

    part: Part
    visit: Visit
    quantity: Decimal
    there_on: date | None
    is_late: bool
    day: date


@dataclass(frozen=True, kw_only=True)
class PartCard:
    """A part with everything about it."""

    row: PartRow
    arrivals: Sequence[PartArrival]
    reservations: Sequence[PartReservation]
    movements: Sequence[PartMovement]


def supplies(
    parts: Mapping[str, Decimal], *, unit_ids: Iterable[int], now: datetime, but: int | None = None
) -> dict[int, Supply]:
    """Return how parts stand in workshops; a workshop that keeps none of them is missing, and says nothing.

    One statement where nobody keeps them, else three.

    Args:
        parts: code to quantity.
        but: a visit whose own parts are free for it.
    """
    if not parts:
        return {}
    kept = list(Part.objects.filter(unit_id__within=frozenset(unit_ids), code__in=list(parts), is_active=True))
    if not kept:
        return {}
    reserved, coming, places = _reserved(kept, but=but), _coming(kept), tree()
    found: dict[int, Supply] = {}
    for part in kept:
        how, on = standing(
            free=part.on_hand - reserved.get(part.pk, Decimal()),
            needed=parts[part.code],
            coming=coming[part.pk],
            order_days=part.order_days,
            today=now.astimezone(places.time_zone(part.unit_id)).date(),
        )
        before = found.get(part.unit_id, Supply(standing=Standing.STOCK, on=None))
        lacking = before.lacking if how == Standing.STOCK else (*before.lacking, part.name)
        worst = max(how, before.standing, key=_ORDER.index)
        days = [day for day in (before.on, on) if day is not None]
        found[part.unit_id] = Supply(
            standing=worst, on=None if worst == Standing.MISSING else max(days, default=None), lacking=lacking
        )
    return found


def ready_from(unit_id: int, supply: Supply | None) -> datetime | None:
    """Return the instant from which a visit may begin: the day after the last part comes, as it may come late that day.

    None where nothing keeps it from beginning at once.
    """
    if supply is None or supply.on is None:
        return None
    return datetime.combine(supply.on + timedelta(days=1), time(), tzinfo=tree().time_zone(unit_id))


def part_rows(unit_id: int, *, text: str = "", show: str = "", now: datetime) -> list[PartRow]:
    """Return the parts of a workshop by code, at most LISTED. Three statements.

    Args:
        show: "short" where less is free than nothing, "coming" where something is expected, "late" where that is
            overdue, "off" for those no longer kept.
    """
    rows = Part.objects.filter(unit_id=unit_id, is_active=show != "off")
    for word in text.split()[:6]:
        rows = rows.filter(Q(name__icontains=word) | Q(code__icontains=word))
    if show in ("coming", "late"):
        awaited = Q(arrivals__arrived_at=None, arrivals__cancelled_at=None, arrivals__isnull=False)
        if show == "late":
            awaited &= Q(arrivals__expected_on__lt=day_in(unit_id, now))
        rows = rows.filter(awaited).distinct()
    if show == "short":
        rows = rows.annotate(
            kept=Sum("reservations__quantity", filter=Q(reservations__state=ReservationState.KEPT), default=Decimal())
        ).filter(on_hand__lt=F("kept"))
    return _rows(list(rows.order_by("code", "pk")[:LISTED]), now=now)


def part_card(part_id: int, *, now: datetime) -> PartCard:
    """Return a part with what is expected, kept and moved.

    Raises:
        NotFound: no such part in one's units.
    """
    part: Part = Part.objects.find(part_id)
    return PartCard(
        row=_rows([part], now=now)[0],
        arrivals=list(PartArrival.objects.filter(part=part).order_by("-expected_on", "-pk")[:MOVES]),
        reservations=list(
            PartReservation.objects.filter(part=part, state=ReservationState.KEPT)
            .select_related("visit__customer", "visit__vehicle", "job")
            .order_by("visit__drop_off_at", "pk")[:MOVES]
        ),
        movements=list(
            PartMovement.objects.filter(part=part).select_related("made_by", "line__order").order_by("-pk")[:MOVES]
        ),
    )


def short_rows(unit_id: int, *, now: datetime) -> list[ShortRow]:
    """Return the visits of the next days that parts are short for, the earliest first."""
    today = day_in(unit_id, now)
    kept = list(
        PartReservation.objects.filter(
            part__unit_id=unit_id,
            state=ReservationState.KEPT,
            visit__state__in=(VisitState.BOOKED, VisitState.HERE),
        ).select_related("part", "visit__customer", "visit__vehicle")
    )
    zone = tree().time_zone(unit_id)
    needs: dict[int, list[Need]] = defaultdict(list)
    for row in kept:
        on = row.visit.drop_off_at.astimezone(zone).date()
        needs[row.part_id].append(Need(visit_id=row.visit_id, quantity=row.quantity, on=on))
    parts = {row.part_id: row.part for row in kept}
    visits = {row.visit_id: row.visit for row in kept}
    coming = _coming(parts.values())
    found = [
        ShortRow(
            part=part,
            visit=visits[one.need.visit_id],
            quantity=one.need.quantity,
            there_on=one.there_on,
            is_late=one.is_late,
            day=one.need.on,
        )
        for part in parts.values()
        for one in shorts(on_hand=part.on_hand, needs=needs[part.pk], coming=coming[part.pk], today=today)
        if one.need.on <= today + AHEAD
    ]
    return sorted(found, key=lambda row: (row.day, row.visit.drop_off_at, row.part.code))


def _rows(parts: Sequence[Part], *, now: datetime) -> list[PartRow]:
    reserved, coming, places = _reserved(parts), _coming(parts), tree()
    return [
        PartRow(
            part=part,
            reserved=reserved.get(part.pk, Decimal()),
            coming=sum((one.quantity for one in coming[part.pk]), Decimal()),
            next_on=min((one.on for one in coming[part.pk]), default=None),
            is_late=any(one.on < now.astimezone(places.time_zone(part.unit_id)).date() for one in coming[part.pk]),
        )
        for part in parts
    ]


def _reserved(parts: Iterable[Part], *, but: int | None = None) -> dict[int, Decimal]:
    rows = PartReservation.objects.filter(part__in=list(parts), state=ReservationState.KEPT).exclude(visit_id=but)
    return dict(rows.values("part_id").annotate(kept=Sum("quantity")).values_list("part_id", "kept"))


def _coming(parts: Iterable[Part]) -> dict[int, list[Coming]]:
    found: dict[int, list[Coming]] = defaultdict(list)
    rows = PartArrival.objects.filter(part__in=list(parts), arrived_at=None, cancelled_at=None)
    for part_id, quantity, on in rows.values_list("part_id", "quantity", "expected_on"):
        found[part_id].append(Coming(quantity=quantity, on=on))
    return found
