"""Surveys of the network: whom a plan would ask, their invitations and the one reminder."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from corsia.kernel.access import access, demand
from corsia.kernel.errors import NotFound
from corsia.kernel.http import StaffRequest
from corsia.kernel.once import once
from corsia.listening import services
from corsia.listening.models import ListeningPlan, StaffInvitation
from corsia.listening.permissions import MANAGE_LISTENING
from corsia.listening.queries.colleagues import NETWORK_ROLES, asks_colleagues, by_unit, colleagues_of
from corsia.listening.rules.colleagues import LEAST
from corsia.listening.vocabulary import PlanState
from corsia.organisation.vocabulary import Role


@require_safe
@access(MANAGE_LISTENING)
def choose(request: StaffRequest, plan_id: int) -> HttpResponse:
    """Show whom a plan would ask, by the roles that are chosen."""
    plan: ListeningPlan = ListeningPlan.objects.select_related("touchpoint", "questionnaire").find(plan_id)
    demand(request.actor, MANAGE_LISTENING, plan.unit_id)
    if not asks_colleagues(plan):
        raise NotFound(kind=ListeningPlan._meta.label)
    asked = [role for role in request.GET.getlist("role") if role in Role.values]
    roles = asked or [str(role) for role in NETWORK_ROLES]
    found = colleagues_of(plan, roles=roles, today=timezone.localdate(request.received_at))
    fresh = sum(not one.is_invited for one in found)
    invited = StaffInvitation.objects.filter(plan=plan).count()
    context = {
        "plan": plan,
        "roles": [(value, label, value in roles) for value, label in Role.choices],
        "chosen": roles,
        "units": by_unit(found),
        "count": len(found),
        "fresh": fresh,
        "invited": invited,
        "least": LEAST,
        "is_running": plan.state == PlanState.RUNNING,
        "is_enough": invited + fresh >= LEAST,
    }
    return render(request, "listening/colleagues.html", context)


@require_POST
@access(MANAGE_LISTENING)
def invite(request: StaffRequest, plan_id: int) -> HttpResponse:
    """Ask those who were not asked yet."""

    def act() -> int:
        roles = request.POST.getlist("role")
        return services.invite_colleagues(plan_id=plan_id, roles=roles, by=request.actor, now=request.received_at)

    count = once(request, door="listening.invite_colleagues", act=act)
    said = ngettext("%(count)s colleague was asked.", "%(count)s colleagues were asked.", count) % {"count": count}
    messages.success(request, said if count else _("Everybody with these roles was asked before: nobody twice."))
    return redirect("listening:plan", plan_id)


@require_POST
@access(MANAGE_LISTENING)
def remind(request: StaffRequest, plan_id: int) -> HttpResponse:
    """Remind those who have not answered."""

    def act() -> int:
        return services.remind_colleagues(plan_id=plan_id, by=request.actor, now=request.received_at)

    count = once(request, door="listening.remind_colleagues", act=act)
    said = ngettext("%(count)s colleague was reminded.", "%(count)s colleagues were reminded.", count)
    said = said % {"count": count}
    messages.success(request, said if count else _("Nobody is left to be reminded: each is reminded once."))
    return redirect("listening:plan", plan_id)
