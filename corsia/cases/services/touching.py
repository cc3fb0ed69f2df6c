"""A touch: one of us did something with a case, so it is not neglected, and counting begins anew."""

from datetime import datetime

from django.db import transaction

from corsia.cases.models import Case
from corsia.cases.queries.definitions import definition
from corsia.cases.rules.clocks import neglected_from
from corsia.cases.services.alarms import clear_alarms
from corsia.cases.services.locking import locked_case, tell_case
from corsia.cases.vocabulary import AlarmKind
from corsia.kernel.actors import Actor
from corsia.organisation.queries import tree


@transaction.atomic
def touch(*, case_id: int, by: Actor, now: datetime) -> Case:
    """Note that one of us worked on the case elsewhere, e.g. wrote a note; a closed case stays as it is."""
    case = locked_case(case_id, by=by)
    touch_and_save(case, now=now)
    tell_case(case)
    return case


def touch_and_save(case: Case, *, now: datetime) -> None:
    """Note a touch on a locked case, if it is open, and write it down."""
    if case.closed_at is None:
        case.save(update_fields=touched(case, now=now))


def touched(case: Case, *, now: datetime) -> list[str]:
    """Note a touch on a locked open case and end its alarm of neglect; return the fields that are to be saved."""
    case.last_activity_at = now
    case.neglected_from = neglected_from(
        tree().hours(case.unit_id),
        touched_at=now,
        snoozed_until=case.snoozed_until,
        neglect_minutes=definition(case.version_id).neglect_minutes,
    )
    clear_alarms(case, AlarmKind.NEGLECTED, now=now)
    return ["last_activity_at", "neglected_from"]
