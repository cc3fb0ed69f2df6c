"""Find what an incoming message belongs to: a case of ours, a mail of ours that came back, or a copy we have."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from corsia.messaging.models import Outgoing
from corsia.messaging.rules.incoming import IncomingMessage, header_key
from corsia.messaging.rules.reply_marks import marked_case

_KNOWN = """
    SELECT m.id, m.header_id, m.case_id, m.direction, m.from_address, m.text, i.mailbox_id
    FROM messaging_message m LEFT JOIN messaging_inbound i ON i.id = m.inbound_id
    WHERE m.header_id <> '' AND m.header_id = ANY(%s) ORDER BY m.id LIMIT 100
"""
# The case, its survivor if it was merged, who may write on it, and how much this sender wrote in the last hour.
_CASE = """
    WITH RECURSIVE line AS (
        SELECT id, merged_into_id, 0 AS depth FROM cases_case WHERE id = %(case)s
        UNION ALL
        SELECT c.id, c.merged_into_id, line.depth + 1 FROM cases_case c JOIN line ON c.id = line.merged_into_id
        WHERE line.depth < 10
    )
    SELECT c.id, c.unit_id, c.customer_id, c.assignee_id, c.closed_at, c.subject, u.path, v.process_id,
        lower(coalesce(t.reply_address, '')) = %(sender)s
        OR EXISTS (SELECT 1 FROM messaging_correspondent r WHERE r.id = t.correspondent_id
            AND lower(r.external_id) = %(sender)s)
        OR EXISTS (SELECT 1 FROM customers_contactpoint p JOIN customers_customer k ON k.id = p.customer_id
            JOIN customers_customer mine ON mine.id = c.customer_id
            WHERE p.kind = 'email' AND p.value = %(sender)s
            AND coalesce(k.merged_into_id, k.id) = coalesce(mine.merged_into_id, mine.id))
        OR EXISTS (SELECT 1 FROM messaging_outgoing o JOIN messaging_message m ON m.id = o.message_id
            WHERE m.case_id = c.id AND o.state = 'sent' AND o.reason = 'reply'
            AND (lower(o.to_address) = %(sender)s
                OR %(sender)s = ANY(string_to_array(lower(o.cc_addresses), chr(10))))),
        (SELECT count(*) FROM (SELECT 1 FROM messaging_message m WHERE m.case_id = c.id AND m.direction = 'in'
            AND m.from_address = %(sender)s AND m.at > %(since)s LIMIT 50) AS recent)
    FROM cases_case c JOIN organisation_unit u ON u.id = c.unit_id JOIN cases_processversion v ON v.id = c.version_id
    LEFT JOIN messaging_thread t ON t.case_id = c.id
    WHERE c.id = (SELECT id FROM line ORDER BY depth DESC LIMIT 1)
"""
MAX_AN_HOUR = 20  # mails of one address in one conversation; beyond, a robot is talking


@dataclass(frozen=True)
class KnownMail:
    """A message of ours or theirs with one of the Message-IDs asked for."""

    message_id: int
    header_id: str
    case_id: int
    direction: str
    from_address: str
    text: str
    mailbox_id: int | None


@dataclass(frozen=True)
class JoinedCase:
    """The case a message belongs to.

    Attributes:
        is_sender_known: the address is the customer's, or one that we wrote to on this case. It can be forged.
        recent: messages of this sender on this case within the last hour, 50 at most.
    """

    id: int
    unit_id: int
    customer_id: int | None
    assignee_id: int | None
    closed_at: datetime | None
    subject: str
    unit_path: str
    process_id: int
    is_sender_known: bool
    recent: int


def known_mails(incoming: IncomingMessage) -> list[KnownMail]:
    """Return the stored messages that this one names as itself or as what it answers."""
    ids = {header_key(value) for value in (incoming.header_id, *incoming.in_reply_to, *incoming.references[-50:])} - {
        ""
    }
    if not ids:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN, [sorted(ids)])
        return [KnownMail(*row) for row in cursor.fetchall()]


def case_named_by(incoming: IncomingMessage, known: Sequence[KnownMail]) -> int | None:
    """Return the case the message names: by what it answers, then by our signed mark in an address or the subject."""
    by_id = {mail.header_id: mail.case_id for mail in known}
    for value in (*incoming.in_reply_to, *reversed(incoming.references)):
        if header_key(value) in by_id and header_key(value) != header_key(incoming.header_id):
            return by_id[header_key(value)]
    addresses = (*incoming.envelope_to, *incoming.to_addresses, *incoming.cc_addresses)
    return marked_case(addresses=addresses, subject=incoming.subject)


def case_of_correspondent(correspondent_id: int) -> int | None:
    """Return the case on which somebody's latest chat message was filed."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT case_id FROM messaging_thread WHERE correspondent_id = %s ORDER BY last_message_at DESC LIMIT 1",
            [correspondent_id],
        )
        row = cursor.fetchone()
    return row[0] if row else None


def joined_case(case_id: int, *, sender: str, at: datetime) -> JoinedCase | None:
    """Return the case, or the one it was merged into; None when there is no such case."""
    with connection.cursor() as cursor:
        cursor.execute(_CASE, {"case": case_id, "sender": sender, "since": at - timedelta(hours=1)})
        row = cursor.fetchone()
    return JoinedCase(*row) if row else None


def bounced_outgoing(*, original_id: str, recipient: str, case_id: int | None, at: datetime) -> Outgoing | None:
    """Return the outgoing mail that a bounce is about: by its Message-ID, else the latest to the recipient.

    Without our Message-ID only mails of the last ten days count: reports of older ones do not come.
    """
    rows = Outgoing.unscoped.select_related("message").select_for_update(of=("self",))
    if header_key(original_id):
        found = rows.filter(header_id=header_key(original_id)).first()
        if found is not None:
            return found
    if not recipient:
        return None
    recent = rows.filter(to_address__iexact=recipient) if case_id else rows.filter(to_address=recipient)
    if case_id:
        recent = recent.filter(message__case_id=case_id)
    return recent.filter(state="sent", sent_at__gt=at - timedelta(days=10)).order_by("-pk").first()
