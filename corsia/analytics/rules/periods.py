"""Periods of whole days, half-open, and the steps of a trend within them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from corsia.analytics.vocabulary import Step


@dataclass(frozen=True)
class Period:
    """Whole days of the units' own calendars, from `first` until the day before `end`.

    Raises:
        ValueError: it has no day.
    """

    first: date
    end: date

    def __post_init__(self) -> None:
        if self.end <= self.first:
            raise ValueError(f"A period needs a day: {self.first} to {self.end}.")

    @classmethod
    def month(cls, year: int, month: int) -> "Period":
        """Return a calendar month."""
        first = date(year, month, 1)
        return cls(first, _months_after(first, 1))

    @classmethod
    def last_days(cls, days: int, *, until: date) -> "Period":
        """Return the last `days` days, `until` being the last of them."""
        end = until + timedelta(days=1)
        return cls(end - timedelta(days=days), end)

    @property
    def days(self) -> int:
        return (self.end - self.first).days

    @property
    def last(self) -> date:
        return self.end - timedelta(days=1)

    @property
    def before(self) -> "Period":
        """The period before: as many whole months where it is made of whole months, else as many days."""
        if self.first.day == 1 and self.end.day == 1:
            months = (self.end.year - self.first.year) * 12 + self.end.month - self.first.month
            return Period(_months_after(self.first, -months), self.first)
        return Period(self.first - timedelta(days=self.days), self.first)

    @property
    def year_before(self) -> "Period":
        """The same days of the year before."""
        return Period(_months_after(self.first, -12), _months_after(self.end, -12))

    @property
    def step(self) -> Step:
        """The step in which its trend is read best: at most some forty of them."""
        if self.days <= 35:
            return Step.DAY
        return Step.WEEK if self.days <= 210 else Step.MONTH


def steps_of(period: Period, step: Step) -> Iterator[Period]:
    """Yield the steps that a period touches; the first and the last are cut at its ends."""
    here = period.first
    while here < period.end:
        after = min(next_start(here, step), period.end)
        yield Period(here, after)
        here = after


def start_of(day: date, step: Step) -> date:
    """Return the first day of the step a day is in; weeks begin on Monday."""
    if step is Step.DAY:
        return day
    return day - timedelta(days=day.weekday()) if step is Step.WEEK else day.replace(day=1)


def next_start(day: date, step: Step) -> date:
    """Return the first day of the step after the one a day is in."""
    start = start_of(day, step)
    if step is Step.MONTH:
        return _months_after(start, 1)
    return start + timedelta(days=1 if step is Step.DAY else 7)


def _months_after(day: date, months: int) -> date:
    count = day.year * 12 + day.month - 1 + months
    year, month = divmod(count, 12)
    first_of_next = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    last = (first_of_next - timedelta(days=1)).day
    return date(year, month + 1, min(day.day, last))
