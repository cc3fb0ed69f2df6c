"""The catalogue as booking reads it: what may be chosen for a vehicle, and what a choice takes and costs."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Prefetch, Q
from django.utils.translation import gettext_lazy as _

from corsia.kernel.errors import Invalid, NotFound
from corsia.vehicles.models import Vehicle
from corsia.workshop.models import Job, JobFit, JobPart, JobStep, Package, PackageJob
from corsia.workshop.rules.pricing import cents_of_parts, shares

MOST_JOBS = 12  # of one visit


class NothingChosen(Invalid):
    code = "workshop.nothing_chosen"
    message = _("Choose at least one job or a package.")


class TooManyJobs(Invalid):
    code = "workshop.too_many_jobs"
    message = _("A visit takes at most %(most)s jobs. Leave some out and book a second visit.")


@dataclass(frozen=True, kw_only=True)
class Line:
    """A job of a visit: its steps in order, the parts it takes, and its price with them, in cents."""

    job: Job
    package_id: int | None
    steps: tuple[JobStep, ...]
    price_cents: int
    parts: tuple[tuple[str, Decimal], ...] = ()  # code and quantity


@dataclass(frozen=True, kw_only=True)
class Bundle:
    """What a visit is for, in the order in which it is done."""

    lines: tuple[Line, ...]

    @property
    def price_cents(self) -> int:
        return sum(line.price_cents for line in self.lines)

    @property
    def minutes(self) -> int:
        return sum(step.minutes for line in self.lines for step in line.steps)

    @property
    def parts(self) -> dict[str, Decimal]:
        """Return how many of each part it takes, by code."""
        found: dict[str, Decimal] = defaultdict(Decimal)
        for line in self.lines:
            for code, quantity in line.parts:
                found[code] += quantity
        return dict(found)


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A job or a package that may be chosen."""

    row: Job | Package
    minutes: int
    price_cents: int
    jobs: tuple[Job, ...]  # of a package


def bundle(*, job_ids: Sequence[int], package_id: int | None = None) -> Bundle:
    """Return what these jobs and this package take, the package first. Three statements, four with a package.

    Raises:
        NothingChosen, TooManyJobs: so much is no visit.
        NotFound: a job or the package is not in the catalogue, or no longer used.
    """
    package = None
    in_package: list[int] = []
    if package_id is not None:
        package = Package.objects.filter(is_active=True).prefetch_related(_of_package()).filter(pk=package_id).first()
        if package is None:
            raise NotFound(kind=Package._meta.label)
        in_package = [row.job_id for row in package.jobs.all()]
    wanted = list(dict.fromkeys([*in_package, *job_ids]))
    if not wanted:
        raise NothingChosen
    if len(wanted) > MOST_JOBS:
        raise TooManyJobs(most=MOST_JOBS)
    found = {job.pk: job for job in Job.objects.filter(pk__in=wanted, is_active=True)}
    if len(found) != len(wanted):
        raise NotFound(kind=Job._meta.label)
    steps, parts = _steps_of(wanted), parts_of(wanted)
    prices = {pk: found[pk].price_cents + cents_of_parts(_priced(parts[pk])) for pk in wanted}
    if package is not None and package.price_cents is not None:
        prices |= zip(in_package, shares(package.price_cents, [prices[pk] for pk in in_package]), strict=True)
    return Bundle(
        lines=tuple(
            Line(
                job=found[pk],
                package_id=package_id if pk in in_package else None,
                steps=tuple(steps[pk]),
                price_cents=prices[pk],
                parts=tuple((code, quantity) for code, quantity, _cents in parts[pk]),
            )
            for pk in wanted
        )
    )


def choices(
    *, text: str = "", group: str = "", vehicle: Vehicle | None = None, only_online: bool = False, limit: int = 60
) -> tuple[list[Choice], list[Choice]]:
    """Return the packages and the jobs that may be chosen for a vehicle, by code."""
    jobs = Job.objects.filter(is_active=True).filter(steps__isnull=False).distinct()
    packages = Package.objects.filter(is_active=True)
    if only_online:
        jobs, packages = jobs.filter(is_online=True), packages.filter(is_online=True)
    for word in text.split()[:6]:
        named = Q(name_it__icontains=word) | Q(name_en__icontains=word) | Q(code__istartswith=word)
        jobs, packages = jobs.filter(named), packages.filter(named)
    if group:
        jobs, packages = jobs.filter(group=group), packages.filter(jobs__job__group=group).distinct()
    shown = list(packages.prefetch_related(_of_package()).order_by("code")[:limit])
    listed = list(jobs.order_by("group", "code")[: limit * 2])
    inside = {row.job_id for package in shown for row in package.jobs.all()}
    every = [*inside, *(job.pk for job in listed)]
    fits, steps, parts = _fits_of(every), _steps_of(every), parts_of(every)

    def is_for(job_id: int) -> bool:
        return vehicle is None or not fits[job_id] or any(fit_is(one, vehicle) for one in fits[job_id])

    def priced(job: Job) -> int:
        return job.price_cents + cents_of_parts(_priced(parts[job.pk]))

    return (
        [
            Choice(
                row=package,
                minutes=sum(step.minutes for job in jobs_ for step in steps[job.pk]),
                price_cents=sum(map(priced, jobs_)) if package.price_cents is None else package.price_cents,
                jobs=jobs_,
            )
            for package in shown
            if (jobs_ := tuple(row.job for row in package.jobs.all())) and all(is_for(job.pk) for job in jobs_)
        ],
        [
            Choice(row=job, minutes=sum(step.minutes for step in steps[job.pk]), price_cents=priced(job), jobs=())
            for job in listed
            if is_for(job.pk)
        ][:limit],
    )


def fit_is(fit: JobFit, vehicle: Vehicle) -> bool:
    """Tell whether a vehicle is one that a job is for; blank means any, capitals do not matter."""
    pairs = ((fit.make, vehicle.make), (fit.model, vehicle.model), (fit.fuel, vehicle.fuel))
    return all(not wanted or wanted.casefold() == has.casefold() for wanted, has in pairs)


def parts_of(job_ids: Iterable[int]) -> dict[int, list[tuple[str, Decimal, int]]]:
    """Return the parts of jobs: code, quantity, and price of one in cents."""
    found: dict[int, list[tuple[str, Decimal, int]]] = defaultdict(list)
    rows = JobPart.objects.filter(job_id__in=set(job_ids)).order_by("job", "code")
    for job_id, code, quantity, cents in rows.values_list("job_id", "code", "quantity", "price_cents"):
        found[job_id].append((code, quantity, cents))
    return found


def _priced(parts: Iterable[tuple[str, Decimal, int]]) -> list[tuple[Decimal, int]]:
    return [(quantity, cents) for _code, quantity, cents in parts]


def _of_package() -> "Prefetch[str]":
    return Prefetch("jobs", PackageJob.objects.select_related("job").order_by("position"))


def _steps_of(job_ids: Iterable[int]) -> dict[int, list[JobStep]]:
    found: dict[int, list[JobStep]] = defaultdict(list)
    for step in JobStep.objects.filter(job_id__in=set(job_ids)).select_related("skill").order_by("job", "position"):
        found[step.job_id].append(step)
    return found


def _fits_of(job_ids: Iterable[int]) -> dict[int, list[JobFit]]:
    found: dict[int, list[JobFit]] = defaultdict(list)
    for fit in JobFit.objects.filter(job_id__in=set(job_ids)):
        found[fit.job_id].append(fit)
    return found
