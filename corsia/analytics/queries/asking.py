"""Get the numbers of a question from the fewest readings: tallies where they answer it, rows where they do not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _

from corsia.analytics.queries.binding import FEWEST_PEOPLE, Binding, Bound, Question
from corsia.analytics.queries.manifest import Manifest
from corsia.analytics.queries.running import manifest_in_force, run
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
    """

    n: int
    value: float | None
    people: int = 0
    others: int = 0


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
        if is_added_up(metric):
            found = _by_key(sets, self._run(self._binding.tally(), self._added_up(sets), only))
        else:
            alone = statement(metric.parts, sets, with_people=False)
            found = _by_key(sets, self._run(self._binding.rows(), alone, only))
        return self._with_people(found, sets, only) if self._binding.guards_groups else found

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
        if numbers.n < metric.minimum_n:
            return Figure(value=None, n=numbers.n, measure=metric.measure, why=Withheld.FEW)
        return Figure(value=numbers.value, n=numbers.n, measure=metric.measure)

    def _run(self, bound: Bound, sql: str, only: Sequence[str] | None) -> list[tuple[Any, ...]]:
        return run(self._manifest, bound if only is None else bound.narrowed(only), sql)

    def _added_up(self, sets: Sets) -> str:
        parts = self.question.metric.parts
        n = f'sum("{n_of(Counted.of(parts))}")::BIGINT AS n'
        return _select(sets, [n, f"{value_of(parts)} AS value"])

    def _with_people(self, found: Found, sets: Sets, only: Sequence[str] | None) -> Found:
        """Count people: roughly first, and person by person where there might be fewer than five.

        Who is marked by the same number as somebody else goes uncounted, so there are never fewer than the marks say.
        """
        line = self._binding.line
        if line is None:
            raise ValueError("People are counted with their rows.")
        counted = Counted.of(self.question.metric.parts)
        marks = f'COALESCE(bit_count(bit_or("{mask_of(counted)}") FILTER (WHERE is_guarded)), 0)'
        rough = _keyed(sets, self._run(self._binding.tally(), _select(sets, [marks]), only))
        if all(row[0] == 0 or row[0] >= FEWEST_PEOPLE for key, row in rough.items() if key in found):
            # Nobody asks who of five or more it is: more than one of them is somebody else.
            return {key: replace(one, people=rough[key][0], others=rough[key][0]) for key, one in found.items()}
        seat = line.seat(counted)
        mine = int(self._actor.id or 0)
        chosen = f"is_guarded AND (seats & {seat}) <> 0"
        exact = _select(
            sets,
            [
                f"count(DISTINCT agent) FILTER (WHERE {chosen})",
                f"count(DISTINCT agent) FILTER (WHERE {chosen} AND agent <> {mine})",
            ],
        )
        people = _keyed(sets, self._run(self._binding.tally(of_people=True), exact, only))
        nobody = (0, 0)
        return {
            key: replace(one, people=people.get(key, nobody)[0], others=people.get(key, nobody)[1])
            for key, one in found.items()
        }


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
