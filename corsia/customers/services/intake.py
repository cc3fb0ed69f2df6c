"""The fast path of mail: the customer behind an e-mail address, added when nobody has it yet."""

import re
from datetime import datetime

from django.db import connection, transaction

from corsia.customers.identity import read_email
from corsia.customers.models import ContactPoint, Customer, SearchKey
from corsia.customers.names import fold, fold_company_name
from corsia.customers.search_keys import keys_for
from corsia.customers.services.index import write_keys
from corsia.customers.vocabulary import ContactKind, CustomerKind
from corsia.events import customers as facts
from corsia.kernel.facts import publish
from corsia.kernel.models import FactRecord


def find_or_add_by_email(*, group_id: int, email: str, name: str = "", source: str, now: datetime) -> Customer:
    """Return the customer of a group who uses an address, added when nobody does. One statement when they are known.

    Merged records stand for their survivor. When several customers share the address, the one with the latest fact is
    returned, its `is_ambiguous` set: a person should look. The address proves nothing about who writes.

    Args:
        group_id: the dealer group, that is `organisation.queries.group_of(unit_id).pk`.
        name: what the sender called themselves; may be empty.
    """
    address = read_email(email).value[:254]
    found = _users_of(address, group_id)
    if not found:
        with transaction.atomic():
            with connection.cursor() as cursor:
                # Two first mails of one person arriving together must not make two customers.
                cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, %s))", [address, group_id])
            found = _users_of(address, group_id)
            if not found:
                return _add(group_id=group_id, address=address, name=name, source=source, now=now)
    if len(found) == 1:
        return found[0]
    latest = dict(
        FactRecord.objects.filter(subject_id__in=[customer.pk for customer in found])
        .order_by("subject_id", "-occurred_at")
        .distinct("subject_id")
        .values_list("subject_id", "occurred_at")
    )
    chosen = max(found, key=lambda customer: (latest.get(customer.pk, customer.created_at), customer.pk))
    chosen.is_ambiguous = True
    return chosen


def split_name(name: str) -> tuple[str, str]:
    """Return first and last name of how a person signs: `Mario Rossi`, `Rossi, Mario`, `DE ROSSI Mario`."""
    clean = " ".join(name.replace('"', " ").replace("(", " ").replace(")", " ").split())
    if "@" in clean:
        return "", ""
    last, comma, first = clean.partition(",")
    if comma and first.strip():
        return first.strip()[:80], last.strip()[:80]
    words = clean.replace(",", " ").split()
    shouted = [word for word in words if word.isupper() and len(word) > 1]
    if 0 < len(shouted) < len(words) and words[: len(shouted)] == shouted:
        return " ".join(words[len(shouted) :])[:80], " ".join(shouted).title()[:80]
    return " ".join(words[:1])[:80], " ".join(words[1:])[:80]


def _users_of(address: str, group_id: int) -> list[Customer]:
    rows = Customer.unscoped.raw(
        "SELECT DISTINCT c.* FROM customers_contactpoint p JOIN customers_customer r ON r.id = p.customer_id "
        "JOIN customers_customer c ON c.id = coalesce(r.merged_into_id, r.id) "
        "WHERE p.kind = %s AND p.value = %s AND r.unit_id = %s LIMIT 20",
        [ContactKind.EMAIL.value, address, group_id],
    )
    return list(rows)


def _add(*, group_id: int, address: str, name: str, source: str, now: datetime) -> Customer:
    # "Officine Bianchi S.r.l." is a company; a mailbox without a name is shown by its address.
    is_company = bool(fold(name)) and fold_company_name(name) != fold(re.sub(r"\.(?=\w)", "", name))
    first, last = ("", "") if is_company else split_name(name)
    customer: Customer = Customer.unscoped.create(
        unit_id=group_id,
        kind=CustomerKind.COMPANY if is_company else CustomerKind.PERSON,
        first_name=first,
        last_name=last,
        company_name=" ".join(name.split())[:160] if is_company else "",
        display_name=(" ".join(name.split()) if is_company else f"{first} {last}".strip())[:200] or address,
        source=source[:40],
        created_at=now,
    )
    ContactPoint.unscoped.create(
        customer=customer, kind=ContactKind.EMAIL, value=address, is_primary=True, created_at=now
    )
    keys = keys_for(
        names=[f"{first} {last}"], company_names=[customer.company_name] if is_company else [], emails=[address]
    )
    write_keys([SearchKey(customer=customer, unit_id=group_id, kind=key.kind.value, value=key.value) for key in keys])
    publish(facts.CustomerAdded(unit_id=group_id, occurred_at=now, customer_id=customer.pk, source=customer.source))
    return customer
