"""Who writes by a chat channel: remembered as the channel knows them, and joined to the customer they are."""

from dataclasses import dataclass, replace
from datetime import datetime

from django.db import connection, transaction

from corsia.customers.models import ContactPoint, Customer
from corsia.customers.queries import survivor_id
from corsia.customers.services import add_contact, find_or_add_by_email, find_or_add_by_phone, users_of_phone
from corsia.customers.vocabulary import ContactKind
from corsia.kernel.actors import Actor, system
from corsia.kernel.audit import audit
from corsia.messaging.models import ChannelAccount, Correspondent, Message, Thread
from corsia.messaging.rules.happenings import NumberChanged
from corsia.messaging.rules.incoming import IncomingMessage
from corsia.organisation.queries import tree

_REMEMBER = """
    INSERT INTO messaging_correspondent AS c
        (group_id, account_id, external_id, name, phone, language, is_proven, first_seen_at, last_in_at)
    VALUES (%(group)s, %(account)s, %(id)s, %(name)s, %(phone)s, %(language)s, false, %(now)s, %(now)s)
    ON CONFLICT (account_id, external_id) DO UPDATE SET
        name = CASE WHEN excluded.name = '' THEN c.name ELSE excluded.name END,
        phone = CASE WHEN excluded.phone = '' THEN c.phone ELSE excluded.phone END,
        language = CASE WHEN excluded.language = '' THEN c.language ELSE excluded.language END,
        last_in_at = greatest(c.last_in_at, excluded.last_in_at)
    RETURNING id, customer_id, name, phone, is_proven
"""
CHANNELS = system("channels")


@dataclass(frozen=True)
class Known:
    """A correspondent as filing needs them."""

    id: int
    customer_id: int | None
    name: str
    phone: str
    is_proven: bool


def remember(incoming: IncomingMessage) -> Known:
    """Keep that somebody wrote, in one statement. The channel vouches for who they are there, for nothing else."""
    with connection.cursor() as cursor:
        cursor.execute(
            _REMEMBER,
            {
                "group": tree().group(incoming.unit_id).pk,
                "account": incoming.account_id,
                "id": incoming.from_address.strip()[:120],
                "name": _plain(incoming.from_name)[:200],
                "phone": incoming.phone if incoming.is_phone_proven else "",
                "language": incoming.language[:2],
                "now": incoming.at,
            },
        )
        return Known(*cursor.fetchone())


def customer_of(known: Known, incoming: IncomingMessage, *, group_id: int) -> Customer | None:
    """Return the customer who writes: who signed in, the one they were joined to, who has their number or address.

    Somebody without a number and without a name stays nobody until an agent or the customer says who it is.
    """
    if incoming.customer_id is not None and incoming.is_customer_proven:
        customer = Customer.unscoped.filter(pk=survivor_id(incoming.customer_id)).first()
        if customer is not None and (customer.pk != known.customer_id or not known.is_proven):
            Correspondent.unscoped.filter(pk=known.id).update(customer=customer, is_proven=True)
        return customer
    if known.customer_id is not None:
        return Customer.unscoped.filter(pk=survivor_id(known.customer_id)).first()
    if incoming.email and not known.phone:
        customer = find_or_add_by_email(
            group_id=group_id, email=incoming.email, name=known.name, source=incoming.channel, now=incoming.at
        )
        Correspondent.unscoped.filter(pk=known.id).update(customer=customer)
        return customer
    if not known.phone and not known.name:
        return None
    customer = find_or_add_by_phone(
        group_id=group_id, phone=known.phone, name=known.name, source=incoming.channel, now=incoming.at
    )
    Correspondent.unscoped.filter(pk=known.id).update(customer=customer, is_proven=bool(known.phone))
    return customer


def prove_phone(known: Known, incoming: IncomingMessage, *, group_id: int) -> Known:
    """Believe a number that a correspondent shares as their own: they are the customer who has it.

    Where several have it, or they are known to be somebody for sure, nobody is joined: a person decides.
    """
    if not incoming.is_phone_proven or known.is_proven or known.customer_id is None:
        return known
    own, users = survivor_id(known.customer_id), users_of_phone(group_id=group_id, phone=incoming.phone)
    if not users:
        add_contact(customer_id=own, kind=ContactKind.PHONE, value=incoming.phone, by=CHANNELS, now=incoming.at)
    elif own not in {user.pk for user in users}:
        if len(users) > 1:
            return known
        own = users[0].pk
        join_customer(correspondent_id=known.id, customer_id=own, by=CHANNELS, now=incoming.at, is_proven=True)
    Correspondent.unscoped.filter(pk=known.id).update(is_proven=True)
    return replace(known, customer_id=own, is_proven=True)


@transaction.atomic
def join_customer(
    *, correspondent_id: int, customer_id: int, by: Actor, now: datetime, is_proven: bool = False
) -> None:
    """Say who a correspondent is: their messages and conversations are that customer's from now on.

    Args:
        is_proven: they signed in, or the number is theirs; else one of ours says so.
    """
    row: Correspondent = Correspondent.objects.lock(correspondent_id)
    if row.customer_id == customer_id:
        return
    old, row.customer_id, row.is_proven = row.customer_id, customer_id, is_proven
    row.save(update_fields=["customer", "is_proven"])
    cases = Thread.unscoped.filter(correspondent=row).values("case_id")
    Message.unscoped.filter(case_id__in=cases, customer=old, from_address=row.external_id).update(
        customer_id=customer_id
    )
    audit(row, "customer_joined", by=by, now=now, customer=customer_id, before=old)


def change_number(account: ChannelAccount, told: NumberChanged) -> Correspondent | None:
    """Keep one person who writes from a new number one person; None when nobody wrote from the old one.

    Messages from the new number that were here first stay what they are: the two become the same customer.
    """
    rows = {
        row.external_id: row
        for row in Correspondent.objects.select_for_update().filter(
            account=account, external_id__in=[told.old_external_id, told.new_external_id]
        )
    }
    old: Correspondent | None = rows.get(told.old_external_id)
    new: Correspondent | None = rows.get(told.new_external_id)
    if old is None:
        return None
    if new is None:
        old.external_id = told.new_external_id
        old.phone = told.new_phone or old.phone
        old.save(update_fields=["external_id", "phone"])
        new = old
    elif old.customer_id is not None:
        new.customer_id = old.customer_id
        new.save(update_fields=["customer"])
    Thread.unscoped.filter(correspondent__in=[old, new]).update(correspondent=new, reply_address=told.new_external_id)
    _add_number(new, told)
    audit(new, "number_changed", by=CHANNELS, now=told.at)
    return new


def _add_number(row: Correspondent, told: NumberChanged) -> None:
    """Give the customer the new number beside the old one, unless somebody else has it."""
    if row.customer_id is None or not told.new_phone:
        return
    if users_of_phone(group_id=row.group_id, phone=told.new_phone):
        return
    if not ContactPoint.unscoped.filter(customer_id=row.customer_id, value=told.new_phone).exists():
        add_contact(customer_id=row.customer_id, kind=ContactKind.PHONE, value=told.new_phone, by=CHANNELS, now=told.at)


def _plain(text: str) -> str:
    return " ".join(text.replace("\x00", "").encode("utf-8", "replace").decode().split())
