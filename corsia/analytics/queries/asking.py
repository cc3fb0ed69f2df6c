"""Get the numbers of a question from the fewest readings: tallies where they answer it, rows where they do not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
from django.utils.translation import gettext_lazy as _

from corsia.analytics.queries.binding import FEWEST_PEOPLE, Binding, Bound, Question
from corsia.analytics.queries.manifest import Manifest
from corsia.analytics.queries.running import manifest_in_force, run, run_through
from corsia.analytics.rules.metrics import Sets, columns_of, grouping, statement
from corsia.analytics.rules.tallies import Counted, is_added_up, mask_of, n_of, value_of
from corsia.analytics.vocabulary import Measure, Statistic, Withheld
from corsia.kernel.actors import Actor
from corsia.kernel.errors import Refused


class NotBuiltYet(Refused):
    code = "analytics.not_built_yet"
    message = _("The numbers are being prepared for the first time. Come back in a few minutes.")


@dataclass(frozen=True)
class Figure:
    """One number.

    Attributes:
        value: in the metric's measure, unrounded: seconds, days, points, a share from 0 to 1. None where nothing was
            counted, or where it is not shown.
        n: how many rows it is made of; None where not even that is shown.
        why: why `value` is not shown; "" where it is, or where nothing was counted.
        previous: the figure of the period before, where it was asked for.
    """

    value: float | None
    n: int | None
    measure: Measure
    why: Withheld | str = ""
    previous: "Figure | None" = None

    @property
    def is_hidden(self) -> bool:
        return bool(self.why)

    @property
    def change(self) -> float | None:
        """By what share it grew since the period before: 0.1 is ten percent more."""
        before = self.previous.value if self.previous else None
        if self.value is None or not before:
            return None
        return (self.value - before) / abs(before)


@dataclass(frozen=True)
class Numbers:
    """What comes out of some rows.

    Attributes:
        people, others: how many people's work is in it that no agreement covers, with and without whoever asks.
        populations: of how many the rows are, where one value for several says nothing.
    """

    n: int
    value: float | None
    people: int = 0
    others: int = 0
    populations: int = 1


Key = tuple[Any, ...]  # the values of one grouping's columns
Found = Mapping[Key, Numbers]


class Asking:
    """A question on behalf of somebody."""

    def __init__(self, question: Question, *, actor: Actor, today: date) -> None:
        """Choose the rows.

        Raises:
            NotBuiltYet: there is no warehouse yet.
            NoNumbers, NotFound, NoAgreement, NotADimension: see `binding.Binding`.
        """
        self.question = question
        self._manifest = manifest_or_refuse()
        self._actor = actor
        self._binding = Binding(question, manifest=self._manifest, actor=actor, today=today)

    @property
    def withheld(self) -> bool:
        return self._binding.withheld

    def numbers(self, sets: Sets, *, only: Sequence[str] | None = None) -> Found:
        """Return the numbers of each group of some groupings; groups without rows are not there.

        Args:
            only: the buckets whose rows count; None for all.
        """
        metric, line = self.question.metric, self._binding.line
        if line is None:
            with_people = statement(metric.parts, sets)
            return _by_key(sets, self._run(self._binding.rows(), with_people, only))
        guards = self._binding.guards_groups
        if not is_added_up(metric):
            found = self._from_ladder(sets, only)
            marks = self._keyed(self._binding.tally(), [self._marks()], sets, only) if guards else {}
        else:
            parts = metric.parts
            n = f'sum("{n_of(Counted.of(parts))}")::BIGINT AS n'
            numbers = [n, f"{value_of(parts)} AS value", *([self._marks()] if guards else [])]
            rows = self._keyed(self._binding.tally(), numbers, sets, only)
            found = {key: Numbers(row[0], row[1]) for key, row in rows.items() if row[0]}
            marks = {key: row[2:] for key, row in rows.items()}
        return self._with_people(found, marks, sets, only) if guards else found

    def is_small(self, numbers: Numbers) -> bool:
        """Tell whether a group has somebody besides whoever asks, and fewer than five people, and must not be shown."""
        return self._binding.guards_groups and numbers.others > 0 and numbers.people < FEWEST_PEOPLE

    def shown(self, numbers: Numbers | None) -> Figure:
        """Return a figure, or why it is not shown."""
        metric = self.question.metric
        if numbers is None or not numbers.n:
            empty = 0.0 if metric.statistic in (Statistic.COUNT, Statistic.SUM) else None
            return Figure(value=empty, n=0, measure=metric.measure)
        if self.is_small(numbers):
            return Figure(value=None, n=None, measure=metric.measure, why=Withheld.SMALL_GROUP)
        if numbers.populations > 1:
            return Figure(value=None, n=numbers.n, measure=metric.measure, why=Withheld.SEVERAL)
        if numbers.n < metric.minimum_n:
            return Figure(value=None, n=numbers.n, measure=metric.measure, why=Withheld.FEW)
        return Figure(value=numbers.value, n=numbers.n, measure=metric.measure)

    def _run(self, bound: Bound, sql: str, only: Sequence[str] | None) -> list[tuple[Any, ...]]:
        return run(self._manifest, bound if only is None else bound.narrowed(only), sql)

    def _keyed(
        self, bound: Bound, numbers: Sequence[str], sets: Sets, only: Sequence[str] | None
    ) -> dict[Key, tuple[Any, ...]]:
        return _keyed(sets, self._run(bound, _select(sets, numbers), only))

    def _marks(self) -> str:
        mask = mask_of(Counted.of(self.question.metric.parts))
        return f'COALESCE(bit_count(bit_or("{mask}") FILTER (WHERE is_guarded)), 0)'

    def _with_people(
        self, found: Found, marks: Mapping[Key, tuple[int]], sets: Sets, only: Sequence[str] | None
    ) -> Found:
        """Count people: by their marks first, and person by person where there might be fewer than five.

        Two people may have the same mark, so there are never fewer than there are marks.
        """
        if all(marks[key][0] == 0 or marks[key][0] >= FEWEST_PEOPLE for key in found):
            # Of five people at least four are somebody else than whoever asks.
            return {key: replace(one, people=marks[key][0], others=marks[key][0]) for key, one in found.items()}
        line = self._binding.line
        if line is None:
            raise ValueError("People are counted with their rows.")
        bit = line.bit(Counted.of(self.question.metric.parts))
        theirs = f"is_guarded AND (sets & {bit}) <> 0"
        exact = [
            f"count(DISTINCT agent) FILTER (WHERE {theirs})",
            f"count(DISTINCT agent) FILTER (WHERE {theirs} AND agent <> {int(self._actor.id or 0)})",
        ]
        people = self._keyed(self._binding.tally(of_people=True), exact, sets, only)
        nobody = (0, 0)
        return {
            key: replace(one, people=people.get(key, nobody)[0], others=people.get(key, nobody)[1])
            for key, one in found.items()
        }

    def _from_ladder(self, sets: Sets, only: Sequence[str] | None) -> Found:
        """Find medians and the like: first the rung on which each stands, then its place there."""
        groups: dict[_Group, dict[int, int]] = {}
        by_rung = tuple((*one, "rung") for one in sets)
        for row in self._run(self._binding.rungs(), _select(by_rung, ["sum(n)::BIGINT"]), only):
            told = dict(zip(columns_of(by_rung), row[:-1], strict=True))
            if row[-1]:
                rung = told.pop("rung")
                groups.setdefault(_Group.of(told), {})[rung] = row[-1]
        wanted = []
        for group, rungs in groups.items():
            n, passed = sum(rungs.values()), 0
            is_median = self.question.metric.statistic is Statistic.MEDIAN
            places = ((n - 1) // 2, n // 2) if is_median else ((9 * n + 9) // 10 - 1,)
            for rung in sorted(rungs):
                here = [place - passed for place in places if passed <= place < passed + rungs[rung]]
                passed += rungs[rung]
                if here:
                    wanted.append(_Wanted(group, rung, min(here), max(here)))
        amounts: dict[_Group, list[int]] = {}
        for place, low, high in self._picked(wanted, only):
            amounts.setdefault(wanted[place].group, []).extend((low, high))
        return {
            group.key: Numbers(sum(rungs.values()), (min(amounts[group]) + max(amounts[group])) / 2)
            for group, rungs in groups.items()
        }

    def _picked(self, wanted: Sequence["_Wanted"], only: Sequence[str] | None) -> list[tuple[int, int, int]]:
        """Return the number of each wanted rung and the amounts at its two places."""
        if not wanted:
            return []
        bound = self._binding.amounts(sorted({one.rung for one in wanted}))
        bound = bound if only is None else bound.narrowed(only)
        parameters, columns, joins = list(bound.parameters), [], []
        for number, grouping_columns in enumerate(dict.fromkeys(one.group.columns for one in wanted)):
            rows = [
                (place, one.rung, *one.group.key)
                for place, one in enumerate(wanted)
                if one.group.columns == grouping_columns
            ]
            given = []
            for name, values in zip(("place", "rung", *grouping_columns), zip(*rows, strict=True), strict=True):
                parameters.append(list(values))
                given.append(f"unnest(${len(parameters)}::{_TYPES.get(name, 'BIGINT')}[]) AS {name}")
            on = " AND ".join(f"b.{name} = w{number}.{name}" for name in (*grouping_columns, "rung"))
            joins.append(f"LEFT JOIN (SELECT {', '.join(given)}) w{number} ON {on}")
            columns.append(f"COALESCE(w{number}.place, -1)::INTEGER AS w{number}")
        sql = f"SELECT b.amount, {', '.join(columns)} FROM bound b {' '.join(joins)}"
        places = tuple((one.low, one.high) for one in wanted)
        found = run_through(
            self._manifest,
            Bound(sql=bound.sql, parameters=parameters),
            sql,
            through=lambda table: _at(table, places),
            told=places,
        )
        return [(int(place), int(low), int(high)) for place, low, high in found]


def _at(table: Mapping[str, Any], places: Sequence[tuple[int, int]]) -> list[tuple[Any, ...]]:
    """Return which amounts stand at two places of each list, if the lists were in order."""
    found: list[tuple[Any, ...]] = []
    for name, column in table.items():
        if name == "amount":
            continue
        for place in sorted({int(one) for one in np.unique(column)} - {-1}):
            low, high = places[place]
            ordered = np.partition(table["amount"][column == place], (low, high))
            found.append((place, int(ordered[low]), int(ordered[high])))
    return found


@dataclass(frozen=True)
class _Group:
    """One group of a grouping: its columns and their values."""

    columns: tuple[str, ...]
    key: Key

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> "_Group":
        known = {name: value for name, value in told.items() if value is not None}
        return cls(tuple(known), tuple(known.values()))


@dataclass(frozen=True)
class _Wanted:
    """Two places on a group's rung, from zero, at which the amounts are wanted."""

    group: _Group
    rung: int
    low: int
    high: int


_TYPES = {"span": "BOOLEAN", "step": "DATE", "bucket": "VARCHAR", "other": "VARCHAR"}


def manifest_or_refuse() -> Manifest:
    """Return what the warehouse consists of.

    Raises:
        NotBuiltYet: there is no warehouse yet.
    """
    manifest = manifest_in_force()
    if manifest is None:
        raise NotBuiltYet
    return manifest


def _select(sets: Sets, numbers: Sequence[str]) -> str:
    columns = ", ".join([*columns_of(sets), *numbers])
    return f"SELECT {columns} FROM bound {grouping(sets)}"


def _keyed(sets: Sets, rows: Sequence[tuple[Any, ...]]) -> dict[Key, tuple[Any, ...]]:
    """Return what stands behind the groups of each row. No group is called null: that is a column not grouped by."""
    width = len(columns_of(sets))
    return {tuple(one for one in row[:width] if one is not None): row[width:] for row in rows}


def _by_key(sets: Sets, rows: Sequence[tuple[Any, ...]]) -> Found:
    return {key: Numbers(*row) for key, row in _keyed(sets, rows).items() if row[0]}
