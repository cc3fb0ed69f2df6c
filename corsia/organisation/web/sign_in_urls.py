"""allauth's views, each with its declaration: the start-up check covers libraries too."""

from collections.abc import Iterable, Iterator
from typing import Any

from allauth.account import urls as account_urls
from allauth.mfa import urls as mfa_urls
from allauth.socialaccount import urls as social_urls
from allauth.usersessions import urls as session_urls
from django.urls import URLPattern, URLResolver, include, path

from corsia.kernel.access import Access, declare
from corsia.kernel.limits import Limit

# allauth limits its own doors (ACCOUNT_RATE_LIMITS); this says that they are public.
_DECLARED = Access(signed_in=False, limit=Limit(name="account", times=60, seconds=60))
_LEFT_OUT = {"account_signup", "account_email", "account_inactive"}


def _declared(patterns: Iterable[Any]) -> Iterator[Any]:
    for entry in patterns:
        if isinstance(entry, URLResolver):
            yield path(str(entry.pattern), include(list(_declared(entry.url_patterns))))
        elif isinstance(entry, URLPattern) and entry.name not in _LEFT_OUT:
            declare(entry.callback, _DECLARED)
            yield entry


urlpatterns = [
    *_declared(account_urls.urlpatterns),
    path("2fa/", include(list(_declared(mfa_urls.urlpatterns)))),
    path("sessions/", include(list(_declared(session_urls.urlpatterns)))),
    path("sso/", include(list(_declared(social_urls.urlpatterns)))),
]
