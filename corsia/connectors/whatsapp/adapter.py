"""WhatsApp as messaging sees it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from corsia.connectors.whatsapp import graph
from corsia.connectors.whatsapp.reading import KEY, happenings_of
from corsia.connectors.whatsapp.services.ready import filled, ready_texts
from corsia.connectors.whatsapp.services.texts import keep_told
from corsia.connectors.whatsapp.wire import read_event, taken_apart
from corsia.kernel.signatures import hub_challenge, is_hub_signed, same
from corsia.messaging.models import ChannelAccount
from corsia.messaging.ports import (
    Adapter,
    Ask,
    Call,
    ChannelKind,
    Happening,
    HookAnswer,
    HookEvent,
    Parcel,
    ReadyMade,
    Unreadable,
)
from corsia.messaging.queries.accounts import account_named
from corsia.messaging.rules.happenings import OfTheAccount
from corsia.messaging.rules.incoming import NewFile, RemoteFile
from corsia.messaging.services.parts import deliver_in_parts


class WhatsApp(Adapter):
    """The Cloud API: signed webhooks in, the Graph API out."""

    kind = ChannelKind(
        key=KEY,
        label=_("WhatsApp"),
        icon="brand-whatsapp",
        asks=(
            Ask(
                field="external_id",
                label=_("Phone number ID"),
                help=_("On the page “API setup” of your app at Meta. It is not the number itself."),
            ),
            Ask(
                field="token",
                label=_("Access token"),
                help=_("Of a system user, with the rights whatsapp_business_messaging and _management."),
                is_secret=True,
            ),
            Ask(
                field="signing_secret",
                label=_("App secret"),
                help=_("On the page “App settings, Basic”. It proves that calls come from Meta."),
                is_secret=True,
            ),
            Ask(
                field="hello_secret",
                label=_("Verify token"),
                help=_("Any words of your own: enter the same at Meta, beside the address of the webhook."),
                is_secret=True,
            ),
        ),
        max_text=4096,
        max_file_bytes=graph.MAX_FILE_BYTES,
        window=timedelta(hours=24),
        per_minute=3000,
        how_to=_(
            "In your app at Meta, add WhatsApp, copy the four values below, save, then enter the address of the webhook"
            " there and subscribe to messages, message_template_status_update and account_update."
        ),
    )

    def verify(self, account: ChannelAccount, call: Call) -> bool:
        """Tell whether Meta signed these bytes with the app's secret."""
        return is_hub_signed(account.signing_secret, call.raw, call.headers.get("x-hub-signature-256", ""))

    def hello(self, account: ChannelAccount, call: Call) -> HookAnswer | None:
        """Repeat Meta's challenge to whoever knows the verify token."""
        challenge = hub_challenge(account.hello_secret, call.query)
        return HookAnswer(body=challenge) if challenge is not None else None

    def split(self, account: ChannelAccount, call: Call) -> Sequence[HookEvent]:
        """Return each message, status and notice of a call by itself."""
        return taken_apart(call.raw)

    def account_meant(self, account: ChannelAccount, raw: bytes) -> ChannelAccount | None:
        """Return the account of the number that an event is for: one app has one webhook for all its numbers."""
        try:
            number_id = read_event(raw).number_id
        except Unreadable:
            return account  # reading it says what is wrong
        if not number_id or number_id == account.external_id:
            return account
        found = account_named(KEY, number_id)
        if found is None or not same(found.signing_secret or "", account.signing_secret or ""):
            return None
        return found

    def read(self, account: ChannelAccount, raw: bytes, *, at: datetime) -> Sequence[Happening]:
        """Return what an event says."""
        return happenings_of(account, raw, at=at)

    def fetch(self, account: ChannelAccount, file: RemoteFile) -> NewFile:
        """Fetch a file by its id."""
        return graph.fetch_file(account, file)

    def deliver(self, account: ChannelAccount, parcel: Parcel) -> str:
        """Hand words, files or an approved text to the Graph API."""
        return deliver_in_parts(parcel, graph.steps_of(account, parcel))

    def of_account(self, account: ChannelAccount, told: OfTheAccount) -> None:
        """Keep the state of texts and of the business account."""
        keep_told(account, told)

    def ready_made(self, account: ChannelAccount, *, language: str) -> Sequence[ReadyMade]:
        """Return the texts that Meta approved."""
        return ready_texts(account)

    def content_of(self, account: ChannelAccount, *, key: str, values: Sequence[str]) -> tuple[str, dict[str, Any]]:
        """Return an approved text as it will read, and what Meta needs."""
        return filled(account, key=key, values=values)
