"""What else a channel reports besides messages: the fate of ours, words changed or withdrawn, a new number, a no."""

from dataclasses import dataclass
from datetime import datetime

from corsia.messaging.vocabulary import ReceiptState

# How far a message of ours has come. Reports arrive in any order; a message only ever goes on.
_FAR = {ReceiptState.SENT: 1, ReceiptState.DELIVERED: 2, ReceiptState.READ: 3}


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """The provider says how far a message of ours has come.

    Attributes:
        provider_id: what it called the message when it took it.
        problem: a value of SendProblem where it failed; `detail` is the provider's own words.
    """

    provider_id: str
    state: ReceiptState
    at: datetime
    problem: str = ""
    detail: str = ""


@dataclass(frozen=True, kw_only=True)
class MessageChanged:
    """They changed the words of a message they sent, or took it back (`text` None). What was first said is kept."""

    header_id: str
    text: str | None
    at: datetime


@dataclass(frozen=True, kw_only=True)
class NumberChanged:
    """The same person writes from another number from now on."""

    old_external_id: str
    new_external_id: str
    new_phone: str  # E.164, "" where the channel does not say
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Objected:
    """They told the channel that they want no more (`is_given` False), or again some, of what serves `purpose`.

    Attributes:
        phone: E.164, where the channel vouches that it is theirs: then everybody with it has said so, whether or not
            they ever wrote to us.
    """

    external_id: str
    purpose: str  # a value of customers.vocabulary.Purpose; "" for everything
    is_given: bool
    at: datetime
    phone: str = ""


@dataclass(frozen=True, kw_only=True)
class OfTheAccount:
    """Something about our account there, which the channel's adapter keeps itself: a template was approved."""

    kind: str
    at: datetime
    details: dict[str, str]


def is_further(state: ReceiptState, than: ReceiptState) -> bool:
    """Tell whether a report brings a message on from where it was known to be."""
    return _FAR.get(state, 0) > _FAR.get(than, 0)
