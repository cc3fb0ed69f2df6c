"""How long it takes to re-plan a full day of a large workshop when something comes in between, and what it spares."""

import random
import resource
from collections.abc import Iterator
from datetime import date, time
from zoneinfo import ZoneInfo

from corsia.config.bench import Figure, machine, percentile
from corsia.config.bench.data import Progress
from corsia.workshop.rules.day import (
    BayDay,
    Day,
    Disturbance,
    Overrun,
    PartLate,
    Proposal,
    Step,
    TechnicianAbsent,
    TechnicianDay,
    VisitOfDay,
)
from corsia.workshop.rules.grid import Grid, opening, run_bits
from corsia.workshop.rules.replanning import quick_repair, replan
from corsia.workshop.rules.suggestion import BayRoom, TechnicianRoom, Work, suggestions

GOAL = 5.0  # seconds
TECHNICIANS, VISITS, DAYS = 20, 120, 6
CLOSES = 540  # minutes: nine hours, the pause at noon not counted
GRAIN = 15
_BAYS = {"lift": 20, "diagnosis": 4, "alignment": 2}
_SKILLS = (("diagnosis", 0.5), ("repair", 0.5), ("tyres", 0.65), ("high_voltage", 0.25))  # and the share who has it
_VISITS: tuple[tuple[tuple[str, str, int], ...], ...] = (
    (("service", "lift", 75),),
    (("service", "lift", 60),),
    (("service", "lift", 75), ("tyres", "lift", 45)),
    (("tyres", "lift", 45),),
    (("tyres", "lift", 45), ("tyres", "alignment", 30)),
    (("diagnosis", "diagnosis", 45),),
    (("diagnosis", "diagnosis", 45), ("repair", "lift", 60)),
    (("repair", "lift", 120),),
    (("high_voltage", "lift", 90),),
    (("service", "lift", 45),),
)


def measure(*, progress: Progress) -> Iterator[Figure]:
    """Yield seconds for each kind of disturbance over some days, and the harm beside that of the quick repair."""
    times: list[float] = []
    proven = better = fewer = 0
    conditions = (
        f"{machine()}; {TECHNICIANS} technicians, {VISITS} visits, {DAYS} days of each kind, seeds 0 to {DAYS - 1}"
    )
    for name in KINDS:
        own: list[float] = []
        for seed in range(DAYS):
            day = day_of(seed)
            disturbances = KINDS[name](day, random.Random(seed))
            quick, found = quick_repair(day, disturbances), replan(day, disturbances)
            own.append(found.seconds)
            proven += found.is_proven
            better += found.harm < quick.harm
            fewer += quick.harm.broken + quick.harm.postponed - found.harm.broken - found.harm.postponed
            progress(f"{name}, day {seed}: {found.seconds:.2f} s, {_told(found)}; quick repair {_told(quick)}")
        times += own
        yield Figure("replan", f"{name}, median", round(percentile(own, 0.5), 2), "s", f"<= {GOAL:.0f}", conditions)
    many = len(times)
    yield Figure("replan", "slowest", round(max(times), 2), "s", f"<= {GOAL:.0f}", conditions)
    yield Figure("replan", f"better than the quick repair, of {many}", better, "days", "", conditions)
    yield Figure("replan", f"promises and days saved by it, of {many} days", fewer, "visits", "", conditions)
    yield Figure("replan", f"proven least harmful, of {many}", proven, "days", "", conditions)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    yield Figure("replan", "memory of the process, highest", round(memory), "MB", "", conditions)


def day_of(seed: int) -> Day:
    """Return a full day at half past ten: booked by suggestions, promises with half an hour to spare or none."""
    chance = random.Random(seed)
    hours = [[(time(8), time(12, 30)), (time(14), time(18, 30))]] * 7
    grid = Grid.of(opening(first=date(2026, 3, 9), days=1, hours=hours, zone=ZoneInfo("Europe/Rome")), minutes=GRAIN)
    technicians = {
        number: TechnicianRoom(
            technician=number,
            skills=frozenset(
                {"service", *(skill for skill, share in _SKILLS if number < 4 or chance.random() < share)}
            ),
            free=grid.open_bits,
        )
        for number in range(TECHNICIANS)
    }
    bays: dict[int, BayRoom] = {}
    for kind, many in _BAYS.items():
        for _ in range(many):
            bays[len(bays)] = BayRoom(bay=len(bays), kind=kind, free=grid.open_bits)
    now = 150
    steps: list[Step] = []
    visits: list[VisitOfDay] = []
    while len(visits) < VISITS:
        works = [Work(skill=skill, bay_kind=kind, minutes=minutes) for skill, kind, minutes in chance.choice(_VISITS)]
        chain = next(
            suggestions(grid=grid, technicians=list(technicians.values()), bays=list(bays.values()), works=works), None
        )
        if chain is None:  # the day is nearly full: only short visits still fit
            works = [Work(skill="service", bay_kind="lift", minutes=30)]
            chain = next(
                suggestions(grid=grid, technicians=list(technicians.values()), bays=list(bays.values()), works=works)
            )
        visit = len(visits)
        for order, (work, slot) in enumerate(zip(works, chain, strict=True)):
            run = run_bits(slot.start, slot.length)
            technician, bay = technicians[slot.technician], bays[slot.bay]
            technicians[slot.technician] = TechnicianRoom(
                technician=slot.technician, skills=technician.skills, free=technician.free & ~run
            )
            bays[slot.bay] = BayRoom(bay=slot.bay, kind=bay.kind, free=bay.free & ~run)
            steps.append(
                Step(
                    visit=visit,
                    order=order,
                    skill=work.skill,
                    bay_kind=work.bay_kind,
                    minutes=work.minutes,
                    technician=slot.technician,
                    bay=slot.bay,
                    start=slot.start * GRAIN,
                    is_begun=slot.start * GRAIN < now,
                )
            )
        end = chain[-1].end * GRAIN
        promised = chance.choice((end, end + 30, end + 60, CLOSES, None))
        visits.append(
            VisitOfDay(
                visit=visit,
                here_from=max(0, chain[0].start * GRAIN - chance.choice((0, 30, 120, CLOSES))),
                promised_at=promised and min(promised, CLOSES),
                is_told=chance.random() < 0.7,
            )
        )
    return Day(
        now=now,
        closes=CLOSES,
        technicians=tuple(
            TechnicianDay(technician=one.technician, skills=one.skills, free=((0, CLOSES),))
            for one in technicians.values()
        ),
        bays=tuple(BayDay(bay=one.bay, kind=one.kind, free=((0, CLOSES),)) for one in bays.values()),
        visits=tuple(visits),
        steps=tuple(steps),
    )


def _absent(day: Day, chance: random.Random) -> list[Disturbance]:
    return [TechnicianAbsent(technician=chance.randrange(TECHNICIANS), since=day.now)]


def _overruns(day: Day, chance: random.Random) -> list[Disturbance]:
    running = [step for step in day.steps if step.is_begun and step.end > day.now]
    return [
        Overrun(visit=step.visit, order=step.order, minutes=chance.choice((30, 60, 90)))
        for step in chance.sample(running, min(3, len(running)))
    ]


def _late_part(day: Day, chance: random.Random) -> list[Disturbance]:
    waiting = [step.visit for step in day.steps if step.start >= day.now]
    return [PartLate(visit=chance.choice(waiting), until=day.now + chance.choice((60, 150, 300)))]


def _all(day: Day, chance: random.Random) -> list[Disturbance]:
    return [*_absent(day, chance), *_absent(day, chance), *_overruns(day, chance), *_late_part(day, chance)]


KINDS = {
    "a technician leaves": _absent,
    "three steps overrun": _overruns,
    "a part is late": _late_part,
    "two leave, all": _all,
}


def _told(found: Proposal) -> str:
    harm = found.harm
    return (
        f"{harm.broken} promises broken, {harm.postponed} postponed, {harm.calls} calls, "
        f"{harm.hands} changes of hands, {harm.minutes} minutes{', proven' if found.is_proven else ''}"
    )
