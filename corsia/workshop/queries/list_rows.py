"""Lists as they are handed out: in the form in which they are loaded, and values as people read them."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import override, pgettext

from corsia.kernel.tables import Cell
from corsia.organisation.models import Skill
from corsia.ui.money import euros
from corsia.vehicles.vocabulary import Fuel
from corsia.workshop.models import Job, Package, Part
from corsia.workshop.queries.keeping import job_data, package_data
from corsia.workshop.rules.catalogue import FitData, JobData, PackageData, PartData, StepData
from corsia.workshop.rules.lists import FIELDS
from corsia.workshop.vocabulary import BayKind, JobGroup, ListKind


def header_of(kind: str, *, language: str) -> list[str]:
    """Return the titles of our own file."""
    return [field.en if language.startswith("en") else field.it for field in FIELDS[kind]]


def rows_of(kind: str, unit_id: int, *, language: str) -> list[list[Cell]]:
    """Return what a unit keeps itself as the lines of our own file, which can be loaded again."""
    with override(language):
        if kind == ListKind.JOBS:
            data = job_data(Job.objects.filter(unit_id=unit_id, replaced_by=None).values_list("pk", flat=True))
            skills = {one.key: one.name_en if language.startswith("en") else one.name_it for one in Skill.objects.all()}
            return [row for one in sorted(data.values(), key=_by_code) for row in _job_rows(one, skills)]
        if kind == ListKind.PACKAGES:
            packages = package_data(Package.objects.filter(unit_id=unit_id).values_list("pk", flat=True))
            return [row for one in sorted(packages.values(), key=_by_code) for row in _package_rows(one)]
        parts = Part.objects.filter(unit_id=unit_id, is_active=True).order_by("code")
        return [[part.code, part.name, part.on_hand, part.order_days] for part in parts]


def shown(value: object, *, name: str) -> str:
    """Return a value of a job, package or part as people read it."""
    if name == "price_cents":
        return _("the sum of its jobs") if value is None else euros(int(str(value)))
    if value is None or value in ("", ()):
        return "–"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if name == "group":
        return str(JobGroup(str(value)).label) if value in JobGroup.values else str(value)
    if isinstance(value, tuple):
        return "; ".join(_one(part) for part in value)
    return f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)


def _one(value: object) -> str:
    match value:
        case StepData():
            bay = BayKind(value.bay_kind).label if value.bay_kind in BayKind.values else value.bay_kind
            skill = f"{value.skill} {value.level}, " if value.skill else ""
            return f"{skill}{bay}, {value.minutes} min"
        case PartData():
            return f"{value.quantity.normalize():f} × {value.name} ({value.code}), {euros(value.price_cents)}"
        case FitData():
            fuel = str(Fuel(value.fuel).label) if value.fuel in Fuel.values else value.fuel
            return " ".join(filter(None, (value.make, value.model, fuel))) or _("all")
    return str(value)


def _job_rows(data: JobData, skills: Mapping[str, str]) -> list[list[Cell]]:
    rows: list[list[Cell]] = []
    for at in range(max(1, len(data.steps), len(data.parts), len(data.fits))):
        step = data.steps[at] if at < len(data.steps) else None
        part = data.parts[at] if at < len(data.parts) else None
        fit = data.fits[at] if at < len(data.fits) else None
        head: list[Cell] = [""] * 6
        if at == 0:
            head = [
                data.name_it,
                data.name_en,
                str(JobGroup(data.group).label),
                _price(data.price_cents),
                _yes(data.is_online),
                _yes(data.is_active),
            ]
        of_step: list[Cell] = [""] * 4
        if step is not None:
            of_step = [skills.get(step.skill, ""), step.level, str(BayKind(step.bay_kind).label), step.minutes]
        of_part: list[Cell] = [""] * 4
        if part is not None:
            of_part = [part.code, part.name, part.quantity, _price(part.price_cents)]
        of_fit: list[Cell] = [""] * 3
        if fit is not None:
            of_fit = [fit.make, fit.model, str(Fuel(fit.fuel).label) if fit.fuel else ""]
        rows.append([data.code, *head, *of_step, *of_part, *of_fit])
    return rows


def _package_rows(data: PackageData) -> list[list[Cell]]:
    price: Cell = "" if data.price_cents is None else _price(data.price_cents)
    first: list[Cell] = [data.name_it, data.name_en, price, _yes(data.is_online), _yes(data.is_active)]
    codes = data.jobs or ("",)
    return [[data.code, *(first if at == 0 else [""] * 5), code] for at, code in enumerate(codes)]


def _price(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)


def _yes(value: bool) -> str:
    return pgettext("cell", "yes") if value else pgettext("cell", "no")


def _by_code(one: Any) -> str:
    return str(one.code)
