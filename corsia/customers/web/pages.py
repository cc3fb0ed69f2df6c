"""The customer page, its timeline, adding and editing."""

from collections.abc import Sequence

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from corsia.customers import queries, services
from corsia.customers.models import Customer
from corsia.customers.permissions import EDIT_CUSTOMERS, MERGE_CUSTOMERS, SEE_CUSTOMERS
from corsia.customers.vocabulary import (
    ConsentChannel,
    ContactKind,
    ContactState,
    CustomerKind,
    Flag,
    Purpose,
    VehicleRole,
)
from corsia.customers.web.forms import CustomerForm, NewCustomerForm
from corsia.kernel.access import access, may
from corsia.kernel.errors import CorsiaError
from corsia.kernel.http import StaffRequest

MOST_ALIKE = 5


def page_context(request: StaffRequest, family: Sequence[Customer]) -> dict[str, object]:
    """Return what the customer page and each of its sections need.

    Args:
        family: all records of the customer (`queries.family_of`).
    """
    page = queries.customer_page(family, on=timezone.localdate(request.received_at))
    return {
        "page": page,
        "card": page.card,
        "customer": page.customer,
        "may_edit": may(request.actor, EDIT_CUSTOMERS),
        "may_merge": may(request.actor, MERGE_CUSTOMERS),
        "all_flags": Flag,
        "purposes": [purpose for purpose in Purpose if purpose is not Purpose.SERVICE],
        "channels": ConsentChannel,
        "contact_kinds": ContactKind,
        "contact_states": ContactState,
        "roles": VehicleRole,
        "today": timezone.localdate(request.received_at),
    }


@require_GET
@access(SEE_CUSTOMERS, personal=True)
def customer(request: StaffRequest, customer_id: int) -> HttpResponse:
    """Show a customer; a merged record leads to the one it became."""
    family = queries.family_of(customer_id)
    if family[0].pk != customer_id:
        return redirect("customers:customer", customer_id=family[0].pk)
    context = page_context(request, family)
    context["story"] = queries.story_of([record.pk for record in family])
    return render(request, "customers/customer.html", context)


@require_GET
@access(SEE_CUSTOMERS, personal=True)
def story(request: StaffRequest, customer_id: int) -> HttpResponse:
    """Return the next page of the timeline."""
    told = queries.story_of(queries.family_ids(customer_id), before=request.GET.get("before", ""))
    return render(request, "customers/_story.html", {"story": told, "customer_id": customer_id})


@require_GET
@access(SEE_CUSTOMERS, personal=True)
def statements(request: StaffRequest, customer_id: int) -> HttpResponse:
    """Return everything the customer ever said about consent."""
    told = queries.statements_of(queries.family_ids(customer_id))
    return render(request, "customers/_statements.html", {"statements": told})


@require_http_methods(["GET", "POST"])
@access(EDIT_CUSTOMERS, personal=True)
def add(request: StaffRequest) -> HttpResponse:
    """Add a customer, unless they are found to be there already and nobody insists."""
    initial = {"kind": CustomerKind.PERSON, "language": "it"}
    form = NewCustomerForm(request.POST or None, initial=initial | request.GET.dict())
    if request.method == "GET" or not form.is_valid():
        return _form_page(request, form, customer=None)
    fields = form.cleaned_data
    alike = [] if fields["add_anyway"] else _already_there(fields)
    if alike:
        return _form_page(request, form, customer=None, alike=alike)
    data = form.data_for_service()
    try:
        added = services.add_customer(
            unit_id=home_unit(request),
            kind=data.kind,
            title=data.title,
            first_name=data.first_name,
            last_name=data.last_name,
            company_name=data.company_name,
            tax_code=data.tax_code,
            vat_number=data.vat_number,
            born_on=data.born_on,
            language=data.language,
            owner_advisor_id=data.owner_advisor_id,
            note=data.note,
            emails=[fields["email"]] if fields["email"] else [],
            phones=[fields["phone"]] if fields["phone"] else [],
            source="desk",
            by=request.actor,
            now=request.received_at,
        )
    except CorsiaError as refusal:  # what was typed stays on the page, beside the reason
        form.add_error(None, str(refusal))
        return _form_page(request, form, customer=None)
    messages.success(request, _("%(name)s has been added.") % {"name": added.display_name})
    return redirect("customers:customer", customer_id=added.pk)


@require_http_methods(["GET", "POST"])
@access(EDIT_CUSTOMERS, personal=True)
def edit(request: StaffRequest, customer_id: int) -> HttpResponse:
    """Correct a customer's record."""
    row: Customer = queries.family_of(customer_id)[0]
    names = services.CustomerData.__dataclass_fields__
    initial = {name: getattr(row, name) for name in names if name != "owner_advisor_id"}
    form = CustomerForm(request.POST or None, initial=initial, advisor=row.owner_advisor)
    if request.method == "GET" or not form.is_valid():
        return _form_page(request, form, customer=row)
    try:
        services.edit_customer(
            customer_id=row.pk, data=form.data_for_service(), by=request.actor, now=request.received_at
        )
    except CorsiaError as refusal:
        form.add_error(None, str(refusal))
        return _form_page(request, form, customer=row)
    messages.success(request, _("Saved."))
    return redirect("customers:customer", customer_id=row.pk)


def home_unit(request: StaffRequest) -> int:
    """Return a unit in which the person may edit customers: their dealer group gets what they add."""
    return min(request.actor.units_with(EDIT_CUSTOMERS.roles))


def _form_page(
    request: StaffRequest,
    form: CustomerForm,
    *,
    customer: Customer | None,
    alike: list[queries.SearchHit] | None = None,
) -> HttpResponse:
    back = reverse("customers:customer", args=[customer.pk]) if customer else reverse("customers:index")
    context = {"form": form, "customer": customer, "alike": alike or [], "back": back, "kinds": CustomerKind}
    status = 422 if request.method == "POST" else 200
    return render(request, "customers/form.html", context, status=status)


def _already_there(fields: dict[str, object]) -> list[queries.SearchHit]:
    """Return customers found by the same address, number or code."""
    found: dict[int, queries.SearchHit] = {}
    for name in ("email", "phone", "tax_code", "vat_number"):
        text = str(fields.get(name) or "")
        if len(text) >= 6:
            found |= {
                hit.id: hit for hit in queries.search(text, MOST_ALIKE) if hit.closeness is queries.Closeness.EXACT
            }
    return list(found.values())[:MOST_ALIKE]
