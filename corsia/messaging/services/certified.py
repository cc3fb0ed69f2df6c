"""Certified mail (PEC): envelopes are kept beside their message, receipts beside the mail they are about."""

from corsia.kernel.live import tell
from corsia.messaging.models import CertifiedRecord, Message, Outgoing
from corsia.messaging.rules.incoming import CertifiedMail, Filed, IncomingMessage, header_key
from corsia.messaging.vocabulary import DELIVERIES, RECEIPTS, Outcome


def keep_envelope(message: Message, incoming: IncomingMessage) -> None:
    """Keep what the envelope of a certified mail says; ordinary mail has none."""
    mail = incoming.certified
    if mail is not None and mail.kind not in RECEIPTS:
        _keep(message, mail, incoming, recipients=("",))


def file_receipt(incoming: IncomingMessage) -> Filed | None:
    """Keep a receipt beside the mail it is about; None for whatever is no receipt about a mail of ours.

    A receipt names our Message-ID, which only those know who got the mail: of a delivery only those recipients count
    that we wrote to, and nothing is told to anybody because of it. Failed deliveries go the way of all bounces too.
    """
    mail = incoming.certified
    if mail is None or mail.kind not in RECEIPTS or not header_key(mail.original_id):
        return None
    outgoing = (
        Outgoing.unscoped.select_related("message")
        .filter(header_id=header_key(mail.original_id), message__isnull=False, sent_at__isnull=False)
        .first()
    )
    if outgoing is None or outgoing.message is None:
        return None
    message = outgoing.message
    ours = {address.casefold() for address in (outgoing.to_address, *outgoing.cc_addresses.split())}
    named = tuple(address for address in mail.recipients if address.casefold() in ours)
    if mail.kind in DELIVERIES and not named:
        return None
    _keep(message, mail, incoming, recipients=named if mail.kind in DELIVERIES else ("",))
    tell(
        "messaging.message",
        unit_id=message.unit_id,
        case=message.case_id,
        message=message.pk,
    )
    if incoming.bounces:
        return None
    return Filed(outcome=Outcome.RECEIPT, case_id=message.case_id, message_id=message.pk)


def _keep(message: Message, mail: CertifiedMail, incoming: IncomingMessage, *, recipients: tuple[str, ...]) -> None:
    CertifiedRecord.unscoped.bulk_create(
        [
            CertifiedRecord(
                message=message,
                kind=mail.kind,
                recipient=recipient.casefold()[:320],
                provider=mail.provider[:120],
                identifier=mail.identifier[:200],
                stated_at=mail.stated_at,
                received_at=incoming.at,
                envelope_from=mail.envelope_from[:320],
                envelope_subject=mail.envelope_subject[:300],
                inbound_id=incoming.inbound_id,
            )
            for recipient in recipients
        ],
        ignore_conflicts=True,
    )
