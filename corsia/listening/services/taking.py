"""One page of a response, whoever gives it: judged, then written."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from corsia.kernel.errors import Invalid, NotFound, Refused
from corsia.listening.models import Response
from corsia.listening.queries import answers_so_far
from corsia.listening.queries.questionnaires import definition_of
from corsia.listening.rules.questionnaires import (
    Answers,
    Page,
    Problem,
    next_page,
    page_missing,
    pages_shown,
    read_page,
    still_asked,
)
from corsia.listening.services.attaching import Upload, with_files
from corsia.listening.services.keeping import Filled, keep_all


class SurveyUnknown(NotFound):
    code = "listening.survey_unknown"
    message = _("This link is not complete. Copy the whole address from our message, or write to us.")


class SurveyExpired(Refused):
    code = "listening.survey_expired"
    message = _("The time to answer ended on %(date)s. If you still want to tell us something, please write to us.")


class AlreadyAnswered(Refused):
    code = "listening.already_answered"
    message = _("You have answered already. Thank you: each invitation counts once.")


class PageUnknown(Invalid):
    code = "listening.page_unknown"
    message = _("This page of the survey does not exist any more. Open the link from our message again.")


@dataclass(frozen=True, kw_only=True)
class Taken:
    """What became of one page.

    Attributes:
        problems: what is wrong with it, by item; nothing was kept then.
        following: the page that comes next; None when the survey is complete or was refused.
    """

    response: Response | None
    problems: Mapping[str, Problem]
    following: Page | None


def take_page(
    response: Response,
    *,
    page_key: str,
    data: Mapping[str, Sequence[str]],
    files: Mapping[str, Upload],
    now: datetime,
) -> Taken:
    """Keep one page of a response, whoever gives it."""
    taken, written = judged(response, answers_so_far(response.pk), page_key=page_key, data=data, files=files)
    if written is not None:
        keep_all([written], now=now)
    return taken


def judged(
    response: Response,
    before: Answers,
    *,
    page_key: str,
    data: Mapping[str, Sequence[str]],
    files: Mapping[str, Upload],
) -> tuple[Taken, Filled | None]:
    """Return what becomes of a page, and the response as it is to be written; None where it has problems.

    Raises:
        PageUnknown: the questionnaire has no such page for these answers.
    """
    definition = definition_of(response.version_id)
    page = next((one for one in pages_shown(definition, before) if one.key == page_key), None)
    if page is None:
        raise PageUnknown
    told, refused = with_files(page, data, files, before)
    given, problems = read_page(page, told, before)
    problems |= refused
    if problems:
        return Taken(response=response if response.pk else None, problems=problems, following=None), None
    mine = {item for question in page.questions for item in question.items}
    answers = still_asked(definition, {key: value for key, value in before.items() if key not in mine} | given)
    following = next_page(definition, answers, after=page.key) or page_missing(definition, answers)
    written = Filled(
        response=response, definition=definition, answers=answers, is_complete=following is None, page=page, files=files
    )
    return Taken(response=response, problems={}, following=following), written


def hash_of(device: str) -> str:
    """Return what is kept of what tells a device apart."""
    return hashlib.sha256(device.encode()).hexdigest() if device else ""
