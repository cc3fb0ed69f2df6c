"""A questionnaire as whoever is asked will see it, for whoever writes it: nothing is kept and nobody is counted."""

from urllib.parse import urlencode

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from corsia.kernel.access import access
from corsia.kernel.http import StaffRequest
from corsia.listening import queries
from corsia.listening.models import QuestionnaireVersion
from corsia.listening.permissions import SEE_RESULTS
from corsia.listening.rules.questionnaires import (
    Given,
    Problem,
    estimated_seconds,
    next_page,
    pages_shown,
    read_answer,
    read_definition,
    read_page,
    still_asked,
)
from corsia.listening.vocabulary import SurveyState
from corsia.organisation.queries import tree
from corsia.portal.survey_pages import show_page
from corsia.portal.web.public import language_of, notice, page

MOST_CARRIED = 6000  # characters of answers in the address


@require_http_methods(["GET", "HEAD", "POST"])
@access(SEE_RESULTS)
def survey_preview(request: StaffRequest, version_id: int) -> HttpResponse:
    """Walk through a version page by page. What is answered is carried in the address, and forgotten at the end."""
    version = QuestionnaireVersion.objects.select_related("questionnaire").find(version_id)
    definition = read_definition(version.definition)
    language = language_of(request)
    unit = tree().group(version.questionnaire.unit_id)
    asked = queries.SurveyPage(state=SurveyState.OPEN, place=_("your branch"), group=unit.name, language=language)
    answers: dict[str, Given] = {}
    for question in definition.questions:
        for item in question.items:
            read = read_answer(question, request.GET.getlist(f"a.{item}"))
            if isinstance(read, Given) and read.is_something:
                answers[item] = read
    answers = still_asked(definition, answers)
    pages = pages_shown(definition, answers)
    wanted = request.POST.get("page", "") or request.GET.get("p", "")
    shown = next((one for one in pages if one.key == wanted), pages[0])
    typed: dict[str, list[str]] | None = None
    problems: dict[str, Problem] = {}
    if request.method == "POST":
        typed = dict(request.POST.lists()) | _names(request)
        given, problems = read_page(shown, typed, answers)
        if not problems:
            mine = {item for question in shown.questions for item in question.items}
            kept = {key: value for key, value in answers.items() if key not in mine} | given
            answers = still_asked(definition, kept)
            following = next_page(definition, answers, after=shown.key)
            if following is None:
                with translation.override(language):
                    title, text = _("That was all"), _("This was a trial: nothing was kept and nobody was counted.")
                return notice(request, title=title, text=text, language=language, good=True)
            return redirect(f"{request.path}?{_carried(answers, language=language, page=following.key)}")
    with translation.override(language):
        context = {
            "asked": asked,
            "page": show_page(
                definition,
                shown,
                answers,
                language=language,
                values={"place": asked.place, "group": asked.group, "vehicle": "", "day": ""},
                typed=typed,
                problems=problems,
            ),
            "minutes": max(1, round(estimated_seconds(definition, language) / 60)),
            "carried": _carried(answers, language=language),
            "is_trial": True,
        }
    status = 422 if problems else 200
    return page(request, "portal/survey.html", context, language=language, color="#2450d8", status=status)


def _names(request: StaffRequest) -> dict[str, list[str]]:
    """Return the names of the files of a page: a trial keeps nothing else of them."""
    files = ((key, file) for key, file in request.FILES.items() if isinstance(file, UploadedFile))
    return {key: [file.name or ""] for key, file in files}


def _carried(answers: dict[str, Given], *, language: str, page: str = "") -> str:
    pairs = [("l", language), *([("p", page)] if page else [])]
    for item, given in answers.items():
        told = list(given.choices) or [str(given.number) if given.number is not None else given.text[:200]]
        pairs += [(f"a.{item}", value) for value in told]
    return urlencode(pairs)[:MOST_CARRIED]
