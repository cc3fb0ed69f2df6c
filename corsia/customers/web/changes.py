"""The small changes on the customer page. Each answers with the section it changed, or with the page without htmx."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from corsia.customers import queries, services
from corsia.customers.models import Address, ContactPoint, Holding, Relation
from corsia.customers.permissions import EDIT_CUSTOMERS
from corsia.customers.web.forms import (
    AddressForm,
    ConsentForm,
    ContactForm,
    ContactStateForm,
    EndForm,
    FlagForm,
    HoldingForm,
    MemberForm,
)
from corsia.customers.web.pages import page_context
from corsia.kernel.access import access
from corsia.kernel.http import StaffRequest
from corsia.ui.forms import accepted
from corsia.vehicles.queries import find_vehicle
from corsia.vehicles.rules.vin import VIN_LENGTH, normalise_vin
from corsia.vehicles.services import VehicleData, add_vehicle


def section(request: StaffRequest, customer_id: int, name: str) -> HttpResponse:
    """Answer with a section of the customer page as it is now."""
    if not request.htmx:
        return redirect("customers:customer", customer_id=customer_id)
    context = page_context(request, queries.family_of(customer_id))
    return render(request, f"customers/sections/_{name}.html", context)


@require_POST
@access(EDIT_CUSTOMERS, personal=True)
def add_contact(request: StaffRequest, customer_id: int) -> HttpResponse:
    """Add an e-mail address or phone."""
    fields = accepted(ContactForm(request.POST))
    services.add_contact(
        customer_id=customer_id,
        kind=fields["kind"],
        value=fields["value"],
        label=fields["label"],
        by=request.actor,
        now=request.received_at,
    )
    return section(request, customer_id, "contacts")


@require_POST
@access(EDIT_CUSTOMERS, personal=True)
def remove_contact(request: StaffRequest, contact_id: int) -> HttpResponse:
    """Take an e-mail address or phone off."""
    customer_id = ContactPoint.objects.find(contact_id).customer_id
    services.remove_contact(contact_id=contact_id, by=request.actor, now=request.received_at)
    return section(request, customer_id, "contacts")


@require_POST
@access(EDIT_CUSTOMERS, personal=True)
def make_primary(request: StaffRequest, contact_id: int) -> HttpResponse:
    """Use an e-mail address or phone first."""
    customer_id = ContactPoint.objects.find(contact_id).customer_id
    services.make_primary(contact_id=contact_id, by=request.actor, now=request.received_at)
    return section(request, customer_id, "contacts")


@require_POST
@access(EDIT_CUSTOMERS, personal=True)
def set_contact_state(request: StaffRequest, contact_id: int) -> HttpResponse:
    """Say whether an e-mail address or phone may be used."""
    fields = accepted(ContactStateForm(request.POST))
    customer_id = ContactPoint.objects.find(contact_id).customer_id
    services.set_contact_state(contact_id=contact_id, state=fields["state"], by=request.actor, now=request.received_at)
    return section(request, customer_id, "contacts")


@require_POST
@access(EDIT_CUSTOMERS, personal=True)
def add_address(request: StaffRequest, customer_id: int) -> HttpResponse:
    """Add a postal address."""
    fields = accepted(AddressForm(request.POST))
    services.add_address(customer_id=customer_id, **fields, by=request.actor, now=request.received_at)
    return section(request, customer_id, "addresses")


@require_POST
@access(EDIT_CUSTOMERS, personal=True)
def edit_address(request: StaffRequest, address_id: int) -> HttpResponse:
    """Correct a postal address."""
    customer_id = Address.objects.find(address_id).customer_id
    data = services.AddressData(**accepted(AddressForm(request.POST)))
    services.edit_address(address_id=address_id, data=data, by=request.actor, now=request.received_at)
    return section(request, customer_id, "addresses")


@require_POST
@access(EDIT_CUSTOMERS, personal=True)
def make_address_primary(request: StaffRequest, address_id: int) -> HttpResponse:
    """Use a postal address first."""
    customer_id = Address.objects.find(address_id).customer_id
    services.make_address_primary(address_id=address_id, by=request.actor, now=request.received_at)
    return section(request, customer_id, "addresses")


@require_POST
@access(EDIT_CUSTOMERS, personal=True)
def remove_address(request: StaffRequest, address_id: int) -> HttpResponse:
    """Take a postal address off."""
    customer_id = Address.objects.find(address_id).customer_id
    services.remove_address(address_id=address_id, by=request.actor, now=request.received_at)
    return section(request, customer_id, "addresses")


@require_POST
@access(EDIT_CUSTOMERS, personal=True)
def record_consent(request: StaffRequest, customer_id: int) -> HttpResponse:
    """Write down a statement about a purpose."""
    fields = accepted(ConsentForm(request.POST))
    services.record_consent(
        customer_id=customer_id,
        purpose=fields["purpose"],
        channel=fields["channel"],
        is_given=fields["answer"] == "yes",
        source=fields["source"],
        text_version=fields["text_version"],
        by=request.actor,
        now=request.received_at,
    )
    return section(request, customer_id, "consents")


@require_POST
@access(EDIT_CUSTOMERS, personal=True)
def change_flag(request: StaffRequest, customer_id: int) -> HttpResponse:
    """Set a flag or take it off, on whichever of the customer's records carry it."""
    fields = accepted(FlagForm(request.POST))
    if fields["is_set"]:
        services.set_flag(customer_id=customer_id, flag=fields["flag"], by=request.actor, now=request.received_at)
    else:
        for record_id in queries.family_ids(customer_id):
            services.clear_flag(customer_id=record_id, flag=fields["flag"], by=request.actor, now=request.received_at)
    return section(request, customer_id, "flags")


@require_POST
@access(EDIT_CUSTOMERS, personal=True)
def start_holding(request: StaffRequest, customer_id: int) -> HttpResponse:
    """Give the customer a vehicle, added when the group does not know it yet."""
    fields = accepted(HoldingForm(request.POST))
    text = fields["vehicle"]
    is_vin = len(normalise_vin(text)) >= VIN_LENGTH - 1
    vehicle = find_vehicle(vin=text) if is_vin else find_vehicle(plate=text)
    if vehicle is None:
        vehicle = add_vehicle(
            unit_id=queries.family_of(customer_id)[0].unit_id,
            data=VehicleData(vin=text if is_vin else "", make=fields["make"], model=fields["model"]),
            plate="" if is_vin else text,
            by=request.actor,
            now=request.received_at,
        )
    services.start_holding(
        customer_id=customer_id,
        vehicle_id=vehicle.pk,
        role=fields["role"],
        since=fields["since"],
        by=request.actor,
        now=request.received_at,
    )
    return section(request, customer_id, "vehicles")


@require_POST
@access(EDIT_CUSTOMERS, personal=True)
def end_holding(request: StaffRequest, holding_id: int) -> HttpResponse:
    """Write down that the customer no longer has the vehicle."""
    until = request.POST.get("until") or timezone.localdate(request.received_at).isoformat()
    fields = accepted(EndForm({"until": until}))
    customer_id = Holding.objects.find(holding_id).customer_id
    services.end_holding(holding_id=holding_id, until=fields["until"], by=request.actor, now=request.received_at)
    return section(request, queries.survivor_id(customer_id), "vehicles")


@require_POST
@access(EDIT_CUSTOMERS, personal=True)
def add_member(request: StaffRequest, customer_id: int) -> HttpResponse:
    """Add a person to a household or company."""
    fields = accepted(MemberForm(request.POST))
    services.relate(
        whole_id=customer_id,
        part_id=fields["member"],
        job=fields["job"],
        by=request.actor,
        now=request.received_at,
    )
    return section(request, customer_id, "members")


@require_POST
@access(EDIT_CUSTOMERS, personal=True)
def remove_member(request: StaffRequest, relation_id: int) -> HttpResponse:
    """End a membership."""
    whole_id = Relation.objects.find(relation_id).whole_id
    services.unrelate(relation_id=relation_id, by=request.actor, now=request.received_at)
    return section(request, queries.survivor_id(whole_id), "members")
