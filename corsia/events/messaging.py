"""What messages tell."""

from dataclasses import dataclass
from typing import ClassVar

from corsia.events import Fact


@dataclass(frozen=True, kw_only=True)
class MessageFact(Fact):
    """Something about one message on a case."""

    subject: ClassVar[str] = "customer_id"

    message_id: int
    case_id: int
    customer_id: int | None
    channel: str
    preview: str  # the first words, for the customer's story


@dataclass(frozen=True, kw_only=True)
class MessageReceived(MessageFact):
    pass


@dataclass(frozen=True, kw_only=True)
class MessageSent(MessageFact):
    """An answer was handed to the outbox; `MessageBounced` tells when it came back."""


@dataclass(frozen=True, kw_only=True)
class MessageBounced(MessageFact):
    address: str
    is_hard: bool
