"""A Twilio-compatible provider as it calls our webhook, and its interface."""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl, urlencode

from tests.connectors.hooks import Speaker
from tests.connectors.providers import Heard, Provider

GIULIA, OURS = "+393331234567", "+390301234567"
ACCOUNT = "AC" + "0" * 32


def form(sid: str, **more: str) -> bytes:
    """Return a call that brings a message of the one customer."""
    told = {"MessageSid": sid, "AccountSid": ACCOUNT, "From": GIULIA, "To": OURS, "NumMedia": "0", **more}
    return urlencode(told).encode()


def status(sid: str, state: str, **more: str) -> bytes:
    """Return a call that reports on a message of ours."""
    told = {"MessageSid": sid, "AccountSid": ACCOUNT, "From": OURS, "To": GIULIA, "MessageStatus": state, **more}
    return urlencode(told).encode()


class TwilioCalls(Speaker):
    channel = "sms"
    external_id = OURS
    media_type = "application/x-www-form-urlencoded"
    secrets = {"token": ACCOUNT, "signing_secret": "auth token"}

    def proof(self, secret: str, url: str, raw: bytes) -> dict[str, str]:
        told = url + "".join(name + value for name, value in sorted(parse_qsl(raw.decode(), keep_blank_values=True)))
        made = hmac.new(secret.encode(), told.encode(), hashlib.sha1).digest()
        return {"X-Twilio-Signature": base64.b64encode(made).decode()}

    def text(self, number: int, words: str) -> bytes:
        return form(f"SM{number}", Body=words)

    def unknown(self, number: int) -> bytes:
        return urlencode({"MessageSid": f"SM{number}", "AccountSid": ACCOUNT, "Hologram": "3"}).encode()

    def story(self, provider_id: str) -> Sequence[bytes]:
        return [
            self.text(11, "Quando è pronta?"),
            self.text(12, "Ci siete?"),
            status(provider_id, "sent"),
            status(provider_id, "delivered"),
            status(provider_id, "queued"),
        ]


class Carrier(Provider):
    """The provider's interface: one address to send, pictures behind a password."""

    def __init__(self) -> None:
        super().__init__()
        self.pictures: dict[str, bytes] = {}

    def reply(self, heard: Heard) -> tuple[int, Any]:
        password = base64.b64encode(f"{ACCOUNT}:auth token".encode()).decode()
        if heard.headers.get("authorization") != f"Basic {password}":
            return 401, error(20003, "Authenticate", 401)
        if heard.method == "POST" and heard.path == f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json":
            told = heard.form
            assert ("From" in told) != ("MessagingServiceSid" in told)
            number = len([one for one in self.heard if one.method == "POST"])
            return 201, {"sid": f"SMout{number}", "status": "queued", "to": told["To"], "body": told["Body"]}
        if heard.path in self.pictures:
            return 200, self.pictures[heard.path]
        return 404, error(20404, "not found", 404)


def error(code: int, words: str, status: int) -> dict[str, Any]:
    return {"code": code, "message": words, "more_info": f"https://www.twilio.com/docs/errors/{code}", "status": status}
