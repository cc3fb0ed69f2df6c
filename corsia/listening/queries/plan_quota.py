"""Whether a plan has as many answers as it wants."""

from corsia.listening.models import ListeningPlan, Response
from corsia.organisation.queries import tree
from corsia.organisation.vocabulary import UnitKind


def is_full(plan: ListeningPlan, unit_id: int) -> bool:
    """Tell whether the branch of a unit has given as many answers as the plan wants from each."""
    if plan.quota is None:
        return False
    places = tree()
    branch = next((unit for unit in places.chain(unit_id) if unit.kind == UnitKind.BRANCH), places.unit(unit_id))
    within = [unit.pk for unit in places.units.values() if unit.path.startswith(branch.path)]
    answered = Response.unscoped.filter(plan=plan, unit_id__in=within)
    return len(answered.values_list("pk")[: plan.quota]) >= plan.quota
