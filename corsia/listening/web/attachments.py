"""A file that a customer attached to an answer."""

from django.http import HttpResponse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from corsia.kernel.access import access
from corsia.kernel.blobs import content_of
from corsia.kernel.http import StaffRequest
from corsia.listening.models import AnswerAttachment
from corsia.listening.permissions import SEE_ANSWERS
from corsia.messaging.rules.files import SAFE_IMAGES


@require_safe
@access(SEE_ANSWERS, personal=True)
def show(request: StaffRequest, attachment_id: int) -> HttpResponse:
    """Give the file: a picture to be looked at, anything else to be saved."""
    found: AnswerAttachment = AnswerAttachment.objects.find(attachment_id)
    response = HttpResponse(content_of(found.blob_id), content_type=found.media_type)
    is_saved = found.media_type not in SAFE_IMAGES
    response.headers["Content-Disposition"] = content_disposition_header(is_saved, found.name) or "attachment"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-store"
    return response
