"""The live stream of the inbox: ids only; each page fetches what its own rights let it see."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpResponse
from django.utils import timezone

from corsia.conversations.permissions import USE_INBOX
from corsia.conversations.web.ear import Ear
from corsia.kernel import scope
from corsia.kernel.access import access
from corsia.kernel.http import StaffRequest

LONGEST_SECONDS = 600.0  # then the browser connects again, with the rights its person has by then
# All that a server can say which cannot keep it open: the page asks again in half a minute, and then reads again.
BREATH = b"retry: 30000\n\nevent: hello\ndata: \n\n"


class Granted(HttpResponse):
    """The right to listen. The door in front of Django (door.py) keeps it open; elsewhere it is one breath long."""

    def __init__(self, ear: Ear) -> None:
        super().__init__(BREATH, content_type="text/event-stream")
        self.ear = ear
        self.headers["X-Accel-Buffering"] = "no"


@access(USE_INBOX)
def stream(request: StaffRequest) -> HttpResponse:
    """Let the page hear, as it happens, which cases within its scope changed."""
    if request.method != "GET":
        return HttpResponse(status=405, headers={"Allow": "GET"})
    return Granted(
        Ear(
            person_id=request.actor.id or 0,
            session_key=request.session.session_key or "",
            units=scope.current_scope().units,
            seconds=min(LONGEST_SECONDS, seconds_of_today(request.received_at)),
        )
    )


def seconds_of_today(now: datetime) -> float:
    """Return how long the day still lasts: roles begin and end at midnight."""
    zone = ZoneInfo(settings.TIME_ZONE)
    tomorrow = timezone.localtime(now, zone).date() + timedelta(days=1)
    return (datetime.combine(tomorrow, time.min, zone) - now).total_seconds()
