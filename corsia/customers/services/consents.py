"""What a customer agreed to and what everybody must respect: consents and flags."""

from datetime import datetime

from django.db import transaction

from corsia.customers.models import Consent, Customer, CustomerFlag
from corsia.customers.services.records import locked
from corsia.customers.vocabulary import ConsentChannel, Flag, Purpose
from corsia.events import customers as facts
from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit
from corsia.kernel.facts import publish


@transaction.atomic
def record_consent(
    *,
    customer_id: int,
    purpose: str,
    channel: str = ConsentChannel.ANY,
    is_given: bool,
    source: str,
    text_version: str = "",
    by: Actor,
    now: datetime,
) -> Consent:
    """Add a statement of the customer about a purpose; the latest statement counts, earlier ones stay as proof.

    Args:
        source: where the proof is: "paper form 12/03", "web form", "unsubscribe link".
    """
    customer = locked(customer_id, by=by)
    consent: Consent = Consent.objects.create(
        customer=customer,
        purpose=Purpose(purpose),
        channel=ConsentChannel(channel),
        is_given=is_given,
        stated_at=now,
        source=source.strip()[:80],
        text_version=text_version.strip()[:40],
        recorded_by_id=by.id,
    )
    audit(customer, "consent_stated", by=by, now=now, purpose=purpose, channel=channel, is_given=is_given)
    publish(
        facts.ConsentStated(
            unit_id=customer.unit_id,
            occurred_at=now,
            customer_id=customer.pk,
            purpose=purpose,
            channel=channel,
            is_given=is_given,
        )
    )
    return consent


@transaction.atomic
def set_flag(*, customer_id: int, flag: str, by: Actor, now: datetime) -> None:
    """Set a flag that everybody must respect; setting it twice changes nothing."""
    customer = locked(customer_id, by=by)
    _row, is_new = CustomerFlag.objects.get_or_create(
        customer=customer, flag=Flag(flag), defaults={"set_at": now, "set_by_id": by.id}
    )
    if is_new:
        audit(customer, "flag_set", by=by, now=now, flag=flag)


@transaction.atomic
def clear_flag(*, customer_id: int, flag: str, by: Actor, now: datetime) -> None:
    """Take a flag off; taking off what is not set changes nothing."""
    customer = locked(customer_id, by=by)
    removed, _ = CustomerFlag.objects.filter(customer=customer, flag=Flag(flag)).delete()
    if removed:
        audit(customer, "flag_cleared", by=by, now=now, flag=flag)


def mark_surveyed(*, customer_id: int, now: datetime) -> None:
    """Remember when the customer was last asked for an opinion, on every record of theirs."""
    customer = Customer.unscoped.get(pk=customer_id)
    root = customer.merged_into_id or customer.pk
    Customer.unscoped.filter(pk__in=[root, customer.pk]).update(last_surveyed_at=now)
