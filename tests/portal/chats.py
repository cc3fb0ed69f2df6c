"""A web chat for tests: an account that is switched on, its site, and a visitor who asks like the page in the frame."""

import json
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.test import Client

from corsia.kernel import scope
from corsia.kernel.actors import system
from corsia.messaging.models import ChannelAccount
from corsia.messaging.services.accounts import AccountDetails, save_account, switch
from corsia.organisation.models import Unit
from corsia.portal.chat.services import SiteDetails, save_site
from corsia.portal.models import ChatSite

ROBOT = system("test")
HOST = "www.bellandi.example"


def a_chat(unit: Unit, *, now: datetime, name: str = "bellandi", **fields: Any) -> ChatSite:
    """Add a web chat to a unit, switched on, allowed on one site."""
    site = {key: fields.pop(key) for key in ("domains", "asks_name", "intro_it", "intro_en") if key in fields}
    with scope.system("test"):
        details = AccountDetails(unit_id=unit.pk, name="Chat Brescia", external_id=name, **fields)
        account: ChannelAccount = save_account(account_id=None, channel="chat", details=details, by=ROBOT, now=now)
        switch(account_id=account.pk, is_on=True, by=ROBOT, now=now)
        given = {
            "domains": HOST,
            "brand_color": "#b3122a",
            "side": "right",
            "title_it": "Bellandi Brescia",
            "title_en": "Bellandi Brescia",
            "intro_it": "Buongiorno! Come possiamo aiutarla?",
            "intro_en": "Hello! How can we help?",
            "privacy_url": "",
            "asks_name": False,
        }
        return save_site(account_id=account.pk, details=SiteDetails(**{**given, **site}), by=ROBOT, now=now)


@dataclass
class Visitor:
    """A browser with a key."""

    site: ChatSite
    key: str = field(default_factory=lambda: secrets.token_hex(32))
    identity: str = ""
    language: str = "it"
    client: Client = field(default_factory=lambda: Client(enforce_csrf_checks=True))
    sent: int = 0

    def ask(self, path: str, data: dict[str, Any] | None = None, *, get: bool = False) -> Any:
        """Ask the API as the page does."""
        headers = {"X-Visitor": self.key, "X-Language": self.language, "X-Identity": self.identity}
        url = f"/portal/chat/{self.site.key}/{path}/"
        return (
            self.client.get(url, data, headers=headers) if get else self.client.post(url, data or {}, headers=headers)
        )

    def writes(self, text: str, **more: Any) -> Any:
        """Send a message."""
        self.sent += 1
        return self.ask("write", {"text": text, "key": f"k{self.sent}", **more})

    def sees(self) -> list[dict[str, Any]]:
        """Return the messages on the page."""
        return list(json.loads(self.ask("hello").content)["messages"])
