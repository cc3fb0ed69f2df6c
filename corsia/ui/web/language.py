"""The language of pages without a sign-in, kept in a cookie. Signed-in people have theirs in the profile."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_safe

from corsia.kernel.access import public
from corsia.kernel.limits import Limit

A_YEAR = 60 * 60 * 24 * 365


@require_safe
@public(limit=Limit(name="language", times=60, seconds=60))
def choose(request: HttpRequest, code: str) -> HttpResponse:
    """Remember the language and go back to the page; a link, because nothing but the visitor's own cookie changes."""
    back = request.GET.get("next", "/")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        back = "/"
    answer = HttpResponseRedirect(back)
    if code in dict(settings.LANGUAGES):
        answer.set_cookie(settings.LANGUAGE_COOKIE_NAME, code, max_age=A_YEAR, samesite="Lax", httponly=True)
    return answer
