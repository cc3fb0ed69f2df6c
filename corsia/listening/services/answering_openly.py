"""Answers by a plan's own link, from whoever scans a code or stands before a kiosk: nobody we know."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from corsia.kernel.errors import Refused
from corsia.listening.links import is_of_kiosk, plan_of, response_of
from corsia.listening.models import ListeningPlan, Response
from corsia.listening.queries.plan_quota import is_full
from corsia.listening.queries.questionnaires import version_in_force
from corsia.listening.services.attaching import NO_FILES, Upload
from corsia.listening.services.taking import AlreadyAnswered, SurveyExpired, SurveyUnknown, Taken, hash_of, take_page
from corsia.listening.vocabulary import AnswerChannel, PlanState
from corsia.organisation.queries import tree

OPEN_FOR = timedelta(hours=24)  # how long a response begun by a plan's own link may be gone on with
_OPEN_CHANNELS = frozenset({AnswerChannel.WEB, AnswerChannel.QR})


class SurveyOver(Refused):
    code = "listening.survey_over"
    message = _("This survey is over: enough people have answered. Thank you for your interest.")


@transaction.atomic
def answer_open_page(
    *,
    token: str,
    page_key: str,
    data: Mapping[str, Sequence[str]],
    now: datetime,
    channel: str,
    language: str,
    device: str = "",
    files: Mapping[str, Upload] = NO_FILES,
) -> Taken:
    """Begin a response to a plan's own link, from nobody we know, with its first page.

    Raises:
        SurveyUnknown: the token was not made here.
        SurveyOver: the plan does not run now, or its branch has answered enough.
        PageUnknown: the questionnaire does not begin with this page.
    """
    plan, unit_id, version_id = open_plan(token, now=now)
    response = Response(
        unit_id=unit_id,
        version_id=version_id,
        plan=plan,
        touchpoint_id=plan.touchpoint_id,
        channel=_open_channel(token, channel),
        language=language,
        started_at=now,
        device=hash_of(device),
    )
    return take_page(response, page_key=page_key, data=data, files=files, now=now)


def _open_channel(token: str, told: str) -> str:
    """Return by which way an open answer comes: of a kiosk only by the link that is signed for one."""
    if is_of_kiosk(token):
        return AnswerChannel.KIOSK
    return told if told in _OPEN_CHANNELS else AnswerChannel.WEB


@transaction.atomic
def go_on(
    *,
    token: str,
    page_key: str,
    data: Mapping[str, Sequence[str]],
    now: datetime,
    files: Mapping[str, Upload] = NO_FILES,
) -> Taken:
    """Keep another page of a response that was begun by a plan's own link.

    Raises:
        SurveyUnknown: the token was not made here.
        AlreadyAnswered: the survey is complete.
        SurveyExpired: it was begun too long ago.
        PageUnknown: the questionnaire has no such page for these answers.
    """
    response = open_response(token, now=now)
    if response.completed_at is not None:
        raise AlreadyAnswered
    at = response.started_at if response.channel == AnswerChannel.STAFF else now  # a colleague's bears one day only
    return take_page(response, page_key=page_key, data=data, files=files, now=at)


def open_response(token: str, *, now: datetime) -> Response:
    """Return the response that a token goes on with, locked.

    Raises:
        SurveyUnknown, SurveyExpired: there is none, or it was begun too long ago.
        SurveyOver: it is a colleague's, whose hours are not known, and the plan no longer runs.
    """
    response_id = response_of(token)
    rows = Response.unscoped.select_for_update(of=("self",)).select_related("plan__questionnaire")
    rows = rows.filter(invitation=None)
    response: Response | None = rows.filter(pk=response_id).first() if response_id is not None else None
    if response is None:
        raise SurveyUnknown
    if response.channel == AnswerChannel.STAFF and response.plan is not None:
        version_now(response.plan, response.plan.unit_id, now=now)
    elif now >= response.started_at + OPEN_FOR:
        raise SurveyExpired(date=f"{response.started_at + OPEN_FOR:%d/%m/%Y}")
    return response


def open_plan(token: str, *, now: datetime) -> tuple[ListeningPlan, int, int]:
    """Return plan, unit and version of what a plan's own link asks.

    Raises:
        SurveyUnknown, SurveyOver: see `answer_open_page`.
    """
    named = plan_of(token)
    rows = ListeningPlan.unscoped.select_related("questionnaire")
    plan: ListeningPlan | None = rows.filter(pk=named[0]).first() if named else None
    if named is None or plan is None or plan.questionnaire is None or named[1] not in tree().units:
        raise SurveyUnknown
    version_id = version_now(plan, named[1], now=now)
    if is_full(plan, named[1]):
        raise SurveyOver
    return plan, named[1], version_id


def version_now(plan: ListeningPlan, unit_id: int, *, now: datetime) -> int:
    """Return the version of what a plan asks at a unit now.

    Raises:
        SurveyOver: the plan does not run now.
    """
    today = now.astimezone(tree().time_zone(unit_id)).date()
    version_id = version_in_force(unit_id, plan.questionnaire.key) if plan.questionnaire else None
    is_now = plan.starts_on <= today and (plan.ends_on is None or today <= plan.ends_on)
    if plan.state != PlanState.RUNNING or not is_now or version_id is None:
        raise SurveyOver
    return version_id
