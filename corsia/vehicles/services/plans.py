"""Service plans: what makers ask for, written down once for each make, model or engine."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit
from corsia.kernel.errors import Invalid
from corsia.organisation.queries import group_of
from corsia.vehicles.models import ServicePlan
from corsia.vehicles.permissions import MANAGE_DUES
from corsia.vehicles.services.records import demand_edit


class PlanAsksNothing(Invalid):
    code = "vehicles.plan_asks_nothing"
    message = _("A service plan needs kilometres, months or both. Enter one of them.")


@dataclass(frozen=True, kw_only=True)
class PlanData:
    """What a plan is for, and what it asks."""

    make: str
    model: str = ""
    fuel: str = ""
    interval_km: int | None = None
    interval_months: int | None = None


@transaction.atomic
def save_plan(*, unit_id: int, data: PlanData, by: Actor, now: datetime) -> ServicePlan:
    """Write a plan down; one for the same make, model and fuel is replaced. Dues follow in the next night.

    Raises:
        PlanAsksNothing: neither kilometres nor months.
    """
    unit_id = group_of(unit_id).pk
    demand_edit(by, unit_id, MANAGE_DUES)
    if not data.interval_km and not data.interval_months:
        raise PlanAsksNothing
    make, model = " ".join(data.make.split()), " ".join(data.model.split())
    same = ServicePlan.objects.select_for_update(of=("self",)).filter(
        unit_id=unit_id, make__iexact=make, model__iexact=model, fuel=data.fuel
    )
    plan: ServicePlan = same.first() or ServicePlan(unit_id=unit_id, make=make, model=model, fuel=data.fuel)
    plan.interval_km, plan.interval_months = data.interval_km or None, data.interval_months or None
    plan.save()
    audit(plan, "service_plan_saved", by=by, now=now, km=plan.interval_km, months=plan.interval_months)
    return plan


@transaction.atomic
def remove_plan(*, plan_id: int, by: Actor, now: datetime) -> None:
    """Take a plan away: its vehicles have no service forecast from the next night on.

    Raises:
        NotFound: no such plan within the scope.
    """
    plan: ServicePlan = ServicePlan.objects.lock(plan_id)
    demand_edit(by, plan.unit_id, MANAGE_DUES)
    audit(plan, "service_plan_removed", by=by, now=now, make=plan.make, model=plan.model)
    plan.delete()
