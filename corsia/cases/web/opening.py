"""A case by hand."""

from django.http import HttpResponse
from django.shortcuts import redirect, render

from corsia.cases import services
from corsia.cases.permissions import WORK_CASES
from corsia.cases.queries import desk, startable
from corsia.cases.queries.case_page import vehicles_of
from corsia.cases.web.desk import unit_choices, visible_units
from corsia.cases.web.forms import NewCaseForm
from corsia.customers.models import Customer
from corsia.customers.queries import search
from corsia.kernel.access import access
from corsia.kernel.http import StaffRequest, row_id
from corsia.kernel.scope import current_scope
from corsia.organisation.queries import tree


@access(WORK_CASES, personal=True)
def new(request: StaffRequest) -> HttpResponse:
    """Open a case for a customer at the counter or on the phone, or an internal one."""
    organisation = tree()
    units = visible_units(organisation)
    given = request.POST or request.GET
    unit_id = row_id(given.get("unit")) or units[0].pk
    if unit_id not in {unit.pk for unit in units}:
        unit_id = units[0].pk
    scope = current_scope()
    form = NewCaseForm(
        request.POST or None,
        units=unit_choices(organisation),
        processes=startable(unit_id),
        people=desk.people_in_scope(None if scope.everything else scope.units),
        initial={**{key: value for key, value in request.GET.items() if key != "unit"}, "unit": unit_id},
    )
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        case = services.open_case(
            unit_id=values["unit"],
            process_key=values["process"],
            subject=values["subject"],
            origin=values["origin"],
            customer_id=values["customer_id"],
            vehicle_id=values["vehicle_id"],
            priority=values["priority"],
            purchase_channel=values["purchase_channel"],
            language=values["language"],
            assignee_id=values["assignee"],
            linked_to=values["linked_to"],
            by=request.actor,
            now=request.received_at,
        )
        return redirect("cases:case", case.pk)
    customer_id = form["customer_id"].value()
    customer = Customer.objects.filter(pk=row_id(customer_id)).first() if row_id(customer_id) else None
    context = {
        "form": form,
        "processes": form.processes,
        "customer": customer,
        "vehicles": vehicles_of(customer.pk) if customer else [],
    }
    return render(request, "cases/new.html", context, status=422 if form.errors else 200)


@access(WORK_CASES, personal=True)
def pick_customers(request: StaffRequest) -> HttpResponse:
    """List the customers that a search means, to choose one."""
    text = request.GET.get("find", "").strip()[:100]
    hits = search(text, 8) if len(text) > 1 else []
    context = {"hits": hits, "text": text, "name": request.GET.get("name", "customer_id")}
    return render(request, "cases/_pick_customers.html", context)


@access(WORK_CASES, personal=True)
def pick_vehicles(request: StaffRequest, customer_id: int) -> HttpResponse:
    """List a customer's vehicles, to choose one."""
    return render(request, "cases/_pick_vehicles.html", {"vehicles": vehicles_of(customer_id), "name": "vehicle_id"})
