"""Messenger and Instagram as messaging sees them: two channels that speak alike."""

from collections.abc import Sequence
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from corsia.connectors.meta import graph
from corsia.connectors.meta.reading import happenings_of
from corsia.connectors.meta.wire import read_event, taken_apart
from corsia.kernel.signatures import hub_challenge, is_hub_signed, same
from corsia.messaging.models import ChannelAccount
from corsia.messaging.ports import Adapter, Ask, Call, ChannelKind, Happening, HookAnswer, HookEvent, Parcel, Unreadable
from corsia.messaging.queries.accounts import account_named
from corsia.messaging.rules.incoming import NewFile, RemoteFile
from corsia.messaging.services.parts import deliver_in_parts

_SECRETS = (
    Ask(
        field="token",
        label=_("Access token"),
        help=_("Of the page or account, with the right to read and write its messages."),
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
)


class _Meta(Adapter):
    """What the two have in common."""

    def verify(self, account: ChannelAccount, call: Call) -> bool:
        """Tell whether Meta signed these bytes with the app's secret."""
        return is_hub_signed(account.signing_secret, call.raw, call.headers.get("x-hub-signature-256", ""))

    def hello(self, account: ChannelAccount, call: Call) -> HookAnswer | None:
        """Repeat Meta's challenge to whoever knows the verify token."""
        challenge = hub_challenge(account.hello_secret, call.query)
        return HookAnswer(body=challenge) if challenge is not None else None

    def split(self, account: ChannelAccount, call: Call) -> Sequence[HookEvent]:
        """Return each event of a call by itself."""
        return taken_apart(call.raw)

    def account_meant(self, account: ChannelAccount, raw: bytes) -> ChannelAccount | None:
        """Return the page or account that an event is for: one app has one webhook for all of them."""
        try:
            whose, _event = read_event(raw)
        except Unreadable:
            return account  # reading it says what is wrong
        if not whose or whose == account.external_id:
            return account
        found = account_named(account.channel, whose)
        if found is None or not same(found.signing_secret or "", account.signing_secret or ""):
            return None
        return found

    def read(self, account: ChannelAccount, raw: bytes, *, at: datetime) -> Sequence[Happening]:
        """Return what an event says."""
        return happenings_of(account, raw, at=at)

    def fetch(self, account: ChannelAccount, file: RemoteFile) -> NewFile:
        """Fetch a file by its address."""
        return graph.fetch_file(file)

    def deliver(self, account: ChannelAccount, parcel: Parcel) -> str:
        """Hand words, and links to files, to the Graph API."""
        return deliver_in_parts(parcel, graph.steps_of(account, parcel, now=timezone.now()))


class Messenger(_Meta):
    """The inbox of a Facebook page."""

    kind = ChannelKind(
        key=graph.MESSENGER,
        label=_("Messenger"),
        icon="brand-messenger",
        asks=(
            Ask(field="external_id", label=_("Page ID"), help=_("In the page's settings, under “About”.")),
            *_SECRETS,
        ),
        max_text=2000,
        max_file_bytes=graph.MAX_FILE_BYTES,
        window=graph.HUMAN_WORDS,
        how_to=_(
            "In your app at Meta, add Messenger, connect the page and copy its token. Enter the address of the webhook"
            " there and subscribe to messages, messaging_postbacks, message_deliveries, message_reads and"
            " message_edits."
        ),
    )


class Instagram(_Meta):
    """The messages of a professional Instagram account."""

    kind = ChannelKind(
        key=graph.INSTAGRAM,
        label=_("Instagram"),
        icon="brand-instagram",
        asks=(
            Ask(field="external_id", label=_("Instagram account ID"), help=_("Of the professional account: digits.")),
            *_SECRETS,
        ),
        max_text=2000,
        max_file_bytes=graph.MAX_FILE_BYTES,
        window=graph.HUMAN_WORDS,
        how_to=_(
            "In your app at Meta, add Instagram, connect the professional account and copy its token. Enter the address"
            " of the webhook there and subscribe to messages, messaging_postbacks, messaging_seen and"
            " message_reactions."
        ),
    )
