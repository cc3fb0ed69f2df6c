"""STOP and START: a customer ends, or takes up again, everything we begin on one channel. A statement of consent."""

from datetime import datetime

from django.db import transaction

from corsia.customers.models import Consent, ContactPoint, Customer
from corsia.customers.services.consents import record_consent
from corsia.customers.services.records import contact_value
from corsia.customers.vocabulary import ConsentChannel, ContactKind, Purpose
from corsia.kernel.actors import Actor
from corsia.kernel.actors import customer as the_customer

OPT_OUT, OPT_IN = "opt-out", "opt-in"  # in place of the version of a text: which kind of statement it was

# What goes out without a consent, until somebody says no.
_NEEDS_NO_YES = frozenset({Purpose.SERVICE, Purpose.SURVEY})


@transaction.atomic
def opt_out(
    *,
    channel: str,
    source: str,
    now: datetime,
    customer_id: int | None = None,
    contact: str = "",
    group_id: int | None = None,
    by: Actor | None = None,
) -> list[Consent]:
    """Write down that a customer wants nothing more from us on a channel: STOP. Answers to what they ask still go out.

    Args:
        channel: a value of ConsentChannel; "any" for all of them.
        source: where the proof is: "SMS 10/03 12:04", "WhatsApp settings".
        customer_id: who said it; without one, everybody who has the contact point, since nobody knows which of them.
        contact: an e-mail address or phone number, as it came in.
        group_id: with `contact`, the dealer group that received it; None for all groups.
        by: None when the customer did it themselves.

    Returns:
        The statements that are new; none where the customer had opted out before, or is unknown.
    """
    stated = []
    for record in _customers(customer_id, contact, group_id):
        for purpose in Purpose:
            latest = _latest(record, purpose, channel)
            if channel != ConsentChannel.ANY and latest is not None and not latest.is_given:
                continue
            stated.append(
                record_consent(
                    customer_id=record,
                    purpose=purpose,
                    channel=channel,
                    is_given=False,
                    source=source,
                    text_version=OPT_OUT,
                    by=by or the_customer(""),
                    now=now,
                )
            )
    return stated


@transaction.atomic
def undo_opt_out(
    *,
    channel: str,
    source: str,
    now: datetime,
    customer_id: int | None = None,
    contact: str = "",
    group_id: int | None = None,
    by: Actor | None = None,
) -> list[Consent]:
    """Take an opting out back: START. Everything is as it was before; what was never agreed to is not agreed to now.

    The arguments are those of `opt_out`. What was said after the opting out stands.

    Returns:
        The statements that are new.
    """
    stated = []
    for record in _customers(customer_id, contact, group_id):
        for purpose in Purpose:
            latest = _latest(record, purpose, channel)
            if latest is None or latest.text_version != OPT_OUT:
                continue
            before = _latest(record, purpose, channel, but_opting_out=True)
            was_given = before.is_given if before is not None else purpose in _NEEDS_NO_YES
            if was_given:
                stated.append(
                    record_consent(
                        customer_id=record,
                        purpose=purpose,
                        channel=channel,
                        is_given=True,
                        source=source,
                        text_version=OPT_IN,
                        by=by or the_customer(""),
                        now=now,
                    )
                )
    return stated


def _customers(customer_id: int | None, contact: str, group_id: int | None) -> list[int]:
    """Return the surviving records meant, in order."""
    if customer_id is not None:
        found = Customer.unscoped.filter(pk=customer_id)
    else:
        values = {contact_value(kind, contact) for kind in ContactKind} - {""}
        found = Customer.unscoped.filter(pk__in=ContactPoint.unscoped.filter(value__in=values).values("customer_id"))
        if group_id is not None:
            found = found.filter(unit_id=group_id)
    return sorted({root or pk for pk, root in found.values_list("pk", "merged_into_id")})


def _latest(customer_id: int, purpose: str, channel: str, *, but_opting_out: bool = False) -> Consent | None:
    """Return the latest statement of the customer's family that covers the channel."""
    family = Customer.unscoped.filter(merged_into_id=customer_id).values_list("pk", flat=True)
    rows = Consent.unscoped.filter(
        customer_id__in=[customer_id, *family], purpose=purpose, channel__in={channel, ConsentChannel.ANY}
    )
    if but_opting_out:
        rows = rows.exclude(text_version=OPT_OUT).exclude(text_version=OPT_IN)
    latest: Consent | None = rows.order_by("-stated_at", "-pk").first()
    return latest
