"""What a case must have before it may leave a phase or end."""

from corsia.cases.models import Case
from corsia.cases.queries.definitions import PhaseDefinition, VersionDefinition
from corsia.cases.rules.transitions import Filled, missing_fields
from corsia.cases.vocabulary import EndKind, RequiredField


def missing_before(case: Case, phases: list[PhaseDefinition]) -> list[RequiredField]:
    """Return the required fields of these phases that the case has not filled in."""
    filled = Filled(
        customer=case.customer_id is not None,
        vehicle=case.vehicle_id is not None,
        purchase_channel=bool(case.purchase_channel),
        assignee=case.assignee_id is not None,
        cause=case.cause_id is not None,
        root_cause=bool(case.root_cause),
        remedy=bool(case.remedy),
        reference=bool(case.reference),
    )
    return missing_fields([field for phase in phases for field in phase.requires_for(case.purchase_channel)], filled)


def phases_asked(case: Case, version: VersionDefinition, *, end_kind: str = "") -> list[PhaseDefinition]:
    """Return the phases whose requirements hold: the one the case is in, and, for closing straight away, those that
    lead to an end from there on. Nothing is asked for a cancellation."""
    current = version.phase_of(case.phase_id)
    if not end_kind:
        return [current]
    if end_kind == EndKind.CANCELLED:
        return []
    ends = {phase.key for phase in version.phases if phase.end_kind == end_kind}
    last = [phase for phase in version.phases if phase.position > current.position and ends.intersection(phase.goes_to)]
    # A process with several roads to its end asks what the last phase of the main road asks.
    return [current, *last[-1:]]
