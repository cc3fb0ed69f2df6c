"""What surveys do when something happens elsewhere."""

from datetime import datetime

from corsia.cases.vocabulary import EndKind
from corsia.events.cases import CaseClosed
from corsia.listening import services


def invite_after_closing(fact: CaseClosed, *, now: datetime) -> None:
    """Ask the customer of a solved case how it went, if the process wants it."""
    if fact.sends_survey and fact.end_kind == EndKind.SOLVED and fact.customer_id is not None:
        services.plan_invitation(
            case_id=fact.case_id,
            customer_id=fact.customer_id,
            unit_id=fact.unit_id,
            assignee_id=fact.assignee_id,
            language=fact.language,
            now=now,
        )
