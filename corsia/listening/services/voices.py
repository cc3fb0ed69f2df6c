"""What customers said reaches whose work it is, at once."""

from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from corsia.events.listening import SurveyAnswered
from corsia.listening.models import Response
from corsia.listening.rules.nps import PROMOTER_FROM
from corsia.organisation.services import notify

_PRAISE = _("Praise for case #%(number)s: %(score)s of 10")
_BLAME = _("The customer of case #%(number)s was disappointed: %(score)s of 10")


def tell_whose_work(fact: SurveyAnswered, *, now: datetime) -> int:
    """Tell whoever had the case that its customer praised or blamed it in words; return how many were told.

    The words stand on the page the notice opens, behind its right; nothing of them is in the notice. A score without
    words is on the page and, where it was bad, in the notice of the callback.
    """
    is_praise = fact.score is not None and fact.score >= PROMOTER_FROM
    if fact.case_id is None or not fact.text.strip() or not (fact.is_detractor or is_praise):
        return 0
    response = Response.objects.select_related("invitation", "case").filter(pk=fact.response_id).first()
    if response is None or response.case is None:
        return 0
    closed_by = response.invitation.assignee_id if response.invitation else None
    person_id = closed_by or response.case.assignee_id
    if person_id is None:
        return 0
    return notify(
        [person_id],
        kind="listening.praise" if is_praise else "listening.blame",
        title=(_PRAISE if is_praise else _BLAME) % {"number": response.case_id, "score": fact.score},
        text=response.case.subject,
        url=f"{reverse('listening:voices')}?mine=1#a{response.pk}",
        dedupe_key=f"listening.voice.{response.pk}",
        now=now,
    )
