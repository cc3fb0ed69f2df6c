"""A channel of the tests' own: small, but every part of the port is there, and what it is given can be looked at."""

import hashlib
import hmac
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from corsia.kernel.safe_fetch import FetchFailed
from corsia.messaging.models import ChannelAccount
from corsia.messaging.ports import (
    Adapter,
    Ask,
    Call,
    ChannelKind,
    Happening,
    HookAnswer,
    HookEvent,
    NotDelivered,
    Parcel,
    ReadyMade,
    ReadyMadeUnknown,
    Unreadable,
    said,
)
from corsia.messaging.rules.happenings import MessageChanged, NumberChanged, Objected, Receipt
from corsia.messaging.rules.incoming import NewFile, RemoteFile
from corsia.messaging.vocabulary import ReceiptState, SendProblem

WELCOME_BACK = ReadyMade(key="welcome_back", name="Welcome back", language="it", body="Buongiorno {{1}}.", holes=1)


class Pager(Adapter):
    """Signed with HMAC-SHA-256 over the body; one call may tell several things, each with its id."""

    kind = ChannelKind(
        key="pager",
        label="Pager",
        icon="device-mobile-message",
        asks=(Ask(field="external_id", label="Number"), Ask(field="signing_secret", label="Secret", is_secret=True)),
        max_text=200,
        window=timedelta(hours=24),
        per_minute=3,
    )

    def __init__(self) -> None:
        self.delivered: list[Parcel] = []
        self.refusal: NotDelivered | None = None
        self.is_file_there = True

    def verify(self, account: ChannelAccount, call: Call) -> bool:
        given = call.headers.get("x-pager-signature", "")
        return bool(account.signing_secret) and hmac.compare_digest(given, signature(account, call.raw))

    def hello(self, account: ChannelAccount, call: Call) -> HookAnswer | None:
        return HookAnswer(body=b"hello") if call.query.get("secret") == account.hello_secret else None

    def split(self, account: ChannelAccount, call: Call) -> Sequence[HookEvent]:
        return [HookEvent(key=str(one["id"]), raw=json.dumps(one).encode()) for one in json.loads(call.raw)]

    def read(self, account: ChannelAccount, raw: bytes, *, at: datetime) -> Sequence[Happening]:
        told = json.loads(raw)
        match told["kind"]:
            case "text":
                return [self._message(account, told, at)]
            case "receipt":
                when = datetime.fromtimestamp(told["at"], tz=UTC)
                return [Receipt(provider_id=told["of"], state=ReceiptState(told["state"]), at=when)]
            case "edit":
                return [MessageChanged(header_id=f"pager:{told['of']}", text=told["text"], at=at)]
            case "number":
                return [
                    NumberChanged(
                        old_external_id=told["old"],
                        new_external_id=told["new"],
                        new_phone=f"+{told['new']}",
                        at=at,
                    )
                ]
            case "stop":
                return [Objected(external_id=told["from"], purpose="", is_given=False, at=at)]
        raise Unreadable(str(told["kind"]))

    def _message(self, account: ChannelAccount, told: dict[str, Any], at: datetime) -> Happening:
        return said(
            account,
            at=at,
            sender=told["from"],
            key=told["id"],
            text=told["text"],
            from_name=told.get("name", ""),
            phone=f"+{told['from']}" if told["from"].isdecimal() else "",
            is_phone_proven=told["from"].isdecimal(),
            remote_files=tuple(RemoteFile(name=name, reference=name) for name in told.get("files", ())),
        )

    def fetch(self, account: ChannelAccount, file: RemoteFile) -> NewFile:
        if not self.is_file_there:
            raise FetchFailed("unreachable", "pager.example")
        return NewFile(name=file.name, content=b"%PDF-1.4 of the pager")

    def deliver(self, account: ChannelAccount, parcel: Parcel) -> str:
        if self.refusal is not None:
            raise self.refusal
        self.delivered.append(parcel)
        return f"page-{len(self.delivered)}"

    def ready_made(self, account: ChannelAccount, *, language: str) -> Sequence[ReadyMade]:
        return [WELCOME_BACK]

    def content_of(self, account: ChannelAccount, *, key: str, values: Sequence[str]) -> tuple[str, dict[str, Any]]:
        if key != WELCOME_BACK.key:
            raise ReadyMadeUnknown(key)
        return WELCOME_BACK.body.replace("{{1}}", values[0]), {"text": key, "values": list(values)}

    def refuse(self, *, is_final: bool, after: timedelta | None = None) -> None:
        """Take no message from now on."""
        self.refusal = NotDelivered(SendProblem.NOT_TAKEN, "busy", is_final=is_final, after=after)


def signature(account: ChannelAccount, raw: bytes) -> str:
    return hmac.new((account.signing_secret or "").encode(), raw, hashlib.sha256).hexdigest()
