"""allauth's views, each with its declaration: the start-up check covers libraries too."""

import functools
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from allauth.account import urls as account_urls
from allauth.mfa import urls as mfa_urls
from allauth.socialaccount import urls as social_urls
from allauth.usersessions import urls as session_urls
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import URLPattern, URLResolver, include, path

from corsia.kernel.access import Access, declare
from corsia.kernel.limits import Limit

# allauth limits its own doors (ACCOUNT_RATE_LIMITS); this says that they are public.
_DECLARED = Access(signed_in=False, limit=Limit(name="account", times=60, seconds=60))
# Who is known gets a mail, and making it takes time; the answer takes as long for everybody.
_STEADY = {"account_reset_password": 0.4}  # seconds, more than the slowest needs
_LEFT_OUT = {"account_signup", "account_email", "account_inactive"}


def steady(view: Callable[..., HttpResponseBase], *, seconds: float) -> Callable[..., HttpResponseBase]:
    """Let every answer of the view to a POST take the same time, so that its length tells nothing."""

    @functools.wraps(view)
    def shown(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        began = time.monotonic()
        answer = view(request, *args, **kwargs)
        if request.method == "POST":
            time.sleep(max(0.0, seconds - (time.monotonic() - began)))
        return answer

    return shown


def _declared(patterns: Iterable[Any]) -> Iterator[Any]:
    for entry in patterns:
        if isinstance(entry, URLResolver):
            yield path(str(entry.pattern), include(list(_declared(entry.url_patterns))))
        elif isinstance(entry, URLPattern) and entry.name not in _LEFT_OUT:
            if entry.name in _STEADY:
                entry.callback = steady(entry.callback, seconds=_STEADY[entry.name])
            declare(entry.callback, _DECLARED)
            yield entry


urlpatterns = [
    *_declared(account_urls.urlpatterns),
    path("2fa/", include(list(_declared(mfa_urls.urlpatterns)))),
    path("sessions/", include(list(_declared(session_urls.urlpatterns)))),
    path("sso/", include(list(_declared(social_urls.urlpatterns)))),
]
