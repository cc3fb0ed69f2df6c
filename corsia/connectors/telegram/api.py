"""Telegram's Bot API: messages and files go out, files come in, the webhook is announced."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any
from urllib.parse import quote, urlencode

from django.conf import settings

from corsia.kernel.safe_fetch import FetchFailed
from corsia.kernel.web_api import ApiAnswer, FormFile, call_api, download, multipart
from corsia.messaging.models import ChannelAccount
from corsia.messaging.ports import NotDelivered, Parcel
from corsia.messaging.rules.incoming import NewFile, RemoteFile
from corsia.messaging.vocabulary import Objection, SendProblem

MAX_FILE_BYTES = 20 * 1024 * 1024  # what a bot may fetch
MAX_PHOTO_BYTES = 10 * 1024 * 1024
MAX_CAPTION = 1024
UPDATES = ["message", "edited_message", "callback_query", "my_chat_member"]
_UPLOAD_SECONDS = 90.0


def steps_of(account: ChannelAccount, parcel: Parcel) -> Sequence[Callable[[], str]]:
    """Return the calls that deliver a parcel, in order, each of which returns Telegram's name of a message."""
    is_caption = bool(parcel.files) and len(parcel.text) <= MAX_CAPTION
    steps: list[Callable[[], str]] = []
    if parcel.text and not is_caption:
        steps.append(partial(_say, account, {"chat_id": parcel.to, "text": parcel.text}))
    for number, file in enumerate(parcel.files):
        steps.append(partial(_send_file, account, parcel.to, file, parcel.text if is_caption and not number else ""))
    return steps


def fetch_file(account: ChannelAccount, file: RemoteFile) -> NewFile:
    """Fetch a file in Telegram's two steps: ask for its path, then get it.

    Raises:
        FetchFailed: it could not be had.
    """
    answer = call_api(f"{_url(account, 'getFile')}?{urlencode({'file_id': file.reference})}")
    path = _result(answer).get("file_path")
    if not answer.is_ok or not isinstance(path, str):
        raise FetchFailed("unreachable", f"Telegram answered {answer.status} for a file")
    address = f"{settings.TELEGRAM_API}/file/bot{_token(account)}/{quote(path)}"
    return NewFile(name=file.name, content=download(address, max_bytes=MAX_FILE_BYTES))


def set_webhook(account: ChannelAccount, hook: str) -> None:
    """Tell Telegram where to call, and what to say so that it is believed.

    Raises:
        NotDelivered: it does not accept the bot or the address.
        FetchFailed: no answer came.
    """
    told = {"url": hook, "secret_token": account.signing_secret, "allowed_updates": UPDATES}
    answer = call_api(_url(account, "setWebhook"), method="POST", told=told)
    if not answer.is_ok or answer.body.get("ok") is not True:
        raise refused(answer)


def refused(answer: ApiAnswer) -> NotDelivered:
    """Return the error for an answer that is none of success."""
    words = str(answer.body.get("description") or "")
    detail = f"{answer.status} {words}".strip()[:300]
    parameters = answer.body.get("parameters")
    after = parameters.get("retry_after") if isinstance(parameters, dict) else None
    if answer.status == 429:
        wait = timedelta(seconds=min(int(after), 3600)) if isinstance(after, int) else timedelta(minutes=1)
        return NotDelivered(SendProblem.TOO_FAST, detail, is_final=False, after=wait)
    if answer.status >= 500:
        return NotDelivered(SendProblem.PROVIDER_DOWN, detail, is_final=False)
    if answer.status in (401, 404):
        wait = timedelta(minutes=30)
        return NotDelivered(SendProblem.ACCOUNT_REFUSED, detail, is_final=False, after=wait)
    if answer.status == 403 and "blocked" in words:
        return NotDelivered(Objection.OPTED_OUT, detail, is_final=True)
    if answer.status == 403 or "chat not found" in words:
        return NotDelivered(SendProblem.NUMBER_REFUSED, detail, is_final=True)
    if answer.status == 413:
        return NotDelivered(SendProblem.FILE_REFUSED, detail, is_final=True)
    return NotDelivered(SendProblem.NOT_TAKEN, detail, is_final=True)


def _say(account: ChannelAccount, told: Mapping[str, Any]) -> str:
    return _name(call_api(_url(account, "sendMessage"), method="POST", told=told))


def _send_file(account: ChannelAccount, to: str, file: NewFile, caption: str) -> str:
    is_photo = file.media_type in ("image/jpeg", "image/png") and len(file.content) <= MAX_PHOTO_BYTES
    method, field = ("sendPhoto", "photo") if is_photo else ("sendDocument", "document")
    body, media_type = multipart(
        {"chat_id": to, **({"caption": caption} if caption else {})},
        [
            FormFile(
                field=field,
                name=file.name,
                media_type=file.media_type or "application/octet-stream",
                content=file.content,
            )
        ],
    )
    url = _url(account, method)
    return _name(call_api(url, method="POST", raw=body, media_type=media_type, seconds=_UPLOAD_SECONDS))


def _name(answer: ApiAnswer) -> str:
    result = _result(answer)
    if not answer.is_ok or "message_id" not in result:
        raise refused(answer)
    chat = result.get("chat")
    return f"{chat.get('id') if isinstance(chat, dict) else ''}:{result['message_id']}"


def _result(answer: ApiAnswer) -> Mapping[str, Any]:
    result = answer.body.get("result")
    return result if isinstance(result, dict) else {}


def _url(account: ChannelAccount, method: str) -> str:
    return f"{settings.TELEGRAM_API}/bot{_token(account)}/{method}"


def _token(account: ChannelAccount) -> str:
    return quote(account.token or "", safe=":")
