"""Parts of messages: attachments, and the HTML of a mail in a frame that can do nothing."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from corsia.kernel.access import access
from corsia.kernel.blobs import content_of
from corsia.kernel.http import StaffRequest
from corsia.messaging.models import Attachment, Message
from corsia.messaging.permissions import READ_MESSAGES
from corsia.messaging.queries.safe_html import frame_content
from corsia.messaging.rules.files import SAFE_IMAGES

# Nothing of a foreign file runs, loads or leads anywhere, whatever a browser makes of it.
FILE_POLICY = "default-src 'none'; sandbox; frame-ancestors 'none'"
# Styles of mails stand within them. Our own stylesheet is named by its host: 'self' means nothing to a document whose
# sandbox gives it an origin of its own.
FRAME_POLICY = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline' {host}; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox"
)


@require_safe
@access(READ_MESSAGES, personal=True)
def attachment(request: StaffRequest, attachment_id: int) -> HttpResponse:
    """Hand out a file. Only pictures of safe kinds are shown by the browser; everything else is downloaded."""
    row: Attachment = Attachment.objects.find(attachment_id)
    is_shown = row.media_type in SAFE_IMAGES and "download" not in request.GET
    media_type = row.media_type if is_shown else "application/octet-stream"
    response = HttpResponse(content_of(row.blob_id), content_type=media_type)
    response.headers["Content-Disposition"] = content_disposition_header(not is_shown, row.name) or "attachment"
    return locked_down(response, FILE_POLICY)


@require_safe
@access(READ_MESSAGES, personal=True)
def html(request: StaffRequest, message_id: int) -> HttpResponse:
    """Show the HTML of a mail, sanitised when it was read, in a document that may do nothing but be looked at."""
    message: Message = Message.objects.find(message_id)
    content = frame_content(message)
    response = render(request, "messaging/frame.html", {"message": message, "content": content})
    return in_frame(response, request)


def in_frame(response: HttpResponse, request: StaffRequest) -> HttpResponse:
    """Return the response for a sandboxed frame of our own pages."""
    response.headers["X-Frame-Options"] = "SAMEORIGIN"  # only our own page may hold it; the default forbids even that
    return locked_down(response, FRAME_POLICY.format(host=f"{request.scheme}://{request.get_host()}"))


def locked_down(response: HttpResponse, policy: str) -> HttpResponse:
    """Return the response under a policy of its own instead of the pages'."""
    response._csp_exempt = True  # type: ignore[attr-defined]  # django-csp would replace the policy by the pages' own
    response.headers["Content-Security-Policy"] = policy
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return response
