"""THE place where it is decided which rows a person's question may count, and what of the answer they may see.

Everything that reads the warehouse for somebody goes through `Binding`. It fails closed: without a person, or without a
unit in which they may see numbers, there is no answer.

- **Units.** Rows of the units in which the person holds the right to see numbers, narrowed to the unit they chose and
  everything below it. Totals are totals of those rows.
- **Single persons** (reliability I7). Figures of a person are shown to themselves, and to others only for rows of units
  in which an agreement with the staff holds that day.
- **Small groups.** Where a metric says how people work and no agreement holds, a group of fewer than five people is not
  shown: its figure would be almost that of one person.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from corsia.analytics.queries.manifest import Manifest, Part
from corsia.analytics.queries.narrowing import (
    Filters,
    Statement,
    between,
    bucket_of,
    day_literal,
    filter_of,
    visible_units,
    within,
)
from corsia.analytics.queries.sources import rows_of, tallied_of
from corsia.analytics.rules.grains import spans
from corsia.analytics.rules.metrics import BOUND, Metric
from corsia.analytics.rules.periods import Period, start_of
from corsia.analytics.rules.tallies import Counted, Line, line_for, n_of
from corsia.analytics.vocabulary import Dimension, Step
from corsia.kernel.actors import Actor
from corsia.kernel.datasets import datasets
from corsia.kernel.errors import Invalid, Refused
from corsia.kernel.held import once
from corsia.organisation.queries.agreements import units_under_agreement

FEWEST_PEOPLE = 5
BEFORE = date(1, 1, 1)  # the step of rows of the period before


class NoAgreement(Refused):
    code = "analytics.no_agreement"
    message = _(
        "Figures of single persons need an agreement with the staff (Art. 4, law 300/1970) that holds for their unit. "
        "An administrator records it under Organisation, Agreements. Your own figures you always see."
    )


class NotADimension(Invalid):
    code = "analytics.not_a_dimension"
    message = _("“%(metric)s” cannot be told apart by “%(dimension)s”. Choose one of those offered.")


@dataclass(frozen=True)
class Bound:
    """Rows that may be counted, as SQL that defines the table `bound`."""

    sql: str
    parameters: Sequence[Any]

    def narrowed(self, buckets: Sequence[str]) -> "Bound":
        """Return the rows of some buckets alone."""
        every = self.sql.replace(f"{BOUND} AS (", "every AS (", 1)
        named = f"${len(self.parameters) + 1}::VARCHAR[]"
        chosen = f"{BOUND} AS (SELECT * FROM every WHERE bucket IN (SELECT unnest({named})))"
        return Bound(sql=f"{every}, {chosen}", parameters=[*self.parameters, sorted(buckets)])


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is asked of a metric, before it is known whose rows it may count.

    Attributes:
        by, other: what `bucket` and `other` hold.
        step: what `step` holds; of a stock, `ends` are the days at whose beginning it is counted.
        compares: rows of the period before are there too; their `span` is false and their `step` is BEFORE.
    """

    metric: Metric
    period: Period
    filters: Filters
    by: Dimension | None = None
    other: Dimension | None = None
    step: Step | None = None
    ends: Sequence[date] = ()
    compares: bool = False

    @property
    def first(self) -> date:
        return self.period.before.first if self.compares else self.period.first

    @property
    def dimensions(self) -> list[Dimension]:
        return [*self.filters.values, *(one for one in (self.by, self.other) if one)]

    @property
    def counted_on(self) -> list[date]:
        """Of a stock: the days at whose beginning it is counted."""
        return [*(self.ends or [self.period.end]), *([self.period.first] if self.compares else [])]

    @property
    def cuts(self) -> list[date]:
        """Days before which and from which rows must be told apart."""
        if self.metric.is_stock:
            return self.counted_on
        return [self.first, self.period.first, self.period.end]


class Binding:
    """The rows of a question that somebody may count, read one by one or as they were counted beforehand."""

    def __init__(self, question: Question, *, manifest: Manifest, actor: Actor, today: date) -> None:
        """Decide whose rows they are.

        Raises:
            NoNumbers: the actor may see no numbers here.
            NotFound: the chosen unit is not among theirs.
            NoAgreement: the question names other persons, and no agreement holds.
            NotADimension: the metric does not know a dimension.
        """
        metric, filters = question.metric, question.filters
        self._question, self._manifest, self._actor = question, manifest, actor
        self._units = visible_units(actor, filters, own_only=_asks_only_oneself(metric, filters, actor))
        agreed = once(("analytics.agreed", today), lambda: units_under_agreement(today=today))
        self._covered = agreed & self._units
        for dimension in question.dimensions:
            if dimension not in metric.dimensions:
                raise NotADimension(metric=str(metric.name), dimension=str(Dimension(dimension).label))
        others = [one for one in filters.values.get(Dimension.AGENT, ()) if one != actor.id]
        if others and not self._covered:
            raise NoAgreement
        self._dataset = next(one for one in datasets() if one.name == metric.dataset)
        self._is_per_person = Dimension.AGENT in question.dimensions
        is_partly = self._covered != self._units
        tells_people = question.by is Dimension.AGENT or question.other is Dimension.AGENT or bool(others)
        self._withheld = self._is_per_person and is_partly and tells_people
        self._is_exposed = bool(metric.source.agent) and metric.about_staff and is_partly
        self._guards_groups = self._is_exposed and not self._is_per_person
        self.line = line_for(metric, question.dimensions)

    @property
    def withheld(self) -> bool:
        """Rows of other people's were left out for want of an agreement."""
        return self._withheld

    @property
    def guards_groups(self) -> bool:
        """Groups of fewer than five people must not be shown."""
        return self._guards_groups

    def rows(self) -> Bound:
        """Return the rows one by one."""
        question, metric, sql = self._question, self._question.metric, Statement()
        covered, agent = self._covered, metric.source.agent
        columns = ["d.*", *self._told(sql), "s.as_of" if metric.is_stock else f"{self._as_of()} AS as_of"]
        if self._is_exposed:
            exposed = f"CASE WHEN NOT {within(covered)} THEN d.{agent} END" if covered else f"d.{agent}"
            columns += [f"{exposed} AS exposed", f"NULLIF({exposed}, {sql.take(self._actor.id)}::BIGINT) AS"]
            columns[-1] += " exposed_others"
        else:
            columns += ["NULL::BIGINT AS exposed", "NULL::BIGINT AS exposed_others"]
        wheres: list[str] = []
        source = f"{rows_of(self._dataset, self._files())} d"
        if metric.is_stock:
            # What was closed before the first of these days goes first: the join then sees hardly more than is open.
            is_there = f"COALESCE(closed_on, DATE '9999-12-31') >= {sql.take(min(question.counted_on))}"
            source = (
                f"(SELECT * FROM {source} WHERE {is_there}) d"
                f" JOIN (SELECT unnest({sql.take(question.counted_on)}::DATE[]) AS as_of) s"
                " ON d.opened_on < s.as_of AND COALESCE(d.closed_on, DATE '9999-12-31') >= s.as_of"
            )
        else:
            wheres.append(between(question.first, question.period.end, metric.day))
        wheres += self._allowed(sql)
        if self._is_per_person:
            wheres.append(f"({within(covered)} OR d.{agent} = {sql.take(self._actor.id)}::BIGINT)")
        text = f"SELECT {', '.join(columns)} FROM {source} WHERE {' AND '.join(wheres)}"
        return Bound(sql=f"{BOUND} AS ({text})", parameters=sql.parameters)

    def tally(self, *, of_people: bool = False) -> Bound:
        """Return the rows as they were counted beforehand; only where there is a `line`.

        Args:
            of_people: one row for each person rather than for all.
        """
        question, line, sql = self._question, self._line, Statement()
        is_guarded = f"NOT {within(self._covered)}" if self._covered else "TRUE"
        columns = ["d.*", *self._told(sql, day="day"), f"{is_guarded} AS is_guarded"]
        source = self._counted(line.kind(of_people=of_people))
        text = f"SELECT {', '.join(columns)} FROM {source} d WHERE {' AND '.join(self._allowed(sql))}"
        if line.is_stock:
            # Comings and goings are added up by day first, then until each of the days at which there is a stock.
            n = n_of(Counted.of(question.metric.parts))
            moved = f'SELECT day, bucket, other, sum("{n}")::BIGINT AS "{n}" FROM ({text}) AS t GROUP BY ALL'
            ends = f"SELECT unnest({sql.take(question.counted_on)}::DATE[]) AS as_of"
            text = (
                f'SELECT m.bucket, m.other, m."{n}", s.as_of AS step, s.as_of AS as_of, FALSE AS is_guarded'
                f" FROM ({moved}) m JOIN ({ends}) s ON m.day < s.as_of"
            )
        return Bound(sql=f"{BOUND} AS ({text})", parameters=sql.parameters)

    def rungs(self) -> Bound:
        """Return how many amounts there are on each rung, as `n`."""
        metric, line, sql = self._question.metric, self._line, Statement()
        counted = Counted.of(metric.parts)
        n, has = f'"{n_of(counted)}"', f"(sets & {line.bit(counted)}) <> 0"
        # A month's file has their number, a day's file the amounts themselves.
        source = self._counted(line.kind(ladder=metric.parts.amount), more=f"COALESCE({n}, ({has})::BIGINT) AS n")
        wheres = ["d.n > 0", *self._allowed(sql)]
        rows = f"SELECT {', '.join(['d.day', 'd.rung', 'd.n', *self._buckets(sql)])}"
        rows += f" FROM {source} d WHERE {' AND '.join(wheres)}"
        # Days first: there are few of them, and what they belong to is then said once and not for every row.
        by_day = f"SELECT day, rung, bucket, other, sum(n)::BIGINT AS n FROM ({rows}) AS r GROUP BY ALL"
        text = f"SELECT d.rung, d.n, d.bucket, d.other, {', '.join(self._when('day'))} FROM ({by_day}) d"
        return Bound(sql=f"{BOUND} AS ({text})", parameters=sql.parameters)

    def amounts(self, rungs: Sequence[int]) -> Bound:
        """Return the amounts on some rungs."""
        question, line, sql = self._question, self._line, Statement()
        listed = ", ".join(str(int(rung)) for rung in rungs)
        wheres = [
            f"d.kind = {line.kind(ladder=question.metric.parts.amount)} AND d.rung IN ({listed})",
            f"(d.sets & {line.bit(Counted.of(question.metric.parts))}) <> 0",
            between(question.first, question.period.end),
            *self._allowed(sql),
        ]
        columns = ["d.rung", "d.amount", *self._told(sql, day="day")]
        source = tallied_of(line.dataset, [part.days for part in self._files()])
        text = f"SELECT {', '.join(columns)} FROM {source} d WHERE {' AND '.join(wheres)}"
        return Bound(sql=f"{BOUND} AS ({text})", parameters=sql.parameters)

    @property
    def _line(self) -> Line:
        if self.line is None:
            question = self._question
            raise ValueError(f"{question.metric.key} is not counted beforehand by {question.dimensions}.")
        return self.line

    def _told(self, sql: "Statement", day: str = "") -> list[str]:
        """Return what rows are told apart by."""
        return [*self._buckets(sql), *self._when(day or self._question.metric.day, is_tally=bool(day))]

    def _buckets(self, sql: "Statement") -> list[str]:
        question = self._question
        return [
            f"{bucket_of(sql, question.metric, dimension, question.filters, self._units)} AS {name}"
            for name, dimension in (("bucket", question.by), ("other", question.other))
        ]

    def _when(self, day: str, *, is_tally: bool = True) -> list[str]:
        question = self._question
        if question.metric.is_stock:
            return ["TRUE AS span", f"{'NULL::DATE' if is_tally else 's.as_of'} AS step"]
        is_now = f"d.{day} >= {day_literal(question.period.first)}"
        step = f"date_trunc('{Step(question.step).value}', d.{day})::DATE" if question.step else "NULL::DATE"
        if question.compares and question.step:
            step = f"CASE WHEN {is_now} THEN {step} ELSE {day_literal(BEFORE)} END"
        return [f"{is_now if question.compares else 'TRUE'} AS span", f"{step} AS step"]

    def _as_of(self) -> str:
        question = self._question
        end = day_literal(question.period.end)
        if not question.compares:
            return end
        first = question.period.first
        return f"CASE WHEN d.{question.metric.day} >= {day_literal(first)} THEN {end} ELSE {day_literal(first)} END"

    def _allowed(self, sql: "Statement") -> list[str]:
        filters = self._question.filters.values.items()
        return [within(self._units), *(filter_of(sql, self._question.metric, name, values) for name, values in filters)]

    def _files(self, first: date | None = None, end: date | None = None) -> list[Part]:
        """Return the months that can hold rows of some days, or else of the question: nothing ends before it begins."""
        shelf = self._manifest.shelves.get(self._dataset.name)
        if shelf is None:
            return []
        question, metric = self._question, self._question.metric
        is_by_files = metric.day == self._dataset.day and not metric.is_stock
        since, until = first or question.first, (end - timedelta(days=1)) if end else question.period.last
        is_of_days = end is not None or not metric.is_stock  # not what was there all the time
        found = []
        for month, part in shelf.parts.items():
            begins = date.fromisoformat(f"{month}-01")
            is_over = is_of_days and part.last and date.fromisoformat(part.last) < since
            if begins <= until and not is_over and (not is_by_files or begins >= start_of(since, Step.MONTH)):
                found.append(part)
        return found

    def _counted(self, kind: int, more: str = "") -> str:
        """Return the rows of a kind within the question's days, from what was counted in the largest pieces."""
        question, is_stock = self._question, self._question.metric.is_stock
        covered = spans(
            date.min if is_stock else question.first,
            max(question.counted_on) if is_stock else question.period.end,
            cuts=question.cuts,
            coarsest=Step.MONTH if is_stock or question.step is None else Step(question.step),
        )
        columns = ", ".join(["*", *([more] if more else [])])
        selects = []
        for span in covered:
            # One SELECT for each span: of alternatives in one condition DuckDB would read every row.
            files = [part.counted_by(span.grain) for part in self._files(span.first, span.end)]
            days = f"d.kind = {kind} AND {between(span.first, span.end)}"
            selects.append(f"SELECT {columns} FROM {tallied_of(self._dataset.name, files)} d WHERE {days}")
        return f"({' UNION ALL '.join(selects)})"


def _asks_only_oneself(metric: Metric, filters: Filters, actor: Actor) -> bool:
    asked = filters.values.get(Dimension.AGENT)
    return bool(metric.is_of_people and asked and all(one == actor.id for one in asked))
