"""Telegram as it calls our webhook, and its Bot API."""

import json
from collections.abc import Sequence
from typing import Any

from tests.connectors.hooks import Speaker
from tests.connectors.providers import Heard, Provider

GIULIA = 5550001
TOKEN = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"


def update(number: int, **parts: Any) -> bytes:
    """Return a call that brings one message of the one customer."""
    told = {
        "message_id": number,
        "from": {"id": GIULIA, "is_bot": False, "first_name": "Giulia", "last_name": "Ferri", "language_code": "it"},
        "chat": {"id": GIULIA, "first_name": "Giulia", "last_name": "Ferri", "type": "private"},
        "date": 1773140400,
        **parts,
    }
    return raw(number, message=told)


def raw(number: int, **parts: Any) -> bytes:
    return json.dumps({"update_id": 900_000 + number, **parts}).encode()


class TelegramCalls(Speaker):
    channel = "telegram"
    external_id = "bellandi_bot"
    covers_bytes = False
    secrets = {"token": TOKEN, "signing_secret": "our-webhook-secret-1234"}

    def proof(self, secret: str, url: str, raw: bytes) -> dict[str, str]:
        return {"X-Telegram-Bot-Api-Secret-Token": secret}

    def text(self, number: int, words: str) -> bytes:
        return update(number, text=words)

    def unknown(self, number: int) -> bytes:
        return update(number, hologram={"depth": 3})

    def story(self, provider_id: str) -> Sequence[bytes]:
        edited = {"message_id": 11, "chat": {"id": GIULIA, "type": "private"}, "date": 1, "text": "Quando è pronta?!"}
        member = {"chat": {"id": GIULIA, "type": "private"}, "new_chat_member": {"status": "member"}}
        return [
            self.text(11, "Quando è pronta?"),
            self.text(12, "Ci siete?"),
            raw(13, edited_message=edited),
            raw(14, my_chat_member=member),
            self.text(15, "Grazie"),
        ]


class BotApi(Provider):
    """The Bot API of one bot."""

    def __init__(self) -> None:
        super().__init__()
        self.files: dict[str, bytes] = {}
        self.webhooks: list[dict[str, Any]] = []

    def reply(self, heard: Heard) -> tuple[int, Any]:
        steps = heard.path.strip("/").split("/")
        if steps[0] == "file" and steps[1] == f"bot{TOKEN}" and steps[-1] in self.files:
            return 200, self.files[steps[-1]]
        if steps[0] != f"bot{TOKEN}":
            return 401, error(401, "Unauthorized")
        match steps[1]:
            case "setWebhook":
                self.webhooks.append(heard.json)
                return 200, {"ok": True, "result": True, "description": "Webhook was set"}
            case "getFile" if heard.query.get("file_id") in self.files:
                name = heard.query["file_id"]
                return 200, {"ok": True, "result": {"file_id": name, "file_path": f"photos/{name}"}}
            case "sendMessage" | "sendPhoto" | "sendDocument":
                number = len([one for one in self.heard if "/send" in one.path])
                return 200, {"ok": True, "result": {"message_id": 700 + number, "chat": {"id": GIULIA}}}
        return 400, error(400, "Bad Request: wrong file_id")


def error(code: int, words: str, **parameters: Any) -> dict[str, Any]:
    told: dict[str, Any] = {"ok": False, "error_code": code, "description": words}
    return told | ({"parameters": parameters} if parameters else {})
