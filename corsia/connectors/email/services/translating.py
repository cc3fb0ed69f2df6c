"""From the parser's words to messaging's: a `ParsedMail` becomes an `IncomingMessage`."""

import re
from collections.abc import Mapping

from corsia.connectors.email.parsing import Address, ParsedMail
from corsia.messaging.queries import KnownMailbox, mailbox_of
from corsia.messaging.rules.incoming import CertifiedMail, IncomingMessage, NewFile, ReportedBounce, header_key
from corsia.messaging.rules.raw_mail import recipients, split_head
from corsia.messaging.rules.reply_marks import is_own_mark
from corsia.messaging.services.journal import Waiting
from corsia.messaging.vocabulary import Channel

NULL_SENDER = "<>"  # as stored: "" means that the transport told no sender
_VIA = re.compile(r"\s+(?:via|tramite|per conto di)\s.*$", re.IGNORECASE | re.DOTALL)
_NO_REPLY = re.compile(r"^(?:no|non|do|donot|nicht)[-_.]?(?:not[-_.]?)?(?:reply|risp|answer|antwort)", re.IGNORECASE)


def mailbox_for(
    waiting: Waiting, known: Mapping[str, KnownMailbox], *, default: KnownMailbox | None = None
) -> KnownMailbox | None:
    """Return the mailbox a stored mail was for: the transport's word, then the mail's own header, then `default`."""
    if waiting.mailbox_id is not None:
        return next((mailbox for mailbox in known.values() if mailbox.id == waiting.mailbox_id), default)
    return (
        mailbox_of(waiting.envelope_to, known) or mailbox_of(recipients(split_head(waiting.raw)[0]), known) or default
    )


def incoming_of(
    parsed: ParsedMail, waiting: Waiting, mailbox: KnownMailbox, known: Mapping[str, KnownMailbox]
) -> IncomingMessage:
    """Return what a read mail says, for messaging to file."""
    sender = _sender(parsed, known, mailbox)
    is_null = waiting.envelope_from == NULL_SENDER
    is_ours = mailbox_of([sender.email], known) is not None
    is_automatic = parsed.is_automatic_whatever_passed_it_on if mailbox.is_mailing_group else parsed.is_automatic
    may_be_answered = (
        parsed.may_be_answered_in_a_group if mailbox.is_mailing_group else parsed.may_be_answered_automatically
    )
    is_own = _is_own(parsed)
    return IncomingMessage(
        channel=Channel.EMAIL,
        at=waiting.received_at,
        unit_id=mailbox.unit_id,
        process_key=mailbox.process_key,
        mailbox_id=mailbox.id,
        from_address=sender.email,
        from_name=sender.name,
        to_addresses=tuple(address.email for address in parsed.to),
        cc_addresses=tuple(address.email for address in parsed.cc),
        envelope_to=(*waiting.envelope_to, *(address.email for address in parsed.delivered_to)),
        subject=parsed.subject,
        text=parsed.reply or parsed.text,
        full_text=parsed.text,
        html=parsed.html,
        header_id=parsed.message_id,
        in_reply_to=parsed.in_reply_to,
        references=parsed.references,
        attachments=tuple(
            NewFile(
                name=file.name,
                content=file.content,
                media_type=file.media_type,
                content_id=file.content_id,
                is_inline=file.inline,
            )
            for file in parsed.attachments
        ),
        bounces=tuple(
            ReportedBounce(
                recipient=bounce.recipient,
                original_id=bounce.original_message_id,
                is_hard=bounce.hard and bounce.kind == "failure",
                status=bounce.status,
                diagnostic=bounce.diagnostic,
            )
            for bounce in parsed.bounces
        ),
        flags=_flags(parsed),
        certified=_certified(parsed),
        # Whoever looked at it and asked for a case knows better than its header; by itself nothing answers it then.
        is_automatic=(is_automatic or is_null or is_own) and not waiting.opens_case,
        may_be_answered=may_be_answered and not (is_null or is_own or is_ours or waiting.opens_case),
        inbound_id=waiting.id,
    )


def _is_own(parsed: ParsedMail) -> bool:
    """Whether this is an automatic mail of ours: certified mail gives it another id and names ours as a reference."""
    if not parsed.own_mark:
        return False
    ids = (parsed.message_id, *(parsed.references if parsed.pec else ()))
    return any(is_own_mark(parsed.own_mark, header_key(header_id)) for header_id in ids)


def _sender(parsed: ParsedMail, known: Mapping[str, KnownMailbox], mailbox: KnownMailbox) -> Address:
    """Return who wrote. Forms and portals write from a robot's address and name the customer in Reply-To.

    A mailing group may put its own address into From ("'Giulia Ferri' via Assistenza") and name the writer in Reply-To
    or in a header of its own.
    """
    first = parsed.from_[0] if parsed.from_ else Address(name="", email="")
    is_ours = mailbox_of([first.email], known) is not None
    if not first.email or is_ours or _NO_REPLY.match(first.email):
        named = (*parsed.reply_to[:1], *(parsed.original_from[:1] if mailbox.is_mailing_group and is_ours else ()))
        for other in named:
            if mailbox_of([other.email], known) is None:
                return Address(name=other.name or _without_via(first.name), email=other.email)
    return first


def _without_via(name: str) -> str:
    """Return the name before the "via ..." that a mailing group adds."""
    return _VIA.sub("", name).strip().strip("'\"").strip()


def _certified(parsed: ParsedMail) -> CertifiedMail | None:
    """Return what the mail claims to be in the system of certified mail; None for ordinary mail."""
    pec = parsed.pec
    if pec is None:
        return None
    return CertifiedMail(
        kind=pec.kind,
        original_id=pec.original_message_id,
        envelope_from=pec.envelope_from,
        envelope_subject=pec.envelope_subject,
        provider=pec.provider,
        identifier=pec.identifier,
        stated_at=pec.stated_at,
        recipients=pec.recipients,
    )


def _flags(parsed: ParsedMail) -> tuple[str, ...]:
    flags = ["pec"] if parsed.flags.pec else []
    flags += ["calendar"] if parsed.invitations else []
    flags += ["list"] if parsed.flags.list else []
    flags += ["auto_reply"] if parsed.flags.auto_reply else []
    return (*flags, *parsed.notes[:3])
