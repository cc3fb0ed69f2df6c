"""Re-planning a day: what each disturbance leads to, and what no proposal may ever do."""

import random
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corsia.config.bench.replan import KINDS, day_of
from corsia.workshop.rules.day import (
    CHANGE_OF_HANDS,
    BayDay,
    Day,
    Harm,
    Move,
    Overrun,
    PartLate,
    Placed,
    Postponed,
    Reason,
    Step,
    TechnicianAbsent,
    TechnicianDay,
    VisitOfDay,
)
from corsia.workshop.rules.replanning import Patience, quick_repair, replan
from corsia.workshop.rules.solver import Limits

QUICK = Patience(search=Limits(seconds=20, work=0.05), parts=3, seconds=60)
CLOSES = 480
ANNA, BRUNO, CARLA = (
    TechnicianDay(technician=1, skills=frozenset({"service", "brakes"}), free=((0, CLOSES),)),
    TechnicianDay(technician=2, skills=frozenset({"service"}), free=((0, CLOSES),)),
    TechnicianDay(technician=3, skills=frozenset({"brakes"}), free=((240, CLOSES),)),
)
LIFTS = tuple(BayDay(bay=number, kind="lift", free=((0, CLOSES),)) for number in (11, 12))


def step(visit: int, start: int, minutes: int, *, by: int, bay: int = 11, order: int = 0, **more) -> Step:
    return Step(
        visit=visit,
        order=order,
        skill=more.pop("skill", "service"),
        bay_kind="lift",
        minutes=minutes,
        technician=by,
        bay=bay,
        start=start,
        **more,
    )


def day(*steps: Step, now: int = 0, technicians=(ANNA, BRUNO), promises=None) -> Day:
    promises = promises or {}
    return Day(
        now=now,
        closes=CLOSES,
        technicians=technicians,
        bays=LIFTS,
        visits=tuple(
            VisitOfDay(visit=visit, promised_at=promises.get(visit), is_told=visit in promises)
            for visit in sorted({one.visit for one in steps})
        ),
        steps=steps,
    )


def placed(
    visit: int, start: int, end: int, *, by: int, bay: int = 11, order: int = 0, is_rest: bool = False
) -> Placed:
    return Placed(visit=visit, order=order, technician=by, bay=bay, start=start, end=end, is_rest=is_rest)


def test_nothing_moves_when_nothing_came_in_between() -> None:
    plan = day(step(1, 0, 60, by=1), step(2, 60, 60, by=1), promises={1: 60, 2: 120})

    found = replan(plan, [])

    assert (found.moves, found.postponed, found.broken, found.calls) == ((), (), (), ())
    assert found.harm == Harm(broken=0, postponed=0, calls=0, hands=0, minutes=0)
    assert found.is_proven


def test_work_of_somebody_who_is_ill_goes_to_who_is_able_and_free() -> None:
    plan = day(
        step(1, 0, 60, by=1), step(2, 60, 60, by=1), step(3, 120, 60, by=2, bay=12), promises={1: 60, 2: 120, 3: 180}
    )

    found = replan(plan, [TechnicianAbsent(technician=1, since=0)])

    assert found.moves == tuple(
        Move(
            before=placed(visit, start, start + 60, by=1),
            after=placed(visit, start, start + 60, by=2),
            reason=Reason.TECHNICIAN_ABSENT,
        )
        for visit, start in ((1, 0), (2, 60))
    )
    assert found.harm == Harm(broken=0, postponed=0, calls=0, hands=2, minutes=0)
    assert found.is_proven


def test_a_long_overrun_goes_on_and_others_make_room() -> None:
    plan = day(
        step(1, 0, 60, by=1, is_begun=True),
        step(2, 60, 60, by=1),
        now=50,
        technicians=(ANNA,),
        promises={1: 90, 2: 150},
    )

    found = replan(plan, [Overrun(visit=1, order=0, minutes=30)])

    assert found.placed == (placed(1, 0, 90, by=1), placed(2, 90, 150, by=1))
    assert [(move.after.start, move.reason) for move in found.moves] == [(90, Reason.MAKES_ROOM)]
    assert found.harm == Harm(broken=0, postponed=0, calls=0, hands=0, minutes=30)


def test_what_somebody_had_begun_is_finished_by_another() -> None:
    plan = day(step(1, 0, 100, by=1, is_begun=True), now=30, promises={1: 100})

    found = replan(plan, [TechnicianAbsent(technician=1, since=40)])

    assert found.placed == (placed(1, 0, 40, by=1), placed(1, 40, 100, by=2, is_rest=True))
    assert [move.reason for move in found.moves] == [Reason.TECHNICIAN_ABSENT]
    assert found.broken == ()


def test_a_late_part_lets_the_rest_of_the_visit_follow() -> None:
    plan = day(step(1, 0, 60, by=1), step(1, 60, 30, by=2, order=1, bay=12), promises={1: 100})

    found = replan(plan, [PartLate(visit=1, until=50)])

    assert [(move.after.start, move.reason) for move in found.moves] == [(50, Reason.PART_LATE), (110, Reason.FOLLOWS)]
    assert (found.broken, found.calls, found.postponed) == ((1,), (1,), ())


@pytest.mark.parametrize(
    ("disturbance", "reason"),
    [
        (PartLate(visit=1, until=450), Reason.PART_LATE),
        (TechnicianAbsent(technician=1, since=0), Reason.NOBODY_ABLE),
        (Overrun(visit=1, order=0, minutes=430), Reason.OVERRUN),
    ],
)
def test_what_does_not_fit_is_to_be_agreed_with_the_customer(disturbance, reason) -> None:
    plan = day(step(1, 60, 60, by=1, skill="brakes"), step(2, 120, 60, by=2, bay=12), promises={1: 120, 2: 180})

    found = replan(plan, [disturbance])

    assert found.postponed == (Postponed(visit=1, reason=reason),)
    assert (found.broken, found.calls) == ((1,), (1,))
    assert [one.visit for one in found.placed] == [2]
    assert found.harm == Harm(broken=1, postponed=1, calls=1, hands=0, minutes=0)


def test_work_that_takes_longer_begins_earlier_where_the_vehicle_is_there() -> None:
    plan = day(step(1, 60, 60, by=1), promises={1: 120})

    found = replan(plan, [Overrun(visit=1, order=0, minutes=400)])

    assert [(one.start, one.end) for one in found.placed] == [(20, 480)]
    assert (found.postponed, found.broken, found.calls) == ((), (1,), (1,))
    assert [move.reason for move in found.moves] == [Reason.OVERRUN]


def test_a_full_day_gives_up_what_was_not_promised() -> None:
    plan = day(
        *(step(number, number * 120, 120, by=1) for number in range(4)),
        *(step(4 + number, number * 120, 120, by=2, bay=12) for number in range(4)),
        promises=dict.fromkeys(range(7), CLOSES),
    )

    found = replan(plan, [TechnicianAbsent(technician=2, since=360)])

    assert found.postponed == (Postponed(visit=7, reason=Reason.NO_ROOM),)
    assert (found.broken, found.calls, found.moves) == ((), (7,), ())


def test_begun_work_that_ends_after_closing_is_to_be_agreed() -> None:
    plan = day(step(1, 400, 60, by=1, is_begun=True), now=410, promises={1: CLOSES})

    found = replan(plan, [Overrun(visit=1, order=0, minutes=60)])

    assert found.postponed == (Postponed(visit=1, reason=Reason.OVERRUN),)
    assert found.placed == (placed(1, 400, 520, by=1),)


def test_what_should_have_begun_says_so() -> None:
    found = replan(day(step(1, 0, 60, by=1), now=20, promises={1: 90}), [])

    assert [(move.after.start, move.reason) for move in found.moves] == [(20, Reason.RUNNING_LATE)]


def test_the_solver_spares_a_promise_that_the_quick_repair_breaks() -> None:
    plan = day_of(2)
    disturbances = KINDS["a technician leaves"](plan, random.Random(2))

    quick, found = quick_repair(plan, disturbances), replan(plan, disturbances, patience=QUICK)

    assert (len(quick.broken), len(quick.calls)) == (1, 1)
    assert (found.broken, found.calls, found.postponed, found.is_repair) == ((), (), (), False)
    assert wrongs(plan, disturbances, found) == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_full_day_of_a_large_workshop_keeps_every_rule(kind) -> None:
    plan = day_of(0)
    disturbances = KINDS[kind](plan, random.Random(0))

    found = replan(plan, disturbances, patience=QUICK)

    assert len(plan.visits) == 120
    assert wrongs(plan, [], quick_repair(plan, [])) == []
    assert quick_repair(plan, []).moves == ()
    assert wrongs(plan, disturbances, found) == []
    assert found.harm <= quick_repair(plan, disturbances).harm


spans = st.sampled_from([((0, 120),), ((0, 60), (75, 120)), ((20, 100),), ((0, 120),)])
skills = st.frozensets(st.sampled_from("ab"), min_size=1)


@st.composite
def situations(draw):
    """A small day that is planned by taking the first place there is, and up to three disturbances."""
    technicians = [
        TechnicianDay(technician=number, skills=draw(skills), free=draw(spans))
        for number in range(draw(st.integers(1, 3)))
    ]
    bays = [
        BayDay(bay=10 + number, kind=draw(st.sampled_from(["lift", "lift", "test"])), free=draw(spans))
        for number in range(draw(st.integers(1, 3)))
    ]
    now = draw(st.integers(0, 60))
    steps: list[Step] = []
    visits = []
    for visit in range(draw(st.integers(1, 6))):
        here = ready = draw(st.integers(0, 60))
        for order in range(draw(st.integers(1, 2))):
            skill, kind = draw(st.sampled_from("ab")), draw(st.sampled_from(["lift", "lift", "test"]))
            found = first_place(technicians, bays, steps, skill, kind, draw(st.integers(1, 40)), ready)
            if found is None:
                break
            minutes, technician, bay, start = found
            begins = start < now and (order == 0 or steps[-1].is_begun) and draw(st.integers(0, 5)) > 0
            steps.append(
                Step(
                    visit=visit,
                    order=order,
                    skill=skill,
                    bay_kind=kind,
                    minutes=minutes,
                    technician=technician,
                    bay=bay,
                    start=start,
                    is_begun=begins,
                )
            )
            ready = start + minutes
        promised = draw(st.none() | st.integers(0, 20).map(lambda spare, end=ready: min(120, end + spare)))
        visits.append(VisitOfDay(visit=visit, here_from=here, promised_at=promised, is_told=draw(st.booleans())))
    plan = Day(
        now=now,
        closes=120,
        technicians=tuple(technicians),
        bays=tuple(bays),
        visits=tuple(visits),
        steps=tuple(steps),
    )
    absent = st.builds(TechnicianAbsent, technician=st.integers(0, len(technicians) - 1), since=st.integers(0, 120))
    late = st.builds(PartLate, visit=st.integers(0, len(visits) - 1), until=st.integers(0, 140))
    kinds = [absent, late]
    if steps:
        kinds.append(
            st.builds(
                lambda one, minutes: Overrun(visit=one.visit, order=one.order, minutes=minutes),
                st.sampled_from(steps),
                st.integers(1, 60),
            )
        )
    return plan, draw(st.lists(st.one_of(kinds), max_size=3))


def first_place(technicians, bays, steps, skill, kind, minutes, ready):
    for start in range(ready, 121 - minutes):
        end = start + minutes
        for technician in technicians:
            for bay in bays:
                fits = any(one <= start and end <= other for one, other in technician.free) and any(
                    one <= start and end <= other for one, other in bay.free
                )
                clear = all(
                    one.end <= start or one.start >= end
                    for one in steps
                    if one.technician == technician.technician or one.bay == bay.bay
                )
                if skill in technician.skills and bay.kind == kind and fits and clear:
                    return minutes, technician.technician, bay.bay, start
    return None


def wrongs(plan: Day, disturbances, found) -> list[str]:  # noqa: C901 (a list of rules)
    """Return every rule that a proposal breaks, by looking at it minute by minute, without the product's own code."""
    absent = {}
    more = {}
    parts = {}
    for one in disturbances:
        if isinstance(one, TechnicianAbsent):
            absent[one.technician] = min(one.since, absent.get(one.technician, 10**6))
        elif isinstance(one, Overrun):
            more[one.visit, one.order] = more.get((one.visit, one.order), 0) + one.minutes
        else:
            parts[one.visit] = max(one.until, parts.get(one.visit, 0))
    result = []
    technicians = {one.technician: one for one in plan.technicians}
    bays = {one.bay: one for one in plan.bays}
    visits = {one.visit: one for one in plan.visits}
    given = {(one.visit, one.order): one for one in plan.steps}
    begun, new = {}, []
    for one in found.placed:
        original = given[one.visit, one.order]
        if original.is_begun and one.start == original.start and not one.is_rest:
            begun[one.visit, one.order] = one
        else:
            new.append(one)

    for key, original in given.items():
        if not original.is_begun:
            continue
        end = original.end + more.get(key, 0)
        leaves = absent.get(original.technician, 10**6)
        if leaves <= original.start:
            continue  # never begun, as it turns out
        stands = begun.get(key)
        if stands is None or (stands.technician, stands.bay, stands.end) != (
            original.technician,
            original.bay,
            min(end, leaves),
        ):
            result.append(f"begun work {key} moved")

    postponed = {one.visit for one in found.postponed}
    for visit in visits:
        mine = sorted((one for one in found.placed if one.visit == visit), key=lambda one: (one.order, one.start))
        wanted = sum(one.minutes + more.get(key, 0) for key, one in given.items() if key[0] == visit)
        has = sum(one.end - one.start for one in mine)
        if visit not in postponed and has != wanted:
            result.append(f"visit {visit} has {has} of {wanted} minutes")
        if visit not in postponed and any(one.end > plan.closes for one in mine):
            result.append(f"visit {visit} ends after closing")
        if visit in postponed and any(one.visit == visit for one in new):
            result.append(f"visit {visit} is postponed and planned")
        for before, after in pairwise(mine):
            if after in new and before.end > after.start:
                result.append(f"steps of visit {visit} in the wrong order")
        for one in mine:
            if one in new and one.start < max(plan.now, visits[visit].here_from, parts.get(visit, 0)):
                result.append(f"visit {visit} begins too early")
    for one in new:
        original = given[one.visit, one.order]
        technician, bay = technicians[one.technician], bays[one.bay]
        if original.skill not in technician.skills:
            result.append(f"{one} by somebody who cannot")
        if original.bay_kind != bay.kind:
            result.append(f"{one} in a bay of another kind")
        for minute in range(one.start, one.end):
            if not any(start <= minute < end for start, end in technician.free) or minute >= absent.get(
                one.technician, 10**6
            ):
                result.append(f"{one} by somebody who is away at {minute}")
            if not any(start <= minute < end for start, end in bay.free):
                result.append(f"{one} in a closed bay at {minute}")
        for other in found.placed:
            if other is not one and other.start < one.end and one.start < other.end:
                if other.technician == one.technician:
                    result.append(f"{one} and {other} by one technician")
                if other.bay == one.bay:
                    result.append(f"{one} and {other} in one bay")

    ends = {}
    for one in found.placed:
        ends[one.visit] = max(one.end, ends.get(one.visit, 0))
    broken = {
        number
        for number, visit in visits.items()
        if visit.promised_at is not None
        and (number in postponed or (number in ends and ends[number] > visit.promised_at))
    }
    if broken != set(found.broken):
        result.append(f"promises broken are {broken}, not {found.broken}")
    calls = postponed | {number for number in broken if visits[number].is_told}
    if calls != set(found.calls):
        result.append(f"to be called are {calls}, not {found.calls}")
    hands = minutes = 0
    for one in new:
        original = given[one.visit, one.order]
        planned = (
            min(original.end + more.get((one.visit, one.order), 0), absent[original.technician])
            if one.is_rest
            else original.start
        )
        hands += one.technician != original.technician
        minutes += abs(one.start - planned)
    if found.harm != Harm(broken=len(broken), postponed=len(postponed), calls=len(calls), hands=hands, minutes=minutes):
        result.append(f"harm is not {found.harm}")
    return result


@settings(max_examples=80)
@given(situations())
def test_no_proposal_breaks_a_rule_or_more_promises_than_the_quick_repair(made) -> None:
    plan, disturbances = made

    quick, found = quick_repair(plan, disturbances), replan(plan, disturbances, patience=QUICK)

    assert wrongs(plan, disturbances, quick) == []
    assert wrongs(plan, disturbances, found) == []
    assert found.harm <= quick.harm
    assert len(found.broken) <= len(quick.broken)
    assert {move.after for move in found.moves} <= set(found.placed)
    assert replan(plan, disturbances, patience=QUICK) == found


@settings(max_examples=40)
@given(situations())
def test_an_undisturbed_day_stays_as_it_is(made) -> None:
    plan, _ = made
    plan = replace(plan, steps=tuple(replace(one, is_begun=one.start < plan.now) for one in plan.steps))

    assert replan(plan, [], patience=QUICK).moves == ()


def test_a_change_of_hands_weighs_as_much_as_an_hour() -> None:
    quiet = {"broken": 0, "postponed": 0, "calls": 0}

    assert Harm(**quiet, hands=1, minutes=0) < Harm(**quiet, hands=0, minutes=CHANGE_OF_HANDS + 1)
    assert Harm(**quiet, hands=9, minutes=900) < Harm(broken=0, postponed=0, calls=1, hands=0, minutes=0)
    assert Harm(broken=0, postponed=5, calls=5, hands=0, minutes=0) < Harm(
        broken=1, postponed=0, calls=0, hands=0, minutes=0
    )
