"""The HTML of a received mail, ready for its sandboxed frame: own pictures inside, foreign ones left out."""

import base64
import re
from dataclasses import dataclass
from urllib.parse import unquote

from corsia.kernel.blobs import content_of
from corsia.messaging.models import Attachment, Message
from corsia.messaging.rules.files import SAFE_IMAGES
from corsia.messaging.rules.safe_markup import SafeHtml

MAX_PICTURE = 2 * 1024 * 1024  # bytes; larger ones are among the attachments
MAX_PICTURES = 12 * 1024 * 1024  # bytes of all pictures within the text
_CID = re.compile(r'(\ssrc=")cid:([^"]{1,300})(")', re.IGNORECASE)
_REMOTE = re.compile(r"\sdata-remote-src=", re.IGNORECASE)


@dataclass(frozen=True)
class FrameContent:
    """What the frame shows, and how many pictures from elsewhere it does not."""

    body: SafeHtml
    blocked: int


def frame_content(message: Message) -> FrameContent:
    """Return the sanitised HTML of a message with its inline pictures as data.

    The frame has an origin of its own and no cookies: it could not fetch them. Pictures from elsewhere tell their
    sender that and when a mail is read; they are not loaded.
    """
    pictures = {
        row.content_id.lower(): row
        for row in Attachment.objects.filter(message=message, media_type__in=SAFE_IMAGES, size__lte=MAX_PICTURE)
        if row.content_id
    }
    room = MAX_PICTURES

    def embedded(match: re.Match[str]) -> str:
        nonlocal room
        row = pictures.get(unquote(match[2]).strip("<>").lower())
        if row is None or row.size > room:
            return ""
        room -= row.size
        data = base64.b64encode(content_of(row.blob_id)).decode()
        return f"{match[1]}data:{row.media_type};base64,{data}{match[3]}"

    return FrameContent(body=SafeHtml(_CID.sub(embedded, message.html)), blocked=len(_REMOTE.findall(message.html)))
