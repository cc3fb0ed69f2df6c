"""Links to files of ours for providers that fetch them: signed, good for an hour, for one file each."""

from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.urls import reverse

from corsia.kernel.errors import NotFound
from corsia.kernel.tokens import is_signed, sign
from corsia.messaging.models import Attachment

GOOD_FOR = timedelta(hours=1)
_PURPOSE, _LENGTH = "messaging.provider_file", 64


def link_to(attachment_id: int, *, now: datetime) -> str:
    """Return the address at which a provider may fetch one attachment."""
    value = f"{attachment_id}.{int((now + GOOD_FOR).timestamp())}"
    token = f"{value}.{sign(_PURPOSE, value, length=_LENGTH)}"
    return f"{settings.PUBLIC_URL}{reverse('messaging:provider_file', args=[token])}"


def file_behind(token: str, *, now: datetime) -> Attachment:
    """Return the attachment a link leads to.

    Raises:
        NotFound: the link is not ours, or its hour is over: the same answer for both.
    """
    value, _dot, signature = token.rpartition(".")
    file_id, _dot, until = value.partition(".")
    if not is_signed(_PURPOSE, value, signature, length=_LENGTH) or not (file_id.isdecimal() and until.isdecimal()):
        raise NotFound(kind="messaging.Attachment")
    if datetime.fromtimestamp(int(until), tz=UTC) < now:
        raise NotFound(kind="messaging.Attachment")
    row: Attachment = Attachment.unscoped.get(pk=int(file_id))
    return row
