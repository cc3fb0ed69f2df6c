"""The survey page and the page that ends surveys. GET shows, only POST acts: a link scanner answers nothing."""

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from corsia.kernel.access import public
from corsia.kernel.actors import customer
from corsia.kernel.client_address import address_key
from corsia.kernel.errors import NotAllowed
from corsia.kernel.limits import Limit
from corsia.listening import queries, services
from corsia.listening.links import STOP, is_of_kiosk, response_token
from corsia.listening.queries.questionnaires import definition_of
from corsia.listening.rules.questionnaires import (
    Answers,
    Problem,
    Role,
    estimated_seconds,
    first_open_page,
    pages_shown,
)
from corsia.listening.vocabulary import SurveyState
from corsia.portal.survey_pages import show_page
from corsia.portal.web.public import friendly, is_from_our_page, language_of, notice, page
from corsia.ui.templatetags.ui import small_names


class FromElsewhere(NotAllowed):
    """Another site's page sent the form. Without the token it could not; with it, it still shall not."""

    code = "portal.from_elsewhere"
    message: Any = gettext_lazy(
        "This answer was not sent from our page. Open the link from our message and answer there."
    )


ANSWERS = Limit("portal.survey", times=30, seconds=60)
STOPS = Limit("portal.unsubscribe", times=30, seconds=60)


# No CSRF token here, and on the page that ends surveys: no session takes part, the signed token in the address is the
# whole authority, and only the customer has it. Who could forge the request could open the link. The pages of a plan's
# own link, which anybody may have, keep theirs.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@friendly
@public(limit=ANSWERS)
def survey(request: HttpRequest, token: str) -> HttpResponse:
    """Ask page by page, or say why not."""
    now = request.received_at  # type: ignore[attr-defined]
    asked = queries.survey_behind(token, now=now)
    language = language_of(request, asked.language)
    with translation.override(language):
        if request.method != "POST":
            if asked.state is not SurveyState.OPEN:
                return _closed(request, asked, language)
            return _page(request, asked, language)
        if not is_from_our_page(
            request.headers.get("Origin", ""), host=request.get_host(), is_secure=request.is_secure()
        ):
            raise FromElsewhere
        typed = dict(request.POST.lists())
        taken = services.answer_page(
            token=token,
            page_key=request.POST.get("page", ""),
            data=typed,
            files=_files(request),
            now=now,
            device=_device(request),
        )
        if taken.problems:
            return _page(request, asked, language, typed=typed, problems=taken.problems)
        return redirect(f"{request.path}?{onwards(taken, language)}")


def onwards(taken: services.Taken, language: str) -> str:
    """Return the query string of the page that comes after one that was taken."""
    return f"l={language}&p={taken.following.key}" if taken.following else f"l={language}"


def _page(
    request: HttpRequest,
    asked: queries.SurveyPage,
    language: str,
    *,
    typed: dict[str, list[str]] | None = None,
    problems: Mapping[str, Problem] | None = None,
) -> HttpResponse:
    """Show a page of the survey."""
    answers = queries.answers_so_far(asked.response_id)
    wanted = request.POST.get("page", "") if typed is not None else request.GET.get("p", "")
    score = "" if typed is not None else request.GET.get("score", "")
    context = what_is_asked(
        asked,
        answers,
        language,
        wanted=wanted,
        score=score,
        way=request.GET.get("w", ""),
        typed=typed,
        problems=problems,
    )
    status = 422 if problems else 200
    return page(request, "portal/survey.html", context, language=language, color=asked.brand_color, status=status)


def what_is_asked(
    asked: queries.SurveyPage,
    answers: Answers,
    language: str,
    *,
    wanted: str = "",
    score: str = "",
    way: str = "",
    typed: dict[str, list[str]] | None = None,
    problems: Mapping[str, Problem] | None = None,
) -> dict[str, Any]:
    """Return what the page shows: the one that was asked for, else the first that waits for an answer.

    Args:
        score: mails may carry one that is chosen already; it counts only once the form is sent.
        way: how somebody came: "qr" or "kiosk".
    """
    definition = definition_of(asked.version_id)
    pages = pages_shown(definition, answers)
    shown_page = {page.key: page for page in pages}.get(wanted) or first_open_page(definition, answers) or pages[-1]
    if typed is None and score and not answers:
        typed = {question.key: [score] for question in definition.in_role(Role.RECOMMEND)}
    return {
        "asked": asked,
        "way": "qr" if way == "qr" else "",
        "kiosk": _start(asked),
        "page": show_page(
            definition,
            shown_page,
            answers,
            language=language,
            values={"place": asked.place, "group": asked.group, "vehicle": asked.vehicle, "day": _day(asked)},
            typed=typed,
            problems=problems,
        ),
        "minutes": _minutes(asked.version_id, language),
    }


@lru_cache(maxsize=256)
def _minutes(version_id: int | None, language: str) -> int:
    """Return how long a version takes. In force it never changes."""
    return max(1, round(estimated_seconds(definition_of(version_id), language) / 60))


def _day(asked: queries.SurveyPage) -> str:
    return small_names(date_format(timezone.localtime(asked.happened_on), "j F Y")) if asked.happened_on else ""


def _closed(request: HttpRequest, asked: queries.SurveyPage, language: str) -> HttpResponse:
    title, text, status = why_closed(asked)
    return notice(
        request,
        title=title,
        text=text,
        language=language,
        color=asked.brand_color,
        good=asked.state is SurveyState.ANSWERED,
        status=status,
        kiosk=_start(asked),
    )


def why_closed(asked: queries.SurveyPage) -> tuple[str, str, int]:
    """Return title, text and status of the page that asks nothing."""
    if asked.state is SurveyState.ANSWERED:
        title, status = _("Thank you for your answer"), 200
        text = _("It is with the people of %(place)s. Each invitation counts once, so you can close this page.")
    elif asked.state is SurveyState.EXPIRED:
        title, status = _("The time to answer is over"), 410
        text = _("This invitation has expired. If you still want to tell us something, please write to %(place)s.")
    else:
        title, status = _("We cannot find this survey"), 404
        text = _("The link is not complete. Copy the whole address from our message, or write to us.")
    return title, text % {"place": asked.place}, status


def _start(asked: queries.SurveyPage) -> str:
    """Return where a kiosk goes back to, "" for whoever answers on a device of their own."""
    return reverse("portal:listen", args=[asked.kiosk]) if asked.kiosk else ""


OPENED = Limit("portal.listen", times=120, seconds=60)  # a counter or a kiosk has one address for all


@require_http_methods(["GET", "HEAD", "POST"])
@friendly
@public(limit=OPENED)
def listen(request: HttpRequest, token: str) -> HttpResponse:
    """Ask whoever scans the code on a wall or stands before a kiosk; their first answer begins a response."""
    now = request.received_at  # type: ignore[attr-defined]
    language = language_of(request)
    way = request.GET.get("w", "")
    with translation.override(language):
        _plan, unit_id, version_id = services.open_plan(token, now=now)
        asked = queries.survey_at(unit_id, version_id=version_id)
        if is_of_kiosk(token):
            asked = replace(asked, kiosk=token)
        if request.method != "POST":
            return _page(request, asked, language)
        typed = dict(request.POST.lists())
        taken = services.answer_open_page(
            token=token,
            page_key=request.POST.get("page", ""),
            data=typed,
            files=_files(request),
            now=now,
            channel=way,
            language=language,
            device=_device(request),
        )
        if taken.response is None:
            return _page(request, asked, language, typed=typed, problems=taken.problems)
        return _further(taken, language=language, way=way)


@require_http_methods(["GET", "HEAD", "POST"])
@friendly
@public(limit=OPENED)
def colleague(request: HttpRequest, token: str) -> HttpResponse:
    """Ask a colleague, once; with their first answer they become nobody we know, and go on as such."""
    now = request.received_at  # type: ignore[attr-defined]
    unit_id, version_id, theirs = services.colleague_survey(token, now=now)
    language = language_of(request, theirs)
    with translation.override(language):
        asked = replace(queries.survey_at(unit_id, version_id=version_id), is_nameless=True)
        if request.method != "POST":
            return _page(request, asked, language)
        typed = dict(request.POST.lists())
        taken = services.answer_as_colleague(
            token=token,
            page_key=request.POST.get("page", ""),
            data=typed,
            files=_files(request),
            language=language,
            now=now,
        )
        if taken.response is None:
            return _page(request, asked, language, typed=typed, problems=taken.problems)
        return _further(taken, language=language, way="")


@require_http_methods(["GET", "HEAD", "POST"])
@friendly
@public(limit=OPENED)
def listen_on(request: HttpRequest, token: str) -> HttpResponse:
    """Ask the further pages of a response that was begun at a wall or a kiosk."""
    now = request.received_at  # type: ignore[attr-defined]
    language, way = language_of(request), request.GET.get("w", "")
    with translation.override(language):
        if request.method == "POST":
            typed = dict(request.POST.lists())
            taken = services.go_on(
                token=token, page_key=request.POST.get("page", ""), data=typed, files=_files(request), now=now
            )
            if not taken.problems:
                return _further(taken, language=language, way=way)
            asked = queries.survey_of_response(token)
            return _page(request, asked, language, typed=typed, problems=taken.problems)
        asked = queries.survey_of_response(token)
        if asked.state is not SurveyState.OPEN:
            return _closed(request, asked, language)
        return _page(request, asked, language)


def _further(taken: services.Taken, *, language: str, way: str) -> HttpResponse:
    """Go on with the next page, or with the thanks."""
    response = taken.response
    address = reverse("portal:listen_on", args=[response_token(response.pk if response else 0)])
    following = f"&p={taken.following.key}" if taken.following else ""
    return redirect(f"{address}?l={language}&w={'qr' if way == 'qr' else 'web'}{following}")


def _files(request: HttpRequest) -> dict[str, services.Upload]:
    """Return the files of a page; of one that is too large no more than what shows it."""
    return {
        key: services.Upload(name=file.name or "", content=file.read(services.LARGEST_FILE + 1))
        for key, file in request.FILES.items()
        if isinstance(file, UploadedFile)
    }


def _device(request: HttpRequest) -> str:
    return device_of(address_key(request), request.headers.get("User-Agent", ""))


def device_of(address: str, program: str) -> str:
    """Return what tells a device apart, from the key of its address and the name of its browser."""
    return f"{address} {program[:200]}"


# Mail programs send the one-click POST of RFC 8058 without cookies or page.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@friendly
@public(limit=STOPS)
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """End all surveys for the customer of an invitation."""
    now = request.received_at  # type: ignore[attr-defined]
    asked = queries.survey_behind(token, now=now, purpose=STOP)
    language = language_of(request, asked.language)
    with translation.override(language):
        if request.method == "POST":
            services.stop_surveys(token=token, by=customer(_("Customer, unsubscribe link")), now=now)
            return notice(
                request,
                title=_("Done: no more surveys"),
                text=_("%(group)s will not ask for your opinion any more. Answers to your requests still reach you.")
                % {"group": asked.group},
                language=language,
                color=asked.brand_color,
                good=True,
            )
        if asked.state is SurveyState.UNKNOWN:
            return _closed(request, asked, language)
        return page(request, "portal/unsubscribe.html", {"asked": asked}, language=language, color=asked.brand_color)
