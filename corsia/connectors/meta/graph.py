"""Meta's Graph API as pages and Instagram accounts use it: words and links to files go out, names come in."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import quote

from django.conf import settings

from corsia.kernel.safe_fetch import FetchFailed
from corsia.kernel.web_api import call_api, download
from corsia.messaging.models import ChannelAccount, Correspondent
from corsia.messaging.ports import NotDelivered, Parcel
from corsia.messaging.rules.incoming import NewFile, RemoteFile
from corsia.messaging.vocabulary import Objection, SendProblem

MESSENGER, INSTAGRAM = "messenger", "instagram"
MAX_FILE_BYTES = 25 * 1024 * 1024
FREE_WORDS = timedelta(hours=24)
HUMAN_WORDS = timedelta(days=7)  # while a person of ours may still answer, with Meta's tag for it
MAX_TEXT_BYTES = {MESSENGER: 6000, INSTAGRAM: 1000}
_NAMES = {MESSENGER: "first_name,last_name", INSTAGRAM: "name,username"}

Meaning = tuple[str, bool, timedelta | None]
_SLOWER: Meaning = (SendProblem.TOO_FAST, False, timedelta(minutes=5))
_SOON: Meaning = (SendProblem.PROVIDER_DOWN, False, None)
_ACCOUNT: Meaning = (SendProblem.ACCOUNT_REFUSED, False, timedelta(minutes=30))
_NUMBER: Meaning = (SendProblem.NUMBER_REFUSED, True, None)
_CLOSED: Meaning = (Objection.WINDOW_CLOSED, True, None)
_NOT_TAKEN: Meaning = (SendProblem.NOT_TAKEN, True, None)
# Meta's codes and, where they say more, subcodes. Source: Meta, "Messenger Platform: Error codes".
_SUBCODES: Mapping[int, Meaning] = {
    2018278: _CLOSED,
    2534022: _CLOSED,
    **dict.fromkeys((2018001, 1545041, 2534014, 2018108), _NUMBER),
    **dict.fromkeys((2018047, 2018008, 2018074), (SendProblem.FILE_REFUSED, True, None)),
}
_CODES: Mapping[int, Meaning] = {
    551: _NUMBER,
    **dict.fromkeys((4, 17, 32, 613, 80002, 80006), _SLOWER),
    **dict.fromkeys((1, 2, 1200), _SOON),
    **dict.fromkeys((3, 10, 190, 200, 230, 368), _ACCOUNT),
}


def steps_of(account: ChannelAccount, parcel: Parcel, *, now: datetime) -> Sequence[Callable[[], str]]:
    """Return the calls that deliver a parcel, in order, each of which returns Meta's name of a message."""
    envelope = _envelope(account, parcel.to, now=now)
    most = MAX_TEXT_BYTES[account.channel]
    words = [{"text": piece} for piece in pieces(parcel.text, most)]
    files = [
        {"attachment": {"type": _kind_of(file), "payload": {"url": url, "is_reusable": False}}}
        for file, url in zip(parcel.files, parcel.urls, strict=True)
    ]
    return [partial(_send, account, {**envelope, "message": message}) for message in (*words, *files)]


def pieces(text: str, most: int) -> list[str]:
    """Return a text in pieces of at most `most` bytes each, parted between words where there are any."""
    found: list[str] = []
    rest = text.strip()
    while len(rest.encode()) > most:
        head = rest.encode()[:most].decode("utf-8", "ignore")
        cut = max(head.rfind("\n"), head.rfind(" "))
        head = head[:cut] if cut > 0 else head
        found.append(head.rstrip())
        rest = rest[len(head) :].lstrip()
    return [*found, rest] if rest else found


def fetch_file(file: RemoteFile) -> NewFile:
    """Fetch a file; its address is signed by Meta and good for a few days.

    Raises:
        FetchFailed: it could not be had.
    """
    return NewFile(name=file.name, content=download(file.reference, max_bytes=MAX_FILE_BYTES))


def name_of(account: ChannelAccount, person: str) -> str:
    """Return how somebody calls themselves, "" when Meta does not say: nothing waits for a name."""
    if settings.SANDBOX:
        return ""
    address = f"{_base(account)}/{quote(person, safe='')}?fields={_NAMES[account.channel]}"
    try:
        answer = call_api(address, token=account.token or "", seconds=5.0)
    except FetchFailed:
        return ""
    told = answer.body if answer.is_ok else {}
    whole = f"{told.get('first_name') or ''} {told.get('last_name') or ''}".strip()
    return str(whole or told.get("name") or told.get("username") or "")


def _envelope(account: ChannelAccount, to: str, *, now: datetime) -> dict[str, Any]:
    """Return to whom and under which of Meta's rules: within a day freely, within a week as a person of ours."""
    row = Correspondent.unscoped.filter(account=account, external_id=to).only("last_in_at").first()
    is_free = row is not None and row.last_in_at is not None and now < row.last_in_at + FREE_WORDS
    rule = {"messaging_type": "RESPONSE"} if is_free else {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}
    return {"recipient": {"id": to}, **rule}


def _send(account: ChannelAccount, told: Mapping[str, Any]) -> str:
    address = f"{_base(account)}/{quote(account.external_id, safe='')}/messages"
    answer = call_api(address, method="POST", token=account.token or "", told=told)
    if not answer.is_ok or not answer.body.get("message_id"):
        raise _refused(answer.status, answer.body)
    return str(answer.body["message_id"])


def _refused(status: int, body: Mapping[str, Any]) -> NotDelivered:
    told = body.get("error")
    error: Mapping[str, Any] = told if isinstance(told, dict) else {}
    code, subcode = error.get("code"), error.get("error_subcode")
    problem, is_final, after = (
        _SUBCODES.get(subcode if isinstance(subcode, int) else -1)
        or _CODES.get(code if isinstance(code, int) else -1)
        or (_SLOWER if status == 429 else _SOON if status >= 500 else _NOT_TAKEN)
    )
    words = f"{code or status} {error.get('message') or ''}".strip()[:300]
    return NotDelivered(problem, words, is_final=is_final, after=after)


def _kind_of(file: NewFile) -> str:
    kind = file.media_type.partition("/")[0]
    return kind if kind in ("image", "video", "audio") else "file"


def _base(account: ChannelAccount) -> str:
    api = settings.MESSENGER_API if account.channel == MESSENGER else settings.INSTAGRAM_API
    return str(api).rstrip("/")
