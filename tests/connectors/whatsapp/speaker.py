"""Meta as it calls our WhatsApp webhook, and its Graph API."""

import base64
import copy
import hashlib
import hmac
import json
from collections.abc import Sequence
from typing import Any

from tests.conftest import fixtures_folder
from tests.connectors.hooks import Speaker
from tests.connectors.providers import Heard, Provider

GIULIA = "393331234567"
WABA = "102290129340398"


def as_documented(file: str, name: str, **changes: Any) -> dict[str, Any]:
    """Return a call of the collected ones, its entry changed: `id`, `sender` and `timestamp` of the message."""
    told = json.loads((fixtures_folder("webhooks", "whatsapp_cloud") / f"{file}.json").read_text())[name]
    return changed(told, **changes)


def changed(told: dict[str, Any], *, number_id: str = "106540352242922", **changes: Any) -> dict[str, Any]:
    told = copy.deepcopy(told)
    value = told["entry"][0]["changes"][0]["value"]
    if "metadata" in value:
        value["metadata"]["phone_number_id"] = number_id
    for name in ("messages", "statuses", "calls", "user_preferences", "message_echoes"):
        for one in value.get(name, []):
            for field, given in changes.items():
                one[field] = given
            if "from" in changes and value.get("contacts"):
                value["contacts"][0] |= {"wa_id": changes["from"], "profile": {"name": "Giulia Ferri"}}
    return told


def message(number: int | str, kind: str, *, sender: str = GIULIA, **parts: Any) -> dict[str, Any]:
    """Return a call that brings one message."""
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "390301234567", "phone_number_id": "106540352242922"},
        "contacts": [{"profile": {"name": "Giulia Ferri"}, "wa_id": sender}],
        "messages": [{"from": sender, "id": f"wamid.{number}", "timestamp": "1773140400", "type": kind, **parts}],
    }
    return _call("messages", value)


def status(provider_id: str, state: str, at: int, **parts: Any) -> dict[str, Any]:
    """Return a call that reports on a message of ours."""
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "390301234567", "phone_number_id": "106540352242922"},
        "statuses": [
            {"id": provider_id, "status": state, "timestamp": str(at), "recipient_id": GIULIA, **parts},
        ],
    }
    return _call("messages", value)


def told_of_account(field: str, **value: Any) -> dict[str, Any]:
    return _call(field, value)


def _call(field: str, value: dict[str, Any]) -> dict[str, Any]:
    entry = {"id": WABA, "time": 1773140400, "changes": [{"value": value, "field": field}]}
    return {"object": "whatsapp_business_account", "entry": [entry]}


def raw(told: dict[str, Any]) -> bytes:
    return json.dumps(told, separators=(",", ":")).encode()


class MetaCalls(Speaker):
    channel = "whatsapp"

    def proof(self, secret: str, url: str, raw: bytes) -> dict[str, str]:
        return {"X-Hub-Signature-256": "sha256=" + hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()}

    def text(self, number: int, words: str) -> bytes:
        return raw(message(number, "text", text={"body": words}))

    def unknown(self, number: int) -> bytes:
        return raw(message(number, "hologram", hologram={"depth": 3}))

    def story(self, provider_id: str) -> Sequence[bytes]:
        return [
            self.text(11, "Quando è pronta?"),
            self.text(12, "Ci siete?"),
            raw(status(provider_id, "sent", 1773140460)),
            raw(status(provider_id, "delivered", 1773140470)),
            raw(status(provider_id, "read", 1773140480)),
        ]


class Graph(Provider):
    """The Graph API: messages, media in two steps, templates page by page."""

    token = "t0ken"

    def __init__(self) -> None:
        super().__init__()
        self.files: dict[str, bytes] = {}
        self.templates: list[dict[str, Any]] = []
        self.uploaded: list[bytes] = []
        self.fails_at = 0  # the how-manieth message is refused once, 1 for the first

    def reply(self, heard: Heard) -> tuple[int, Any]:
        if heard.headers.get("authorization") != f"Bearer {self.token}":
            return 401, error(190, "Invalid OAuth access token")
        steps = heard.path.strip("/").split("/")
        match (heard.method, steps):
            case ("POST", [_version, _number, "messages"]):
                return self._message(heard.json)
            case ("POST", [_version, _number, "media"]):
                assert heard.headers["content-type"].startswith("multipart/form-data; boundary=")
                self.uploaded.append(heard.body)
                return 200, {"id": f"media-{len(self.uploaded)}"}
            case ("GET", [_version, _waba, "message_templates"]):
                return self._templates(heard.query)
            case ("GET", [_version, media]) if media in self.files:
                return 200, self._where(media)
            case ("GET", ["media", media]) if media in self.files:
                return 200, self.files[media]
        return 404, error(100, "Unsupported get request")

    def _message(self, told: dict[str, Any]) -> tuple[int, Any]:
        assert told["messaging_product"] == "whatsapp"
        assert told["type"] in told
        number = len([one for one in self.heard if one.path.endswith("/messages")])
        if number == self.fails_at:
            return 500, error(131000, "Something went wrong")
        contact = {"input": told["to"], "wa_id": told["to"]}
        return 200, {
            "messaging_product": "whatsapp",
            "contacts": [contact],
            "messages": [{"id": f"wamid.out{number}"}],
        }

    def _templates(self, query: dict[str, str]) -> tuple[int, Any]:
        start = int(query.get("after") or 0)
        page, rest = self.templates[start : start + 2], self.templates[start + 2 :]
        paging: dict[str, Any] = {"cursors": {"before": str(start), "after": str(start + 2)}}
        if rest:
            paging["next"] = f"{self.url}/next"
        return 200, {"data": page, "paging": paging}

    def _where(self, media: str) -> dict[str, Any]:
        content = self.files[media]
        return {
            "messaging_product": "whatsapp",
            "url": f"{self.url}/media/{media}",
            "mime_type": "image/jpeg",
            "sha256": base64.b64encode(hashlib.sha256(content).digest()).decode(),
            "file_size": len(content),
            "id": media,
        }


def error(code: int, words: str, details: str = "") -> dict[str, Any]:
    told: dict[str, Any] = {"message": words, "type": "OAuthException", "code": code, "fbtrace_id": "x"}
    return {"error": told | ({"error_data": {"messaging_product": "whatsapp", "details": details}} if details else {})}
