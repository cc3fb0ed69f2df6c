"""What cases do when something becomes true elsewhere."""

from datetime import datetime, timedelta

from django.utils import translation
from django.utils.translation import gettext as _

from corsia.cases.models import Case
from corsia.cases.services import add_task, reopen_case
from corsia.events.listening import SurveyAnswered
from corsia.kernel.actors import system
from corsia.organisation.queries import working_hours_of
from corsia.organisation.working_time import add

CALL_BACK_WITHIN = timedelta(hours=4)  # of working time


def reopen_for_detractor(fact: SurveyAnswered, *, now: datetime) -> None:
    """Reopen the case of a customer who was disappointed, or wants to be called, with the task of calling back."""
    if not (fact.is_detractor or fact.wants_callback):
        return
    case: Case = Case.objects.select_related("merged_into").find(fact.case_id)
    case = case.merged_into or case
    by = system("survey")
    with translation.override(case.language):
        reason = _("The customer answered the survey with %(score)s.") % {"score": fact.score}
        title = _("Call the customer back: survey answered with %(score)s") % {"score": fact.score}
    if case.closed_at is not None:
        reopen_case(case_id=case.pk, reason=reason, by=by, now=now)
    due_at = add(working_hours_of(case.unit_id), now, CALL_BACK_WITHIN)
    add_task(
        case_id=case.pk,
        title=title,
        assignee_id=None,
        due_at=due_at,
        is_callback=True,
        by=by,
        now=now,
    )
