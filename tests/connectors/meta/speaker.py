"""Meta as it calls the webhooks of pages and Instagram accounts, and its Graph API."""

import hashlib
import hmac
import json
from collections.abc import Sequence
from typing import Any

from tests.connectors.hooks import Speaker
from tests.connectors.providers import Heard, Provider

GIULIA, PAGE = "7600000001", "106540352242922"
AT = 1773140400000


def told(*items: dict[str, Any], page: str = PAGE, kind: str = "page") -> bytes:
    """Return a call with events of one conversation."""
    whole = [{"sender": {"id": GIULIA}, "recipient": {"id": page}, "timestamp": AT, **item} for item in items]
    return json.dumps({"object": kind, "entry": [{"id": page, "time": AT, "messaging": whole}]}).encode()


def message(number: int | str, **parts: Any) -> dict[str, Any]:
    return {"message": {"mid": f"m_{number}", **parts}}


class MetaCalls(Speaker):
    """What both channels have in common."""

    external_id = PAGE

    def proof(self, secret: str, url: str, raw: bytes) -> dict[str, str]:
        return {"X-Hub-Signature-256": "sha256=" + hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()}

    def text(self, number: int, words: str) -> bytes:
        return told(message(number, text=words))

    def unknown(self, number: int) -> bytes:
        return told(message(number, attachments=[{"type": "hologram", "payload": {"depth": 3}}]))

    def story(self, provider_id: str) -> Sequence[bytes]:
        return [
            self.text(11, "Quando è pronta?"),
            self.text(12, "Ci siete?"),
            told({"delivery": {"mids": [provider_id], "watermark": AT}}),
            told({"read": {"mid": provider_id, "watermark": AT}}),
            told(message(13, text="ours", is_echo=True)),
        ]


class MessengerCalls(MetaCalls):
    channel = "messenger"


class InstagramCalls(MetaCalls):
    channel = "instagram"


class Graph(Provider):
    """The Graph API: messages go out, names are told, files are there without a token."""

    def __init__(self) -> None:
        super().__init__()
        self.files: dict[str, bytes] = {}

    def reply(self, heard: Heard) -> tuple[int, Any]:
        if heard.path in self.files:
            return 200, self.files[heard.path]
        if heard.headers.get("authorization") != "Bearer t0ken":
            return 401, error(190, "Invalid OAuth access token")
        if heard.method == "POST" and heard.path.endswith(f"/{PAGE}/messages"):
            assert set(heard.json) >= {"recipient", "messaging_type", "message"}
            number = len([one for one in self.heard if one.method == "POST"])
            return 200, {"recipient_id": heard.json["recipient"]["id"], "message_id": f"m_out{number}"}
        if heard.path.endswith(f"/{GIULIA}"):
            names = {"first_name": "Giulia", "last_name": "Ferri", "name": "Giulia Ferri", "username": "giulia.f"}
            return 200, {name: names[name] for name in heard.query["fields"].split(",")} | {"id": GIULIA}
        return 404, error(100, "Unsupported get request")


def error(code: int, words: str, subcode: int = 0) -> dict[str, Any]:
    return {"error": {"message": words, "type": "OAuthException", "code": code, "error_subcode": subcode}}
