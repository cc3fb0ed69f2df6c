"""The benchmarks of planning: what they are fed, and that a simulated month does not cheat."""

import json
import shutil

import pytest
from django.core.management import CommandError, call_command

from corsia.config.bench.replan import CLOSES, VISITS, day_of
from corsia.config.bench.workshop_month import OURS, WAYS
from corsia.config.bench.workshop_month.world import GRAIN, Scenario, world_of
from corsia.workshop.rules.replanning import Patience
from corsia.workshop.rules.solver import Limits
from tests.conftest import fixtures_folder

QUICK = Patience(search=Limits(seconds=60, work=0.005), parts=1, seconds=60)
SHORT = Scenario(warm_up=1, measured=9, diary=30, patience=QUICK)


def test_job_shops_are_solved_checked_and_compared_with_the_best_known(tmp_path, capsys) -> None:
    folder = fixtures_folder("scheduling")
    shutil.copy(folder / "fjsp_best_known.csv", tmp_path)
    for name in ("sfjs01", "sfjs02"):
        shutil.copy(folder / "fattahi" / f"{name}.txt", tmp_path)

    call_command("bench", "fjsp", str(tmp_path), "--json")

    figures = {figure["figure"]: figure for figure in map(json.loads, capsys.readouterr().out.splitlines())}
    assert {name: figure["value"] for name, figure in figures.items()} == {
        "fattahi1 makespan": 66,
        "fattahi2 makespan": 107,
        "at the best known, of 2": 2,
        "proven optimal, of 2": 2,
        "mean gap": 0,
        "largest gap": 0,
    }
    assert figures["fattahi1 makespan"]["goal"] == "<= 66"


@pytest.mark.parametrize("words", [["fjsp"], ["replan", "somewhere"], ["fjsp", "here", "there"]])
def test_a_folder_is_asked_for_where_one_is_needed(words) -> None:
    with pytest.raises(CommandError, match="corsia bench fjsp FOLDER"):
        call_command("bench", *words)


def test_the_days_that_are_re_planned_are_full() -> None:
    for seed in range(3):
        day = day_of(seed)
        ours = sum(step.minutes for step in day.steps)

        assert len(day.visits) == VISITS
        assert 0.75 < ours / (CLOSES * len(day.technicians)) <= 1
        assert any(step.is_begun for step in day.steps)


@pytest.mark.parametrize("name", WAYS)
def test_a_simulated_month_neither_cheats_nor_changes(name) -> None:
    world, again = world_of(3, 1.0, SHORT), world_of(3, 1.0, SHORT)
    workshop = WAYS[name](world)

    month = workshop.month()

    assert world_of(3, 1.0, SHORT).cars == again.cars
    assert WAYS[name](again).month() == month
    finished = [car for car in world.cars if car.done is not None]
    assert all(car.comes and car.done >= (car.wanted if car.arrives is not None else car.called) for car in finished)
    assert all(car.next_work == len(car.works) for car in finished)
    assert all(car.promised >= car.wanted for car in world.cars if car.promised is not None)
    sold = sum(work.minutes for car in world.cars for work in car.works[: car.next_work])
    assert 0 < workshop.invoiced < sold  # what was sold while warming up is not counted
    assert 0 < month.invoiced < 1.3
    assert 0 < month.kept <= 1


def test_our_diary_takes_nobody_twice_and_nobody_who_is_away() -> None:
    world = world_of(4, 1.0, SHORT)
    workshop = WAYS[OURS](world)
    grid, taken = workshop.grid, set()
    for car in world.cars:
        if car.arrives is None:
            workshop.book(car)
            for number, (technician, minute) in enumerate(car.plan):
                first = grid.days[car.promised][0] + minute // GRAIN
                for slot in range(first, first + grid.slots_for(car.works[number].minutes)):
                    for held in (("technician", technician, slot), ("bay", workshop.bay_of[car.number, number], slot)):
                        assert held not in taken
                        taken.add(held)
                assert car.works[number].skill in world.skills[technician]
                assert technician not in world.expected[car.promised]

    assert taken
