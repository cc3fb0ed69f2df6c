"""Meta's Graph API as WhatsApp uses it: messages go out, files come in and go out, approved texts are listed."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from django.conf import settings

from corsia.connectors.whatsapp.refusals import refused
from corsia.kernel.safe_fetch import FetchFailed
from corsia.kernel.web_api import FormFile, call_api, download, multipart
from corsia.messaging.models import ChannelAccount
from corsia.messaging.ports import Parcel
from corsia.messaging.rules.incoming import NewFile, RemoteFile

MAX_FILE_BYTES = 16 * 1024 * 1024  # taken in; Meta's own limit for videos and recordings
MAX_CAPTION = 1024
_UPLOAD_SECONDS = 90.0
_MB = 1024 * 1024
_TEMPLATE_FIELDS = "id,name,language,status,category,quality_score,rejected_reason,components"
# As what a file is sent, and up to which size; anything else is a document.
_KINDS: Mapping[str, tuple[str, int]] = {
    "image/jpeg": ("image", 5 * _MB),
    "image/png": ("image", 5 * _MB),
    "video/mp4": ("video", 16 * _MB),
    "video/3gpp": ("video", 16 * _MB),
    "audio/aac": ("audio", 16 * _MB),
    "audio/amr": ("audio", 16 * _MB),
    "audio/mpeg": ("audio", 16 * _MB),
    "audio/mp4": ("audio", 16 * _MB),
    "audio/ogg": ("audio", 16 * _MB),
}
# Files are fetched with our token only from Meta's own machines.
_METAS = (".fbsbx.com", ".fbcdn.net", ".facebook.com", ".whatsapp.net")


def steps_of(account: ChannelAccount, parcel: Parcel) -> Sequence[Callable[[], str]]:
    """Return the calls that deliver a parcel, in order, each of which returns Meta's name of a message."""
    if parcel.content is not None:
        return [partial(_say, account, parcel.to, {"type": "template", "template": parcel.content["template"]})]
    kinds = [_kind_of(file) for file in parcel.files]
    is_caption = bool(kinds) and kinds[0] != "audio" and len(parcel.text) <= MAX_CAPTION
    steps: list[Callable[[], str]] = []
    if parcel.text and not is_caption:
        text = {"type": "text", "text": {"body": parcel.text, "preview_url": True}}
        steps.append(partial(_say, account, parcel.to, text))
    for number, (file, kind) in enumerate(zip(parcel.files, kinds, strict=True)):
        caption = parcel.text if is_caption and number == 0 else ""
        steps.append(partial(_send_file, account, parcel.to, file, kind, caption))
    return steps


def fetch_file(account: ChannelAccount, file: RemoteFile) -> NewFile:
    """Fetch a file in Meta's two steps: ask where it is, then get it, both with our token.

    Raises:
        FetchFailed: it could not be had.
    """
    answer = call_api(_url(quote(file.reference, safe="")), token=account.token or "")
    address = str(answer.body.get("url") or "")
    if not answer.is_ok or not address:
        raise FetchFailed("unreachable", f"WhatsApp answered {answer.status} for the file {file.reference}")
    if not _is_metas(address):
        raise FetchFailed("address_refused", "WhatsApp names an address for the file that is not its own")
    content = download(address, authorization=f"Bearer {account.token}", max_bytes=MAX_FILE_BYTES)
    return NewFile(name=file.name, content=content)


def listed_templates(account: ChannelAccount, waba_id: str) -> Iterator[Mapping[str, Any]]:
    """Yield the approved texts of a business account, as Meta tells them.

    Raises:
        NotDelivered: Meta refused.
        FetchFailed: no answer came.
    """
    query = {"fields": _TEMPLATE_FIELDS, "limit": "200"}
    for _page in range(50):
        address = f"{_url(quote(waba_id, safe=''), 'message_templates')}?{urlencode(query)}"
        answer = call_api(address, token=account.token or "")
        if not answer.is_ok:
            raise refused(answer.status, answer.body)
        data = answer.body.get("data")
        yield from (one for one in data if isinstance(one, dict)) if isinstance(data, list) else ()
        paging = answer.body.get("paging")
        cursors = paging.get("cursors") if isinstance(paging, dict) and paging.get("next") else None
        if not isinstance(cursors, dict) or not cursors.get("after"):
            return
        query["after"] = str(cursors["after"])


def _say(account: ChannelAccount, to: str, what: Mapping[str, Any]) -> str:
    receiver = {"to": to} if to.isdecimal() else {"recipient": to}
    told = {"messaging_product": "whatsapp", "recipient_type": "individual", **receiver, **what}
    answer = call_api(
        _url(quote(account.external_id, safe=""), "messages"), method="POST", token=account.token or "", told=told
    )
    messages = answer.body.get("messages")
    if not answer.is_ok or not isinstance(messages, list) or not messages or not messages[0].get("id"):
        raise refused(answer.status, answer.body)
    return str(messages[0]["id"])


def _send_file(account: ChannelAccount, to: str, file: NewFile, kind: str, caption: str) -> str:
    media: dict[str, str] = {"id": _upload(account, file)}
    if caption and kind != "audio":
        media["caption"] = caption
    if kind == "document":
        media["filename"] = file.name
    return _say(account, to, {"type": kind, kind: media})


def _upload(account: ChannelAccount, file: NewFile) -> str:
    media_type = file.media_type or "application/octet-stream"
    body, form_type = multipart(
        {"messaging_product": "whatsapp", "type": media_type},
        [FormFile(field="file", name=file.name, media_type=media_type, content=file.content)],
    )
    answer = call_api(
        _url(quote(account.external_id, safe=""), "media"),
        method="POST",
        token=account.token or "",
        raw=body,
        media_type=form_type,
        seconds=_UPLOAD_SECONDS,
    )
    if not answer.is_ok or not answer.body.get("id"):
        raise refused(answer.status, answer.body)
    return str(answer.body["id"])


def _kind_of(file: NewFile) -> str:
    kind, most = _KINDS.get(file.media_type.partition(";")[0].strip().lower(), ("document", 0))
    return kind if len(file.content) <= most else "document"


def _is_metas(address: str) -> bool:
    host, ours = urlsplit(address), urlsplit(settings.WHATSAPP_API)
    if host.netloc == ours.netloc:
        return True
    return host.scheme == "https" and f".{(host.hostname or '').lower()}".endswith(_METAS)


def _url(*steps: str) -> str:
    return "/".join([settings.WHATSAPP_API.rstrip("/"), *steps])
