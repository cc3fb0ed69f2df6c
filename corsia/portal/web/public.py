"""What all public pages share: the language, the look, and refusals as friendly pages of the same kind."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation

from corsia.kernel import scope
from corsia.kernel.errors import CorsiaError, TooMany

LANGUAGES = ("it", "en")
PLAIN = "#2450d8"  # the colour while nobody's page is known


def language_of(request: HttpRequest, default: str = "") -> str:
    """Return the language chosen on the page, else the default, else what the browser asks for."""
    chosen = request.GET.get("l", "")
    if chosen in LANGUAGES:
        return chosen
    return default or ("en" if translation.get_language() == "en" else "it")


def page(
    request: HttpRequest, template: str, context: dict[str, Any], *, language: str, color: str, status: int = 200
) -> HttpResponse:
    """Render a public page: not to be kept by caches, not to be found by search engines."""
    with translation.override(language):
        answer = render(request, template, {**context, "language": language, "color": color.lstrip("#")}, status=status)
    answer.headers["Cache-Control"] = "no-store, private"
    answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    answer.headers["Content-Language"] = language
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
) -> HttpResponse:
    """Render a page that says one thing."""
    with translation.override(language):
        context = {"title": str(title), "text": str(text), "good": good}
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
