"""What a Twilio-compatible provider sends: forms, one for each message and each step of ours."""

from collections.abc import Iterator
from dataclasses import dataclass

from corsia.kernel.signatures import form_fields
from corsia.messaging.ports import Unreadable

MAX_MEDIA = 10


@dataclass(frozen=True, kw_only=True)
class Media:
    url: str
    media_type: str


@dataclass(frozen=True, kw_only=True)
class Told:
    """A form, read.

    Attributes:
        status: how far a message of ours has come, "" for a message of theirs.
        opt_out: STOP, START or HELP, where the provider recognised the word by itself.
    """

    sid: str
    account_sid: str
    sender: str
    to: str
    body: str
    media: tuple[Media, ...]
    status: str
    error: str
    opt_out: str


def read_form(raw: bytes) -> Told:
    """Return what a form tells.

    Raises:
        Unreadable: it is no form, or names no message.
    """
    try:
        values = dict(form_fields(raw))
    except ValueError as error:
        raise Unreadable("no form") from error
    sid = values.get("MessageSid") or values.get("SmsSid") or values.get("SmsMessageSid") or ""
    is_theirs = "Body" in values or "NumMedia" in values
    status = "" if is_theirs else values.get("MessageStatus") or values.get("SmsStatus") or ""
    if not sid or not (is_theirs or status):
        raise Unreadable("the form names no message")
    return Told(
        sid=sid,
        account_sid=values.get("AccountSid", ""),
        sender=values.get("From", ""),
        to=values.get("To", ""),
        body=values.get("Body", ""),
        media=tuple(_media(values)),
        status=status.lower(),
        error=values.get("ErrorCode", ""),
        opt_out=values.get("OptOutType", "").upper(),
    )


def _media(values: dict[str, str]) -> Iterator[Media]:
    for number in range(MAX_MEDIA):
        if url := values.get(f"MediaUrl{number}"):
            yield Media(url=url, media_type=values.get(f"MediaContentType{number}", ""))
