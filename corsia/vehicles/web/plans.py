"""Service plans: what makers ask for."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from corsia.kernel.access import access
from corsia.kernel.http import StaffRequest
from corsia.ui.forms import told_in
from corsia.vehicles import services
from corsia.vehicles.models import ServicePlan
from corsia.vehicles.permissions import MANAGE_DUES
from corsia.vehicles.web.forms import PlanForm


@require_http_methods(["GET", "HEAD", "POST"])
@access(MANAGE_DUES)
def index(request: StaffRequest) -> HttpResponse:
    """Show the plans, and write one down."""
    form = PlanForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            services.save_plan(
                unit_id=min(request.actor.units_with(MANAGE_DUES.roles)),
                data=form.data_for_service(),
                by=request.actor,
                now=request.received_at,
            )
        if form.is_valid():
            messages.success(request, _("Saved. The forecasts follow tonight."))
            return redirect("vehicles:plans")
    plans = ServicePlan.objects.order_by("make", "model", "fuel", "pk")
    context = {"plans": list(plans), "form": form, "may_manage": True}
    return render(request, "vehicles/plans.html", context, status=422 if form.errors else 200)


@require_POST
@access(MANAGE_DUES)
def remove(request: StaffRequest, plan_id: int) -> HttpResponse:
    """Take a plan away."""
    services.remove_plan(plan_id=plan_id, by=request.actor, now=request.received_at)
    messages.info(request, _("The plan was removed."))
    return redirect("vehicles:plans")
