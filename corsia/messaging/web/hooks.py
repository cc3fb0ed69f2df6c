"""The webhooks of all channels, as Django answers them (see hook_door.py), and the files that providers fetch."""

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.utils.http import content_disposition_header
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from corsia.kernel.access import public
from corsia.kernel.blobs import content_of
from corsia.kernel.limits import Limit
from corsia.messaging.ports import Call
from corsia.messaging.services import file_links, hooks
from corsia.messaging.web.files import FILE_POLICY, locked_down

MAX_BYTES = 3 * 1024 * 1024  # of one call; files come by links
DOOR = Limit("messaging.hook", times=60_000, seconds=60)
FILES = Limit("messaging.provider_file", times=6_000, seconds=60)


@csrf_exempt  # signed by the provider over its bytes; no session has any right here
@require_http_methods(["GET", "POST"])
@public(limit=DOOR, takes_bytes=True)
def hook(request: HttpRequest, channel: str, hook_key: str) -> HttpResponse:
    """Take what a provider delivers; 200 only once it is on disk, 503 when it could not be kept."""
    if int(request.headers.get("Content-Length") or 0) > MAX_BYTES:
        return HttpResponse("Too large.", status=413, content_type="text/plain")
    call = Call(
        method=request.method or "",
        url=f"{settings.PUBLIC_URL}{request.get_full_path()}",
        query=request.GET.dict(),
        headers={name.lower(): value for name, value in request.headers.items()},
        raw=request.body,
        at=request.received_at,  # type: ignore[attr-defined]
    )
    try:
        take = hooks.take_call if request.method == "POST" else hooks.greet
        answer = take(channel=channel, hook_key=hook_key, call=call)
    except hooks.NotTheProvider as refused:
        return HttpResponse(str(refused), status=refused.status, content_type="text/plain")
    except DatabaseError:
        return HttpResponse("Try again.", status=503, content_type="text/plain", headers={"Retry-After": "30"})
    return HttpResponse(answer.body, status=answer.status, content_type=answer.media_type)


@require_safe
@public(limit=FILES)
def provider_file(request: HttpRequest, token: str) -> HttpResponse:
    """Hand a file to the provider that is to deliver it."""
    row = file_links.file_behind(token, now=request.received_at)  # type: ignore[attr-defined]
    response = HttpResponse(content_of(row.blob_id), content_type=row.media_type)
    response.headers["Content-Disposition"] = content_disposition_header(True, row.name) or "attachment"
    response.headers["Cache-Control"] = "no-store, private"
    return locked_down(response, FILE_POLICY)
