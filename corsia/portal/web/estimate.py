"""The page of an estimate: what it would cost, until when, and the customer's yes or no; nobody logs in."""

from datetime import date

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from corsia.kernel.access import public
from corsia.kernel.actors import customer
from corsia.kernel.errors import Invalid, Refused
from corsia.kernel.limits import Limit
from corsia.listening.queries import rules_in_force
from corsia.organisation.queries import tree
from corsia.portal.web.public import friendly, language_of, page
from corsia.ui.money import euros
from corsia.workshop.queries.estimates import estimate_behind, estimate_page
from corsia.workshop.services.estimates import Answer, answer_estimate
from corsia.workshop.vocabulary import EstimateState

ASKED = Limit("portal.estimate", times=30, seconds=600)


@require_http_methods(["GET", "HEAD", "POST"])
@friendly
@public(limit=ASKED)
def show(request: HttpRequest, token: str) -> HttpResponse:
    """Show a customer an estimate, and take their answer."""
    now = request.received_at  # type: ignore[attr-defined]
    found = estimate_behind(token)
    language = language_of(request, found.customer.language)
    error = ""
    with translation.override(language):
        if request.method == "POST":
            try:
                data = Answer(
                    is_approved=request.POST.get("approved") == "yes",
                    name=request.POST.get("name", "")[:200],
                    shown=request.POST.get("shown", ""),
                    language=language,
                )
                answer_estimate(estimate_id=found.pk, data=data, by=customer(_("Customer, estimate link")), now=now)
            except (Invalid, Refused) as problem:  # what was typed stays on the page
                error = str(problem)
            else:
                return redirect(f"{request.path}?l={language}")
        shown = estimate_page(found.pk, language=language, now=now)
        places = tree()
        unit = places.unit(found.unit_id)
        words = shown.answer.shown if shown.answer else shown.shown
        context = {
            "shown": shown,
            "estimate": shown.estimate,
            "group": places.group(found.unit_id).name,
            "phone": unit.phone or places.group(found.unit_id).phone,
            "lines": [(line["text"], euros(line["price_cents"])) for line in words["lines"]],
            "total": euros(words["total_cents"]),
            "valid_until": date.fromisoformat(words["valid_until"]),
            "may_answer": shown.estimate.state == EstimateState.SENT,
            "error": error,
            "typed": request.POST.get("name", "")[:200],
        }
        return page(
            request,
            "portal/estimate.html",
            context,
            language=language,
            color=rules_in_force(found.unit_id).brand_color,
            status=422 if error else 200,
        )
