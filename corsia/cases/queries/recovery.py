"""How a recovery goes: who waits, how the queue melts, by unit, and one's own part."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import TruncDate

from corsia.cases.models import Case, Recovery, RecoveryAttempt, RecoveryItem, RecoveryLine, RecoveryList
from corsia.cases.queries.desk import unit_label
from corsia.cases.queries.waiting import Temper, tempers_of
from corsia.cases.rules.recovery import FORECAST_DAYS, Forecast, forecast, urgency_days
from corsia.cases.vocabulary import LineState, RecoveryOutcome
from corsia.kernel.statements import Statement
from corsia.organisation.queries import Tree

PAGE = 30
SHOWN_DAYS = 60
PICK_UP_TO = 500
SHOWN_OF_PICK = 12
SHOWN_OF_LIST = 400


@dataclass(frozen=True, kw_only=True)
class Totals:
    """How many there are, by what became of them."""

    waiting: int = 0
    recovered: int = 0
    lost: int = 0
    unreachable: int = 0

    @property
    def ended(self) -> int:
        return self.recovered + self.lost + self.unreachable

    @property
    def all(self) -> int:
        return self.waiting + self.ended

    @property
    def recovered_pct(self) -> int | None:
        """The share of those recovered among those who came to an end; None while nobody has."""
        return round(100 * self.recovered / self.ended) if self.ended else None

    @property
    def ended_pct(self) -> int:
        return 100 * self.ended // self.all if self.all else 0


@dataclass(frozen=True, kw_only=True)
class RecoveryRow:
    """A recovery in the list of all."""

    recovery: Recovery
    totals: Totals
    unit: str


@dataclass(frozen=True, kw_only=True)
class Day:
    """What a day did to the queue: how many waited when it was over, what was added and how many ended, each way."""

    on: date
    waiting: int
    added: int
    recovered: int
    lost: int
    unreachable: int

    @property
    def ended(self) -> int:
        return self.recovered + self.lost + self.unreachable


@dataclass(frozen=True, kw_only=True)
class Melting:
    """The queue day by day, the last day being today, and when it will be empty."""

    days: tuple[Day, ...]
    forecast: Forecast | None


@dataclass(frozen=True, kw_only=True)
class Turn:
    """Somebody in the queue."""

    item: RecoveryItem
    urgency_days: int
    unit: str

    @property
    def is_asleep(self) -> bool:
        return self.item.next_try_at is not None


@dataclass(frozen=True, kw_only=True)
class TurnPage:
    rows: tuple[Turn, ...]
    after: str


@dataclass(frozen=True, kw_only=True)
class Own:
    """What the person who looks did themselves; nobody else's figures are shown to anybody."""

    totals: Totals
    attempts: int


@dataclass(frozen=True, kw_only=True)
class Aged:
    """Which open cases are meant: days since they were opened, and since anybody touched them."""

    unit_id: int
    process: str = ""
    opened_days: int = 30
    quiet_days: int = 0
    only_complaints: bool = False


@dataclass(frozen=True, kw_only=True)
class Picked:
    """What such a filter finds: all ids up to PICK_UP_TO, whether there are more, and the first of them to look at."""

    ids: tuple[int, ...]
    has_more: bool
    shown: tuple[Case, ...]
    tempers: dict[int, Temper]


def is_being_recovered(case_id: int) -> bool:
    """Tell whether a case wins somebody back."""
    return bool(RecoveryItem.objects.filter(case_id=case_id, ended_at=None).exists())


def open_item_of(case_id: int) -> RecoveryItem | None:
    """Return the open item of a case, with its recovery and its attempts' people."""
    items = RecoveryItem.objects.filter(case_id=case_id, ended_at=None)
    found: RecoveryItem | None = items.select_related("recovery", "case__customer", "case__vehicle").first()
    return found


def latest_item_of(case_id: int) -> RecoveryItem | None:
    """Return the item of a case, the open one or the one that ended last."""
    items = RecoveryItem.objects.filter(case_id=case_id).select_related(
        "recovery", "case__customer", "case__vehicle", "ended_by"
    )
    found: RecoveryItem | None = items.order_by("-ended_at", "-pk").first()  # NULLs come first: the open one
    return found


def attempts_of(item: RecoveryItem) -> list[RecoveryAttempt]:
    return list(RecoveryAttempt.objects.filter(item=item).select_related("made_by").order_by("-made_at", "-pk")[:20])


def recoveries(*, organisation: Tree, limit: int = 60) -> list[RecoveryRow]:
    """Return the recoveries in sight, running ones first, each counted within the scope."""
    rows = list(Recovery.objects.order_by("-started_at", "-pk")[:limit])
    totals = _totals(RecoveryItem.objects.filter(recovery__in=rows), by="recovery_id")
    found = [
        RecoveryRow(recovery=row, totals=totals[row.pk], unit=unit_label(organisation, row.unit_id)) for row in rows
    ]
    return sorted(found, key=lambda row: row.recovery.ended_at is not None)


def totals_of(recovery: Recovery) -> Totals:
    return _totals(RecoveryItem.objects.filter(recovery=recovery), by="recovery_id")[recovery.pk]


def by_unit(recovery: Recovery, *, organisation: Tree) -> list[tuple[str, Totals]]:
    """Return the same by unit, those with most who wait first."""
    totals = _totals(RecoveryItem.objects.filter(recovery=recovery), by="unit_id")
    named = [(unit_label(organisation, unit_id), one) for unit_id, one in totals.items()]
    return sorted(named, key=lambda row: (-row[1].waiting, -row[1].all, row[0]))


def own_part(recovery: Recovery, *, person_id: int | None) -> Own:
    """Return what one person did."""
    items = RecoveryItem.objects.filter(recovery=recovery, ended_by_id=person_id)
    return Own(
        totals=_totals(items, by="recovery_id")[recovery.pk],
        attempts=RecoveryAttempt.objects.filter(item__recovery=recovery, made_by_id=person_id).count(),
    )


def melting(recovery: Recovery, *, zone: ZoneInfo, now: datetime) -> Melting:
    """Return the queue by days of a time zone, from the start of the recovery, at most SHOWN_DAYS of them."""
    today = (recovery.ended_at or now).astimezone(zone).date()
    items = RecoveryItem.objects.filter(recovery=recovery)
    added: dict[date, int] = dict(
        items.annotate(day=TruncDate("added_at", tzinfo=zone)).order_by().values_list("day").annotate(Count("pk"))
    )
    ended: dict[date, dict[str, int]] = defaultdict(dict)
    by_day = items.filter(ended_at__isnull=False).annotate(day=TruncDate("ended_at", tzinfo=zone)).order_by()
    for day, outcome, count in by_day.values_list("day", "outcome").annotate(Count("pk")):
        ended[day][outcome] = count
    first = min([recovery.started_at.astimezone(zone).date(), *added, *ended])
    shown_from = max(first, today - timedelta(days=SHOWN_DAYS - 1))
    waiting = sum(n for day, n in added.items() if day < shown_from)
    waiting -= sum(sum(ways.values()) for day, ways in ended.items() if day < shown_from)
    days: list[Day] = []
    for offset in range((today - shown_from).days + 1):
        on = shown_from + timedelta(days=offset)
        ways = ended.get(on, {})
        waiting += added.get(on, 0) - sum(ways.values())
        days.append(
            Day(
                on=on,
                waiting=waiting,
                added=added.get(on, 0),
                recovered=ways.get(RecoveryOutcome.RECOVERED, 0),
                lost=ways.get(RecoveryOutcome.LOST, 0),
                unreachable=ways.get(RecoveryOutcome.UNREACHABLE, 0),
            )
        )
    window = [day.ended for day in days[-FORECAST_DAYS:]]
    told = None if recovery.ended_at else forecast(waiting=waiting, ended_by_day=window, today=today)
    return Melting(days=tuple(days), forecast=told)


def turns(recovery: Recovery, *, organisation: Tree, now: datetime, after: str = "") -> TurnPage:
    """Return a page of those who wait, the most urgent first; after it those whose next attempt is still to come."""
    items = RecoveryItem.objects.filter(recovery=recovery, ended_at=None).select_related(
        "case__customer", "case__vehicle", "case__assignee"
    )
    is_asleep, key = _turn_key(after)
    found: list[RecoveryItem] = []
    if not is_asleep:
        awake = items.filter(next_try_at=None)
        if key:
            at, pk = key
            awake = awake.filter(Q(rank_at__gt=at) | Q(rank_at=at, pk__gt=pk))
        found = list(awake.order_by("rank_at", "pk")[: PAGE + 1])
    if len(found) <= PAGE:
        asleep = items.filter(next_try_at__isnull=False)
        if is_asleep and key:
            at, pk = key
            asleep = asleep.filter(Q(next_try_at__gt=at) | Q(next_try_at=at, pk__gt=pk))
        found += list(asleep.order_by("next_try_at", "pk")[: PAGE + 1 - len(found)])
    shown = found[:PAGE]
    return TurnPage(
        rows=tuple(
            Turn(
                item=item,
                urgency_days=urgency_days(item.rank_at, now=now),
                unit=unit_label(organisation, item.unit_id),
            )
            for item in shown
        ),
        after=_turn_address(shown[-1]) if len(found) > PAGE else "",
    )


def pick(aged: Aged, *, organisation: Tree, now: datetime) -> Picked:
    """Return the open cases that a filter means and that are in no open recovery, the quietest first."""
    path = organisation.unit(aged.unit_id).path
    units = [pk for pk, unit in organisation.units.items() if unit.path.startswith(path)]
    cases: QuerySet[Case] = Case.objects.filter(
        closed_at=None,
        unit_id__within=units,
        opened_at__lte=now - timedelta(days=aged.opened_days),
        last_activity_at__lte=now - timedelta(days=aged.quiet_days),
    ).exclude(pk__in=RecoveryItem.objects.filter(ended_at=None).values("case_id"))
    if aged.process:
        cases = cases.filter(version__process__key=aged.process)
    if aged.only_complaints:
        cases = cases.filter(version__process__is_complaint=True)
    found = list(cases.order_by("opened_at", "pk").values_list("pk", "customer_id")[: PICK_UP_TO + 1])
    ids = tuple(pk for pk, _customer in found[:PICK_UP_TO])
    told = tempers_of(customer for _pk, customer in found if customer)
    shown = Case.objects.filter(pk__in=ids[:SHOWN_OF_PICK]).select_related("customer", "vehicle", "version__process")
    return Picked(
        ids=ids,
        has_more=len(found) > PICK_UP_TO,
        shown=tuple(shown.order_by("opened_at", "pk")),
        tempers={pk: told[customer] for pk, customer in found if customer in told},
    )


def lists_of(recovery: Recovery) -> list[RecoveryList]:
    return list(RecoveryList.objects.filter(recovery=recovery).order_by("-uploaded_at", "-pk")[:20])


def lines_of(kept: RecoveryList) -> list[RecoveryLine]:
    """Return the lines of a list, those that cannot be read first; at most SHOWN_OF_LIST of them."""
    rows = RecoveryLine.objects.filter(list=kept).select_related("customer", "item")
    unreadable = list(rows.filter(state=LineState.UNREADABLE).order_by("number")[:SHOWN_OF_LIST])
    others = rows.exclude(state=LineState.UNREADABLE).order_by("number")
    return unreadable + list(others[: max(0, SHOWN_OF_LIST - len(unreadable))])


def counts_of_list(kept: RecoveryList) -> dict[str, int]:
    """Return how many lines of a list are in each state, and how many of them have been taken in."""
    rows = RecoveryLine.objects.filter(list=kept).order_by().values_list("state")
    counts = dict.fromkeys(LineState.values, 0) | dict(rows.annotate(Count("pk")))
    taken = RecoveryLine.objects.filter(list=kept, item__isnull=False).count()
    return counts | {"taken": taken, "all": sum(counts.values())}


# A file of all items: read in one go, without models.
_EXPORTED = Statement(
    """
    SELECT c.id, COALESCE(cu.display_name, ''), COALESCE(v.plate, ''), c.subject, i.unit_id, i.waiting_since,
        i.unanswered, i.is_complaint, i.last_score, i.attempts, i.last_attempt_at, i.next_try_at, i.outcome, i.ended_at,
        i.rank_at
    FROM cases_recoveryitem i JOIN cases_case c ON c.id = i.case_id
    LEFT JOIN customers_customer cu ON cu.id = c.customer_id LEFT JOIN vehicles_vehicle v ON v.id = c.vehicle_id
    WHERE i.recovery_id = %(recovery)s AND {within} ORDER BY i.ended_at DESC NULLS FIRST, i.rank_at, i.id
    """,
    column="i.unit_id",
)


def exported(recovery: Recovery) -> Iterator[Sequence[Any]]:
    """Yield every item of a recovery within the scope, those who wait first."""
    yield from _EXPORTED.rows(recovery=recovery.pk)


def _totals(items: "QuerySet[RecoveryItem]", *, by: str) -> dict[int, Totals]:
    counted: dict[int, dict[str, int]] = defaultdict(dict)
    for key, outcome, count in items.order_by().values_list(by, "outcome").annotate(Count("pk")):
        counted[key][outcome or "waiting"] = count
    found: dict[int, Totals] = defaultdict(Totals)
    found.update({key: Totals(**ways) for key, ways in counted.items()})
    return found


def _turn_address(item: RecoveryItem) -> str:
    at, mark = (item.next_try_at, "later") if item.next_try_at else (item.rank_at, "now")
    return f"{mark}_{at.isoformat()}_{item.pk}"


def _turn_key(after: str) -> tuple[bool, tuple[datetime, int] | None]:
    mark, _line, rest = after.partition("_")
    at, _line, pk = rest.rpartition("_")
    try:
        instant = datetime.fromisoformat(at)
    except ValueError:
        return False, None
    if not pk.isdecimal() or len(pk) > 18 or instant.tzinfo is None:
        return False, None
    return mark == "later", (instant, int(pk))
