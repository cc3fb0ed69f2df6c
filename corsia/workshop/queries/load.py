"""The load of a workshop's next days, who may not come, how sure that is, and how good such forecasts were before."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from corsia.organisation.models import Skill
from corsia.organisation.queries import day_in, tree
from corsia.workshop.models import Allocation, Visit, Workshop
from corsia.workshop.queries.attendance import WALKED_DAYS, Attendance, walk_ins_on
from corsia.workshop.queries.load_tested import TESTED_DAYS, Tested, tested_forecasts
from corsia.workshop.queries.plan import workshops
from corsia.workshop.queries.visit_history import known_of, minutes_of, model_for, visits_between, walked_in
from corsia.workshop.rules.load import Expected, Overbooking, WalkIns, expected, overbooking
from corsia.workshop.rules.no_shows import Model
from corsia.workshop.vocabulary import VisitState

DAYS = 14
USUAL_MINUTES = 60


@dataclass(frozen=True, kw_only=True)
class DayLoad:
    """What a day will probably hold; skills as booked and possible minutes."""

    on: date
    expected: Expected
    visits: int
    overbooking: Overbooking
    skills: Mapping[int, tuple[int, int]]


@dataclass(frozen=True, kw_only=True)
class MayMiss:
    """A visit whose customer should be called before."""

    visit: Visit
    reasons: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Load:
    """The next days of a workshop."""

    workshop: Workshop
    days: Sequence[DayLoad]
    may_miss: Sequence[MayMiss]
    skills: Sequence[Skill]
    model: Model
    walked_days: int
    tested: Tested | None


def load_of(workshop: Workshop, *, now: datetime) -> Load:
    """Return the load of the next two weeks."""
    unit_id = workshop.unit_id
    today = day_in(unit_id, now)
    ahead = [today + timedelta(days=number) for number in range(DAYS)]
    model = model_for([one.unit_id for one in workshops()], on=today)
    past = visits_between([unit_id], today - timedelta(days=WALKED_DAYS + TESTED_DAYS), today)
    minutes = minutes_of(one.pk for one in past)
    walked = walked_in(unit_id, today - timedelta(days=WALKED_DAYS + TESTED_DAYS), today, past, minutes)
    attendance = Attendance(unit_id, today - timedelta(days=WALKED_DAYS + TESTED_DAYS), ahead[-1])
    rows = _allocations(unit_id, ahead, now)
    visits = {row.visit_id: row.visit for row in rows}
    reminded = _share([one.known.reminded for one in past])
    known = known_of(list(visits.values()), reminded=reminded, now=now)
    chances = {
        pk: model.chance(known[pk]) if visit.state == VisitState.BOOKED and visit.drop_off_at > now else 0.0
        for pk, visit in visits.items()
    }
    days = []
    for on in ahead:
        own = [(row, worked) for row in rows if (worked := attendance.minutes_on(on, row))]
        days.append(_day(on, own, chances, attendance, walk_ins_on(walked, attendance, on, today)))
    may_miss = [
        MayMiss(visit=visit, reasons=model.reasons(known[pk]))
        for pk, visit in sorted(visits.items(), key=lambda pair: (pair[1].drop_off_at, pair[0]))
        if chances[pk] and model.is_likely(known[pk])
    ]
    shown = {pk for day in days for pk in day.skills}
    return Load(
        workshop=workshop,
        days=days,
        may_miss=may_miss,
        skills=list(Skill.objects.filter(pk__in=shown).order_by("key")),
        model=model,
        walked_days=sum(1 for number in range(WALKED_DAYS) if attendance.open_on(today - timedelta(days=number + 1))),
        tested=tested_forecasts(past, minutes, walked, attendance, today),
    )


def _day(
    on: date,
    rows: Sequence[tuple[Allocation, int]],
    chances: Mapping[int, float],
    attendance: Attendance,
    walk_ins: WalkIns,
) -> DayLoad:
    by_visit: dict[int, int] = defaultdict(int)
    by_skill: dict[int, int] = defaultdict(int)
    for row, worked in rows:
        by_visit[row.visit_id] += worked
        if row.step.skill_id is not None:
            by_skill[row.step.skill_id] += worked
    visits = [(worked, chances[pk]) for pk, worked in by_visit.items()]
    there = attendance.on(on)
    found = expected(visits, walk_ins=walk_ins if there else WalkIns(mean=0.0, variance=0.0, days=0), capacity=there)
    return DayLoad(
        on=on,
        expected=found,
        visits=len(visits),
        overbooking=overbooking(visits, free=max(0, there - found.booked), usual=USUAL_MINUTES),
        skills={pk: (worked, attendance.of_skill(on, pk)) for pk, worked in by_skill.items()},
    )


def _allocations(unit_id: int, ahead: Sequence[date], now: datetime) -> list[Allocation]:
    zone = tree().time_zone(unit_id)
    start = datetime.combine(ahead[0], time(), zone)
    end = datetime.combine(ahead[-1] + timedelta(days=1), time(), zone)
    rows = Allocation.objects.filter(
        unit_id=unit_id,
        starts_at__lt=end,
        ends_at__gt=start,
        visit__state__in=(VisitState.BOOKED, VisitState.HERE, VisitState.DONE),
    )
    return list(rows.select_related("visit__customer", "visit__vehicle", "step").order_by("starts_at", "pk"))


def _share(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
