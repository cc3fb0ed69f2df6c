"""Cases by phase, and cases by the day they are due."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Count, QuerySet, Window
from django.db.models.functions import RowNumber, TruncDate

from corsia.cases.models import Case
from corsia.cases.queries.definitions import PhaseDefinition, VersionDefinition
from corsia.cases.queries.desk import COUNT_UP_TO, Filters, Row, narrowed, with_marks
from corsia.cases.queries.playbooks import progress_of
from corsia.organisation.queries import Tree

CARDS = 15
ENDED_WITHIN = timedelta(days=7)
A_DAY_SHOWS = 4
A_DAY_OF_A_WEEK_SHOWS = 20


@dataclass(frozen=True)
class Card:
    """A case on a board, and where it may go from here."""

    row: Row
    ways: tuple[PhaseDefinition, ...]
    steps_done: int = 0
    steps: int = 0  # of its playbook, 0 for a case that follows none yet


@dataclass(frozen=True)
class Column:
    """One phase of a board: its first cards by due instant, and how many it has, counted up to a hundred."""

    phase: PhaseDefinition
    cards: tuple[Card, ...]
    count: int


@dataclass(frozen=True)
class Day:
    """One day of the calendar, with its first cases by due instant and how many more there are."""

    on: date
    is_other_month: bool
    is_today: bool
    cases: tuple[Case, ...]
    more: int


def columns(
    version: VersionDefinition, filters: Filters, *, actor_id: int | None, mine: bool, organisation: Tree, now: datetime
) -> list[Column]:
    """Return the phases of a process with their cases; end phases show what ended in the last seven days.

    Cases of older versions stand in the phase of the same key; phases that only older versions know are not shown.
    """
    base = narrowed(Case.objects.all(), filters, organisation=organisation)
    if mine:
        base = base.filter(assignee_id=actor_id)
    by_phase = {phase.key: _of_phase(base, phase, now=now) for phase in version.phases}
    counts = _counts(by_phase)
    cards: dict[str, list[Case]] = {
        key: list(
            rows.select_related("customer", "vehicle", "assignee", "phase").order_by(
                *(("-closed_at", "-pk") if version.phase(key).end_kind else ("due_at", "pk"))
            )[:CARDS]
        )
        if counts[key]
        else []
        for key, rows in by_phase.items()
    }
    marked = {
        row.case.pk: row
        for row in with_marks([case for cases in cards.values() for case in cases], organisation=organisation)
    }
    progress = progress_of(row.case for row in marked.values())
    return [
        Column(
            phase=phase,
            cards=tuple(
                Card(
                    row=marked[case.pk],
                    ways=tuple(version.phase(key) for key in phase.ways_for(case.purchase_channel)),
                    steps_done=progress.get(case.pk, (0, 0))[0],
                    steps=progress.get(case.pk, (0, 0))[1],
                )
                for case in cards[phase.key]
            ),
            count=counts[phase.key],
        )
        for phase in version.phases
    ]


def calendar(
    filters: Filters, *, first: date, days: int, month: int | None, zone: ZoneInfo, organisation: Tree, now: datetime
) -> list[Day]:
    """Return the days from `first` on with the open cases that fall due on each, in the zone's days.

    Args:
        month: days outside it are marked as another month's; None marks none.
    """
    start = datetime.combine(first, time(0), tzinfo=zone)
    end = datetime.combine(first + timedelta(days=days), time(0), tzinfo=zone)
    rows = narrowed(Case.objects.filter(closed_at=None), filters, organisation=organisation)
    shown = A_DAY_SHOWS if month is not None else A_DAY_OF_A_WEEK_SHOWS
    # The database ranks and counts each day, so that a busy month is not fetched to show four cases a day.
    day = TruncDate("due_at", tzinfo=zone)
    due = rows.filter(due_at__gte=start, due_at__lt=end).annotate(
        place=Window(RowNumber(), partition_by=[day], order_by=["due_at", "pk"]),
        of_the_day=Window(Count("pk"), partition_by=[day]),
    )
    by_day: dict[date, list[Any]] = {first + timedelta(days=offset): [] for offset in range(days)}
    for case in due.filter(place__lte=shown).order_by("due_at", "pk"):
        by_day[case.due_at.astimezone(zone).date()].append(case)
    today = now.astimezone(zone).date()
    return [
        Day(
            on=on,
            is_other_month=month is not None and on.month != month,
            is_today=on == today,
            cases=tuple(cases),
            more=cases[0].of_the_day - len(cases) if cases else 0,
        )
        for on, cases in by_day.items()
    ]


def _of_phase(rows: "QuerySet[Case]", phase: PhaseDefinition, *, now: datetime) -> "QuerySet[Case]":
    rows = rows.filter(phase__key=phase.key)
    return rows.filter(closed_at__gte=now - ENDED_WITHIN) if phase.end_kind else rows.filter(closed_at=None)


def _counts(by_phase: dict[str, "QuerySet[Case]"]) -> dict[str, int]:
    parts: list[str] = []
    parameters: list[Any] = []
    for rows in by_phase.values():
        try:
            sql, values = rows.order_by().values("pk")[:COUNT_UP_TO].query.sql_with_params()
        except EmptyResultSet:  # Django sees by itself that nothing can be found, as with a search for signs alone
            parts.append("0")
            continue
        parts.append(f"(SELECT count(*) FROM ({sql}) AS counted)")
        parameters.extend(values)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(parts)}", parameters)
        return dict(zip(by_phase, cursor.fetchone(), strict=True))
