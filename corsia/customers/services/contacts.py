"""How to reach a customer: e-mail addresses and phones."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from corsia.customers.models import ContactPoint
from corsia.customers.services.index import reindex
from corsia.customers.services.records import contact_value, locked
from corsia.customers.vocabulary import ContactKind, ContactState
from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit
from corsia.kernel.errors import Invalid, Refused


class ContactEmpty(Invalid):
    code = "customers.contact_empty"
    message = _("Nothing was entered. Type an e-mail address or a telephone number.")


class ContactKnown(Refused):
    code = "customers.contact_known"
    message = _("%(value)s is already on this customer. Nothing was changed.")


@transaction.atomic
def add_contact(*, customer_id: int, kind: str, value: str, label: str = "", by: Actor, now: datetime) -> ContactPoint:
    """Add an e-mail address or phone; the first of its kind becomes the primary one.

    Raises:
        ContactEmpty: nothing was typed.
        ContactKnown: the customer has it already.
    """
    customer = locked(customer_id, by=by)
    stored = contact_value(kind, value)
    if not stored:
        raise ContactEmpty
    same_kind = ContactPoint.objects.filter(customer=customer, kind=kind)
    if same_kind.filter(value=stored).exists():
        raise ContactKnown(value=stored)
    point: ContactPoint = ContactPoint.objects.create(
        customer=customer,
        kind=kind,
        value=stored,
        label=label.strip()[:40],
        is_primary=not same_kind.filter(is_primary=True).exists(),
        created_at=now,
    )
    audit(customer, "contact_added", by=by, now=now, kind=kind, value=stored)
    reindex(customer_ids=[customer.pk])
    return point


@transaction.atomic
def remove_contact(*, contact_id: int, by: Actor, now: datetime) -> None:
    """Take an address or phone off a customer; the oldest other one of its kind becomes the primary one."""
    point: ContactPoint = ContactPoint.objects.find(contact_id)
    customer = locked(point.customer_id, by=by)
    kind, value, was_primary = point.kind, point.value, point.is_primary
    point.delete()
    heir = ContactPoint.objects.filter(customer=customer, kind=kind).order_by("pk").first()
    if was_primary and heir is not None:
        heir.is_primary = True
        heir.save(update_fields=["is_primary"])
    audit(customer, "contact_removed", by=by, now=now, kind=kind, value=value)
    reindex(customer_ids=[customer.pk])


@transaction.atomic
def make_primary(*, contact_id: int, by: Actor, now: datetime) -> None:
    """Let an address or phone be the one that is used first."""
    point: ContactPoint = ContactPoint.objects.find(contact_id)
    customer = locked(point.customer_id, by=by)
    ContactPoint.objects.filter(customer=customer, kind=point.kind, is_primary=True).update(is_primary=False)
    ContactPoint.objects.filter(pk=point.pk).update(is_primary=True)
    audit(customer, "contact_made_primary", by=by, now=now, kind=point.kind, value=point.value)


@transaction.atomic
def set_contact_state(*, contact_id: int, state: str, reason: str = "", by: Actor, now: datetime) -> None:
    """Say that an address or phone works, bounces or must not be used."""
    point: ContactPoint = ContactPoint.objects.find(contact_id)
    customer = locked(point.customer_id, by=by)
    old = point.state
    point.state, point.state_reason = ContactState(state), reason.strip()[:200]
    point.save(update_fields=["state", "state_reason"])
    audit(customer, "contact_state", by=by, now=now, value=point.value, state=[old, point.state])


def mark_bouncing(*, email: str, reason: str, now: datetime) -> int:
    """Write down on every customer who uses an address that mail to it comes back, and return how many do.

    An address marked "do not use" stays so. Called for bounces, which name an address and no customer.
    """
    points = ContactPoint.unscoped.filter(kind=ContactKind.EMAIL, value=contact_value(ContactKind.EMAIL, email))
    return int(
        points.exclude(state=ContactState.REFUSED).update(state=ContactState.BOUNCING, state_reason=reason[:200])
    )
