"""Know who is asking, when, in which language and theme, before any view runs."""

from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

from corsia.kernel.actors import customer
from corsia.organisation.actors import actor_of
from corsia.organisation.models import Person

# allauth's own middleware notes the device at every request: five statements and a durable commit for each page.
DEVICE_NOTED_EVERY = timedelta(minutes=5)
_DEVICES_REMEMBERED = 10_000


class PersonMiddleware:
    """Sets `request.received_at` and `request.actor`, speaks the person's language and notes when devices are used."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self._noted: dict[str, datetime] = {}  # session key to when this process last noted its device

    def _note_device(self, request: HttpRequest, now: datetime) -> None:
        key = request.session.session_key or ""
        noted = self._noted.get(key)
        if noted is not None and now - noted < DEVICE_NOTED_EVERY:
            return
        UserSession.objects.create_from_request(request)
        if len(self._noted) >= _DEVICES_REMEMBERED:
            self._noted.clear()
        self._noted[key] = now

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.received_at = timezone.now()  # type: ignore[attr-defined]
        person = request.user
        if not isinstance(person, Person) or not person.is_authenticated:
            request.actor = customer("")  # type: ignore[attr-defined]
            return self.get_response(request)
        self._note_device(request, request.received_at)  # type: ignore[attr-defined]
        today = timezone.localtime(request.received_at, ZoneInfo(settings.TIME_ZONE)).date()  # type: ignore[attr-defined]
        request.actor = actor_of(person, today=today)  # type: ignore[attr-defined]
        with translation.override(person.language):
            request.LANGUAGE_CODE = person.language
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", person.language)
        # Also what no view of ours answers: refusals, and the pages of the account.
        response.headers.setdefault("Cache-Control", "no-store, private")
        return response
