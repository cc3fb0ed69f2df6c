"""Answers are taken page by page from whoever holds the link; each counts from the moment it is given."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from corsia.cases.models import Case
from corsia.customers import queries as customers
from corsia.customers import services as customer_services
from corsia.customers.vocabulary import ConsentChannel, Purpose
from corsia.kernel.actors import Actor
from corsia.kernel.errors import CorsiaError, Invalid
from corsia.listening.links import ANSWER, STOP, invitation_id_of
from corsia.listening.models import Invitation, Response
from corsia.listening.queries.invitations import answers_of
from corsia.listening.queries.journey import touchpoint_of_case
from corsia.listening.queries.questionnaires import definition_of
from corsia.listening.rules.questionnaires import (
    LONGEST_TEXT,
    Given,
    Role,
    still_asked,
)
from corsia.listening.services.attaching import NO_FILES, Upload
from corsia.listening.services.keeping import Filled, keep_all, settle
from corsia.listening.services.taking import (
    AlreadyAnswered,
    PageUnknown,
    SurveyExpired,
    SurveyUnknown,
    Taken,
    hash_of,
    judged,
)
from corsia.listening.vocabulary import AnswerChannel, PlanState

LEFT_AFTER = timedelta(minutes=30)  # without another page: what was answered is told, the link still takes the rest


class ScoreOutOfRange(Invalid):
    code = "listening.score_out_of_range"
    message = _("The score %(score)s is not on the scale. Choose a number from 0 to 10.")


@dataclass(frozen=True, kw_only=True)
class Submission:
    """One page as somebody sent it.

    Attributes:
        token: of the link, and the only authority.
        data: the values of each field, as they came.
        channel: "" for that of the invitation.
        device: what tells the device apart; only a hash of it is kept.
        files: those of the page by the key of their question.
    """

    token: str
    page_key: str
    data: Mapping[str, Sequence[str]]
    channel: str = ""
    device: str = ""
    files: Mapping[str, Upload] = field(default_factory=dict)


def answer_page(
    *,
    token: str,
    page_key: str,
    data: Mapping[str, Sequence[str]],
    now: datetime,
    channel: str = "",
    device: str = "",
    files: Mapping[str, Upload] = NO_FILES,
) -> Taken:
    """Keep the answers of one page and say what comes next. The token is the only authority.

    A page may be answered again until the survey is complete; answers that it makes pointless are dropped.

    Args:
        data: the values of each field, as they came.
        channel: "" for that of the invitation.
        files: those of the page by the key of their question.
        device: what tells the device apart; only a hash of it is kept.

    Raises:
        SurveyUnknown: the token was not made here, or its invitation was never sent.
        SurveyExpired: too late.
        AlreadyAnswered: the survey is complete.
        PageUnknown: the questionnaire has no such page for these answers.
    """
    one = Submission(token=token, page_key=page_key, data=data, channel=channel, device=device, files=files)
    [taken] = answer_pages([one], now=now)
    if isinstance(taken, CorsiaError):
        raise taken
    return taken


@transaction.atomic
def answer_pages(submissions: Sequence[Submission], *, now: datetime) -> list[Taken | CorsiaError]:
    """Keep pages that came at the same moment with the statements of one; return what became of each, or why not.

    A refusal of one changes nothing for the others. Of two for one invitation the second waits for the first.
    """
    found: dict[int, Taken | CorsiaError] = {}
    waiting = [(place, invitation_id_of(one.token, ANSWER)) for place, one in enumerate(submissions)]
    while waiting:
        turn: dict[int, int] = {}
        for place, invitation_id in waiting:
            if invitation_id is None:
                found[place] = SurveyUnknown()
            else:
                turn.setdefault(invitation_id, place)
        waiting = [one for one in waiting if one[0] not in found and one[0] not in turn.values()]
        found |= _answer_turn({pk: (place, submissions[place]) for pk, place in turn.items()}, now=now)
    return [found[place] for place in range(len(submissions))]


def _answer_turn(turn: Mapping[int, tuple[int, Submission]], *, now: datetime) -> dict[int, Taken | CorsiaError]:
    """Keep one page each of several invitations."""
    invitations = _invitations_of(turn)
    # Only once they are locked: a response that another submit has just begun is seen then.
    begun = {row.invitation_id: row for row in Response.unscoped.filter(invitation_id__in=invitations)}
    answers = answers_of([row.pk for row in begun.values()])
    found: dict[int, Taken | CorsiaError] = {}
    filled: list[Filled] = []
    for pk, (place, one) in turn.items():
        invitation, response = invitations.get(pk), begun.get(pk)
        if invitation is None:
            found[place] = SurveyUnknown()
        elif response is not None and response.completed_at is not None:
            found[place] = AlreadyAnswered()
        elif now >= invitation.expires_at:
            found[place] = SurveyExpired(date=f"{invitation.expires_at:%d/%m/%Y}")
        else:
            before = answers.get(response.pk, {}) if response else {}
            response = response or _begun(
                invitation, channel=one.channel or invitation.channel, device=one.device, now=now
            )
            try:
                found[place], written = judged(response, before, page_key=one.page_key, data=one.data, files=one.files)
            except PageUnknown as refusal:
                found[place] = refusal
            else:
                filled += [written] if written else []
    keep_all(filled, now=now)
    return found


def _begun(invitation: Invitation, *, channel: str, device: str, now: datetime) -> Response:
    return Response(
        invitation=invitation,
        unit_id=invitation.unit_id,
        version_id=invitation.version_id,
        plan=invitation.plan,
        touchpoint_id=_touchpoint_of(invitation),
        customer_id=invitation.customer_id,
        case_id=invitation.case_id,
        channel=channel,
        language=invitation.language,
        started_at=now,
        device=hash_of(device),
    )


def _touchpoint_of(invitation: Invitation) -> int | None:
    if invitation.plan is not None:
        return int(invitation.plan.touchpoint_id)
    if invitation.case_id is None:
        return None
    case = Case.unscoped.select_related("version__process").get(pk=invitation.case_id)
    return touchpoint_of_case(case, is_after_remedy=invitation.follows_id is not None)


def settle_left(*, now: datetime, limit: int = 500) -> int:
    """Tell of responses that were left in the middle: what was answered counts. Return how many.

    Whoever comes back may go on all the same; what they add counts in the figures and is told no second time.
    """
    left = Response.objects.filter(settled_at=None, answered_at__lte=now - LEFT_AFTER).order_by("answered_at")
    # When a colleague answered is not known: theirs is left once the plan is over.
    left = left.exclude(channel=AnswerChannel.STAFF, plan__state=PlanState.RUNNING)
    return sum(_settle_one(pk, now) for pk in left.values_list("pk", flat=True)[:limit])


@transaction.atomic
def _settle_one(response_id: int, now: datetime) -> bool:
    rows = Response.objects.select_for_update(skip_locked=True, of=("self",))
    response = rows.filter(pk=response_id, settled_at=None, answered_at__lte=now - LEFT_AFTER).first()
    if response is None:
        return False
    settle(response, now=now)
    return True


@transaction.atomic
def answer_survey(*, token: str, score: int, text: str, wants_callback: bool, now: datetime) -> Response:
    """Take score, words and wish for a call at once, as channels do that have no pages.

    Args:
        score: 0 to 10; 0 is an answer.

    Raises:
        SurveyUnknown, SurveyExpired, AlreadyAnswered: as for `answer_page`.
        ScoreOutOfRange: not on the scale.
    """
    if not 0 <= score <= 10:
        raise ScoreOutOfRange(score=score)
    invitation = _invitation_of(token, ANSWER)
    if Response.unscoped.filter(invitation=invitation).exists():
        raise AlreadyAnswered
    if now >= invitation.expires_at:
        raise SurveyExpired(date=f"{invitation.expires_at:%d/%m/%Y}")
    definition = definition_of(invitation.version_id)
    told: dict[str, Given] = {}
    for question in definition.in_role(Role.RECOMMEND):
        told[question.key] = Given(number=score)
    for question in definition.in_role(Role.WORDS):
        told[question.key] = Given(text=text.strip()[:LONGEST_TEXT])
    for question in definition.in_role(Role.CALLBACK):
        told[question.key] = Given(number=1 if wants_callback else None)
    answers = still_asked(definition, {key: given for key, given in told.items() if given.is_something})
    response = _begun(invitation, channel=AnswerChannel.EMAIL, device="", now=now)
    keep_all([Filled(response=response, definition=definition, answers=answers, is_complete=True)], now=now)
    return response


def _invitation_of(token: str, purpose: str) -> Invitation:
    """Return the invitation of a token, locked so that two submits wait for each other."""
    invitation_id = invitation_id_of(token, purpose)
    invitation = _invitations_of([invitation_id]).get(invitation_id) if invitation_id is not None else None
    if invitation is None:
        raise SurveyUnknown
    return invitation


def _invitations_of(ids: Iterable[int]) -> dict[int, Invitation]:
    """Return those of some invitations that were sent, locked in the order of their numbers."""
    rows = Invitation.unscoped.select_for_update(of=("self",)).select_related("plan")
    return {row.pk: row for row in rows.filter(pk__in=list(ids), sent_at__isnull=False).order_by("pk")}


@transaction.atomic
def stop_surveys(*, token: str, by: Actor, now: datetime) -> int:
    """Record that the customer of an invitation wants no more surveys; doing it twice changes nothing more.

    Returns:
        The customer's id.

    Raises:
        SurveyUnknown: the token was not made here for this purpose.
    """
    customer_id = _invitation_of(token, STOP).customer_id
    if customers.consent_of(customer_id, Purpose.SURVEY).is_given is not False:
        customer_services.record_consent(
            customer_id=customer_id,
            purpose=Purpose.SURVEY,
            channel=ConsentChannel.ANY,
            is_given=False,
            source="unsubscribe link",
            by=by,
            now=now,
        )
    return customer_id
