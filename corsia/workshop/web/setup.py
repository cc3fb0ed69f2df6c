"""Setting up: which units take vehicles in, how they plan, who works there, bays and courtesy cars."""

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from corsia.kernel.access import access, scope_of
from corsia.kernel.errors import NotFound
from corsia.kernel.http import StaffRequest, row_id
from corsia.organisation.queries import tree
from corsia.ui.forms import accepted
from corsia.workshop.models import Bay, CourtesyCar, Technician, Workshop
from corsia.workshop.permissions import SET_UP_WORKSHOP
from corsia.workshop.services import setup as services
from corsia.workshop.services.setup import Settings, hands_of
from corsia.workshop.vocabulary import BayKind


class SettingsForm(forms.Form):
    """How a workshop plans."""

    grain_minutes = forms.TypedChoiceField(
        label=gettext_lazy("The diary counts in steps of, in minutes"),
        coerce=int,
        choices=[(n, n) for n in (5, 10, 15, 30)],
    )
    hold_minutes = forms.IntegerField(
        label=gettext_lazy("A slot that is shown is kept for, in minutes"), min_value=1, max_value=60
    )
    horizon_days = forms.IntegerField(label=gettext_lazy("Booked ahead, in days"), min_value=1, max_value=365)
    applies_nights = forms.BooleanField(
        label=gettext_lazy("Carry out what the night finds, without asking"), required=False
    )
    is_active = forms.BooleanField(label=gettext_lazy("Takes vehicles in"), required=False)
    is_online = forms.BooleanField(label=gettext_lazy("Customers book it on the web"), required=False)
    notice_hours = forms.IntegerField(
        label=gettext_lazy("On the web, at least so long before, in hours"), min_value=0, max_value=720
    )
    drivers = forms.IntegerField(
        label=gettext_lazy("Drivers who fetch vehicles at home and bring them back; 0: that is not offered"),
        min_value=0,
        max_value=20,
    )
    drive_minutes = forms.IntegerField(
        label=gettext_lazy("One fetch takes a driver, there and back, in minutes"), min_value=10, max_value=240
    )


class BayForm(forms.Form):
    """A bay."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=40)
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=BayKind.choices)


class CarForm(forms.Form):
    """A courtesy car."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    plate = forms.CharField(label=gettext_lazy("Plate"), max_length=12)


@require_safe
@access(SET_UP_WORKSHOP, personal=True)
def show(request: StaffRequest) -> HttpResponse:
    """Show a workshop with what stands in it."""
    mine = scope_of(request.actor, SET_UP_WORKSHOP)
    places = [unit for unit in tree().units.values() if unit.is_active and (mine.everything or unit.pk in mine.units)]
    workshops = {one.unit_id: one for one in Workshop.objects.filter(unit_id__in=[unit.pk for unit in places])}
    asked = row_id(request.GET.get("unit"))
    labelled = sorted((tree().label(unit_id), unit_id) for unit_id in workshops)
    home = asked if asked in workshops else (labelled[0][1] if labelled else None)
    context = {
        "places": [(unit_id, label) for label, unit_id in labelled],
        "unit_id": home,
        "without": sorted((tree().label(unit.pk), unit.pk) for unit in places if unit.pk not in workshops),
    }
    if home is not None:
        workshop = workshops[home]
        technicians = list(
            Technician.objects.filter(unit_id=home, is_active=True).select_related("person").order_by("position", "pk")
        )
        there = {technician.person_id for technician in technicians}
        context |= {
            "workshop": workshop,
            "place": tree().label(home),
            "bookings_url": reverse("portal:bookings"),
            "form": SettingsForm(initial={name: getattr(workshop, name) for name in SettingsForm.base_fields}),
            "technicians": technicians,
            "people": [one for one in hands_of(home, now=request.received_at) if one.pk not in there],
            "bays": list(Bay.objects.filter(unit_id=home, is_active=True).order_by("position", "pk")),
            "kinds": BayKind.choices,
            "cars": list(CourtesyCar.objects.filter(unit_id=home, is_active=True).order_by("name", "pk")),
        }
    return render(request, "workshop/setup.html", context)


@require_POST
@access(SET_UP_WORKSHOP)
def open_one(request: StaffRequest) -> HttpResponse:
    """Let a unit take vehicles in."""
    unit_id = row_id(request.POST.get("unit"))
    if unit_id is None:
        raise NotFound(kind="organisation.Unit")
    workshop = services.open_workshop(unit_id=unit_id, by=request.actor, now=request.received_at)
    messages.success(request, _("It takes vehicles in. Now add who works there and the bays."))
    return _back(workshop.unit_id)


@require_POST
@access(SET_UP_WORKSHOP)
def save(request: StaffRequest, workshop_id: int) -> HttpResponse:
    """Change how a workshop plans."""
    Workshop.objects.find(workshop_id)
    settings = Settings(**accepted(SettingsForm(request.POST)))
    workshop = services.set_workshop(
        workshop_id=workshop_id, settings=settings, by=request.actor, now=request.received_at
    )
    messages.success(request, _("Saved."))
    return _back(workshop.unit_id)


@require_POST
@access(SET_UP_WORKSHOP)
def add_technician(request: StaffRequest, workshop_id: int) -> HttpResponse:
    """Let somebody work in the workshop."""
    technician = services.add_technician(
        workshop_id=workshop_id,
        person_id=row_id(request.POST.get("person")) or 0,
        by=request.actor,
        now=request.received_at,
    )
    return _back(technician.unit_id)


@require_POST
@access(SET_UP_WORKSHOP)
def add_bay(request: StaffRequest, workshop_id: int) -> HttpResponse:
    """Add a bay."""
    Workshop.objects.find(workshop_id)
    given = accepted(BayForm(request.POST))
    bay = services.add_bay(workshop_id=workshop_id, **given, by=request.actor, now=request.received_at)
    return _back(bay.unit_id)


@require_POST
@access(SET_UP_WORKSHOP)
def add_car(request: StaffRequest, workshop_id: int) -> HttpResponse:
    """Add a courtesy car."""
    Workshop.objects.find(workshop_id)
    given = accepted(CarForm(request.POST))
    car = services.add_car(workshop_id=workshop_id, **given, by=request.actor, now=request.received_at)
    return _back(car.unit_id)


@require_POST
@access(SET_UP_WORKSHOP)
def retire_technician(request: StaffRequest, technician_id: int) -> HttpResponse:
    """Take somebody out of the workshop."""
    row = services.retire_technician(technician_id=technician_id, by=request.actor, now=request.received_at)
    return _back(row.unit_id)


@require_POST
@access(SET_UP_WORKSHOP)
def retire_bay(request: StaffRequest, bay_id: int) -> HttpResponse:
    """Take a bay out of use."""
    return _back(services.retire_bay(bay_id=bay_id, by=request.actor, now=request.received_at).unit_id)


@require_POST
@access(SET_UP_WORKSHOP)
def retire_car(request: StaffRequest, car_id: int) -> HttpResponse:
    """Lend a courtesy car no more."""
    return _back(services.retire_car(car_id=car_id, by=request.actor, now=request.received_at).unit_id)


def _back(unit_id: int) -> HttpResponse:
    return redirect(f"{reverse('workshop:setup')}?unit={unit_id}")
