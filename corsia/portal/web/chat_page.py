"""What a site carries of the web chat: its one script, and the page in the frame that this opens."""

import json

from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.http import require_safe

from corsia.kernel import scope
from corsia.kernel.access import public
from corsia.kernel.errors import NotFound
from corsia.kernel.limits import Limit
from corsia.portal.chat.queries import open_site
from corsia.portal.chat.rules import ancestors
from corsia.portal.web.public import language_of

DOOR = Limit("portal.chat_page", times=1200, seconds=60)
_FRAME = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
    "connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors {ancestors}"
)
_SCRIPT = "js/widget.js"


@require_safe
@public(limit=DOOR)
def script(request: HttpRequest, key: str) -> HttpResponse:
    """Serve the script of a site: the widget, told how it looks. Empty where the chat is switched off."""
    with scope.system("portal:script"):
        try:
            site = open_site(key)
        except NotFound:
            body = "/* This chat is switched off. */\n"
        else:
            told = {
                "key": site.key,
                "color": site.brand_color,
                "side": site.side,
                "it": site.title_it,
                "en": site.title_en,
            }
            body = _widget().replace("__SITE__", json.dumps(told).replace("<", "\\u003c"), 1)
    return HttpResponse(
        body,
        content_type="text/javascript; charset=utf-8",
        headers={
            "Cache-Control": "public, max-age=300",
            "Cross-Origin-Resource-Policy": "cross-origin",
            "X-Content-Type-Options": "nosniff",
        },
    )


def _widget() -> str:
    found = finders.find(_SCRIPT)
    if not isinstance(found, str):
        raise FileNotFoundError(_SCRIPT)
    with open(found, encoding="utf-8") as file:  # noqa: PTH123  (what the finder says)
        return file.read()


@require_safe
@public(limit=DOOR)
def frame(request: HttpRequest, key: str) -> HttpResponse:
    """Serve the page in the frame; the browser draws it on the sites of its list alone."""
    with scope.system("portal:frame"):
        site = open_site(key)
    language = language_of(request)
    with translation.override(language):
        context = {"site": site, "language": language, "color": site.brand_color.lstrip("#"), "domains": site.domains}
        answer = render(request, "portal/chat/frame.html", context)
    answer._csp_exempt = True  # type: ignore[attr-defined]  # it has a policy of its own: it may be held by others
    answer.headers["Content-Security-Policy"] = _FRAME.format(ancestors=ancestors(site.domains.split()))
    answer.xframe_options_exempt = True  # the old header knows no lists
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    answer.headers["Cache-Control"] = "no-store, private"
    answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    answer.headers["Content-Language"] = language
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer
