"""The web form at which a customer writes, and the page that thanks."""

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from corsia.kernel.access import public
from corsia.kernel.client_address import address_key
from corsia.kernel.errors import TooMany
from corsia.kernel.limits import Limit, spend
from corsia.organisation.queries import group_of
from corsia.portal import queries, services, stamps
from corsia.portal.models import WebForm
from corsia.portal.rules.submission import SentFile, Submission
from corsia.portal.web.forms import ContactForm
from corsia.portal.web.public import friendly, language_of, notice, page

# Mistakes in a form count too, so the door itself is wide; what is really taken in is counted apart, see `_take`.
DOOR = Limit("portal.form", times=120, seconds=3600)
TAKEN = Limit("portal.form_taken", times=10, seconds=3600)


@require_http_methods(["GET", "HEAD", "POST"])
@friendly
@public(limit=DOOR)
def web_form(request: HttpRequest, slug: str) -> HttpResponse:
    """Let a customer write to a unit."""
    shown = queries.open_form(slug)
    language = language_of(request)
    topics = queries.topics_of(shown)
    now = request.received_at  # type: ignore[attr-defined]
    with translation.override(language):
        stamp = request.POST.get("stamp", "")
        if not stamps.is_stamp(stamp, slug):
            stamp = ""
        if request.method == "POST":
            form = ContactForm(request.POST, request.FILES, topics=topics, language=language)
            if form.is_valid():
                if not stamp or stamps.was_too_fast(stamp, now=now):
                    form.add_error(None, _("Please look over what you wrote, then send it again."))
                else:
                    answer = _take(request, shown, form, stamp, language)
                    if answer is not None:
                        return answer
        else:
            form = ContactForm(topics=topics, language=language)
        context = {
            "form": form,
            "shown": shown,
            "group": group_of(shown.unit_id).name,
            "stamp": stamp or stamps.new_stamp(slug, now=now),
            "had_files": bool(form.errors and request.FILES),
        }
        status = (429 if form.has_error("__all__", "too_many") else 422) if form.errors else 200
        return page(request, "portal/form.html", context, language=language, color=shown.brand_color, status=status)


def _take(request: HttpRequest, shown: WebForm, form: ContactForm, stamp: str, language: str) -> HttpResponse | None:
    """Keep and file a valid form; None when this address has sent too many, with the error on the form."""
    now = request.received_at  # type: ignore[attr-defined]
    try:
        spend(TAKEN, key=address_key(request), now=now)
    except TooMany as refused:  # shown on the form, so that what was typed stays on the page
        form.add_error(None, ValidationError(str(refused), code="too_many"))
        return None
    typed = form.cleaned_data
    submission = Submission(
        form_id=shown.pk,
        stamp=stamp,
        language=language,
        topic=typed["topic"],
        name=typed["name"],
        email=typed["email"],
        phone=typed["phone"],
        plate=typed["plate"],
        text=typed["text"],
        files=tuple(SentFile(name=file.name, content=file.read()) for file in typed["attachments"]),
    )
    inbound_id = services.submit(form=shown, submission=submission, now=now)
    return redirect(reverse("portal:thanks", args=[shown.slug, stamps.thanks_token(inbound_id)]) + f"?l={language}")


@require_safe
@friendly
@public(limit=DOOR)
def thanks(request: HttpRequest, slug: str, token: str) -> HttpResponse:
    """Thank for a submission and name its case."""
    shown = queries.open_form(slug)
    language = language_of(request)
    inbound_id = stamps.inbound_id_of(token)
    case_id = queries.case_of_submission(inbound_id) if inbound_id is not None else None
    with translation.override(language):
        if inbound_id is None:
            title, text, status = _("We cannot find this page"), _("The link is not complete."), 404
        elif case_id is None:
            title, status = _("Thank you, we have your message"), 200
            text = _("It is being registered. You will get an answer by e-mail.")
        else:
            title, status = _("Thank you, we have your message"), 200
            text = _("Your request has the number #%(case)s. You will get an answer by e-mail.") % {"case": case_id}
        return notice(
            request,
            title=title,
            text=text,
            language=language,
            color=shown.brand_color,
            good=status == 200,
            status=status,
        )
