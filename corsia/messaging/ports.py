"""What messaging asks of a channel: each connector brings one adapter and registers it when it is loaded.

A channel is a folder in `connectors/` and a line in the settings; nothing else in the product knows its name.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from corsia.messaging.rules.happenings import MessageChanged, NumberChanged, Objected, OfTheAccount, Receipt
from corsia.messaging.rules.incoming import IncomingMessage, NewFile, RemoteFile
from corsia.messaging.vocabulary import Channel
from corsia.ui.channels import register_channel

if TYPE_CHECKING:
    from corsia.messaging.models import ChannelAccount

Happening = IncomingMessage | Receipt | MessageChanged | NumberChanged | Objected | OfTheAccount


@dataclass(frozen=True, kw_only=True)
class Ask:
    """One thing that an account of a channel needs, as the provider's own pages call it.

    Attributes:
        field: external_id, address, token, signing_secret or hello_secret of ChannelAccount.
    """

    field: str
    label: Any
    help: Any = ""
    is_secret: bool = False
    is_required: bool = True


@dataclass(frozen=True, kw_only=True)
class ChannelKind:
    """What a channel is like.

    Attributes:
        window: after a customer's message, how long free words may answer it; None for always.
        undo: how long an answer waits in which it can be taken back.
        per_minute: messages the provider takes from one account; the rest waits.
        opens_account_by_hand: False where accounts come into being by themselves.
        stays_in_house: nothing of it leaves this installation: it works in a sandbox too.
        answers_live: what a call of its provider is answered with is looked up, so that calls are taken one by one.
        shows_cards: `content` may hold `messaging.rules.cards`; the words say the same for whoever sees no cards.
    """

    key: str
    label: Any
    icon: str
    asks: tuple[Ask, ...] = ()
    max_text: int = 4000
    takes_files: bool = True
    max_file_bytes: int = 16 * 1024 * 1024
    window: timedelta | None = None
    undo: timedelta = timedelta(seconds=5)
    per_minute: int = 600
    how_to: Any = ""  # what to do at the provider, in a sentence or two
    opens_account_by_hand: bool = True
    stays_in_house: bool = False
    texts_numbers: bool = False  # reaches any mobile number, also one that never wrote
    answers_live: bool = False  # the answer to a call is what happens next: a robot on the telephone
    shows_cards: bool = False  # takes structured content beside the words: cars, links, choices


class Signal(StrEnum):
    """What the other side of a live channel may be shown."""

    MESSAGE = "message"  # something of ours is there for them
    TYPING = "typing"
    READ = "read"  # one of ours looked at what they wrote
    CLOSED = "closed"  # their case was closed, or opened again


@dataclass(frozen=True, kw_only=True)
class Call:
    """A request at a webhook, as it came.

    Attributes:
        url: the whole address that was asked for; some providers sign it.
        headers: by lower-case name.
    """

    method: str
    url: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    raw: bytes
    at: datetime


@dataclass(frozen=True, kw_only=True)
class HookEvent:
    """One thing that a call tells, kept apart in the journal.

    Attributes:
        key: the provider's own name of it: a second one with this key is the same. "" takes the bytes.
    """

    key: str
    raw: bytes


@dataclass(frozen=True, kw_only=True)
class HookAnswer:
    """What the provider gets back."""

    body: bytes = b""
    media_type: str = "text/plain"
    status: int = 200


@dataclass(frozen=True, kw_only=True)
class Parcel:
    """A message of ours on its way to a provider.

    Attributes:
        key: the same at every attempt: a provider that knows keys takes it once.
        content: what the adapter put there when it was written, in place of plain text.
        answers: the provider's name of the message it answers, "" for none.
    """

    key: str
    to: str
    text: str
    files: Sequence[NewFile]
    content: Mapping[str, Any] | None
    answers: str
    language: str
    urls: Sequence[str] = ()  # of the files, signed and short-lived, for providers that fetch them


@dataclass(frozen=True, kw_only=True)
class ReadyMade:
    """A text that the provider approved: the only way to write outside the window.

    Attributes:
        body: with {{1}}, {{2}} for `holes` values.
    """

    key: str
    name: str
    language: str
    body: str
    holes: int = 0


class NotDelivered(Exception):
    """The provider did not take a message.

    Attributes:
        problem: a value of SendProblem.
        detail: the provider's own words.
        is_final: trying again would not help.
        after: how long it asks us to wait.
    """

    def __init__(self, problem: str, detail: str, *, is_final: bool, after: timedelta | None = None) -> None:
        self.problem, self.detail, self.is_final, self.after = problem, detail, is_final, after
        super().__init__(f"{problem}: {detail}")


class Adapter(ABC):
    """One channel. Without `verify` there is none: the class cannot be made, and nothing starts."""

    kind: ChannelKind

    @abstractmethod
    def verify(self, account: "ChannelAccount", call: Call) -> bool:
        """Tell whether the call comes from the provider: over its raw bytes, in constant time."""

    @abstractmethod
    def read(self, account: "ChannelAccount", raw: bytes, *, at: datetime) -> Sequence[Happening]:
        """Return what an event of the journal says.

        Raises:
            Unreadable: it is not what this channel sends; it goes to quarantine.
        """

    @abstractmethod
    def deliver(self, account: "ChannelAccount", parcel: Parcel) -> str:
        """Hand a message to the provider; return its name for it.

        Raises:
            NotDelivered: it was not taken.
        """

    def hello(self, account: "ChannelAccount", call: Call) -> HookAnswer | None:
        """Answer the call by which a provider makes sure of a webhook; None for an unknown caller."""
        return None

    def account_meant(self, account: "ChannelAccount", raw: bytes) -> "ChannelAccount | None":
        """Return the account that an event is for, where several share a webhook and its secret.

        None for an account that is not here, or that another secret guards: the event waits in quarantine.
        """
        return account

    def connect(self, account: "ChannelAccount", *, hook: str) -> None:
        """Tell the provider where our webhook is, when the channel is switched on, where it takes that from a program.

        Raises:
            NotDelivered: it does not accept the account.
            kernel.safe_fetch.FetchFailed: it cannot be reached.
        """

    def parts(self, text: str) -> int:
        """Return as how many messages the provider counts a text."""
        return 1

    def split(self, account: "ChannelAccount", call: Call) -> Sequence[HookEvent]:
        """Return the events of a verified call; one with all its bytes where they cannot be told apart."""
        return [HookEvent(key="", raw=call.raw)]

    def answer(self, account: "ChannelAccount", call: Call) -> HookAnswer:
        """Return what a kept call is answered with."""
        return HookAnswer()

    def fetch(self, account: "ChannelAccount", file: RemoteFile) -> NewFile:
        """Fetch a file that a message names.

        Raises:
            kernel.safe_fetch.FetchFailed: it could not be had now.
        """
        raise NotImplementedError(f"{self.kind.key} names no files.")

    def signal(self, account: "ChannelAccount", *, to: str, what: Signal) -> None:
        """Show the other side what happens here, within the transaction; nothing where the channel cannot."""

    def of_account(self, account: "ChannelAccount", told: OfTheAccount) -> None:
        """Keep what was told about our account; nothing for channels that tell nothing."""

    def ready_made(self, account: "ChannelAccount", *, language: str) -> Sequence[ReadyMade]:
        """Return the approved texts of an account, by name."""
        return ()

    def content_of(self, account: "ChannelAccount", *, key: str, values: Sequence[str]) -> tuple[str, dict[str, Any]]:
        """Return a ready-made text as it will read, and what `deliver` needs to send it.

        Raises:
            ReadyMadeUnknown: the account has no such approved text.
        """
        raise ReadyMadeUnknown(key)


def said(account: "ChannelAccount", *, at: datetime, sender: str, key: str, text: str, **more: Any) -> IncomingMessage:
    """Return a message that somebody wrote to an account, for `Adapter.read`.

    Args:
        sender: the provider's name of who writes.
        key: the provider's name of the message.
        more: whatever else IncomingMessage knows.
    """
    return IncomingMessage(
        channel=account.channel,
        at=at,
        unit_id=account.unit_id,
        account_id=account.pk,
        process_key=account.process_key,
        from_address=sender,
        header_id=f"{account.channel}:{key}",
        text=text,
        **more,
    )


class Unreadable(Exception):
    """An event is not what its channel sends."""


class ReadyMadeUnknown(Exception):
    """The provider has no approved text of this name."""


_ADAPTERS: dict[str, Adapter] = {}


def register(adapter: Adapter) -> None:
    """Make a channel part of the product; called by its connector when it is loaded."""
    register_channel(adapter.kind.key, label=adapter.kind.label, icon=adapter.kind.icon)
    _ADAPTERS[adapter.kind.key] = adapter


def adapter_of(channel: str) -> Adapter | None:
    """Return the adapter of a channel, None for mail, the counter and whatever has none."""
    return _ADAPTERS.get(channel)


def adapters() -> Mapping[str, Adapter]:
    """Return all registered adapters by key, in the order of the settings."""
    return _ADAPTERS


def register_own_channels() -> None:
    """Make the channels known that need no provider."""
    register_channel(Channel.EMAIL, label=Channel.EMAIL.label, icon="mail")
    register_channel(Channel.WEB_FORM, label=Channel.WEB_FORM.label, icon="forms")
    register_channel(Channel.PHONE, label=Channel.PHONE.label, icon="phone")
    register_channel(Channel.COUNTER, label=Channel.COUNTER.label, icon="building-store")
    register_channel(Channel.SOCIAL, label=Channel.SOCIAL.label, icon="brand-threads")
    register_channel(Channel.NOTE, label=_("Note"), icon="lock")
