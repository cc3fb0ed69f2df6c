"""What a public booking page offers: its workshops, the work that fits a vehicle, and a choice as a bundle."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from corsia.customers.identity import display_phone, read_phone
from corsia.kernel.errors import Invalid, NotFound
from corsia.organisation.models import Unit
from corsia.organisation.queries import tree
from corsia.vehicles.models import Due
from corsia.workshop.models import Job, JobFit, Package, Workshop
from corsia.workshop.queries.catalogue import Bundle, Choice, bundle, choices
from corsia.workshop.rules.online import Answer, Car, answer_to, may_be_for

SHOWN = 40


class OnePackage(Invalid):
    code = "workshop.one_package"
    message = _("Choose one package; single jobs can be added to it.")


@dataclass(frozen=True, kw_only=True)
class BookingPage:
    """A page at which customers book: of a workshop, a branch or a whole dealer group.

    Attributes:
        workshops: those that take bookings on the web, with their names.
    """

    unit: Unit
    group: Unit
    workshops: tuple[tuple[Workshop, str], ...]
    phone: str

    @property
    def unit_ids(self) -> tuple[int, ...]:
        return tuple(workshop.unit_id for workshop, _label in self.workshops)

    def workshop(self, unit_id: int) -> Workshop:
        """Return one of its workshops.

        Raises:
            NotFound: it is not of this page, or takes no bookings on the web.
        """
        found = next((workshop for workshop, _label in self.workshops if workshop.unit_id == unit_id), None)
        if found is None:
            raise NotFound(kind=Workshop._meta.label)
        return found


@dataclass(frozen=True, kw_only=True)
class Choices:
    """What may be booked: packages, then single jobs."""

    packages: tuple[Choice, ...]
    jobs: tuple[Choice, ...]

    def __bool__(self) -> bool:
        return bool(self.packages or self.jobs)


def booking_page(code: str) -> BookingPage:
    """Return the page of the unit with a code.

    Raises:
        NotFound: no such unit, or none of its workshops takes bookings on the web.
    """
    organisation = tree()
    unit = next((one for one in organisation.units.values() if one.code == code and one.is_active), None)
    if unit is None:
        raise NotFound(kind=Unit._meta.label)
    below = frozenset(one.pk for one in organisation.below(unit.pk) if one.is_active)
    rows = Workshop.objects.filter(unit_id__within=below, is_online=True, is_active=True)
    workshops = sorted(((row, organisation.label(row.unit_id)) for row in rows), key=lambda pair: pair[1])
    if not workshops:
        raise NotFound(kind=Workshop._meta.label)
    return BookingPage(
        unit=unit, group=organisation.group(unit.pk), workshops=tuple(workshops), phone=phone_of(unit.pk)
    )


def phone_of(unit_id: int) -> str:
    """Return the number to call as it is read: of the unit or of the nearest above it that has one."""
    typed = next((unit.phone for unit in tree().chain(unit_id) if unit.phone), "")
    phone = read_phone(typed)
    return display_phone(phone.e164) if phone.is_usable else typed


def online_choices(car: Car) -> Choices:
    """Return what customers may book for a vehicle; of one that nobody knows, everything."""
    packages, jobs = choices(only_online=True, limit=SHOWN)
    fits = _fits_of([*(job.pk for one in packages for job in one.jobs), *(one.row.pk for one in jobs)])

    def is_for(job_ids: Iterable[int]) -> bool:
        return all(not fits[pk] or any(may_be_for(one, car) for one in fits[pk]) for pk in job_ids)

    return Choices(
        packages=tuple(one for one in packages if is_for(job.pk for job in one.jobs)),
        jobs=tuple(one for one in jobs if is_for([one.row.pk])),
    )


def makes_that_matter() -> list[str]:
    """Return the makes that some bookable work is only for: others need not be asked."""
    rows = JobFit.objects.filter(job__is_active=True).exclude(make="")
    return sorted(set(rows.values_list("make", flat=True)), key=str.casefold)


def fuels_that_matter() -> set[str]:
    """Return the fuels that some bookable work is only for."""
    rows = JobFit.objects.filter(job__is_active=True).exclude(fuel="")
    return set(rows.values_list("fuel", flat=True))


def online_bundle(*, job_ids: Sequence[int], package_ids: Sequence[int]) -> Bundle:
    """Return what these jobs and this package take.

    Raises:
        NothingChosen, TooManyJobs, OnePackage: so it cannot be booked.
        NotFound: something of it is not for customers to book.
    """
    if len(set(package_ids)) > 1:
        raise OnePackage
    for model, ids in ((Job, job_ids), (Package, package_ids)):
        if model.objects.filter(pk__in=ids, is_online=True, is_active=True).count() != len(set(ids)):
            raise NotFound(kind=model._meta.label)
    return bundle(job_ids=job_ids, package_id=package_ids[0] if package_ids else None)


def proposals(dues: Iterable[Due], among: Choices) -> dict[int, Choice]:
    """Return what to propose for each due, by its id; nothing where no work that customers may book answers it."""
    every = [*among.packages, *among.jobs]
    answers = [_answer(one) for one in every]
    found = {}
    for due in dues:
        answer = answer_to(due.kind, km=due.km_due, among=answers)
        if answer is not None:
            found[due.pk] = every[answers.index(answer)]
    return found


def groups_of(one: Choice) -> frozenset[str]:
    """Return the groups of the jobs of a choice."""
    return frozenset(job.group for job in one.jobs) if isinstance(one.row, Package) else frozenset({one.row.group})


def _answer(one: Choice) -> Answer:
    is_package = isinstance(one.row, Package)
    return Answer(id=one.row.pk, is_package=is_package, code=one.row.code, groups=groups_of(one))


def _fits_of(job_ids: Collection[int]) -> dict[int, list[Car]]:
    found: dict[int, list[Car]] = defaultdict(list)
    for fit in JobFit.objects.filter(job_id__in=set(job_ids)):
        found[fit.job_id].append(Car(make=fit.make, model=fit.model, fuel=fit.fuel))
    return found
