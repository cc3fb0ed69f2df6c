"""The survey page and the page that ends surveys. GET shows, only POST acts: a link scanner answers nothing."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from corsia.kernel.access import public
from corsia.kernel.actors import customer
from corsia.kernel.limits import Limit
from corsia.listening import queries, services
from corsia.listening.links import STOP
from corsia.listening.vocabulary import SurveyState
from corsia.portal.web.forms import SurveyForm
from corsia.portal.web.public import friendly, language_of, notice, page

ANSWERS = Limit("portal.survey", times=30, seconds=60)
STOPS = Limit("portal.unsubscribe", times=30, seconds=60)


@require_http_methods(["GET", "HEAD", "POST"])
@friendly
@public(limit=ANSWERS)
def survey(request: HttpRequest, token: str) -> HttpResponse:
    """Ask the two questions, or say why not."""
    now = request.received_at  # type: ignore[attr-defined]
    asked = queries.survey_behind(token, now=now)
    language = language_of(request, asked.language)
    with translation.override(language):
        if request.method == "POST":
            form = SurveyForm(request.POST)
            if form.is_valid():
                services.answer_survey(
                    token=token,
                    score=form.cleaned_data["score"],
                    text=form.cleaned_data["text"],
                    wants_callback=form.cleaned_data["wants_callback"],
                    now=now,
                )
                return redirect(f"{request.path}?l={language}")
        elif asked.state is not SurveyState.OPEN:
            return _closed(request, asked, language)
        else:
            # Mails may carry a score that is chosen already; it counts only once the form is sent.
            form = SurveyForm(initial={"score": request.GET.get("score", "")})
        context = {"form": form, "asked": asked, "scale": range(11), "chosen": str(form["score"].value() or "")}
        status = 422 if form.errors else 200
        return page(request, "portal/survey.html", context, language=language, color=asked.brand_color, status=status)


def _closed(request: HttpRequest, asked: queries.SurveyPage, language: str) -> HttpResponse:
    if asked.state is SurveyState.ANSWERED:
        title, status = _("Thank you for your answer"), 200
        text = _("It is with the people of %(place)s. Each invitation counts once, so you can close this page.")
    elif asked.state is SurveyState.EXPIRED:
        title, status = _("The time to answer is over"), 410
        text = _("This invitation has expired. If you still want to tell us something, please write to %(place)s.")
    else:
        title, status = _("We cannot find this survey"), 404
        text = _("The link is not complete. Copy the whole address from our message, or write to us.")
    return notice(
        request,
        title=title,
        text=text % {"place": asked.place},
        language=language,
        color=asked.brand_color,
        good=asked.state is SurveyState.ANSWERED,
        status=status,
    )


# No CSRF token here, and only here: mail programs send the one-click POST of RFC 8058 without cookies or page. Nothing
# is lost by that: the signed token in the address is the whole authority, no session takes part, and the worst that a
# forged request could do needs the token, which only the customer has.
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
