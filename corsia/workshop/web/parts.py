"""Parts of a workshop: the list, what is short for visits, and the page of one."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_POST, require_safe

from corsia.kernel.access import access, may
from corsia.kernel.errors import NotFound
from corsia.kernel.http import StaffRequest, row_id
from corsia.organisation.queries import day_in, time_zone_of, tree
from corsia.ui.forms import DayInput, accepted
from corsia.workshop.models import Part, PartArrival, Workshop
from corsia.workshop.permissions import BOOK, KEEP_PARTS, PLAN, SEE_WORKSHOP
from corsia.workshop.queries.parts import part_card, part_rows, short_rows
from corsia.workshop.queries.visits import workshops
from corsia.workshop.rules.lists import quantity_of
from corsia.workshop.services import parts as services
from corsia.workshop.services.parts import PartInfo

SHOWS = (
    ("", pgettext_lazy("parts", "All kept here")),
    ("short", pgettext_lazy("parts", "Promised more than there is")),
    ("coming", pgettext_lazy("parts", "Expected")),
    ("late", pgettext_lazy("parts", "Overdue")),
    ("off", pgettext_lazy("parts", "No longer kept")),
)


class QuantityField(forms.CharField):
    """A number of at most two decimals, with a comma or a point."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("widget", forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}))
        super().__init__(max_length=14, **options)

    def clean(self, value: Any) -> Any:
        number = quantity_of(super().clean(value))
        if number is None:
            raise forms.ValidationError(gettext_lazy("Write a number such as 4 or 2,5."))
        return number


class PartForm(forms.Form):
    """A part that is kept from now on."""

    code = forms.CharField(label=gettext_lazy("Code"), max_length=40)
    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    on_hand = QuantityField(label=gettext_lazy("On hand"), initial="0")
    order_days = forms.IntegerField(label=gettext_lazy("Days when ordered"), min_value=0, max_value=365, required=False)


class NameForm(forms.Form):
    """What a part is called."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    order_days = forms.IntegerField(label=gettext_lazy("Days when ordered"), min_value=0, max_value=365, required=False)


class CountForm(forms.Form):
    """How many lie there."""

    on_hand = QuantityField(label=gettext_lazy("On hand"))
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200, required=False)


class ArrivalForm(forms.Form):
    """Pieces that were ordered."""

    quantity = QuantityField(label=gettext_lazy("Quantity"))
    expected_on = forms.DateField(label=gettext_lazy("Expected on"), widget=DayInput())
    note = forms.CharField(label=gettext_lazy("Order number"), max_length=80, required=False)


class DayForm(forms.Form):
    """Another day."""

    expected_on = forms.DateField(label=gettext_lazy("Expected on"), widget=DayInput())


class DeliveryForm(forms.Form):
    """How many came."""

    quantity = QuantityField(label=gettext_lazy("Quantity"))


@require_safe
@access(SEE_WORKSHOP, personal=True)
def index(request: StaffRequest) -> HttpResponse:
    """List the parts of a workshop, and the visits that some are short for."""
    places = workshops()
    asked = row_id(request.GET.get("unit"))
    text, show = request.GET.get("q", "").strip()[:60], request.GET.get("show", "")
    show = show if show in dict(SHOWS) else ""
    context: dict[str, Any] = {
        "places": [(one.unit_id, label) for one, label in places],
        "text": text,
        "show": show,
        "shows": SHOWS,
    }
    if places:
        home = next((one.unit_id for one, _label in places if one.unit_id == asked), places[0][0].unit_id)
        context |= {
            "unit_id": home,
            "zone": time_zone_of(home),
            "today": day_in(home, request.received_at),
            "rows": part_rows(home, text=text, show=show, now=request.received_at),
            "shorts": [] if text or show else short_rows(home, now=request.received_at),
            "may_keep": may(request.actor, KEEP_PARTS, home),
            "may_plan": may(request.actor, PLAN, home),
            "may_book": may(request.actor, BOOK, home),
        }
    part = "workshop/_parts.html" if request.headers.get("HX-Target") == "pt-list" else "workshop/parts.html"
    return render(request, part, context)


@require_safe
@access(SEE_WORKSHOP, personal=True)
def show(request: StaffRequest, part_id: int) -> HttpResponse:
    """Show a part with what is expected, kept and moved."""
    card = part_card(part_id, now=request.received_at)
    unit_id = card.row.part.unit_id
    context = {
        "card": card,
        "part": card.row.part,
        "place": tree().label(unit_id),
        "zone": time_zone_of(unit_id),
        "today": day_in(unit_id, request.received_at),
        "may_keep": may(request.actor, KEEP_PARTS, unit_id),
    }
    return render(request, "workshop/part.html", context)


@require_POST
@access(KEEP_PARTS)
def add(request: StaffRequest) -> HttpResponse:
    """Keep a part from now on."""
    unit_id = row_id(request.POST.get("unit"))
    if unit_id is None:
        raise NotFound(kind=Workshop._meta.label)
    tree().unit(unit_id)
    said = accepted(PartForm(request.POST))
    part = services.add_part(
        unit_id=unit_id,
        info=PartInfo(code=said["code"], name=said["name"], order_days=said["order_days"]),
        on_hand=said["on_hand"],
        by=request.actor,
        now=request.received_at,
    )
    return redirect("workshop:part", part.pk)


@require_POST
@access(KEEP_PARTS)
def change(request: StaffRequest, part_id: int) -> HttpResponse:
    """Change what a part is called and how long it takes to come."""
    Part.objects.find(part_id)
    said = accepted(NameForm(request.POST))
    services.change_part(
        part_id=part_id,
        info=PartInfo(code="", name=said["name"], order_days=said["order_days"]),
        by=request.actor,
        now=request.received_at,
    )
    return _saved(request, part_id)


@require_POST
@access(KEEP_PARTS)
def count(request: StaffRequest, part_id: int) -> HttpResponse:
    """Write down how many lie there."""
    Part.objects.find(part_id)
    said = accepted(CountForm(request.POST))
    services.count_part(part_id=part_id, **said, by=request.actor, now=request.received_at)
    return _saved(request, part_id)


@require_POST
@access(KEEP_PARTS)
def retire(request: StaffRequest, part_id: int) -> HttpResponse:
    """Keep a part no longer."""
    part = services.retire_part(part_id=part_id, by=request.actor, now=request.received_at)
    messages.success(request, _("It is no longer kept here: nothing is said of it when visits are booked."))
    return redirect(f"{reverse('workshop:parts')}?unit={part.unit_id}")


@require_POST
@access(KEEP_PARTS)
def expect(request: StaffRequest, part_id: int) -> HttpResponse:
    """Write down that pieces were ordered."""
    Part.objects.find(part_id)
    said = accepted(ArrivalForm(request.POST))
    services.expect(part_id=part_id, **said, by=request.actor, now=request.received_at)
    return _saved(request, part_id)


@require_POST
@access(KEEP_PARTS)
def take_delivery(request: StaffRequest, arrival_id: int) -> HttpResponse:
    """Write down that pieces came."""
    PartArrival.objects.find(arrival_id)
    said = accepted(DeliveryForm(request.POST))
    arrival = services.take_delivery(arrival_id=arrival_id, **said, by=request.actor, now=request.received_at)
    return _saved(request, arrival.part_id)


@require_POST
@access(KEEP_PARTS)
def postpone(request: StaffRequest, arrival_id: int) -> HttpResponse:
    """Expect pieces on another day."""
    PartArrival.objects.find(arrival_id)
    said = accepted(DayForm(request.POST))
    arrival = services.postpone(arrival_id=arrival_id, **said, by=request.actor, now=request.received_at)
    return _saved(request, arrival.part_id)


@require_POST
@access(KEEP_PARTS)
def call_off(request: StaffRequest, arrival_id: int) -> HttpResponse:
    """Write down that pieces will not come."""
    arrival = services.call_off(arrival_id=arrival_id, by=request.actor, now=request.received_at)
    return _saved(request, arrival.part_id)


def _saved(request: StaffRequest, part_id: int) -> HttpResponse:
    messages.success(request, _("Saved."))
    return redirect("workshop:part", part_id)
