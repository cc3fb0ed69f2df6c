"""Callers whom somebody of ours transfers to the interview at the end of a call."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from corsia.customers import queries as customers
from corsia.customers.vocabulary import Purpose
from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit
from corsia.kernel.errors import Refused
from corsia.listening.models import Interview
from corsia.listening.queries.interviews import TRANSFERRED, setup_of
from corsia.listening.queries.questionnaires import definition_of, version_in_force
from corsia.listening.rules.calling import script_for, slot_at
from corsia.listening.rules.interviews import (
    items_of,
)
from corsia.listening.vocabulary import (
    InterviewOutcome,
    InterviewWay,
)
from corsia.organisation.queries import tree


class NothingToAsk(Refused):
    code = "listening.nothing_to_ask"
    message = _("No questionnaire for interviews is in force here. A manager puts one in force under Quality.")


class WantsNoSurveys(Refused):
    code = "listening.wants_no_surveys"
    message = _("This customer wants no surveys. Do not transfer them.")


class InterviewedAlready(Refused):
    code = "listening.interviewed_already"
    message = _("This caller is in the interview already, or has been.")


@transaction.atomic
def begin_transfer(
    *,
    unit_id: int,
    account_id: int,
    provider_id: str,
    customer_id: int | None,
    case_id: int | None,
    language: str,
    by: Actor,
    now: datetime,
) -> Interview:
    """Write down that a caller is transferred to the interview.

    Args:
        provider_id: of the call that goes on.

    Raises:
        NothingToAsk: no questionnaire is in force that a keypad can answer.
        WantsNoSurveys: they refused surveys.
        InterviewedAlready: this call was transferred before.
    """
    version_id = version_in_force(unit_id, TRANSFERRED)
    if version_id is None or not any(items_of(definition_of(version_id))):
        raise NothingToAsk
    if customer_id is not None and customers.consent_of(customer_id, Purpose.SURVEY).is_given is False:
        raise WantsNoSurveys
    of_call = Interview.objects.filter(account_id=account_id, provider_id=provider_id, way=InterviewWay.TRANSFER)
    if of_call.exclude(outcome=InterviewOutcome.FAILED).exists():
        raise InterviewedAlready
    interview = Interview(
        unit_id=unit_id,
        version_id=version_id,
        way=InterviewWay.TRANSFER,
        customer_id=customer_id,
        case_id=case_id,
        slot=slot_at(now, tree().time_zone(unit_id)),
        language=language,
        account_id=account_id,
        provider_id=provider_id,
        planned_at=now,
        placed_at=now,
        begun_by_id=by.id,
    )
    interview.save()
    interview.script = script_for(interview.pk, share_b_pct=setup_of(version_id).share_b_pct)
    interview.save(update_fields=["script"])
    audit(interview, "interview_begun", by=by, now=now, case=case_id)
    return interview


@transaction.atomic
def give_up_transfer(*, interview_id: int, detail: str, now: datetime) -> None:
    """Write down that the line did not take a transfer; the caller stays with whoever speaks to them."""
    interview = Interview.objects.select_for_update().get(pk=interview_id)
    if interview.answered_at is None and not interview.outcome:
        interview.outcome, interview.detail, interview.ended_at = InterviewOutcome.FAILED, detail[:200], now
        interview.save(update_fields=["outcome", "detail", "ended_at"])
