"""What a mail turns into: frozen values, standard library only, so that any process may import them."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Outcome(StrEnum):
    PARSED = "parsed"
    QUARANTINED = "quarantined"


class Reason(StrEnum):
    """Why a mail could not be read. The value is stored; the sentence is in `SENTENCES`."""

    EMPTY = "empty"
    TOO_LARGE = "too_large"
    TOO_MANY_PARTS = "too_many_parts"
    TOO_DEEP = "too_deep"
    TOO_MUCH_MEMORY = "too_much_memory"
    TOO_SLOW = "too_slow"
    CRASHED = "crashed"
    UNREADABLE = "unreadable"


def gettext_noop(message: str) -> str:
    """Mark a sentence for the translators' tools, which look for this name. This package runs without Django."""
    return message


# What happened, why, what next.
SENTENCES: dict[Reason, str] = {
    Reason.EMPTY: gettext_noop(
        "The message is empty: the sender's server delivered no content. Ask the sender to send it again."
    ),
    Reason.TOO_LARGE: gettext_noop(
        "The message is larger than what can be read. Download the original, or ask for a smaller one."
    ),
    Reason.TOO_MANY_PARTS: gettext_noop(
        "The message has too many parts to be an ordinary mail. Check the sender, then open the original."
    ),
    Reason.TOO_DEEP: gettext_noop(
        "The message is nested too deeply for an ordinary mail. Check the sender, then open the original."
    ),
    Reason.TOO_MUCH_MEMORY: gettext_noop(
        "Reading the message took too much memory. The original is kept: download it or try again."
    ),
    Reason.TOO_SLOW: gettext_noop(
        "Reading the message took too long. The original is kept: try again, or download it."
    ),
    Reason.CRASHED: gettext_noop(
        "The reader stopped while reading the message. The original is kept: try again, or download it."
    ),
    Reason.UNREADABLE: gettext_noop(
        "The message is built in a way that cannot be read. The original is kept: download it to see what it holds."
    ),
}


@dataclass(frozen=True, slots=True)
class Address:
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Attachment:
    """One file of a mail. `media_type` comes from the content, `declared_type` is the sender's word, only a hint."""

    name: str
    media_type: str
    declared_type: str
    sha256: str
    content: bytes = field(repr=False)
    content_id: str = ""  # without angle brackets, as in a cid: link
    inline: bool = False  # shown within the text by a cid: link

    @property
    def size(self) -> int:
        return len(self.content)


@dataclass(frozen=True, slots=True)
class Bounce:
    """What a mail server says became of one recipient of a mail of ours."""

    recipient: str  # "" when the report does not say
    status: str  # RFC 3463, such as "5.1.1"; "" when unknown
    hard: bool  # the address will never work: do not write there again
    kind: str  # "failure", "delay", "delivered" or "complaint"
    diagnostic: str
    original_message_id: str  # with angle brackets; "" when the report does not say


@dataclass(frozen=True, slots=True)
class Pec:
    """The envelope of Italian certified mail. Anybody can write these headers: they are a claim, not a proof."""

    kind: str  # "messaggio", "anomalia", or the value of X-Ricevuta such as "accettazione"
    envelope_from: str = ""
    envelope_subject: str = ""
    inner_message_id: str = ""
    original_message_id: str = ""  # of the mail of ours that a receipt is about
    provider: str = ""  # from here on what daticert.xml says
    identifier: str = ""  # the provider's own number of the certified mail
    stated_at: datetime | None = None  # aware instant of acceptance, delivery or failure
    recipients: tuple[str, ...] = ()  # a delivery names the one mailbox it is about


@dataclass(frozen=True, slots=True)
class Invitation:
    """A calendar entry that came with the mail. Instants are aware, or None when the zone is unknown."""

    method: str  # REQUEST, CANCEL, REPLY, PUBLISH
    uid: str
    summary: str
    start: datetime | None
    end: datetime | None
    start_as_written: str  # what to show when `start` is None
    all_day: bool
    location: str
    organizer: str


@dataclass(frozen=True, slots=True)
class Flags:
    auto_reply: bool = False
    list: bool = False
    pec: str | None = None
    bounce: Bounce | None = None
    bulk: bool = False  # the sender says that it went to many; a mailing group adds only `list`
    no_reply: bool = False  # the sender's name says that answers are not read


@dataclass(frozen=True, slots=True)
class ParsedMail:
    outcome: Outcome
    reason: Reason | None = None
    detail: str = ""  # for the log, not for people
    message_id: str = ""  # with angle brackets, as are in_reply_to and references
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    date: datetime | None = None  # aware; None when missing or impossible
    from_: tuple[Address, ...] = ()
    reply_to: tuple[Address, ...] = ()
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    original_from: tuple[Address, ...] = ()  # what a mailing group says of the sender whose place it took in From
    delivered_to: tuple[Address, ...] = ()
    subject: str = ""
    text: str = ""
    reply: str = ""  # the new words only: no quotes, no signature
    html: str = ""  # sanitised; "" when there is none or it was too large to be shown safely
    attachments: tuple[Attachment, ...] = ()
    flags: Flags = Flags()
    bounces: tuple[Bounce, ...] = ()  # one per recipient; flags.bounce is the first
    pec: Pec | None = None
    invitations: tuple[Invitation, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()  # trace: spf, dkim, dmarc, return-path and the like
    own_mark: str = ""  # what claims to be our signed mark; only its signature makes it one
    notes: tuple[str, ...] = ()  # what was cut: "header_cut", "html_too_large", "text_cut"

    @property
    def sentence(self) -> str:
        """What to tell people about a quarantined mail; "" for a parsed one."""
        return SENTENCES[self.reason] if self.reason else ""

    @property
    def is_automatic(self) -> bool:
        """Whether a program sent this, and not a person who now waits for us."""
        return self.flags.list or self.is_automatic_whatever_passed_it_on

    @property
    def is_automatic_whatever_passed_it_on(self) -> bool:
        """The same at an address that is a mailing group, where the marks of a list say nothing about the sender."""
        return self.flags.auto_reply or self.flags.bulk or self.flags.bounce is not None

    @property
    def may_be_answered_automatically(self) -> bool:
        """The only question to ask before an automatic answer; a quarantined mail gets none."""
        return self.may_be_answered_in_a_group and not self.flags.list

    @property
    def may_be_answered_in_a_group(self) -> bool:
        """The same question at an address that is a mailing group."""
        return (
            self.outcome is Outcome.PARSED
            and bool(self.from_)
            and not self.is_automatic_whatever_passed_it_on
            and not self.flags.no_reply
        )


def quarantined(reason: Reason, *, detail: str = "") -> ParsedMail:
    return ParsedMail(outcome=Outcome.QUARANTINED, reason=reason, detail=detail)
