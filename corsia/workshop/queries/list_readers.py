"""How the lines of a list are read: what an item says of a job, a package or a part, and what is wrong with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Protocol

from django.utils.translation import gettext as _
from django.utils.translation import override

from corsia.kernel.sheets import folded
from corsia.organisation.models import Skill
from corsia.vehicles.vocabulary import Fuel
from corsia.workshop.models import Job, Package, Part
from corsia.workshop.queries.keeping import job_data, jobs_by_code, package_data, packages_with
from corsia.workshop.rules.catalogue import (
    FitData,
    JobData,
    PackageData,
    PartData,
    StepData,
    problem_of_job,
    problem_of_package,
)
from corsia.workshop.rules.lists import FIELDS, Item, cents_of, is_yes, quantity_of, whole_of
from corsia.workshop.vocabulary import BayKind, JobGroup, ListKind

LANGUAGES = ("it", "en")


@dataclass(frozen=True, kw_only=True)
class StockData:
    """A part of the stock as a list says it."""

    code: str
    name: str
    on_hand: Decimal
    order_days: int | None


class Wrong(ValueError):
    """A cell that says nothing we understand; carries the sentence."""


class Reader(Protocol):
    """What reads the items of one kind of list, for one unit."""

    kind: ListKind

    def before(self, code: str) -> Any:
        """Return what is kept under a code, None where nothing is."""

    def data(self, item: Item, before: Any) -> Any:
        """Return what an item says.

        Raises:
            Wrong: a cell says nothing that we understand.
        """

    def check(self, data: Any, before: Any) -> None:
        """Refuse what cannot be kept.

        Raises:
            Wrong: with the reason.
        """


def reader_for(kind: str, unit_id: int, codes: Sequence[str]) -> Reader:
    """Return who reads a kind of list."""
    readers: dict[ListKind, type[_Jobs] | type[_Packages] | type[_Stock]] = {
        ListKind.JOBS: _Jobs,
        ListKind.PACKAGES: _Packages,
        ListKind.STOCK: _Stock,
    }
    return readers[ListKind(kind)](unit_id, codes)


def title_of(kind: str, key: str) -> str:
    """Return what a field is called."""
    return next((str(field.label) for field in FIELDS[kind] if field.key == key), key)


class _Jobs:
    """Jobs of a list."""

    kind = ListKind.JOBS

    def __init__(self, unit_id: int, codes: Sequence[str]) -> None:
        rows = Job.objects.filter(unit_id=unit_id, replaced_by=None, code__in=codes)
        self._ids = dict(rows.values_list("code", "pk"))
        kept = job_data(self._ids.values())
        self._kept = {code: kept[pk] for code, pk in self._ids.items()}
        skills = list(Skill.objects.all())
        self._skills = {folded(name): one.key for one in skills for name in (one.key, one.name_it, one.name_en)}
        self._keys = frozenset(one.key for one in skills)
        self._groups, self._bays, self._fuels = _labels(JobGroup), _labels(BayKind), _labels(Fuel)

    def before(self, code: str) -> JobData | None:
        return self._kept.get(code)

    def data(self, item: Item, before: JobData | None) -> JobData:
        start = before or JobData(code=item.code, name_it="", name_en="", group="", price_cents=0)
        said = item.said
        name_it = said.get("name_it") or start.name_it
        steps, parts, fits = start.steps, start.parts, start.fits
        told = {key for row in item.rows for key in row}
        if "minutes" in told:
            steps = tuple(self._step(row) for row in item.rows if _any(row, "skill", "level", "bay", "minutes"))
        if "part_code" in told:
            parts = tuple(
                sorted(
                    (self._part(row) for row in item.rows if _any(row, "part_code", "part_name", "quantity")),
                    key=lambda part: part.code,
                )
            )
        if told & {"make", "model", "fuel"}:
            fits = tuple(
                sorted(
                    (self._fit(row) for row in item.rows if _any(row, "make", "model", "fuel")),
                    key=lambda fit: (fit.make, fit.model, fit.fuel),
                )
            )
        return replace(
            start,
            name_it=name_it[:120],
            name_en=(said.get("name_en") or start.name_en or name_it)[:120],
            group=_known(said.get("group", ""), self._groups, kind=self.kind, key="group") or start.group,
            price_cents=_amount(said.get("price", ""), kind=self.kind, key="price", default=start.price_cents),
            is_online=_answer(said, "is_online", kind=self.kind, default=start.is_online),
            is_active=_answer(said, "is_active", kind=self.kind, default=start.is_active),
            steps=steps,
            parts=parts,
            fits=fits,
        )

    def check(self, data: JobData, before: JobData | None) -> None:
        problem = problem_of_job(data, skills=self._keys)
        if problem is not None:
            raise Wrong(str(problem.label))
        is_going = before is not None and before.is_active and not data.is_active
        if is_going and (names := packages_with(self._ids[data.code])):
            raise Wrong(_("It belongs to packages in use: %(packages)s.") % {"packages": ", ".join(names)})

    def _step(self, row: Mapping[str, str]) -> StepData:
        minutes = whole_of(row.get("minutes", ""))
        level = whole_of(row.get("level") or "1")
        if minutes is None:
            raise _wrong(self.kind, "minutes", row.get("minutes", ""))
        if level is None:
            raise _wrong(self.kind, "level", row.get("level", ""))
        return StepData(
            skill=_known(row.get("skill", ""), self._skills, kind=self.kind, key="skill"),
            level=level,
            bay_kind=_known(row.get("bay", ""), self._bays, kind=self.kind, key="bay") or BayKind.LIFT,
            minutes=minutes,
        )

    def _part(self, row: Mapping[str, str]) -> PartData:
        quantity = quantity_of(row.get("quantity") or "1")
        if quantity is None:
            raise _wrong(self.kind, "quantity", row.get("quantity", ""))
        return PartData(
            code=row.get("part_code", "")[:40],
            name=(row.get("part_name") or row.get("part_code", ""))[:120],
            quantity=quantity.quantize(Decimal("0.01")),
            price_cents=_amount(row.get("part_price", ""), kind=self.kind, key="part_price", default=0),
        )

    def _fit(self, row: Mapping[str, str]) -> FitData:
        return FitData(
            make=row.get("make", "")[:40],
            model=row.get("model", "")[:60],
            fuel=_known(row.get("fuel", ""), self._fuels, kind=self.kind, key="fuel"),
        )


class _Packages:
    """Packages of a list."""

    kind = ListKind.PACKAGES

    def __init__(self, unit_id: int, codes: Sequence[str]) -> None:
        ids = dict(Package.objects.filter(unit_id=unit_id, code__in=codes).values_list("code", "pk"))
        kept = package_data(ids.values())
        self._kept = {code: kept[pk] for code, pk in ids.items()}
        self._jobs = jobs_by_code(unit_id)

    def before(self, code: str) -> PackageData | None:
        return self._kept.get(code)

    def data(self, item: Item, before: PackageData | None) -> PackageData:
        start = before or PackageData(code=item.code, name_it="", name_en="", price_cents=None)
        said = item.said
        name_it = said.get("name_it") or start.name_it
        price = start.price_cents
        if "price" in said:
            price = _amount(said["price"], kind=self.kind, key="price", default=0) if said["price"] else None
        jobs = start.jobs
        if any("jobs" in row for row in item.rows):
            jobs = tuple(dict.fromkeys(row["jobs"] for row in item.rows if row.get("jobs")))
        return replace(
            start,
            name_it=name_it[:120],
            name_en=(said.get("name_en") or start.name_en or name_it)[:120],
            price_cents=price,
            is_online=_answer(said, "is_online", kind=self.kind, default=start.is_online),
            is_active=_answer(said, "is_active", kind=self.kind, default=start.is_active),
            jobs=jobs,
        )

    def check(self, data: PackageData, before: PackageData | None) -> None:
        problem = problem_of_package(data)
        if problem is not None:
            raise Wrong(str(problem.label))
        kept = before.jobs if before else ()
        for code in data.jobs:
            if code not in self._jobs and code not in kept:
                raise Wrong(_("There is no job “%(job)s” in this catalogue.") % {"job": code})


class _Stock:
    """Parts of a list."""

    kind = ListKind.STOCK

    def __init__(self, unit_id: int, codes: Sequence[str]) -> None:
        rows = Part.objects.filter(unit_id=unit_id, code__in=codes, is_active=True)
        self._kept = {
            part.code: StockData(code=part.code, name=part.name, on_hand=part.on_hand, order_days=part.order_days)
            for part in rows
        }

    def before(self, code: str) -> StockData | None:
        return self._kept.get(code)

    def data(self, item: Item, before: StockData | None) -> StockData:
        start = before or StockData(code=item.code, name="", on_hand=Decimal(), order_days=None)
        on_hand, days = start.on_hand, start.order_days
        if text := item.said.get("on_hand", ""):
            read = quantity_of(text)
            if read is None:
                raise _wrong(self.kind, "on_hand", text)
            on_hand = read
        if text := item.said.get("order_days", ""):
            days = whole_of(text)
            if days is None or days > 365:
                raise _wrong(self.kind, "order_days", text)
        return replace(start, name=(item.said.get("name") or start.name)[:120], on_hand=on_hand, order_days=days)

    def check(self, data: StockData, before: StockData | None) -> None:  # noqa: ARG002  (as the others)
        if len(data.code) > 40 or not data.name:
            raise Wrong(_("A part needs a code and a name."))
        if not 0 <= data.on_hand < 10_000_000:
            raise _wrong(self.kind, "on_hand", str(data.on_hand))


def _labels(words: Any) -> dict[str, str]:
    """Return the values of a vocabulary by what people call them, in both languages."""
    found = {folded(str(value)): str(value) for value in words.values}
    for language in LANGUAGES:
        with override(language):
            found |= {folded(str(one.label)): str(one.value) for one in words}
    return found


def _known(text: str, names: Mapping[str, str], *, kind: str, key: str) -> str:
    if not text:
        return ""
    if folded(text) not in names:
        raise _wrong(kind, key, text)
    return names[folded(text)]


def _amount(text: str, *, kind: str, key: str, default: int) -> int:
    if not text:
        return default
    cents = cents_of(text)
    if cents is None:
        raise _wrong(kind, key, text)
    return cents


def _answer(said: Mapping[str, str], key: str, *, kind: str, default: bool) -> bool:
    text = said.get(key, "")
    if not text:
        return default
    answer = is_yes(text)
    if answer is None:
        raise _wrong(kind, key, text)
    return answer


def _any(row: Mapping[str, str], *keys: str) -> bool:
    return any(row.get(key) for key in keys)


def _wrong(kind: str, key: str, text: str) -> Wrong:
    return Wrong(
        _("“%(cell)s” in the column “%(column)s” says nothing that we understand.")
        % {"cell": text[:60], "column": title_of(kind, key)}
    )
