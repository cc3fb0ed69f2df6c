"""The catalogue: jobs and packages found, read, written, copied, switched off."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from corsia.kernel.access import access, may, scope_of
from corsia.kernel.errors import NotFound
from corsia.kernel.http import StaffRequest, row_id
from corsia.kernel.once import once
from corsia.organisation.queries import tree
from corsia.ui.forms import told_in
from corsia.vehicles.vocabulary import Fuel
from corsia.workshop.models import Job, Package, Workshop
from corsia.workshop.permissions import KEEP_PARTS, SET_UP_WORKSHOP
from corsia.workshop.queries.keeping import (
    job_data,
    jobs_by_code,
    jobs_kept,
    makes,
    measured,
    owners,
    package_data,
    packages_kept,
    packages_with,
    skills,
    whole_price,
)
from corsia.workshop.services import catalogue as services
from corsia.workshop.vocabulary import BayKind, JobGroup
from corsia.workshop.web.catalogue_forms import (
    JobForm,
    PackageForm,
    blank_rows,
    rows_of_data,
    rows_of_post,
)

SHOWS = ("", "online", "off", "all")


@require_safe
@access(SET_UP_WORKSHOP)
def index(request: StaffRequest) -> HttpResponse:
    """List the catalogue."""
    text, group = request.GET.get("q", "").strip()[:60], request.GET.get("group", "")
    show, make = request.GET.get("show", ""), request.GET.get("make", "").strip()[:40]
    show, group = show if show in SHOWS else "", group if group in JobGroup.values else ""
    known = makes()
    make = make if make in known else ""
    jobs = jobs_kept(text=text, group=group, make=make, show=show, now=request.received_at)
    labels = dict(JobGroup.choices)
    groups: dict[str, list[Any]] = {}
    for one in jobs:
        groups.setdefault(str(labels[one.row.group]), []).append(one)
    context = {
        "text": text,
        "group": group,
        "show": show,
        "make": make,
        "makes": known,
        "groups": JobGroup.choices,
        "shown": list(groups.items()),
        "packages": [] if group or make else packages_kept(text=text, show=show),
        "owners": _owners(request),
        "may_keep_parts": may(request.actor, KEEP_PARTS),
    }
    part = "workshop/_catalogue.html" if request.headers.get("HX-Target") == "ct-list" else "workshop/catalogue.html"
    return render(request, part, context)


@require_http_methods(["GET", "HEAD", "POST"])
@access(SET_UP_WORKSHOP)
def new_job(request: StaffRequest) -> HttpResponse:
    """Write down a new job."""
    places = _owners(request)
    asked = row_id(request.GET.get("unit"))
    home = next((pk for pk, _label in places if pk == asked), places[0][0] if places else None)
    if request.method != "POST":
        return _job_page(request, form=JobForm(owners=places, initial={"unit": home}), rows=blank_rows(), is_new=True)
    form, rows = JobForm(request.POST, owners=places), rows_of_post(request.POST)
    if form.is_valid():
        with told_in(form):
            pk = once(
                request,
                door="workshop.job",
                act=lambda: int(
                    services.save_job(
                        job_id=None,
                        unit_id=form.cleaned_data["unit"],
                        data=form.job_data(rows),
                        by=request.actor,
                        now=request.received_at,
                    ).pk
                ),
            )
    if form.errors:
        return _job_page(request, form=form, rows=rows, is_new=True)
    messages.success(request, _("It is in the catalogue."))
    return redirect("workshop:catalogue_job", pk)


@require_http_methods(["GET", "HEAD", "POST"])
@access(SET_UP_WORKSHOP)
def job(request: StaffRequest, job_id: int) -> HttpResponse:
    """Show a job, and change it."""
    row: Job = Job.objects.filter(replaced_by=None).find(job_id)
    data = job_data([row.pk])[row.pk]
    if request.method != "POST":
        return _job_page(request, form=JobForm.of(data), rows=rows_of_data(data), row=row)
    form, rows = JobForm(request.POST, code=row.code), rows_of_post(request.POST)
    if form.is_valid():
        with told_in(form):
            services.save_job(
                job_id=row.pk,
                unit_id=row.unit_id,
                data=form.job_data(rows),
                by=request.actor,
                now=request.received_at,
            )
    if form.errors:
        return _job_page(request, form=form, rows=rows, row=row)
    messages.success(request, _("Saved. Visits and orders agreed before keep what was agreed."))
    return redirect("workshop:catalogue_job", row.pk)


@require_POST
@access(SET_UP_WORKSHOP)
def duplicate(request: StaffRequest, job_id: int) -> HttpResponse:
    """Copy a job."""
    unit_id = row_id(request.POST.get("unit"))
    if unit_id is None:
        raise NotFound(kind="organisation.Unit")
    tree().unit(unit_id)
    copy = services.duplicate_job(
        job_id=job_id,
        unit_id=unit_id,
        code=request.POST.get("code", ""),
        by=request.actor,
        now=request.received_at,
    )
    messages.success(request, _("This is the copy. Change what is different, then save."))
    return redirect("workshop:catalogue_job", copy.pk)


@require_POST
@access(SET_UP_WORKSHOP)
def remove_job(request: StaffRequest, job_id: int) -> HttpResponse:
    """Take a job out of the catalogue."""
    is_gone = services.remove_job(job_id=job_id, by=request.actor, now=request.received_at)
    return _removed(request, is_gone)


@require_http_methods(["GET", "HEAD", "POST"])
@access(SET_UP_WORKSHOP)
def new_package(request: StaffRequest) -> HttpResponse:
    """Write down a new package."""
    places = _owners(request)
    asked = row_id(request.GET.get("unit"))
    home = next((pk for pk, _label in places if pk == asked), places[0][0] if places else None)
    if home is None:
        raise NotFound(kind=Workshop._meta.label)
    form = PackageForm(*([request.POST] if request.method == "POST" else []), owners=places, initial={"unit": home})
    if request.method != "POST":
        return _package_page(request, form=form, unit_id=home, chosen=())
    if form.is_valid():
        with told_in(form):
            pk = once(
                request,
                door="workshop.package",
                act=lambda: int(
                    services.save_package(
                        package_id=None,
                        unit_id=form.cleaned_data["unit"],
                        data=form.package_data(request.POST.getlist("jobs")),
                        by=request.actor,
                        now=request.received_at,
                    ).pk
                ),
            )
    if form.errors:
        return _package_page(request, form=form, unit_id=home, chosen=tuple(request.POST.getlist("jobs")))
    messages.success(request, _("It is in the catalogue."))
    return redirect("workshop:catalogue_package", pk)


@require_http_methods(["GET", "HEAD", "POST"])
@access(SET_UP_WORKSHOP)
def package(request: StaffRequest, package_id: int) -> HttpResponse:
    """Show a package, and change it."""
    row: Package = Package.objects.find(package_id)
    data = package_data([row.pk])[row.pk]
    if request.method != "POST":
        return _package_page(request, form=PackageForm.of(data), unit_id=row.unit_id, chosen=data.jobs, row=row)
    form, chosen = PackageForm(request.POST, code=row.code), tuple(request.POST.getlist("jobs"))
    if form.is_valid():
        with told_in(form):
            services.save_package(
                package_id=row.pk,
                unit_id=row.unit_id,
                data=form.package_data(chosen),
                by=request.actor,
                now=request.received_at,
            )
    if form.errors:
        return _package_page(request, form=form, unit_id=row.unit_id, chosen=chosen, row=row)
    messages.success(request, _("Saved. Visits and orders agreed before keep what was agreed."))
    return redirect("workshop:catalogue_package", row.pk)


@require_POST
@access(SET_UP_WORKSHOP)
def remove_package(request: StaffRequest, package_id: int) -> HttpResponse:
    """Take a package out of the catalogue."""
    is_gone = services.remove_package(package_id=package_id, by=request.actor, now=request.received_at)
    return _removed(request, is_gone)


def _job_page(
    request: StaffRequest, *, form: JobForm, rows: dict[str, Any], row: Job | None = None, is_new: bool = False
) -> HttpResponse:
    context: dict[str, Any] = {
        "form": form,
        "rows": rows,
        "job": row,
        "is_new": is_new,
        "skills": skills(),
        "bays": BayKind.choices,
        "fuels": Fuel.choices,
        "may_change": row is None or may(request.actor, SET_UP_WORKSHOP, row.unit_id),
        "owners": _owners(request),
    }
    if row is not None:
        data = job_data([row.pk])[row.pk]
        context |= {
            "place": tree().label(row.unit_id),
            "minutes": data.minutes,
            "price_cents": whole_price(data),
            "measured": measured({row.pk: data.minutes}, now=request.received_at).get(row.pk),
            "packages": packages_with(row.pk),
        }
    return render(request, "workshop/catalogue_job.html", context, status=422 if form.errors else 200)


def _package_page(
    request: StaffRequest, *, form: PackageForm, unit_id: int, chosen: tuple[str, ...], row: Package | None = None
) -> HttpResponse:
    known = jobs_by_code(unit_id)
    data = job_data(job.pk for job in known.values())
    inside: list[dict[str, Any]] = [
        {"code": code, "job": known.get(code), "cents": whole_price(data[known[code].pk]) if code in known else 0}
        for code in chosen
    ]
    context = {
        "form": form,
        "package": row,
        "is_new": row is None,
        "place": tree().label(unit_id),
        "inside": inside,
        "others": [one for code, one in sorted(known.items()) if code not in chosen],
        "sum_cents": sum(one["cents"] for one in inside),
        "may_change": row is None or may(request.actor, SET_UP_WORKSHOP, row.unit_id),
    }
    return render(request, "workshop/catalogue_package.html", context, status=422 if form.errors else 200)


def _removed(request: StaffRequest, is_gone: bool) -> HttpResponse:
    sentence = _("It is out of the catalogue.") if is_gone else _("It was used before: it is switched off, and kept.")
    messages.success(request, sentence)
    return redirect(reverse("workshop:catalogue"))


def _owners(request: StaffRequest) -> list[tuple[int, str]]:
    mine = scope_of(request.actor, SET_UP_WORKSHOP)
    units = [pk for pk, unit in tree().units.items() if unit.is_active and (mine.everything or pk in mine.units)]
    return owners(units, list(Workshop.objects.values_list("unit_id", flat=True)))
