"""The only road to a sender: asked when a message is queued, and again when it is about to leave."""

from datetime import datetime, timedelta

from corsia.customers.models import Customer
from corsia.customers.vocabulary import Purpose
from corsia.messaging.queries.contact import counted_contacts, known_contact, last_wrote_at
from corsia.messaging.queries.contact_rules import rules_in_force
from corsia.messaging.rules.gate import ALLOWED, Verdict, consent_channel, judge, timed
from corsia.messaging.rules.quiet import obeys_quiet_hours
from corsia.messaging.vocabulary import Objection, SentReason

# What answers somebody takes no place of their budget.
_ANSWERS = frozenset({SentReason.REPLY, SentReason.ACKNOWLEDGEMENT})


def may_contact(
    *,
    customer_id: int | None,
    channel: str,
    purpose: str,
    now: datetime,
    address: str = "",
    is_answer: bool = False,
    is_receipt: bool = False,
    unit_id: int | None = None,
    counts: bool | None = None,
    asked_at: datetime | None = None,
) -> Verdict:
    """Tell whether we may write to a customer, and from when.

    Args:
        customer_id: None for somebody we have no record of: they get answers and news of their case, nothing else.
        channel: a value of customers.vocabulary.ConsentChannel, or the key of a channel of messages.
        purpose: a value of customers.vocabulary.Purpose.
        address: where it would go; decides about addresses that bounce or must not be used.
        is_answer: somebody of ours answers what the customer asked.
        is_receipt: it says at once and by itself that what they wrote arrived. It may leave when an answer may, but it
            does not override what they object to.
        unit_id: who writes, for their quiet hours and budget; None for the dealer group of the customer.
        asked_at: when they asked for it otherwise than by writing, such as on the phone.
        counts: it takes a place of the budget; None for all that is no answer. Asking takes none: `take_leave` does.

    Returns:
        A verdict that allows may still say `not_before`: then it may leave only from that instant on.
    """
    spoken = consent_channel(channel)
    if customer_id is None and purpose != Purpose.SERVICE:
        return Verdict(False, Objection.NO_CONSENT)
    if customer_id is not None:
        contact = known_contact(
            customer_id=customer_id, channel=spoken, purpose=purpose, address=address.strip().casefold(), now=now
        )
        verdict = judge(contact, purpose=purpose, channel=spoken, is_answer=is_answer)
        if not verdict:
            return verdict
    is_prompted = is_answer or is_receipt
    takes_place = customer_id is not None and (not is_answer if counts is None else counts)
    is_quiet = obeys_quiet_hours(channel=spoken, purpose=purpose)
    if not takes_place and not is_quiet:
        return ALLOWED
    if unit_id is None:
        if customer_id is None:
            return ALLOWED
        unit_id = Customer.unscoped.values_list("unit_id", flat=True).get(pk=customer_id)
    rules = rules_in_force(unit_id)
    longest = max(budget.window for budget in rules.budgets)
    wrote_at = last_wrote_at(customer_id=customer_id) if customer_id and is_quiet and is_prompted else None
    return timed(
        purpose=purpose,
        now=now,
        quiet=rules.quiet if is_quiet else None,
        wrote_at=max((at for at in (wrote_at, asked_at) if at is not None), default=None),
        is_answer=is_prompted,
        budgets=rules.budgets if takes_place else (),
        counted=counted_contacts(customer_id=customer_id, since=now - longest - timedelta(days=1))
        if customer_id and takes_place
        else (),
    )


def purpose_of(reason: str) -> str:
    """Return the purpose that a reason for writing serves."""
    return Purpose.SURVEY if reason == SentReason.SURVEY else Purpose.SERVICE


def takes_place(reason: str) -> bool:
    """Tell whether what is written for this reason counts against the contact budget."""
    return reason not in _ANSWERS
