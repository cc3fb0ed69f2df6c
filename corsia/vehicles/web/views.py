"""The list of vehicles, the vehicle page, adding and editing."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from corsia.kernel.access import access, may
from corsia.kernel.errors import CorsiaError
from corsia.kernel.http import StaffRequest
from corsia.kernel.once import once
from corsia.organisation.queries import tree
from corsia.ui.forms import accepted
from corsia.vehicles import queries, services
from corsia.vehicles.models import Vehicle
from corsia.vehicles.permissions import EDIT_VEHICLES, MANAGE_DUES, SEE_VEHICLES
from corsia.vehicles.rules.plates import display_plate
from corsia.vehicles.rules.vin import VinWarning, model_years, read_vin
from corsia.vehicles.web.forms import NewVehicleForm, OdometerForm, PlateForm, ServiceForm, VehicleForm

PAGE = 40
PALETTE = 4
VIN_DOUBTS = {
    VinWarning.LENGTH: gettext_lazy("A VIN has 17 signs since 1981. Compare it with the registration document."),
    VinWarning.FORBIDDEN_LETTER: gettext_lazy("A VIN holds no I, O or Q: they are 1 and 0."),
    VinWarning.FOREIGN_SIGN: gettext_lazy("There is a sign that no VIN holds. Only letters A to Z and digits."),
    VinWarning.CHECK_DIGIT: gettext_lazy("The check digit does not fit: one sign is mistyped."),
}


@require_GET
@access(SEE_VEHICLES, personal=True)
def index(request: StaffRequest) -> HttpResponse:
    """Show the vehicles a plate or VIN finds, or those added last."""
    query, before = request.GET.get("q", "").strip(), request.GET.get("before", "")
    more = 0
    if query:
        rows = queries.vehicles_like(text=query, limit=PAGE)
    else:
        before_id = int(before) if before.isdecimal() and len(before) < 19 else None
        rows = queries.recent_vehicles(before_id=before_id, limit=PAGE + 1)
        more = rows[PAGE - 1].pk if len(rows) > PAGE else 0
        rows = rows[:PAGE]
    context = {
        "query": query,
        "rows": [(row, display_plate(row.plate)) for row in rows],
        "more": more,
        "before": before,
        "may_edit": may(request.actor, EDIT_VEHICLES),
        "may_manage": may(request.actor, MANAGE_DUES),
    }
    is_fragment = request.htmx and not request.htmx.history_restore_request
    return render(request, "vehicles/_rows.html" if is_fragment else "vehicles/index.html", context)


@require_GET
@access(SEE_VEHICLES)
def palette(request: StaffRequest) -> HttpResponse:
    """Return what the palette shows of vehicles: options that lead to their pages."""
    rows = queries.vehicles_like(text=request.GET.get("q", ""), limit=PALETTE)
    return render(request, "vehicles/_palette.html", {"rows": [(row, display_plate(row.plate)) for row in rows]})


@require_GET
@access(SEE_VEHICLES, personal=True)
def vehicle(request: StaffRequest, vehicle_id: int) -> HttpResponse:
    """Show a vehicle."""
    return render(request, "vehicles/vehicle.html", _page_context(request, vehicle_id))


@require_GET
@access(SEE_VEHICLES)
def vin_hint(request: StaffRequest) -> HttpResponse:
    """Return what a VIN says and what looks wrong, while it is typed."""
    reading = read_vin(request.GET.get("vin", "")[:40])
    context = {
        "reading": reading if reading.vin else None,
        "doubts": [VIN_DOUBTS[warning] for warning in reading.warnings],
        "years": model_years(reading.vin, on=timezone.localdate(request.received_at)),
    }
    return render(request, "vehicles/_vin.html", context)


@require_http_methods(["GET", "POST"])
@access(EDIT_VEHICLES)
def add(request: StaffRequest) -> HttpResponse:
    """Add a vehicle."""
    form = NewVehicleForm(request.POST or None, initial=request.GET.dict())
    if request.method == "GET" or not form.is_valid():
        return _form_page(request, form, vehicle=None)
    try:
        added = services.add_vehicle(
            unit_id=min(request.actor.units_with(EDIT_VEHICLES.roles)),
            data=form.data_for_service(),
            plate=form.cleaned_data["plate"],
            by=request.actor,
            now=request.received_at,
        )
    except CorsiaError as refusal:  # what was typed stays on the page, beside the reason
        form.add_error(None, str(refusal))
        return _form_page(request, form, vehicle=None, known_id=refusal.data.get("vehicle_id"))
    messages.success(request, _("%(name)s has been added.") % {"name": str(added)})
    return redirect("vehicles:vehicle", vehicle_id=added.pk)


@require_http_methods(["GET", "POST"])
@access(EDIT_VEHICLES)
def edit(request: StaffRequest, vehicle_id: int) -> HttpResponse:
    """Correct what is known of a vehicle."""
    row: Vehicle = Vehicle.objects.find(vehicle_id)
    initial = {name: getattr(row, name) for name in services.VehicleData.__dataclass_fields__}
    form = VehicleForm(request.POST or None, initial=initial)
    if request.method == "GET" or not form.is_valid():
        return _form_page(request, form, vehicle=row)
    try:
        services.edit_vehicle(
            vehicle_id=row.pk, data=form.data_for_service(), by=request.actor, now=request.received_at
        )
    except CorsiaError as refusal:
        form.add_error(None, str(refusal))
        return _form_page(request, form, vehicle=row, known_id=refusal.data.get("vehicle_id"))
    messages.success(request, _("Saved."))
    return redirect("vehicles:vehicle", vehicle_id=row.pk)


@require_POST
@access(EDIT_VEHICLES, personal=True)
def change_plate(request: StaffRequest, vehicle_id: int) -> HttpResponse:
    """Give the vehicle another plate."""
    fields = accepted(PlateForm(request.POST))
    services.change_plate(
        vehicle_id=vehicle_id,
        number=fields["number"],
        since=fields["since"],
        by=request.actor,
        now=request.received_at,
    )
    return _section(request, vehicle_id, "plates")


@require_POST
@access(EDIT_VEHICLES, personal=True)
def read_odometer(request: StaffRequest, vehicle_id: int) -> HttpResponse:
    """Write down what the odometer said."""
    fields = accepted(OdometerForm(request.POST))
    services.read_odometer(
        vehicle_id=vehicle_id,
        km=fields["km"],
        read_on=fields["read_on"],
        today=timezone.localdate(request.received_at),
        source="desk",
        by=request.actor,
        now=request.received_at,
    )
    return _section(request, vehicle_id, "odometer")


@require_POST
@access(EDIT_VEHICLES, personal=True)
def record_service(request: StaffRequest, vehicle_id: int) -> HttpResponse:
    """Write down what was done to the vehicle."""
    Vehicle.objects.find(vehicle_id)
    form = _service_form(request, queries.dues_of(vehicle_id=vehicle_id, on=_today(request)), request.POST)
    fields = accepted(form)

    def act() -> int:
        event = services.record_service_event(
            vehicle_id=vehicle_id,
            kind=fields["kind"],
            done_on=fields["done_on"],
            km=fields["km"],
            reference=fields["reference"],
            place_id=fields["place"],
            closes=fields["closes"],
            by=request.actor,
            now=request.received_at,
        )
        return int(event.pk)

    once(request, door="vehicles.service", act=act)
    return _section(request, vehicle_id, "dues")


def _today(request: StaffRequest) -> date:
    return timezone.localdate(request.received_at)


def _service_form(request: StaffRequest, dues: queries.DuesOf, data: QueryDict | None = None) -> ServiceForm:
    organisation = tree()
    mine = [organisation.unit(pk) for pk in request.actor.units_with(EDIT_VEHICLES.roles) if pk in organisation.units]
    units = [(unit.pk, organisation.label(unit.pk)) for unit in sorted(mine, key=lambda row: row.path)]
    recalls = [(row.recall.code, row.recall.code) for row in dues.recalls]
    return ServiceForm(data, units=units, recalls=recalls)


def _page_context(request: StaffRequest, vehicle_id: int) -> dict[str, Any]:
    today = _today(request)
    page = queries.vehicle_page(vehicle_id=vehicle_id, on=today)
    dues = queries.dues_of(vehicle_id=vehicle_id, on=today)
    return {
        "page": page,
        "vehicle": page.vehicle,
        "plates": [(plate, display_plate(plate.number)) for plate in page.plates],
        "doubts": [VIN_DOUBTS[warning] for warning in page.vin.warnings] if page.vin else [],
        "may_edit": may(request.actor, EDIT_VEHICLES),
        "today": today,
        "dues": dues,
        "service_form": _service_form(request, dues) if may(request.actor, EDIT_VEHICLES) else None,
    }


def _section(request: StaffRequest, vehicle_id: int, name: str) -> HttpResponse:
    """Answer with a section of the vehicle page as it is now, or with the page without htmx."""
    if not request.htmx:
        return redirect("vehicles:vehicle", vehicle_id=vehicle_id)
    return render(request, f"vehicles/_{name}.html", _page_context(request, vehicle_id))


def _form_page(
    request: StaffRequest, form: VehicleForm, *, vehicle: Vehicle | None, known_id: int | None = None
) -> HttpResponse:
    back = reverse("vehicles:vehicle", args=[vehicle.pk]) if vehicle else reverse("vehicles:index")
    context = {"form": form, "vehicle": vehicle, "back": back, "known_id": known_id}
    return render(request, "vehicles/form.html", context, status=422 if request.method == "POST" else 200)
