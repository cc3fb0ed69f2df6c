"""What all public pages share: the language, the look, and refusals as friendly pages of the same kind."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation

from corsia.kernel import scope
from corsia.kernel.errors import CorsiaError, TooMany

LANGUAGES = ("it", "en")
PLAIN = "#2450d8"  # the colour while nobody's page is known


def language_of(request: HttpRequest, default: str = "") -> str:
    """Return the language chosen on the page, else the default, else what the browser asks for."""
    return chosen_language(request.GET.get("l", ""), default or ("en" if translation.get_language() == "en" else "it"))


def chosen_language(chosen: str, default: str) -> str:
    """Return the language that an address names, else the default."""
    return chosen if chosen in LANGUAGES else default


def is_from_our_page(origin: str, *, host: str, is_secure: bool) -> bool:
    """Tell whether a form was sent from a page of ours, as far as the browser says where from."""
    ours = f"{'https' if is_secure else 'http'}://{host}"
    return not origin or origin == ours or origin in settings.CSRF_TRUSTED_ORIGINS


def headers_of(language: str) -> dict[str, str]:
    """Return the headers of a public page: not to be kept by caches, not to be found by search engines."""
    return {
        "Cache-Control": "no-store, private",
        "X-Robots-Tag": "noindex, nofollow",
        "Content-Language": language,
    }


def page(
    request: HttpRequest, template: str, context: dict[str, Any], *, language: str, color: str, status: int = 200
) -> HttpResponse:
    """Render a public page."""
    with translation.override(language):
        answer = render(request, template, {**context, "language": language, "color": color.lstrip("#")}, status=status)
    for name, value in headers_of(language).items():
        answer.headers[name] = value
    return answer


def notice(
    request: HttpRequest,
    *,
    title: Any,
    text: Any,
    language: str,
    color: str = PLAIN,
    good: bool = False,
    status: int = 200,
    kiosk: str = "",
) -> HttpResponse:
    """Render a page that says one thing.

    Args:
        kiosk: where a device that many use goes back to by itself.
    """
    with translation.override(language):
        context = {"title": str(title), "text": str(text), "good": good, "kiosk": kiosk}
    return page(request, "portal/notice.html", context, language=language, color=color, status=status)


def friendly(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Show refusals as a public page instead of the desk's, and open the whole tree to what a token allows.

    A customer has no units: the token or the form's address is the only authority, and the services check it.
    Stands outside of `@public`, so that its "too many attempts" is shown alike.
    """

    @wraps(view)
    def shown(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            with scope.system(f"portal:{view.__name__}"):
                return view(request, *args, **kwargs)
        except CorsiaError as error:
            language = language_of(request)
            with translation.override(language):
                answer = notice(request, title=_title(error), text=error, language=language, status=error.status)
            if isinstance(error, TooMany):
                answer.headers["Retry-After"] = str(int(error.data["minutes"]) * 60)
            return answer

    return shown


def _title(error: CorsiaError) -> str:
    if isinstance(error, TooMany):
        return translation.gettext("One moment, please")
    if error.code == "listening.already_answered":
        return translation.gettext("Thank you")
    return translation.gettext("This did not work")
