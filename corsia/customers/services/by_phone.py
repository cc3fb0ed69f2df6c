"""The customer behind a phone number, for channels that vouch for it; added when nobody has it yet."""

from datetime import datetime

from django.db import connection, transaction

from corsia.customers.models import ContactPoint, Customer, SearchKey
from corsia.customers.search_keys import keys_for
from corsia.customers.services.index import write_keys
from corsia.customers.services.intake import split_name
from corsia.customers.vocabulary import ContactKind, CustomerKind
from corsia.events import customers as facts
from corsia.kernel.facts import publish

# The survivors of everybody in the group with this number, the one who used it last first.
_USERS = """
    SELECT DISTINCT c.* FROM customers_contactpoint p JOIN customers_customer r ON r.id = p.customer_id
    JOIN customers_customer c ON c.id = coalesce(r.merged_into_id, r.id)
    WHERE p.kind = %s AND p.value = %s AND r.unit_id = %s ORDER BY c.id DESC LIMIT 20
"""


def users_of_phone(*, group_id: int, phone: str) -> list[Customer]:
    """Return the customers of a group who have a number, the latest first, 20 at most.

    Args:
        phone: E.164, as `customers.identity.read_phone` gives it.
    """
    return list(Customer.unscoped.raw(_USERS, [ContactKind.PHONE.value, phone, group_id])) if phone else []


def find_or_add_by_phone(*, group_id: int, phone: str, name: str, source: str, now: datetime) -> Customer:
    """Return the customer of a group who uses a number, added when nobody does.

    When several customers share the number, the latest is returned, its `is_ambiguous` set: a person should look.

    Args:
        phone: E.164; "" adds a customer who has only a name.
    """
    with transaction.atomic():
        if phone:
            with connection.cursor() as cursor:
                # Two first messages of one person arriving together must not make two customers.
                cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, %s))", [phone, group_id])
        found = users_of_phone(group_id=group_id, phone=phone)
        if not found:
            return _add(group_id=group_id, phone=phone, name=name, source=source, now=now)
    found[0].is_ambiguous = len(found) > 1
    return found[0]


def _add(*, group_id: int, phone: str, name: str, source: str, now: datetime) -> Customer:
    first, last = split_name(name)
    customer: Customer = Customer.unscoped.create(
        unit_id=group_id,
        kind=CustomerKind.PERSON,
        first_name=first,
        last_name=last,
        display_name=f"{first} {last}".strip()[:200] or phone,
        source=source[:40],
        created_at=now,
    )
    if phone:
        ContactPoint.unscoped.create(
            customer=customer, kind=ContactKind.PHONE, value=phone, is_primary=True, created_at=now
        )
    keys = keys_for(names=[f"{first} {last}"], company_names=[], emails=[], phones=[phone] if phone else [])
    write_keys([SearchKey(customer=customer, unit_id=group_id, kind=key.kind.value, value=key.value) for key in keys])
    publish(facts.CustomerAdded(unit_id=group_id, occurred_at=now, customer_id=customer.pk, source=customer.source))
    return customer
