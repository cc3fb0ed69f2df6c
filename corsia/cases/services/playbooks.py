"""A case follows its playbook: steps ticked, and taken back with the reason."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from corsia.cases.models import PlaybookRun, StepTick
from corsia.cases.queries.playbooks import followed_version
from corsia.cases.services.locking import locked_open_case, tell_case
from corsia.cases.services.touching import touch_and_save
from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit
from corsia.kernel.errors import Invalid, NotFound, Refused
from corsia.knowledge.models import PlaybookStep
from corsia.knowledge.vocabulary import Asks

MAX_NOTE = 400


class NoPlaybook(Refused):
    code = "cases.no_playbook"
    message = _("There is no playbook for the process of case #%(number)s. A manager writes one under Knowledge.")


class NoteMissing(Invalid):
    code = "cases.step_without_note"
    message = _("“%(step)s” asks for a note. Write it in the field below the step, then tick it.")


class PromiseMissing(Invalid):
    code = "cases.step_without_promise"
    message = _(
        "“%(step)s” asks what was promised to the customer, and by when. Write it in the field below the step: whoever "
        "stands in for you keeps it."
    )


class ReasonMissing(Invalid):
    code = "cases.untick_without_reason"
    message = _("Say in a few words why “%(step)s” is not done after all.")


@transaction.atomic
def tick_step(*, case_id: int, step_id: int, note: str = "", by: Actor, now: datetime) -> StepTick:
    """Note that a step is done; the first one fixes the version that the case follows. A second time changes nothing.

    Raises:
        CaseClosed: the case is closed.
        NoPlaybook: there is nothing to follow.
        NotFound: the step is not one of the version the case follows.
        NoteMissing, PromiseMissing: the step asks for words.
    """
    case = locked_open_case(case_id, by=by)
    version = followed_version(case)
    if version is None:
        raise NoPlaybook(number=case.pk)
    step = version.step(step_id)
    there: StepTick | None = StepTick.objects.filter(case=case, step_id=step_id, undone_at=None).first()
    if there is not None:
        return there
    note = " ".join(note.split())[:MAX_NOTE]
    if step.asks and not note:
        raise (PromiseMissing if step.asks == Asks.PROMISE else NoteMissing)(step=step.title)
    PlaybookRun.objects.get_or_create(case=case, defaults={"version_id": version.id, "fixed_at": now})
    tick: StepTick = StepTick.objects.create(case=case, step_id=step_id, ticked_at=now, ticked_by_id=by.id, note=note)
    touch_and_save(case, now=now)
    audit(case, "step_ticked", by=by, now=now, step=step_id, title=step.title_it)
    tell_case(case)
    return tick


@transaction.atomic
def untick_step(*, case_id: int, step_id: int, reason: str, by: Actor, now: datetime) -> None:
    """Note that a step is not done after all, and why; who had ticked it stays on record.

    Raises:
        CaseClosed: the case is closed.
        NotFound: there is no such step.
        ReasonMissing: without a reason nobody can learn from it.
    """
    case = locked_open_case(case_id, by=by)
    tick = StepTick.objects.filter(case=case, step_id=step_id, undone_at=None).select_related("step").first()
    if tick is None:
        raise NotFound(kind=PlaybookStep._meta.label)
    reason = " ".join(reason.split())[:200]
    if not reason:
        version = followed_version(case)
        raise ReasonMissing(step=version.step(step_id).title if version else "")
    tick.undone_at, tick.undone_by_id, tick.undone_reason = now, by.id, reason
    tick.save(update_fields=["undone_at", "undone_by", "undone_reason"])
    touch_and_save(case, now=now)
    audit(case, "step_unticked", by=by, now=now, step=step_id, title=tick.step.title_it, reason=reason)
    tell_case(case)
