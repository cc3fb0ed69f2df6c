"""What customers may do by themselves: which work fits their vehicle or answers a due, until when they may change."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from corsia.vehicles.vocabulary import DueKind
from corsia.workshop.vocabulary import JobGroup

WORK_FOR = {
    DueKind.SERVICE: JobGroup.SERVICE,
    DueKind.INSPECTION: JobGroup.INSPECTION,
    DueKind.TYRES: JobGroup.TYRES,
    DueKind.RECALL: JobGroup.RECALL,
}  # the end of a warranty asks for no work
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True, kw_only=True)
class Car:
    """What is known of a vehicle; blank where nothing is."""

    make: str = ""
    model: str = ""
    fuel: str = ""

    @property
    def is_known(self) -> bool:
        return bool(self.make or self.model or self.fuel)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A job or a package that may answer a due."""

    id: int
    is_package: bool
    code: str
    groups: frozenset[str]  # of its jobs


def may_be_for(wanted: Car, car: Car) -> bool:
    """Tell whether work for certain vehicles may be for this one: what nobody knows excludes nothing."""
    pairs = ((wanted.make, car.make), (wanted.model, car.model), (wanted.fuel, car.fuel))
    return all(not asked or not has or asked.casefold() == has.casefold() for asked, has in pairs)


def answer_to(kind: str, *, km: int | None, among: Sequence[Answer]) -> Answer | None:
    """Return what to propose for a due: the package whose number names the kilometres or divides them, else the first.

    Args:
        km: at which the due comes; None where it is no matter of kilometres.
        among: in the order of the catalogue; packages are preferred to single jobs.
    """
    group = WORK_FOR.get(DueKind(kind))
    fitting = [one for one in among if group is not None and group in one.groups]
    thousands = round(km / 1000) if km else 0

    def rank(one: Answer) -> tuple[int, bool]:
        named = [int(number) for number in _NUMBER.findall(one.code)]
        dividing = [number for number in named if thousands and number and thousands % number == 0]
        return (-max(dividing, default=0), not one.is_package)

    return min(fitting, key=rank, default=None)


def earliest_start(*, now: datetime, notice_hours: int) -> datetime:
    """Return from when customers may book by themselves."""
    return now + timedelta(hours=notice_hours)


def may_change(*, drop_off_at: datetime, now: datetime, notice_hours: int) -> bool:
    """Tell whether a customer may still move or cancel by themselves."""
    return now + timedelta(hours=notice_hours) <= drop_off_at
