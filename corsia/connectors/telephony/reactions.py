"""What the phone does about facts elsewhere."""

from datetime import datetime

from corsia.cases.models import Case
from corsia.connectors.telephony.models import Call
from corsia.connectors.telephony.vocabulary import CallState
from corsia.events.cases import CaseMoved


def move_along(fact: CaseMoved, *, now: datetime) -> None:
    """Let the calls of a case, their notes and recordings, be seen where the case is now; one still going stays."""
    unit_id = Case.unscoped.values_list("unit_id", flat=True).get(pk=fact.case_id)
    calls = Call.unscoped.filter(case_id=fact.case_id, state=CallState.ENDED)
    calls.exclude(unit_id=unit_id).update(unit_id=unit_id)
