"""The only road to a sender: asked when a message is queued, and again when it is about to leave."""

from datetime import datetime

from corsia.customers.vocabulary import Purpose
from corsia.messaging.queries.contact import known_contact
from corsia.messaging.rules.gate import ALLOWED, Verdict, judge
from corsia.messaging.vocabulary import Objection, SentReason


def may_contact(
    *,
    customer_id: int | None,
    channel: str,
    purpose: str,
    now: datetime,
    address: str = "",
    is_answer: bool = False,
) -> Verdict:
    """Tell whether we may write to a customer.

    Args:
        customer_id: None for somebody we have no record of: they get answers and news of their case, nothing else.
        channel: a value of customers.vocabulary.ConsentChannel; "email" here.
        purpose: a value of customers.vocabulary.Purpose.
        address: where it would go; decides about addresses that bounce or must not be used.
        is_answer: somebody of ours answers what the customer asked.
    """
    if customer_id is None:
        return ALLOWED if purpose == Purpose.SERVICE else Verdict(False, Objection.NO_CONSENT)
    contact = known_contact(
        customer_id=customer_id, channel=channel, purpose=purpose, address=address.strip().casefold(), now=now
    )
    return judge(contact, purpose=purpose, channel=channel, is_answer=is_answer)


def purpose_of(reason: str) -> str:
    """Return the purpose that a reason for writing serves."""
    return Purpose.SURVEY if reason == SentReason.SURVEY else Purpose.SERVICE
