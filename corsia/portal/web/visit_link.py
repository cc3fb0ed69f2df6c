"""The visit link: where the vehicle is, until when, what is to be decided; nobody logs in. GET shows, POST acts."""

import binascii
from base64 import b64decode
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from corsia.kernel.access import public
from corsia.kernel.actors import customer
from corsia.kernel.blobs import content_of
from corsia.kernel.errors import Invalid, NotFound, Refused
from corsia.kernel.http import row_id
from corsia.kernel.limits import Limit
from corsia.listening.queries import rules_in_force
from corsia.organisation.queries import tree
from corsia.portal.web.public import friendly, language_of, page
from corsia.ui.money import euros
from corsia.workshop.models import Order
from corsia.workshop.queries.link import order_behind, picture_behind, version_behind, visit_page
from corsia.workshop.services.approvals import Decision, decide
from corsia.workshop.services.delivery import ask_question

ASKED = Limit("portal.visit_link", times=30, seconds=600)
LONGEST = 4000
_PNG = "data:image/png;base64,"


@require_http_methods(["GET", "HEAD", "POST"])
@friendly
@public(limit=ASKED)
def show(request: HttpRequest, token: str) -> HttpResponse:
    """Show a customer where their vehicle is, and take a decision or a question."""
    now = request.received_at  # type: ignore[attr-defined]
    order = order_behind(token, now=now)
    language = language_of(request, order.customer.language)
    error, typed = "", {"line": 0, "name": "", "text": ""}
    with translation.override(language):
        if request.method == "POST":
            asks = request.POST.get("act") == "ask"
            try:
                if asks:
                    typed["text"] = request.POST.get("text", "")[:LONGEST]
                    ask_question(order_id=order.pk, text=str(typed["text"]), name=_("Customer, visit link"), now=now)
                else:
                    typed |= {"line": row_id(request.POST.get("line")) or 0, "name": request.POST.get("name", "")}
                    _decide(request, order, language)
            except (Invalid, Refused) as problem:  # what was typed stays on the page
                error = str(problem)
            else:
                return redirect(f"{request.path}?l={language}&{'asked' if asks else 'decided'}=1")
        shown = visit_page(order, language=language)
        context: dict[str, Any] = {
            "page": shown,
            "order": order,
            "token": token,
            "version": version_behind(token, now=now),
            "group": tree().group(order.unit_id).name,
            "offers": [(offer, euros(offer.line.price_cents)) for offer in shown.offers],
            "lines": [(line, euros(line.price_cents)) for line in shown.lines],
            "total": euros(shown.total_cents),
            "error": error,
            "typed": typed,
            "asked": "asked" in request.GET,
            "decided": "decided" in request.GET,
            "longest": LONGEST,
        }
        return page(
            request,
            "portal/visit_link.html",
            context,
            language=language,
            color=rules_in_force(order.unit_id).brand_color,
            status=422 if error else 200,
        )


@require_safe
@friendly
@public(limit=ASKED)
def version(request: HttpRequest, token: str) -> HttpResponse:
    """Say in a word how the page stands: an open page asks again and again, and draws itself anew when it changed."""
    word = version_behind(token, now=request.received_at)  # type: ignore[attr-defined]
    response = HttpResponse(word, content_type="text/plain; charset=utf-8")
    response.headers["Cache-Control"] = "private, no-store"
    return response


@require_safe
@friendly
@public(limit=ASKED)
def picture(request: HttpRequest, token: str, picture_id: int) -> HttpResponse:
    """Give a picture that the customer may see."""
    if picture_id > 2**62:
        raise NotFound(kind="workshop.Picture")
    found = picture_behind(token, picture_id, now=request.received_at)  # type: ignore[attr-defined]
    response = HttpResponse(content_of(found.blob_id), content_type=found.media_type)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


def _decide(request: HttpRequest, order: Order, language: str) -> None:
    line_id = row_id(request.POST.get("line"))
    data = Decision(
        line_ids=[line_id] if line_id else [],
        is_approved=request.POST.get("approved") == "yes",
        name=request.POST.get("name", "")[:200],
        signature=_signature(request.POST.get("signature", "")),
        shown=request.POST.get("shown", ""),
        language=language,
    )
    decide(
        order_id=order.pk,
        data=data,
        by=customer(_("Customer, visit link")),
        now=request.received_at,  # type: ignore[attr-defined]
    )


def _signature(text: str) -> bytes:
    """Return what was drawn; what is no picture is passed on, to be refused in words."""
    if not text:
        return b""
    try:
        return b64decode(text.removeprefix(_PNG), validate=True) or b"-"
    except (binascii.Error, ValueError):
        return b"-"
