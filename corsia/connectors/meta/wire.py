"""What Meta sends about a page or an Instagram account: a call taken apart into its events, an event as values."""

import json
from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from corsia.messaging.ports import HookEvent, Unreadable

_LISTS = ("messaging", "standby", "changes")


def _word(value: object) -> str:
    return "" if value is None or isinstance(value, dict | list) else str(value)


Word = Annotated[str, BeforeValidator(_word)]


class _Loose(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Party(_Loose):
    id: Word = ""


class Attachment(_Loose):
    type: Word = ""
    title: Word = ""
    url: Word = ""
    payload: dict[str, Any] = {}

    @property
    def address(self) -> str:
        """Return where the file is, "" where there is none."""
        return _word(self.payload.get("url")) or self.url


class Story(_Loose):
    url: Word = ""
    id: Word = ""


class AnsweredTo(_Loose):
    mid: Word = ""
    story: Story | None = None


class Referral(_Loose):
    ref: Word = ""
    source: Word = ""
    ads_context_data: dict[str, Any] = {}


class Message(_Loose):
    mid: Word = ""
    text: Word = ""
    is_echo: bool = False
    is_deleted: bool = False
    is_unsupported: bool = False
    attachments: list[Attachment] = []
    reply_to: AnsweredTo | None = None
    referral: Referral | None = None


class Postback(_Loose):
    mid: Word = ""
    title: Word = ""
    payload: Word = ""
    referral: Referral | None = None


class Edited(_Loose):
    mid: Word = ""
    text: Word = ""
    num_edit: Word = ""


class Reaction(_Loose):
    mid: Word = ""
    action: Word = ""
    emoji: Word = ""
    reaction: Word = ""


class Delivery(_Loose):
    mids: list[Word] = []
    watermark: int = 0


class Read(_Loose):
    mid: Word = ""
    watermark: int = 0


class Event(_Loose):
    """One thing that happened in a conversation.

    Attributes:
        timestamp: milliseconds since 1970.
    """

    sender: Party = Party()
    recipient: Party = Party()
    timestamp: int = 0
    message: Message | None = None
    message_edit: Edited | None = None
    postback: Postback | None = None
    reaction: Reaction | None = None
    delivery: Delivery | None = None
    read: Read | None = None
    referral: Referral | None = None


def taken_apart(raw: bytes) -> list[HookEvent]:
    """Return the events of a call. One that cannot be taken apart stays whole: reading it says why."""
    try:
        found = list(_pieces(json.loads(raw)))
        keys = [_key(piece) for piece in found]
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError):
        return [HookEvent(key="", raw=raw)]
    if len(found) <= 1:
        return [HookEvent(key=next(iter(keys), ""), raw=raw)]  # as it came, byte for byte
    return [
        HookEvent(key=key, raw=json.dumps(piece, sort_keys=True).encode())
        for key, piece in zip(keys, found, strict=True)
    ]


def read_event(raw: bytes) -> tuple[str, Event | None]:
    """Return whose event it is, page or account, and the event; None for one that is no conversation's.

    Raises:
        Unreadable: it is none of Meta's.
    """
    try:
        [entry] = json.loads(raw)["entry"]
        told = entry.get("messaging") or []
        return _word(entry.get("id")), Event.model_validate(told[0]) if told else None
    except (ValueError, TypeError, AttributeError, KeyError, IndexError, RecursionError, ValidationError) as error:
        raise Unreadable(f"no event of a page ({type(error).__name__})") from error


def _pieces(told: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for entry in told["entry"]:
        bare = {name: value for name, value in entry.items() if name not in _LISTS}
        for name in _LISTS:
            for one in entry.get(name) or []:
                yield {**told, "entry": [{**bare, name: [one]}]}


def _key(piece: dict[str, Any]) -> str:
    """Return Meta's name of an event; "" where it has none, and its bytes stand for it."""
    [entry] = piece["entry"]
    told = entry.get("messaging")
    if not told:
        return ""
    one, whose = told[0], _word(entry.get("id"))
    for kind in ("message", "postback", "message_edit"):
        inner = one.get(kind)
        if isinstance(inner, dict) and inner.get("mid"):
            step = "deleted" if inner.get("is_deleted") else _word(inner.get("num_edit"))
            return f"{whose}:{kind}:{_word(inner['mid'])}:{step}"
    return ""
