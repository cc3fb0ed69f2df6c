"""Who may not come: learned from simulated truth it is calibrated and better than the rate; little says little."""

import math
import random
from itertools import product

import pytest

from corsia.workshop.rules.load import (
    LOST,
    OVERTIME,
    State,
    WalkIns,
    expected,
    overbooking,
    walk_ins_of,
)
from corsia.workshop.rules.no_shows import FEATURES, LEAST_VISITS, Known, brier, learned

TRUTH = dict.fromkeys(FEATURES, 0.0) | {"lead_month": 0.7, "missed_once": 1.1, "missed_often": 1.9, "not_reminded": 0.5}


def simulated(seed: int, many: int, *, base: float = -3.3) -> list[tuple[Known, bool, float]]:
    """Return visits with whether they are missed, and how likely that truly was."""
    chance, found = random.Random(seed), []
    for _ in range(many):
        visits = chance.choice((0, 1, 3, 8))
        known = Known(
            is_web=chance.random() < 0.4,
            lead_days=chance.choice((0, 1, 5, 12, 30)),
            weekday=chance.randrange(6),
            visits=visits,
            misses=min(visits, chance.choices((0, 1, 2), (80, 14, 6))[0]),
            reminded=float(chance.random() < 0.7),
        )
        odds = base + sum(TRUTH[name] * x for name, x in zip(FEATURES, known.features(), strict=True))
        truly = 1 / (1 + math.exp(-odds))
        found.append((known, chance.random() < truly, truly))
    return found


@pytest.fixture(scope="module")
def model():
    return learned((known, is_missed) for known, is_missed, _truly in simulated(1, 8000))


def test_chances_are_calibrated_and_beat_the_rate_alone(model) -> None:
    fresh = simulated(2, 8000)
    ours = [(model.chance(known), is_missed) for known, is_missed, _ in fresh]
    best = [(truly, is_missed) for _, is_missed, truly in fresh]
    alone = [(model.rate, is_missed) for _, is_missed, _ in fresh]

    assert brier(best) <= brier(ours) < 0.97 * brier(alone)
    assert brier(ours) - brier(best) < 0.1 * (brier(alone) - brier(best))  # nearly all there is to be known
    ours.sort()
    for fifth in (ours[number : number + 1600] for number in range(0, 8000, 1600)):
        hoped, spread = sum(p for p, _ in fifth), math.sqrt(sum(p * (1 - p) for p, _ in fifth))
        assert abs(sum(is_missed for _, is_missed in fifth) - hoped) < 3.3 * spread


def test_effects_are_those_of_the_truth_drawn_towards_none(model) -> None:
    for name, found in zip(FEATURES, model.effects, strict=True):
        assert abs(found - TRUTH[name]) < 0.35, name


def test_a_reason_is_said_or_nobody_is_called_unlikely(model) -> None:
    careful = Known(is_web=True, lead_days=30, weekday=2, visits=9, misses=3, reminded=0.0)
    regular = Known(is_web=False, lead_days=1, weekday=2, visits=9, misses=0, reminded=1.0)

    assert model.is_likely(careful)
    assert model.reasons(careful)[0] == "missed_often"
    assert {"lead_month", "not_reminded"} <= set(model.reasons(careful))
    assert not model.is_likely(regular)


def test_few_visits_give_the_rate_alone_drawn_towards_what_is_usual() -> None:
    little = learned((known, is_missed) for known, is_missed, _ in simulated(3, LEAST_VISITS - 1))
    nothing = learned([])

    assert little.is_base
    assert little.visits == LEAST_VISITS - 1
    assert len({little.chance(known) for known, _, _ in simulated(4, 50)}) == 1
    assert (nothing.rate, nothing.visits) == (0.04, 0)
    assert not any(nothing.is_likely(known) for known, _, _ in simulated(4, 50))


@pytest.mark.parametrize("seed", range(5))
def test_a_day_is_counted_as_a_slow_simulation_does(seed: int) -> None:
    """Mean, the band of four days of five and the risk of too much, against every way a day can turn out."""
    chance = random.Random(seed)
    visits = [(chance.choice((30, 75, 120)), chance.choice((0.05, 0.2, 0.4))) for _ in range(9)]
    whole = sum(minutes for minutes, _ in visits)
    found = expected(visits, walk_ins=WalkIns(mean=0, variance=0, days=0), capacity=int(0.8 * whole))

    mean = over = inside = total = 0.0
    for comes in product((True, False), repeat=len(visits)):
        likely = math.prod(1 - p if there else p for there, (_, p) in zip(comes, visits, strict=True))
        load = sum(minutes for there, (minutes, _) in zip(comes, visits, strict=True) if there)
        total, mean = total + likely, mean + likely * load
        over += likely * (load > found.capacity)
        inside += likely * (found.low <= load <= found.high)

    assert total == pytest.approx(1)
    assert found.load == pytest.approx(mean)
    assert abs(found.over - over) < 0.12  # a normal curve for a handful of visits
    assert 0.65 < inside < 0.97


@pytest.mark.parametrize("seed", range(5))
def test_overbooking_is_the_cheapest_number_of_visits(seed: int) -> None:
    """Against the mean cost of each number, over every way the day can turn out."""
    chance = random.Random(seed)
    visits = [(chance.choice((30, 60, 90)), chance.choice((0.05, 0.2, 0.5))) for _ in range(10)]
    usual = 60
    costs = []
    for more in range(8):
        cost = 0.0
        for comes in product((True, False), repeat=len(visits)):
            likely = math.prod(1 - p if there else p for there, (_, p) in zip(comes, visits, strict=True))
            empty = sum(minutes for there, (minutes, _) in zip(comes, visits, strict=True) if not there) - more * usual
            cost += likely * (LOST * empty if empty > 0 else -OVERTIME * empty)
        costs.append(cost)

    found = overbooking(visits, free=0, usual=usual)

    assert costs[found.visits] <= min(costs) + LOST * usual / 2  # whole visits: at most half a visit from the best
    assert found.low <= found.visits <= found.high
    assert overbooking(visits, free=60, usual=usual).visits == 0


def test_days_are_called_by_what_they_hold() -> None:
    none = WalkIns(mean=0, variance=0, days=0)
    states = [expected([(minutes, 0.0)], walk_ins=none, capacity=100).state for minutes in (30, 70, 95, 101)]
    assert states == [State.QUIET, State.GOOD, State.FULL, State.OVER]
    assert expected([], walk_ins=none, capacity=0).state == State.CLOSED
    assert expected([(60, 0.0)], walk_ins=none, capacity=0).state == State.OVER


def test_walk_ins_of_a_weekday_lean_on_all_days_while_they_are_few() -> None:
    assert walk_ins_of([], []).mean == 0
    assert walk_ins_of([100, 100], [40, 40, 100, 100, 40, 40]).mean == pytest.approx((200 + 4 * 60) / 6)
    assert walk_ins_of([100.0] * 96, [60.0]).mean == pytest.approx(98.4)
