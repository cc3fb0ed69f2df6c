"""The catalogue as managers keep it: jobs and packages as they are written down, and standard times beside measured."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

from corsia.kernel.statements import Statement
from corsia.organisation.models import Skill
from corsia.organisation.queries import tree
from corsia.workshop.models import Job, JobFit, JobPart, JobStep, Package, PackageJob
from corsia.workshop.rules.catalogue import FitData, JobData, PackageData, PartData, StepData
from corsia.workshop.rules.pricing import cents_of_parts
from corsia.workshop.vocabulary import JobGroup

MEASURED_FOR = timedelta(days=365)
MEASURED_FROM = 5  # works that say something about a standard time
LISTED = 400
_MEASURED = Statement(
    sql="""
    WITH done AS (
        SELECT COALESCE(j.replaced_by_id, j.id) AS job_id, l.id,
               EXTRACT(EPOCH FROM sum(c.ended_at - c.started_at)) / 60 AS minutes
          FROM workshop_orderline l
          JOIN workshop_order o ON o.id = l.order_id
          JOIN workshop_job j ON j.id = l.job_id
          JOIN workshop_clocking c ON c.line_id = l.id
         WHERE {within} AND l.kind = 'labour' AND l.state = 'done' AND l.done_at >= %(since)s
           AND c.ended_at IS NOT NULL AND COALESCE(j.replaced_by_id, j.id) = ANY(%(jobs)s::bigint[])
         GROUP BY 1, 2)
    SELECT job_id, count(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY minutes) FROM done GROUP BY job_id""",
    column="o.unit_id",
    is_report=True,
)


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What was clocked on a job in the last year.

    Attributes:
        works: how many times it was done and clocked.
        minutes: the median; None below MEASURED_FROM works.
        off_pct: how far the median lies from the standard, in percent of it; None where there is no median.
    """

    works: int
    minutes: int | None
    off_pct: int | None


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A job or package of the list, its price with parts in cents and its standard minutes."""

    row: Any
    place: str
    minutes: int
    price_cents: int
    measured: Measured | None = None
    fits: str = ""
    jobs: tuple[Job, ...] = ()


def measured(standards: dict[int, int], *, now: datetime) -> dict[int, Measured]:
    """Return what was clocked on jobs, by id.

    Args:
        standards: job to its standard minutes.
    """
    if not standards:
        return {}
    found = {}
    for job_id, works, median in _MEASURED.rows(jobs=list(standards), since=now - MEASURED_FOR):
        minutes = round(median) if works >= MEASURED_FROM else None
        standard = standards[job_id]
        off = round(100 * (minutes - standard) / standard) if minutes is not None and standard else None
        found[job_id] = Measured(works=works, minutes=minutes, off_pct=off)
    return found


def jobs_kept(*, text: str, group: str, make: str, show: str, now: datetime) -> list[Kept]:
    """Return the jobs of the catalogue by group and code, at most LISTED.

    Args:
        make: only those for this make, with those for all.
        show: "" in use, "online", "off", "all".
    """
    rows = Job.objects.filter(replaced_by=None)
    if group:
        rows = rows.filter(group=group)
    if make:
        rows = rows.filter(Q(fits=None) | Q(fits__make__iexact=make) | Q(fits__make="")).distinct()
    organisation, groups = tree(), list(JobGroup.values)
    listed = sorted(
        _searched(rows, text, show).order_by("code", "pk")[:LISTED], key=lambda job: groups.index(job.group)
    )
    data = job_data(job.pk for job in listed)
    times = measured({pk: one.minutes for pk, one in data.items()}, now=now)
    return [
        Kept(
            row=job,
            place=organisation.label(job.unit_id),
            minutes=data[job.pk].minutes,
            price_cents=whole_price(data[job.pk]),
            measured=times.get(job.pk),
            fits=", ".join(dict.fromkeys(filter(None, (fit.make or fit.model for fit in data[job.pk].fits)))),
        )
        for job in listed
    ]


def packages_kept(*, text: str, show: str) -> list[Kept]:
    """Return the packages of the catalogue by code."""
    organisation = tree()
    listed = list(_searched(Package.objects.all(), text, show).order_by("code", "pk")[:LISTED])
    jobs: dict[int, list[Job]] = defaultdict(list)
    inside = PackageJob.objects.filter(package__in=listed).select_related("job").order_by("position")
    for row in inside:
        jobs[row.package_id].append(row.job)
    data = job_data({job.pk for rows in jobs.values() for job in rows})
    return [
        Kept(
            row=package,
            place=organisation.label(package.unit_id),
            minutes=sum(data[job.pk].minutes for job in jobs[package.pk]),
            price_cents=sum(whole_price(data[job.pk]) for job in jobs[package.pk]),
            jobs=tuple(jobs[package.pk]),
        )
        for package in listed
    ]


def whole_price(data: JobData) -> int:
    """Return what a job costs with its parts, in cents."""
    return data.price_cents + cents_of_parts([(part.quantity, part.price_cents) for part in data.parts])


def job_data(job_ids: Iterable[int]) -> dict[int, JobData]:
    """Return jobs as they are written down. Four statements."""
    ids = set(job_ids)
    steps: dict[int, list[StepData]] = defaultdict(list)
    for step in JobStep.objects.filter(job_id__in=ids).select_related("skill").order_by("job", "position"):
        steps[step.job_id].append(
            StepData(
                skill=step.skill.key if step.skill else "",
                level=step.level,
                bay_kind=step.bay_kind,
                minutes=step.minutes,
            )
        )
    parts: dict[int, list[PartData]] = defaultdict(list)
    for part in JobPart.objects.filter(job_id__in=ids).order_by("job", "code"):
        parts[part.job_id].append(
            PartData(code=part.code, name=part.name, quantity=part.quantity, price_cents=part.price_cents)
        )
    fits: dict[int, list[FitData]] = defaultdict(list)
    for fit in JobFit.objects.filter(job_id__in=ids).order_by("job", "make", "model", "fuel"):
        fits[fit.job_id].append(FitData(make=fit.make, model=fit.model, fuel=fit.fuel))
    return {
        job.pk: JobData(
            code=job.code,
            name_it=job.name_it,
            name_en=job.name_en,
            group=job.group,
            price_cents=job.price_cents,
            is_online=job.is_online,
            is_active=job.is_active,
            steps=tuple(steps[job.pk]),
            parts=tuple(parts[job.pk]),
            fits=tuple(fits[job.pk]),
        )
        for job in Job.objects.filter(pk__in=ids)
    }


def package_data(package_ids: Iterable[int]) -> dict[int, PackageData]:
    """Return packages as they are written down."""
    rows = list(Package.objects.filter(pk__in=set(package_ids)))
    jobs: dict[int, list[str]] = defaultdict(list)
    inside = PackageJob.objects.filter(package__in=rows).order_by("position")
    for package_id, code in inside.values_list("package_id", "job__code"):
        jobs[package_id].append(code)
    return {
        row.pk: PackageData(
            code=row.code,
            name_it=row.name_it,
            name_en=row.name_en,
            price_cents=row.price_cents,
            is_online=row.is_online,
            is_active=row.is_active,
            jobs=tuple(jobs[row.pk]),
        )
        for row in rows
    }


def jobs_by_code(unit_id: int) -> dict[str, Job]:
    """Return the jobs that a package of a unit may hold: those in use of the unit and above it, by code. Of two
    with one code it is the nearer."""
    line = [one.pk for one in tree().chain(unit_id)]
    found = Job.objects.filter(unit_id__in=line, is_active=True, replaced_by=None)
    return {job.code: job for job in sorted(found, key=lambda job: -line.index(job.unit_id))}


def skills() -> list[Skill]:
    """Return the skills that steps may ask for."""
    return list(Skill.objects.order_by("name_it", "pk"))


def makes() -> list[str]:
    """Return the makes that jobs of the catalogue are for."""
    return list(JobFit.objects.exclude(make="").order_by("make").values_list("make", flat=True).distinct())


def packages_with(job_id: int) -> list[str]:
    """Return the codes of the packages in use that hold a job."""
    rows = PackageJob.objects.filter(job_id=job_id, package__is_active=True)
    return list(rows.order_by("package__code").values_list("package__code", flat=True))


def _searched(rows: Any, text: str, show: str) -> Any:
    for word in text.split()[:6]:
        rows = rows.filter(Q(name_it__icontains=word) | Q(name_en__icontains=word) | Q(code__istartswith=word))
    if show == "online":
        return rows.filter(is_active=True, is_online=True)
    if show == "off":
        return rows.filter(is_active=False)
    return rows if show == "all" else rows.filter(is_active=True)


def owners(unit_ids: Iterable[int], workshop_ids: Sequence[int]) -> list[tuple[int, str]]:
    """Return those of units that a catalogue may belong to, with their labels: a workshop, or what stands above one."""
    organisation = tree()
    above = {one.pk for pk in workshop_ids for one in organisation.chain(pk)}
    return sorted(((pk, organisation.label(pk)) for pk in unit_ids if pk in above), key=lambda one: one[1])
