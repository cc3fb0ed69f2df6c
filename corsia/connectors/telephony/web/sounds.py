"""Recorded voices, for the provider that plays them: the address is the only authority."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from corsia.connectors.telephony.wire import SOUND
from corsia.kernel.access import public
from corsia.kernel.blobs import content_of
from corsia.kernel.errors import NotFound
from corsia.kernel.limits import Limit
from corsia.kernel.tokens import is_signed
from corsia.listening.models import InterviewWords
from corsia.listening.queries.interviews import sound_of

SOUNDS = Limit("telephony.sound", times=6_000, seconds=60)


@require_safe
@public(limit=SOUNDS)
def sound(request: HttpRequest, words_id: int, token: str) -> HttpResponse:
    """Play what was recorded for a prompt."""
    if not is_signed(SOUND, str(words_id), token, length=32):
        raise NotFound(kind=InterviewWords._meta.label)
    found = sound_of(words_id)
    response = HttpResponse(content_of(found.blob_id), content_type=found.media_type)
    response.headers["Cache-Control"] = "private, max-age=300"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
