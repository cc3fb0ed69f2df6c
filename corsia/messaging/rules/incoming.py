"""What any channel hands to messaging: one thing that somebody said to us, already read, nothing decided yet."""

from dataclasses import dataclass
from datetime import datetime

OWN_MAIL = "our own mail came back"  # stored as the reason of its outcome


@dataclass(frozen=True, kw_only=True)
class NewFile:
    """A file that comes with a message.

    Attributes:
        media_type: read from the content; "" lets messaging read it.
        content_id: of an inline picture, without brackets.
    """

    name: str
    content: bytes
    media_type: str = ""
    content_id: str = ""
    is_inline: bool = False


@dataclass(frozen=True, kw_only=True)
class RemoteFile:
    """A file that a message only names: its channel's adapter fetches it before the message is filed.

    Attributes:
        reference: what the adapter needs to fetch it, its own way.
    """

    name: str
    reference: str
    media_type: str = ""


@dataclass(frozen=True, kw_only=True)
class ReportedBounce:
    """What a mail server says of one mail of ours. Anybody can write such a report: it may only silence an address."""

    recipient: str = ""
    original_id: str = ""  # Message-ID of the mail that came back
    is_hard: bool = False
    status: str = ""
    diagnostic: str = ""


@dataclass(frozen=True, kw_only=True)
class CertifiedMail:
    """What a mail says of itself in the Italian system of certified mail (PEC): the envelope's word, not a proof.

    Attributes:
        kind: a value of vocabulary.CertifiedKind.
        original_id: Message-ID of the mail of ours that a receipt is about; "" in an envelope.
        stated_at: aware instant that the provider states; None where it states none that exists.
        recipients: a receipt of delivery names one, the others everybody the mail was for.
    """

    kind: str
    original_id: str = ""
    envelope_from: str = ""
    envelope_subject: str = ""
    provider: str = ""
    identifier: str = ""
    stated_at: datetime | None = None
    recipients: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class IncomingMessage:
    """One message for us.

    Attributes:
        channel: a value of vocabulary.Channel.
        at: aware instant of receipt; also the `now` of everything that filing it causes.
        unit_id: the unit that was addressed; a new case opens there.
        process_key: what a new case starts as.
        text: the new words only; `full_text` has quotes and signature too.
        html: already sanitised.
        header_id: Message-ID, `in_reply_to` and `references` likewise, with or without brackets.
        envelope_to: recipients of the transport, which may carry our reply mark though the header does not.
        is_automatic: a program wrote it (auto-reply, list, our own mark): it never opens a case nor gets an answer.
        may_be_answered: False forbids the acknowledgement (no-reply senders and whatever the channel knows).
        customer_id, vehicle_id: known already, at the counter or on the phone.
        inbound_id: row of the raw journal it was read from.
        flags: short words shown beside it, such as "pec" or "calendar".
        account_id: our account at the channel's provider; with `from_address`, the provider's name of the sender, it
            says who writes and which conversation they are in.
        is_phone_proven: the channel vouches that `phone` is the sender's.
        email: an address they typed into a chat. It proves nothing: whoever has it is taken for the customer, as when
            a mail comes from it.
        is_customer_proven: `customer_id` signed in where they write.
        remote_files: fetched and turned into attachments before it is filed.
    """

    channel: str
    at: datetime
    unit_id: int
    text: str
    process_key: str = "information"
    mailbox_id: int | None = None
    from_address: str = ""
    from_name: str = ""
    to_addresses: tuple[str, ...] = ()
    cc_addresses: tuple[str, ...] = ()
    envelope_to: tuple[str, ...] = ()
    subject: str = ""
    full_text: str = ""
    html: str = ""
    header_id: str = ""
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    attachments: tuple[NewFile, ...] = ()
    bounces: tuple[ReportedBounce, ...] = ()
    flags: tuple[str, ...] = ()
    is_automatic: bool = False
    may_be_answered: bool = True
    customer_id: int | None = None
    vehicle_id: int | None = None
    phone: str = ""
    language: str = ""
    inbound_id: int | None = None
    certified: CertifiedMail | None = None
    account_id: int | None = None
    is_phone_proven: bool = False
    email: str = ""
    is_customer_proven: bool = False
    remote_files: tuple[RemoteFile, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Filed:
    """What became of a message: an outcome of vocabulary.Outcome, where it is now, and why when that is not plain."""

    outcome: str
    case_id: int | None = None
    message_id: int | None = None
    reason: str = ""


def header_key(header_id: str) -> str:
    """Return a Message-ID as it is stored and looked for: without brackets and blanks, at most 320 characters."""
    return header_id.strip().strip("<>").strip().replace("\x00", "")[:320]


def preview(text: str, length: int = 160) -> str:
    """Return the first words on one line."""
    line = " ".join(text[: length * 4].split())
    return line if len(line) <= length else line[: length - 1].rstrip() + "…"
