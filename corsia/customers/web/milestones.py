"""Milestones: the latest ones, stated on the page of a customer, or by a list that is tried first."""

from datetime import datetime
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from corsia.customers import queries, services
from corsia.customers.milestone_list import MAX_CHARACTERS
from corsia.customers.models import Milestone
from corsia.customers.permissions import EDIT_CUSTOMERS, IMPORT_MILESTONES, SEE_CUSTOMERS
from corsia.customers.vocabulary import MilestoneKind
from corsia.kernel.access import access, may
from corsia.kernel.http import StaffRequest, row_id
from corsia.kernel.once import once
from corsia.organisation.queries import tree
from corsia.ui.forms import accepted
from corsia.vehicles.models import Vehicle

PAGE = 50
SHOWN = 8  # on the page of a customer or vehicle


class MilestoneForm(forms.Form):
    """What was reached, when, and its number."""

    kind = forms.ChoiceField(label=_("Milestone"), choices=MilestoneKind.choices)
    unit = forms.TypedChoiceField(label=_("Unit"), coerce=int)
    vehicle = forms.TypedChoiceField(label=_("Vehicle"), coerce=int, required=False, empty_value=None)
    on = forms.DateField(label=_("Date"))
    hour = forms.TimeField(label=_("Time"), required=False)
    reference = forms.CharField(label=_("Number"), max_length=60, required=False)
    detail = forms.CharField(label=_("Detail"), max_length=120, required=False)

    def __init__(self, *args: Any, units: list[tuple[int, str]], vehicles: list[tuple[Any, str]], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["unit"].choices = units  # type: ignore[attr-defined]
        self.fields["vehicle"].choices = [("", "—"), *vehicles]  # type: ignore[attr-defined]

    def reached_at(self, *, now: datetime) -> datetime:
        """Return the instant in the unit's zone; today without an hour means now, another day noon."""
        data = self.cleaned_data
        zone = tree().time_zone(data["unit"])
        local = now.astimezone(zone)
        if data["hour"] is None and data["on"] == local.date():
            return now
        hour = data["hour"] or datetime.min.time().replace(hour=12)
        return datetime.combine(data["on"], hour, tzinfo=zone)


class ListForm(forms.Form):
    """A list from another system: a file, or its text again after it was tried."""

    unit = forms.TypedChoiceField(label=_("Unit"), coerce=int)
    kind = forms.ChoiceField(
        label=_("Milestone"), choices=[("", _("As the list says")), *MilestoneKind.choices], required=False
    )
    file = forms.FileField(label=_("CSV file"), required=False)
    text = forms.CharField(
        label=_("or its lines"),
        required=False,
        max_length=MAX_CHARACTERS,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, units: list[tuple[int, str]], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["unit"].choices = units  # type: ignore[attr-defined]

    def lines(self) -> str:
        """Return the text of the file, read as UTF-8 or Windows-1252, else what was typed."""
        file = self.cleaned_data.get("file")
        if file is None:
            return str(self.cleaned_data.get("text") or "")
        content = file.read(4 * MAX_CHARACTERS)
        try:
            return str(content.decode("utf-8-sig"))
        except UnicodeDecodeError:
            return str(content.decode("cp1252", "replace"))


@require_safe
@access(SEE_CUSTOMERS, personal=True)
def index(request: StaffRequest) -> HttpResponse:
    """List the latest milestones, page by page."""
    rows = Milestone.objects.select_related("customer", "vehicle", "unit", "stated_by").order_by("-pk")
    before = row_id(request.GET.get("before"))
    found = list((rows.filter(pk__lt=before) if before else rows)[: PAGE + 1])
    older = found[PAGE - 1].pk if len(found) > PAGE else None
    context = {"milestones": found[:PAGE], "older": older, "may_import": may(request.actor, IMPORT_MILESTONES)}
    return render(request, "customers/milestones.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@access(IMPORT_MILESTONES, personal=True)
def from_list(request: StaffRequest) -> HttpResponse:
    """Try a list: show line by line what it would do. Sent again with "state" it does it."""
    form = ListForm(request.POST or None, request.FILES or None, units=_units(request, IMPORT_MILESTONES.roles))
    context: dict[str, Any] = {"form": form}
    if request.method == "POST" and form.is_valid():
        text, kind, unit = form.lines(), form.cleaned_data["kind"], form.cleaned_data["unit"]
        if request.POST.get("state"):
            done: list[Any] = []

            def act() -> int:
                done.extend(
                    services.state_list(text=text, kind=kind, unit_id=unit, by=request.actor, now=request.received_at)
                )
                return len(done)

            once(request, door="customers.milestones", act=act)
            return redirect("customers:milestones")
        planned = services.plan_list(text=text, kind=kind, unit_id=unit, now=request.received_at)
        context |= {
            "planned": planned,
            "text": text,
            "new": sum(1 for one in planned if not one.why_not and not one.is_known),
            "known": sum(1 for one in planned if one.is_known),
            "wrong": sum(1 for one in planned if one.why_not),
        }
    return render(request, "customers/milestone_list.html", context, status=422 if form.errors else 200)


@require_safe
@access(SEE_CUSTOMERS, personal=True)
def of_customer(request: StaffRequest, customer_id: int) -> HttpResponse:
    """Show a customer's milestones and the form for one more: a panel of their page."""
    return _panel(request, customer_id)


@require_POST
@access(EDIT_CUSTOMERS, personal=True)
def state(request: StaffRequest, customer_id: int) -> HttpResponse:
    """State a milestone of a customer."""
    card = queries.customer_card(customer_id)
    units = _units(request, EDIT_CUSTOMERS.roles)
    form = MilestoneForm(request.POST, units=units, vehicles=_vehicles(card))
    data = accepted(form)

    def act() -> int:
        milestone, _is_new = services.state_milestone(
            unit_id=data["unit"],
            kind=data["kind"],
            customer_id=card.id,
            vehicle_id=data["vehicle"],
            reached_at=form.reached_at(now=request.received_at),
            reference=data["reference"],
            detail=data["detail"],
            by=request.actor,
            now=request.received_at,
        )
        return int(milestone.pk)

    once(request, door="customers.milestone", act=act)
    return _panel(request, card.id) if request.htmx else redirect("customers:customer", card.id)


@require_safe
@access(SEE_CUSTOMERS, personal=True)
def of_vehicle(request: StaffRequest, vehicle_id: int) -> HttpResponse:
    """Show the milestones of a vehicle: a panel of its page."""
    vehicle = Vehicle.objects.find(vehicle_id)
    rows = Milestone.objects.filter(vehicle=vehicle).select_related("customer", "unit")
    context = {"milestones": list(rows.order_by("-reached_at", "-pk")[:SHOWN])}
    return render(request, "customers/_vehicle_milestones.html", context)


def _panel(request: StaffRequest, customer_id: int) -> HttpResponse:
    card = queries.customer_card(customer_id)
    rows = Milestone.objects.filter(customer_id__in=card.record_ids).select_related("vehicle", "unit")
    units = _units(request, EDIT_CUSTOMERS.roles)
    context = {
        "card": card,
        "milestones": list(rows.order_by("-reached_at", "-pk")[:SHOWN]),
        "form": MilestoneForm(units=units, vehicles=_vehicles(card)) if units else None,
        "today": request.received_at.astimezone(tree().time_zone(units[0][0])).date() if units else None,
    }
    return render(request, "customers/_milestones.html", context)


def _vehicles(card: queries.CustomerCard) -> list[tuple[Any, str]]:
    return [(car.vehicle_id, " ".join(filter(None, [car.name, car.plate]))) for car in card.vehicles]


def _units(request: StaffRequest, roles: frozenset[str]) -> list[tuple[int, str]]:
    mine, places = request.actor.units_with(roles), tree()
    rows = [(places.unit(pk), pk) for pk in mine if pk in places.units]
    return [(pk, places.label(pk)) for unit, pk in sorted(rows, key=lambda row: row[0].path) if unit.is_active]
