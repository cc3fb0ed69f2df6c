"""A job and a package as they are written down: what they may say, and what one says differently from another."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from decimal import Decimal

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from corsia.vehicles.vocabulary import Fuel
from corsia.workshop.vocabulary import BayKind, JobGroup

HIGHEST_CENTS = 100_000_000
HIGHEST_LEVEL = 3  # see PersonSkill
LONGEST_MINUTES = 6000
MOST_STEPS = 20
MOST_PARTS = 60
MOST_FITS = 60
MOST_QUANTITY = Decimal(100_000)


class Problem(TextChoices):
    """Why a job or a package cannot be kept as it is written."""

    CODE = "code", _("It needs a code of at most 20 signs.")
    NAME = "name", _("It needs an Italian name.")
    GROUP = "group", _("The group of the job is not one of ours.")
    PRICE = "price", _("The price is no amount between 0 and 1,000,000 euro.")
    NO_STEP = "no_step", _("It needs at least one step: who works on it, where, for how long.")
    STEPS = "steps", _("It has too many steps, parts or vehicles.")
    SKILL = "skill", _("A step asks for a skill that nobody has defined.")
    LEVEL = "level", _("The level of a skill is a number from 1 to 3.")
    BAY = "bay", _("A step asks for a kind of bay that we do not have.")
    MINUTES = "minutes", _("The standard time of a step is between 1 and 6,000 minutes.")
    PART = "part", _("A part needs a code, a name and a quantity above zero.")
    PART_TWICE = "part_twice", _("The same part stands there twice. Write it once, with the whole quantity.")
    FIT_TWICE = "fit_twice", _("The same vehicle stands there twice.")
    FUEL = "fuel", _("This is not a fuel that we know.")
    NO_JOB = "no_job", _("A package holds at least one job of this catalogue.")


@dataclass(frozen=True, kw_only=True)
class StepData:
    """A step: the key of the skill, "" for any technician, its least level, the kind of bay, standard minutes."""

    skill: str
    level: int
    bay_kind: str
    minutes: int


@dataclass(frozen=True, kw_only=True)
class PartData:
    """A part with the price of one in cents, VAT included."""

    code: str
    name: str
    quantity: Decimal
    price_cents: int


@dataclass(frozen=True, kw_only=True)
class FitData:
    """A vehicle that a job is for; blank means any."""

    make: str = ""
    model: str = ""
    fuel: str = ""


@dataclass(frozen=True, kw_only=True)
class JobData:
    """A job with all that belongs to it; `price_cents` is labour, VAT included."""

    code: str
    name_it: str
    name_en: str
    group: str
    price_cents: int
    is_online: bool = False
    is_active: bool = True
    steps: tuple[StepData, ...] = ()
    parts: tuple[PartData, ...] = ()
    fits: tuple[FitData, ...] = ()

    @property
    def minutes(self) -> int:
        return sum(step.minutes for step in self.steps)


@dataclass(frozen=True, kw_only=True)
class PackageData:
    """A package; `price_cents` None: the sum of its jobs. Jobs are given by their codes, in order."""

    code: str
    name_it: str
    name_en: str
    price_cents: int | None
    is_online: bool = False
    is_active: bool = True
    jobs: tuple[str, ...] = ()


# What a visit agreed on; a change of the rest leaves visits as they are.
AGREED = ("name_it", "name_en", "steps", "parts")

LABELS = {
    "code": _("Code"),
    "name_it": _("Italian name"),
    "name_en": _("English name"),
    "group": pgettext_lazy("jobs", "Group"),
    "price_cents": _("Price"),
    "is_online": _("Bookable on the web"),
    "is_active": pgettext_lazy("job", "In use"),
    "steps": _("Steps"),
    "parts": pgettext_lazy("workshop", "Parts"),
    "fits": _("Vehicles"),
    "jobs": pgettext_lazy("package", "Jobs"),
    "name": _("Name"),
    "on_hand": _("On hand"),
    "order_days": _("Days when ordered"),
}


def problem_of_job(data: JobData, *, skills: frozenset[str]) -> Problem | None:
    """Return the first thing that is wrong with a job, None where it can be kept."""
    return next(_problems_of_job(data, skills), None)


def problem_of_package(data: PackageData) -> Problem | None:
    """Return the first thing that is wrong with a package, None where it can be kept."""
    if (named := _named(data)) is not None:
        return named
    if data.price_cents is not None and not 0 <= data.price_cents <= HIGHEST_CENTS:
        return Problem.PRICE
    return None if data.jobs else Problem.NO_JOB


def differences(before: object, after: object) -> dict[str, tuple[object, object]]:
    """Return what two of a kind say differently: the field to what it was and what it is."""
    return {
        field.name: (was, now)
        for field in fields(after)  # type: ignore[arg-type]
        if (was := getattr(before, field.name)) != (now := getattr(after, field.name))
    }


def _problems_of_job(data: JobData, skills: frozenset[str]) -> Iterator[Problem]:
    if (named := _named(data)) is not None:
        yield named
    if data.group not in JobGroup.values:
        yield Problem.GROUP
    if not 0 <= data.price_cents <= HIGHEST_CENTS:
        yield Problem.PRICE
    if not data.steps:
        yield Problem.NO_STEP
    if len(data.steps) > MOST_STEPS or len(data.parts) > MOST_PARTS or len(data.fits) > MOST_FITS:
        yield Problem.STEPS
    yield from _problems_of_steps(data, skills)
    yield from _problems_of_parts(data)
    if any(fit.fuel and fit.fuel not in Fuel.values for fit in data.fits):
        yield Problem.FUEL
    if len(set(data.fits)) < len(data.fits):
        yield Problem.FIT_TWICE


def _problems_of_steps(data: JobData, skills: frozenset[str]) -> Iterator[Problem]:
    for step in data.steps:
        if step.skill and step.skill not in skills:
            yield Problem.SKILL
        if not 1 <= step.level <= HIGHEST_LEVEL:
            yield Problem.LEVEL
        if step.bay_kind not in BayKind.values:
            yield Problem.BAY
        if not 1 <= step.minutes <= LONGEST_MINUTES:
            yield Problem.MINUTES


def _problems_of_parts(data: JobData) -> Iterator[Problem]:
    for part in data.parts:
        if not part.code or not part.name or not 0 < part.quantity < MOST_QUANTITY:
            yield Problem.PART
        if not 0 <= part.price_cents <= HIGHEST_CENTS:
            yield Problem.PRICE
    if len({part.code for part in data.parts}) < len(data.parts):
        yield Problem.PART_TWICE


def _named(data: JobData | PackageData) -> Problem | None:
    if not data.code or len(data.code) > 20:
        return Problem.CODE
    return None if data.name_it else Problem.NAME
