"""The catalogue is kept: jobs and packages are written, copied, switched off. What was agreed stays as it was."""

from dataclasses import asdict, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from corsia.kernel.access import demand
from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit
from corsia.kernel.errors import Invalid, Refused
from corsia.organisation.models import Skill, Unit
from corsia.workshop.models import (
    Job,
    JobFit,
    JobPart,
    JobStep,
    OrderLine,
    Package,
    PackageJob,
    PartReservation,
    VisitJob,
)
from corsia.workshop.permissions import SET_UP_WORKSHOP
from corsia.workshop.queries.keeping import job_data, jobs_by_code, package_data, packages_with
from corsia.workshop.rules.catalogue import (
    AGREED,
    JobData,
    PackageData,
    PartData,
    differences,
    problem_of_job,
    problem_of_package,
)

_OF_A_JOB = ("name_it", "name_en", "group", "price_cents", "is_online", "is_active")
_OF_A_PACKAGE = ("name_it", "name_en", "price_cents", "is_online", "is_active")


class Unusable(Invalid):
    code = "workshop.catalogue_unusable"
    message = _("This cannot be kept as it is written.")


class CodeTaken(Refused):
    code = "workshop.code_taken"
    message = _("The code “%(code)s” is taken here. Choose another one.")


class InPackages(Refused):
    code = "workshop.in_packages"
    message = _("This job belongs to packages in use: %(packages)s. Take it out of them first.")


class JobUnknown(Invalid):
    code = "workshop.job_unknown"
    message = _("There is no job “%(job)s” in this catalogue.")


@transaction.atomic
def save_job(*, job_id: int | None, unit_id: int, data: JobData, by: Actor, now: datetime) -> Job:
    """Write a job down, a new one of a unit or one that is there. Visits and orders keep what they agreed on.

    Args:
        job_id: None for a new one; the unit of one that is there does not change.

    Raises:
        Unusable: says what is missing or wrong.
        CodeTaken: another job of the unit has its code.
        InPackages: it would no longer be used, but packages need it.
    """
    if job_id is None:
        demand(by, SET_UP_WORKSHOP, Unit.objects.get(pk=unit_id).pk)
        return _new_job(unit_id, _tidy(data), by=by, now=now)
    job = _locked_job(job_id, by)
    before = job_data([job.pk])[job.pk]
    return write_job(job, before, _tidy(replace(data, code=job.code)), by=by, now=now)


def write_job(job: Job, before: JobData, data: JobData, *, by: Actor, now: datetime) -> Job:
    """Change a job that is locked to what `data` says; where it says nothing new, nothing happens."""
    _demand_usable(data)
    changed = differences(before, data)
    if not changed:
        return job
    if "is_active" in changed and not data.is_active and (names := packages_with(job.pk)):
        raise InPackages(packages=", ".join(names))
    if not changed.keys().isdisjoint(AGREED):
        _keep_as_agreed(job)
    for name in _OF_A_JOB:
        setattr(job, name, getattr(data, name))
    job.save(update_fields=list(_OF_A_JOB))
    for table, name in ((JobStep, "steps"), (JobPart, "parts"), (JobFit, "fits")):
        if name in changed:
            table.objects.filter(job=job).delete()
    _write_rows(job, data, changed.keys())
    audit(job, "job_changed", by=by, now=now, code=job.code, changes=_told(changed))
    return job


@transaction.atomic
def duplicate_job(*, job_id: int, unit_id: int, code: str, by: Actor, now: datetime) -> Job:
    """Copy a job, into the same catalogue under another code or into another unit's.

    Raises:
        Unusable, CodeTaken: the code.
    """
    demand(by, SET_UP_WORKSHOP, Unit.objects.get(pk=unit_id).pk)
    job: Job = Job.objects.filter(replaced_by=None).find(job_id)
    data = replace(job_data([job.pk])[job.pk], code=code, is_online=False, is_active=True)
    return _new_job(unit_id, _tidy(data), by=by, now=now)


@transaction.atomic
def remove_job(*, job_id: int, by: Actor, now: datetime) -> bool:
    """Take a job out of the catalogue, and return whether it is gone: one that was used is switched off instead.

    Raises:
        InPackages: packages need it.
    """
    job = _locked_job(job_id, by)
    if names := packages_with(job.pk):
        raise InPackages(packages=", ".join(names))
    is_used = (
        any(table.objects.filter(job=job).exists() for table in (VisitJob, OrderLine, PartReservation, PackageJob))
        or Job.objects.filter(replaced_by=job).exists()
    )
    audit(job, "job_switched_off" if is_used else "job_removed", by=by, now=now, code=job.code)
    if not is_used:
        job.delete()
        return True
    job.is_active = False
    job.save(update_fields=["is_active"])
    return False


@transaction.atomic
def save_package(*, package_id: int | None, unit_id: int, data: PackageData, by: Actor, now: datetime) -> Package:
    """Write a package down, a new one of a unit or one that is there.

    Raises:
        Unusable: says what is missing or wrong.
        CodeTaken: another package of the unit has its code.
        JobUnknown: it holds something that is no job in use of this catalogue.
    """
    if package_id is None:
        demand(by, SET_UP_WORKSHOP, Unit.objects.get(pk=unit_id).pk)
        data = _tidy_package(data)
        _demand_usable(data)
        if Package.objects.filter(unit_id=unit_id, code=data.code).exists():
            raise CodeTaken(code=data.code)
        package = Package(unit_id=unit_id, code=data.code)
        before = PackageData(code=data.code, name_it="", name_en="", price_cents=0)
    else:
        package = _locked_package(package_id, by)
        before = package_data([package.pk])[package.pk]
        data = _tidy_package(replace(data, code=package.code))
        _demand_usable(data)
    changed = differences(before, data)
    if package.pk is not None and not changed:
        return package
    known = jobs_by_code(package.unit_id)
    for code in data.jobs:
        if code not in known:
            raise JobUnknown(job=code)
    for name in _OF_A_PACKAGE:
        setattr(package, name, getattr(data, name))
    package.save()
    if "jobs" in changed:
        PackageJob.objects.filter(package=package).delete()
        PackageJob.objects.bulk_create(
            PackageJob(package=package, job=known[code], position=place) for place, code in enumerate(data.jobs)
        )
    audit(package, "package_changed", by=by, now=now, code=package.code, changes=_told(changed))
    return package


@transaction.atomic
def remove_package(*, package_id: int, by: Actor, now: datetime) -> bool:
    """Take a package out of the catalogue, and return whether it is gone: one that was sold is switched off instead."""
    package = _locked_package(package_id, by)
    is_used = VisitJob.objects.filter(package=package).exists()
    audit(package, "package_switched_off" if is_used else "package_removed", by=by, now=now, code=package.code)
    if not is_used:
        package.delete()
        return True
    package.is_active = False
    package.save(update_fields=["is_active"])
    return False


def _new_job(unit_id: int, data: JobData, *, by: Actor, now: datetime) -> Job:
    _demand_usable(data)
    if Job.objects.filter(unit_id=unit_id, code=data.code, replaced_by=None).exists():
        raise CodeTaken(code=data.code)
    job: Job = Job.objects.create(unit_id=unit_id, code=data.code, **{name: getattr(data, name) for name in _OF_A_JOB})
    _write_rows(job, data, {"steps", "parts", "fits"})
    audit(job, "job_added", by=by, now=now, code=job.code)
    return job


def _keep_as_agreed(job: Job) -> None:
    """Give the visits that agreed on a job a row of their own with what it was; the job itself is free to change."""
    if not VisitJob.objects.filter(job=job).exists():
        return
    before = Job.objects.get(pk=job.pk)
    before.pk, before.is_active, before.replaced_by = None, False, job
    before._state.adding = True
    before.save()
    JobStep.objects.filter(job=job).update(job=before)
    JobPart.objects.filter(job=job).update(job=before)
    VisitJob.objects.filter(job=job).update(job=before)
    data = job_data([before.pk])[before.pk]
    _write_rows(job, data, {"steps", "parts"})


def _write_rows(job: Job, data: JobData, which: Any) -> None:
    if "steps" in which:
        skills = dict(Skill.objects.filter(key__in={step.skill for step in data.steps}).values_list("key", "pk"))
        JobStep.objects.bulk_create(
            JobStep(
                job=job,
                position=place,
                skill_id=skills.get(step.skill),
                level=step.level,
                bay_kind=step.bay_kind,
                minutes=step.minutes,
            )
            for place, step in enumerate(data.steps)
        )
    if "parts" in which:
        JobPart.objects.bulk_create(JobPart(job=job, **asdict(part)) for part in data.parts)
    if "fits" in which:
        JobFit.objects.bulk_create(JobFit(job=job, **asdict(fit)) for fit in data.fits)


def _demand_usable(data: JobData | PackageData) -> None:
    if isinstance(data, JobData):
        problem = problem_of_job(data, skills=frozenset(Skill.objects.values_list("key", flat=True)))
    else:
        problem = problem_of_package(data)
    if problem is not None:
        raise Unusable(problem.label)


def _tidy(data: JobData) -> JobData:
    """Return a job as it is kept: no blanks around words, parts by their code, the English name where it is missing."""
    name_it = _words(data.name_it, 120)
    return replace(
        data,
        code=_words(data.code, 40),
        name_it=name_it,
        name_en=_words(data.name_en, 120) or name_it,
        parts=tuple(
            sorted(
                (_tidy_part(part) for part in data.parts),
                key=lambda part: part.code,
            )
        ),
        fits=tuple(
            sorted(
                (replace(fit, make=_words(fit.make, 40), model=_words(fit.model, 60)) for fit in data.fits),
                key=lambda fit: (fit.make, fit.model, fit.fuel),
            )
        ),
    )


def _tidy_part(part: PartData) -> PartData:
    quantity = part.quantity.quantize(Decimal("0.01"))
    return replace(part, code=_words(part.code, 40), name=_words(part.name, 120), quantity=quantity)


def _tidy_package(data: PackageData) -> PackageData:
    name_it = _words(data.name_it, 120)
    return replace(
        data,
        code=_words(data.code, 40),
        name_it=name_it,
        name_en=_words(data.name_en, 120) or name_it,
        jobs=tuple(dict.fromkeys(data.jobs)),
    )


def _words(text: str, most: int) -> str:
    return " ".join(text.split())[:most].strip()


def _told(changed: dict[str, tuple[object, object]]) -> dict[str, Any]:
    """Return changes for the audit trail: what was and what is, as plain values."""
    return {name: [_plain(was), _plain(now)] for name, (was, now) in changed.items()}


def _plain(value: object) -> Any:
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if hasattr(value, "__dataclass_fields__"):
        return " ".join(str(one) for one in asdict(value).values() if one != "")  # type: ignore[call-overload]
    return value


def _locked_job(job_id: int, by: Actor) -> Job:
    job: Job = Job.objects.filter(replaced_by=None).lock(job_id)
    demand(by, SET_UP_WORKSHOP, job.unit_id)
    return job


def _locked_package(package_id: int, by: Actor) -> Package:
    package: Package = Package.objects.lock(package_id)
    demand(by, SET_UP_WORKSHOP, package.unit_id)
    return package
