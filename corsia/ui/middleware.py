"""Refusals become pages or fragments in the user's words; nothing else catches them."""

import logging
import re
from collections.abc import Callable, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from corsia.kernel.access import Access
from corsia.kernel.errors import CorsiaError, Invalid, TooMany

logger = logging.getLogger("corsia.refusals")
_SECRET = re.compile("password|secret|token|code|middleware")


class RefusalMiddleware:
    """Turns Refused, NotFound, Invalid, NotAllowed and TooMany into 409, 404, 422, 403 and 429.

    It also refuses the character NUL, which PostgreSQL stores in no text, before any view reads it; views that take
    bytes see them untouched.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], _args: Sequence[Any], _kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        declared: Access | None = getattr(view, "access", None)
        given = [request.GET] if declared and declared.takes_bytes else [request.GET, request.POST]
        if any("\x00" in value for fields in given for _name, values in fields.lists() for value in values):
            return refusal(request, Invalid())
        return None

    @sensitive_variables()
    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, CorsiaError):
            return None
        return refusal(request, exception, typed=_typed(request))


def refusal(request: HttpRequest, error: CorsiaError, *, typed: Sequence[str] = ()) -> HttpResponse:
    """Render a refusal: a toast for htmx (nothing typed is swapped away), a page otherwise.

    Args:
        typed: the words of the refused form, to show on the page. Not read here: the body may be what is refused.
    """
    is_fragment = bool(request.headers.get("HX-Request")) and not request.headers.get("HX-History-Restore-Request")
    if request.headers.get("Accept", "").startswith("application/json"):
        from django.http import JsonResponse

        response: HttpResponse = JsonResponse({"code": error.code, "message": str(error)}, status=error.status)
    else:
        template = "ui/_refusal.html" if is_fragment else "ui/refusal.html"
        context = {"error": error, "sentence": str(error), "back": _came_from(request), "typed": typed}
        response = render(request, template, context, status=error.status)
    if is_fragment:
        # htmx shows the sentence as a toast and leaves the page, with whatever was typed, as it is.
        response.headers["HX-Reswap"] = "none"
        response.headers["HX-Refusal"] = "1"
    if isinstance(error, TooMany):
        response.headers["Retry-After"] = str(int(error.data["minutes"]) * 60)
    return response


def _typed(request: HttpRequest) -> list[str]:
    """Return the words that the refused form held, so that nobody types them twice; never secrets, nor choices."""
    return [
        value
        for name, values in request.POST.lists()
        for value in values
        if " " in value.strip() and not _SECRET.search(name)
    ]


def _came_from(request: HttpRequest) -> str:
    """Return the page of ours on which the refused link or form stood, empty where it is unknown or this very one."""
    page = request.headers.get("Referer", "")
    is_ours = url_has_allowed_host_and_scheme(page, allowed_hosts={request.get_host()}, require_https=False)
    return page if is_ours and (request.method == "POST" or page != request.build_absolute_uri()) else ""


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Say in plain words that the form was too old or came from elsewhere."""

    class StaleForm(CorsiaError):
        code = "ui.stale_form"
        status = 403
        message = _("This page was open for too long, or was not opened by you. Reload it and try again.")

    return refusal(request, StaleForm(), typed=_typed(request))
