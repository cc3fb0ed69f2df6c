"""What is known about reaching a customer, each in one statement over the whole family of merged records."""

from datetime import datetime

from django.db import connection

from corsia.customers.vocabulary import ContactState
from corsia.messaging.rules.budget import Counted
from corsia.messaging.rules.gate import KnownContact

# The family: the surviving record and all that point at it. The latest statement for the channel or for any counts.
_KNOWN = """
    WITH root AS (SELECT coalesce(merged_into_id, id) AS id FROM customers_customer WHERE id = %(customer)s),
         family AS (SELECT c.id FROM customers_customer c, root WHERE c.id = root.id OR c.merged_into_id = root.id)
    SELECT
        ARRAY(SELECT flag FROM customers_customerflag WHERE customer_id IN (SELECT id FROM family)),
        (SELECT is_given FROM customers_consent WHERE customer_id IN (SELECT id FROM family) AND purpose = %(purpose)s
            AND channel IN (%(channel)s, 'any') AND stated_at <= %(now)s ORDER BY stated_at DESC, id DESC LIMIT 1),
        ARRAY(SELECT state FROM customers_contactpoint WHERE customer_id IN (SELECT id FROM family)
            AND value = %(address)s)
"""
_FAMILY = """
    SELECT id FROM customers_customer c, (
        SELECT coalesce(merged_into_id, id) AS root FROM customers_customer WHERE id = %(customer)s) r
    WHERE c.id = r.root OR c.merged_into_id = r.root
"""
# A place is given back when what took it did not leave after all.
_COUNTED = f"""
    SELECT n.at, n.purpose FROM messaging_countedcontact n LEFT JOIN messaging_outgoing o ON o.id = n.outgoing_id
    WHERE n.customer_id IN ({_FAMILY}) AND n.at > %(since)s
        AND coalesce(o.state, '') NOT IN ('failed', 'blocked', 'cancelled')
    ORDER BY n.at, n.id
"""
_WROTE_AT = f"""
    SELECT max(latest.at) FROM ({_FAMILY}) f CROSS JOIN LATERAL (
        SELECT m.at FROM messaging_message m WHERE m.customer_id = f.id AND m.direction = 'in' AND NOT m.is_automatic
        ORDER BY m.at DESC LIMIT 1) latest
"""
_WROTE_SINCE = """
    SELECT EXISTS (
        SELECT 1 FROM messaging_message m
        WHERE m.from_address = %(address)s AND m.direction = 'in' AND NOT m.is_automatic
        AND m.customer_id IN (
            SELECT id FROM customers_customer WHERE id = %(customer)s OR merged_into_id = %(customer)s)
        AND m.at > coalesce((SELECT max(o.sent_at) FROM messaging_outgoing o
            WHERE o.to_address = %(address)s AND o.state = 'bounced'), '-infinity'))
"""


def known_contact(*, customer_id: int, channel: str, purpose: str, address: str, now: datetime) -> KnownContact:
    """Return what decides whether we may write to a customer at an address.

    Args:
        address: casefolded e-mail address; "" when any will do.
        now: aware instant; later statements do not count yet.
    """
    values: dict[str, int | str | datetime] = {
        "customer": customer_id,
        "purpose": purpose,
        "channel": channel,
        "address": address,
        "now": now,
    }
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN, values)
        flags, consent, states = cursor.fetchone()
        worst = next((state for state in (ContactState.REFUSED, ContactState.BOUNCING) if state in states), "")
        has_written_since = False
        if worst == ContactState.BOUNCING:
            cursor.execute(_WROTE_SINCE, values)
            has_written_since = cursor.fetchone()[0]
    return KnownContact(
        flags=frozenset(flags),
        address_state=worst or ContactState.UNKNOWN,
        consent=consent,
        has_written_since=has_written_since,
    )


def counted_contacts(*, customer_id: int, since: datetime) -> list[Counted]:
    """Return the contacts of a customer that took places after an instant, oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNTED, {"customer": customer_id, "since": since})
        return [Counted(at=at, purpose=purpose) for at, purpose in cursor.fetchall()]


def last_wrote_at(*, customer_id: int) -> datetime | None:
    """Return when a customer, not a program of theirs, last wrote to us; None when they never did."""
    with connection.cursor() as cursor:
        cursor.execute(_WROTE_AT, {"customer": customer_id})
        found: datetime | None = cursor.fetchone()[0]
        return found
