"""Call webhooks as providers do: one speaker for each channel knows how a call of it is built and signed."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.test import Client

from corsia.kernel.actors import system
from corsia.messaging.models import ChannelAccount, Inbound
from corsia.messaging.services.accounts import AccountDetails, save_account, switch
from corsia.messaging.services.events import read_events
from tests.conftest import NOON
from tests.factories.messaging import Desk

ROBOT = system("test")


class Speaker(ABC):
    """What a provider says on a channel.

    Attributes:
        covers_bytes: whether its proof is made of the bytes of the call; a mere secret in a header is not.
    """

    channel: str
    external_id = "106540352242922"
    media_type = "application/json"
    covers_bytes = True
    secrets: Mapping[str, str] = {"token": "t0ken", "signing_secret": "app secret", "hello_secret": "ciao"}

    @abstractmethod
    def proof(self, secret: str, url: str, raw: bytes) -> dict[str, str]:
        """Return the headers that prove a call."""

    @abstractmethod
    def text(self, number: int, words: str) -> bytes:
        """Return a call that brings a text of the one customer; `number` names it."""

    @abstractmethod
    def unknown(self, number: int) -> bytes:
        """Return a call that brings a message of a kind which nobody has seen yet."""

    @abstractmethod
    def story(self, provider_id: str) -> Sequence[bytes]:
        """Return five calls of one conversation, receipts of our message among them."""

    def account(self, desk: Desk, *, external_id: str = "", is_on: bool = False, **secrets: str) -> ChannelAccount:
        """Add an account of the channel at the desk."""
        details = AccountDetails(
            unit_id=desk.unit.pk,
            name=f"{self.channel} Brescia",
            external_id=external_id or self.external_id,
            **{**self.secrets, **secrets},
        )
        made = save_account(account_id=None, channel=self.channel, details=details, by=ROBOT, now=NOON)
        return switch(account_id=made.pk, is_on=True, by=ROBOT, now=NOON) if is_on else made

    def headers(self, account: ChannelAccount, raw: bytes, *, secret: str | None = None) -> dict[str, str]:
        given = account.signing_secret if secret is None else secret
        return self.proof(given or "", settings.PUBLIC_URL + hook(account), raw)

    def call(
        self, client: Client, account: ChannelAccount, raw: bytes, headers: Mapping[str, str] | None = None
    ) -> Any:
        """Send a call, signed unless `headers` say otherwise."""
        given = self.headers(account, raw) if headers is None else headers
        return client.post(hook(account), raw, content_type=self.media_type, headers=dict(given))


def hook(account: ChannelAccount) -> str:
    return f"/messaging/hooks/{account.channel}/{account.hook_key}/"


def arrive(speaker: Speaker, client: Client, account: ChannelAccount, *calls: bytes, at: datetime = NOON) -> None:
    """Let calls come in at an instant, and read them."""
    for raw in calls:
        assert speaker.call(client, account, raw).status_code == 200
    Inbound.objects.filter(state="received", attempts=0).update(received_at=at)
    while read_events(now=at):
        continue
