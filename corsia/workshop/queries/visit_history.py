"""What became of visits before: who came, who did not, how much work walked in, for forecasts."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo

from django.db.models import Count, Q, QuerySet, RowRange, Sum, Window

from corsia.organisation.queries import tree
from corsia.workshop.models import Order, Visit, VisitJob
from corsia.workshop.rules.no_shows import Known, Model, learned
from corsia.workshop.vocabulary import LineKind, LineState, Source, VisitState

LEARNED_DAYS = 365
REMEMBERED_DAYS = 730  # before that, for what a customer did
_OVER = (VisitState.DONE, VisitState.MISSED, VisitState.HERE)
_models: dict[tuple[frozenset[int], date], Model] = {}
_MOST_MODELS = 64


@dataclass(frozen=True, kw_only=True)
class Past:
    """A visit that is over, or ahead, with what was known of it beforehand."""

    pk: int
    on: date  # by the workshop's clock
    made_on: date
    state: str
    known: Known

    @property
    def is_missed(self) -> bool:
        return self.state == VisitState.MISSED

    @property
    def is_walk_in(self) -> bool:
        return self.made_on == self.on


def model_for(unit_ids: Collection[int], *, on: date) -> Model:
    """Return what the visits of workshops say until a day: learned once a day for each set of workshops."""
    key = frozenset(unit_ids), on
    if key not in _models:
        if len(_models) >= _MOST_MODELS:
            _models.clear()
        past = visits_between(unit_ids, on - timedelta(days=LEARNED_DAYS), on)
        _models[key] = learned((one.known, one.is_missed) for one in past if not one.is_walk_in)
    return _models[key]


def visits_between(unit_ids: Collection[int], first: date, after: date) -> list[Past]:
    """Return visits that were expected from a day until before another, and came or did not, in order."""
    start, end = _bounds(first - timedelta(days=REMEMBERED_DAYS), after + timedelta(days=1), UTC)
    rows = _with_history(
        Visit.objects.filter(
            unit_id__within=frozenset(unit_ids), state__in=_OVER, drop_off_at__gte=start, drop_off_at__lt=end
        )
    )
    return _past(rows, first, after)


def known_of(visits: Sequence[Visit], *, reminded: float, now: datetime) -> dict[int, Known]:
    """Return what is known of visits ahead.

    Args:
        reminded: share of visits that are reminded: what has not happened yet is neither yes nor no.
    """
    customers = {visit.customer_id for visit in visits}
    before = {
        customer: (count, misses)
        for customer, count, misses in Visit.objects.filter(
            customer__in=customers, state__in=_OVER, drop_off_at__lt=now
        )
        .values("customer_id")
        .annotate(count=Count("pk"), misses=Count("pk", filter=Q(state=VisitState.MISSED)))
        .values_list("customer_id", "count", "misses")
    }
    found, organisation = {}, tree()
    for visit in visits:
        zone = organisation.time_zone(visit.unit_id)
        count, misses = before.get(visit.customer_id, (0, 0))
        on = visit.drop_off_at.astimezone(zone).date()
        found[visit.pk] = Known(
            is_web=visit.source == Source.WEB,
            lead_days=max(0, (on - visit.made_at.astimezone(zone).date()).days),
            weekday=on.weekday(),
            misses=misses,
            visits=count,
            reminded=1.0 if visit.reminded_at else reminded,
        )
    return found


def minutes_of(visit_ids: Iterable[int]) -> dict[int, int]:
    """Return the standard minutes of visits' work."""
    rows = (
        VisitJob.objects.filter(visit__in=list(visit_ids)).values("visit_id").annotate(sum=Sum("job__steps__minutes"))
    )
    return {visit_id: minutes or 0 for visit_id, minutes in rows.values_list("visit_id", "sum")}


def walked_in(
    unit_id: int, first: date, after: date, past: Sequence[Past], minutes: Mapping[int, int]
) -> dict[date, int]:
    """Return minutes of work that nobody had booked the day before, by day; days without any are not there."""
    zone = tree().time_zone(unit_id)
    found: dict[date, int] = {}
    for one in past:
        if one.is_walk_in and not one.is_missed and first <= one.on < after:
            found[one.on] = found.get(one.on, 0) + minutes.get(one.pk, 0)
    start, end = _bounds(first, after, zone)
    orders = (
        Order.objects.filter(unit_id=unit_id, visit=None, received_at__gte=start, received_at__lt=end)
        .annotate(
            sum=Sum(
                "lines__minutes",
                filter=Q(lines__kind=LineKind.LABOUR) & ~Q(lines__state=LineState.DECLINED),
            )
        )
        .values_list("received_at", "sum")
    )
    for received_at, worked in orders:
        on = received_at.astimezone(zone).date()
        found[on] = found.get(on, 0) + (worked or 0)
    return found


def _with_history(rows: "QuerySet[Visit]") -> "QuerySet[Visit]":
    """Count each customer's visits and misses before each visit; what came later says nothing of it."""

    def before(what: Count) -> Window:
        return Window(what, partition_by="customer_id", order_by="drop_off_at", frame=RowRange(end=-1))

    return rows.annotate(count=before(Count("pk")), misses=before(Count("pk", filter=Q(state=VisitState.MISSED))))


def _past(rows: "QuerySet[Visit]", first: date, after: date) -> list[Past]:
    found, organisation = [], tree()
    fields = "pk", "unit_id", "source", "made_at", "drop_off_at", "state", "reminded_at", "count", "misses"
    for pk, unit_id, source, made_at, drop_off_at, state, reminded_at, count, misses in rows.order_by(
        "drop_off_at", "pk"
    ).values_list(*fields):
        zone = organisation.time_zone(unit_id)
        on = drop_off_at.astimezone(zone).date()
        if not first <= on < after:
            continue
        made_on = made_at.astimezone(zone).date()
        known = Known(
            is_web=source == Source.WEB,
            lead_days=max(0, (on - made_on).days),
            weekday=on.weekday(),
            misses=misses,
            visits=count,
            reminded=float(reminded_at is not None),
        )
        found.append(Past(pk=pk, on=on, made_on=made_on, state=state, known=known))
    return found


def _bounds(first: date, after: date, zone: tzinfo) -> tuple[datetime, datetime]:
    midnight = datetime.min.time()
    return datetime.combine(first, midnight, zone), datetime.combine(after, midnight, zone)
