"""Telegram as messaging sees it: a bot that people write to."""

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from corsia.connectors.telegram import api
from corsia.connectors.telegram.reading import KEY, happenings_of
from corsia.connectors.telegram.wire import read_update
from corsia.kernel.signatures import same
from corsia.messaging.models import ChannelAccount
from corsia.messaging.ports import Adapter, Ask, Call, ChannelKind, Happening, HookEvent, Parcel, Unreadable
from corsia.messaging.rules.incoming import NewFile, RemoteFile
from corsia.messaging.services.parts import deliver_in_parts


class Telegram(Adapter):
    """The Bot API. Telegram signs nothing: a secret of ours in a header says that a call is its own."""

    kind = ChannelKind(
        key=KEY,
        label=_("Telegram"),
        icon="brand-telegram",
        asks=(
            Ask(field="external_id", label=_("Name of the bot"), help=_("As BotFather made it; it ends in “bot”.")),
            Ask(field="token", label=_("Token of the bot"), help=_("BotFather gives it."), is_secret=True),
            Ask(
                field="signing_secret",
                label=_("Secret of the webhook"),
                help=_("Twenty or more letters and digits of your own. Telegram repeats them with each call."),
                is_secret=True,
            ),
        ),
        max_text=4096,
        max_file_bytes=api.MAX_FILE_BYTES,
        per_minute=1200,
        how_to=_(
            "Write to BotFather in Telegram, make a bot with /newbot and copy its token. Switching the channel on tells"
            " Telegram the address of the webhook."
        ),
    )

    def verify(self, account: ChannelAccount, call: Call) -> bool:
        """Tell whether the call carries the secret that Telegram was told."""
        given = call.headers.get("x-telegram-bot-api-secret-token", "")
        return bool(account.signing_secret) and same(account.signing_secret or "", given)

    def split(self, account: ChannelAccount, call: Call) -> Sequence[HookEvent]:
        """Return the one update of a call; its number counts within the bot."""
        try:
            return [HookEvent(key=f"{account.external_id}:{read_update(call.raw).update_id}", raw=call.raw)]
        except Unreadable:
            return [HookEvent(key="", raw=call.raw)]

    def read(self, account: ChannelAccount, raw: bytes, *, at: datetime) -> Sequence[Happening]:
        """Return what an update says."""
        return happenings_of(account, raw, at=at)

    def fetch(self, account: ChannelAccount, file: RemoteFile) -> NewFile:
        """Fetch a file by its id."""
        return api.fetch_file(account, file)

    def deliver(self, account: ChannelAccount, parcel: Parcel) -> str:
        """Hand words and files to the bot."""
        return deliver_in_parts(parcel, api.steps_of(account, parcel))

    def connect(self, account: ChannelAccount, *, hook: str) -> None:
        """Tell Telegram where our webhook is."""
        api.set_webhook(account, hook)
