"""A Twilio-compatible provider as it calls us about a phone call, and the parameters that it really sends."""

from collections.abc import Sequence
from datetime import datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree

from django.test import Client

from corsia.connectors.telephony.models import Extension, Line, RobotKey
from corsia.messaging.models import ChannelAccount, Inbound
from corsia.messaging.services.events import read_events
from tests.connectors.hooks import hook
from tests.connectors.providers import Heard, Provider
from tests.connectors.sms.speaker import ACCOUNT, TwilioCalls

GIULIA, OURS, DESK_PHONE = "+393331234567", "+390305550100", "+390305550101"
CALL = "CA" + "1" * 32


def voice(sid: str = CALL, *, status: str = "ringing", caller: str = GIULIA, **more: str) -> bytes:
    """Return a request that asks what a caller hears next."""
    told = {
        "AccountSid": ACCOUNT,
        "ApiVersion": "2010-04-01",
        "CallSid": sid,
        "CallStatus": status,
        "Called": OURS,
        "Caller": caller,
        "Direction": "inbound",
        "From": caller,
        "FromCountry": "IT",
        "To": OURS,
        **more,
    }
    return urlencode(told).encode()


def ended(at: datetime, sid: str = CALL, *, seconds: int = 95, status: str = "completed", **more: str) -> bytes:
    """Return the report on the end of a call."""
    return voice(
        sid,
        status=status,
        CallDuration=str(seconds),
        Duration=str(-(-seconds // 60)),
        Timestamp=format_datetime(at),
        CallbackSource="call-progress-events",
        SequenceNumber="0",
        **more,
    )


def leg(at: datetime, status: str, sid: str = CALL, *, number: str = DESK_PHONE, own: str = "CA" + "2" * 32) -> bytes:
    """Return a report on a phone of ours that rings for a call."""
    told = {
        "AccountSid": ACCOUNT,
        "CallSid": own,
        "ParentCallSid": sid,
        "CallStatus": status,
        "Direction": "outbound-dial",
        "From": GIULIA,
        "To": number,
        "Timestamp": format_datetime(at),
        "CallbackSource": "call-progress-events",
        "SequenceNumber": "1",
    }
    return urlencode(told).encode()


class VoiceCalls(TwilioCalls):
    channel = "voice"
    external_id = OURS

    def text(self, number: int, words: str) -> bytes:
        return voice(f"CA{number:032}", CallerName=words)

    def unknown(self, number: int) -> bytes:
        return urlencode({"CallSid": f"CA{number:032}", "AccountSid": ACCOUNT, "Hologram": "3"}).encode()

    def story(self, provider_id: str) -> Sequence[bytes]:
        raise NotImplementedError("calls have no messages; see test_calls.py")

    def ask(self, client: Client, account: ChannelAccount, raw: bytes, query: str = "") -> Any:
        """Send a request, to one of our addresses within a call where `query` says so; return the response."""
        from django.conf import settings

        path = hook(account) + (f"?{query}" if query else "")
        headers = self.proof(account.signing_secret or "", settings.PUBLIC_URL + path, raw)
        return client.post(path, raw, content_type=self.media_type, headers=headers)


def tell(client: Client, account: ChannelAccount, *requests: tuple[str, bytes], at: datetime) -> list[Any]:
    """Send requests (query of our address, form) that arrive at an instant, have them read; return what is heard."""
    heard = []
    for query, raw in requests:
        response = VoiceCalls().ask(client, account, raw, query)
        assert response.status_code == 200, response.content
        heard.append(ElementTree.fromstring(response.content))  # noqa: S314  (ours)
    Inbound.objects.filter(state="received", attempts=0).update(received_at=at)
    while read_events(now=at):
        continue
    return heard


def words(heard: Any) -> str:
    """Return everything that is said."""
    return " ".join(one.text or "" for one in heard.iter("Say"))


def query_of(heard: Any, name: str = "action") -> str:
    """Return the query of the address where the call goes on."""
    return next(one.get(name) for one in heard.iter() if one.get(name)).partition("?")[2]


def a_line(account: ChannelAccount, *, phones: Sequence[str] = (DESK_PHONE,), **fields: Any) -> Line:
    """Return a line with phones and the three usual keys."""
    line = Line.objects.create(account=account, **fields)
    for number in phones:
        Extension.objects.create(line=line, number=number)
    for digit, action, label_it, label_en, text_it, text_en, link in (
        (1, "hours", "Per gli orari", "For opening hours", "", "", ""),
        (2, "link", "Per prenotare", "To book", "Prenoti qui:", "Book here:", "https://example.com/book"),
        (3, "link", "Per sapere della Sua auto", "For your car", "Ecco:", "Here:", "https://example.com/car"),
    ):
        RobotKey.objects.create(
            line=line,
            digit=digit,
            action=action,
            label_it=label_it,
            label_en=label_en,
            text_it=text_it,
            text_en=text_en,
            link=link,
        )
    return line


class Recordings(Provider):
    """The provider's store of messages that callers left: behind a password."""

    def reply(self, heard: Heard) -> tuple[int, Any]:
        if not heard.headers.get("authorization", "").startswith("Basic "):
            return 401, {"code": 20003}
        return (200, b"ID3 sound of Giulia") if heard.path.endswith("/RE1.mp3") else (404, {"code": 20404})
