"""The kinds of root cause a group counts by."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from corsia.cases.models import Cause
from corsia.cases.permissions import MANAGE_PROCESSES
from corsia.kernel.access import demand
from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit
from corsia.kernel.errors import Invalid


class CauseTwice(Invalid):
    code = "cases.cause_twice"
    message = _("“%(name)s” is on the list of this process already. Change that one, or choose another name.")


@dataclass(frozen=True)
class CauseDetails:
    """What a kind of cause is called, and where it is offered."""

    unit_id: int
    name_it: str
    name_en: str
    process_key: str
    is_active: bool


@transaction.atomic
def save_cause(*, cause_id: int | None, details: CauseDetails, by: Actor, now: datetime) -> Cause:
    """Add a kind of cause, or change one; cases that have it show the new name, retired ones keep it.

    Raises:
        CauseTwice: the unit has it for this process already.
    """
    demand(by, MANAGE_PROCESSES, details.unit_id)
    cause = Cause(unit_id=details.unit_id) if cause_id is None else Cause.objects.lock(cause_id)
    demand(by, MANAGE_PROCESSES, cause.unit_id)
    same = Cause.objects.filter(
        unit_id=details.unit_id, process_key=details.process_key, name_it=details.name_it
    ).exclude(pk=cause.pk or 0)
    if same.exists():
        raise CauseTwice(name=details.name_it)
    cause.unit_id, cause.process_key = details.unit_id, details.process_key
    cause.name_it, cause.name_en, cause.is_active = details.name_it, details.name_en, details.is_active
    if cause_id is None:
        last = Cause.objects.filter(unit_id=details.unit_id).order_by("-position").values_list("position", flat=True)
        cause.position = (last.first() or 0) + 1
    cause.save()
    audit(cause, "cause_saved", by=by, now=now, name=cause.name_it, is_active=cause.is_active)
    return cause
