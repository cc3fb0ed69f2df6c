"""Know who is asking, when, in which language and theme, before any view runs."""

from collections.abc import Callable
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

from corsia.kernel.actors import customer
from corsia.organisation.actors import actor_of
from corsia.organisation.models import Person


class PersonMiddleware:
    """Sets `request.received_at` and `request.actor`, and speaks the person's language."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.received_at = timezone.now()  # type: ignore[attr-defined]
        person = request.user
        if not isinstance(person, Person) or not person.is_authenticated:
            request.actor = customer("")  # type: ignore[attr-defined]
            return self.get_response(request)
        today = timezone.localtime(request.received_at, ZoneInfo(settings.TIME_ZONE)).date()  # type: ignore[attr-defined]
        request.actor = actor_of(person, today=today)  # type: ignore[attr-defined]
        with translation.override(person.language):
            request.LANGUAGE_CODE = person.language
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", person.language)
        return response
