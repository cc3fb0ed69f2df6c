"""Fill the queue of likely duplicates, and take down what people decide about them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import connection, transaction

from corsia.customers.likeness import WORTH_ASKING, Record, address_key, compare
from corsia.customers.models import Address, ContactPoint, Customer, Duplicate, Holding
from corsia.customers.permissions import MERGE_CUSTOMERS
from corsia.customers.services.merging import merge_customers
from corsia.customers.services.records import demand_shared
from corsia.customers.vocabulary import ContactKind, CustomerKind
from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit

BATCH = 200
# A phone or address that more customers than this share belongs to a call centre or a block of flats: it tells nothing.
MOST_SHARERS = 12


def find_duplicates(*, now: datetime, limit: int = BATCH) -> int:
    """Compare customers whose identity is new or changed with those they share a key with; return how many were done.

    Pairs that look like one customer enter the queue; pairs somebody decided about never enter it again.
    """
    ids = list(
        Customer.unscoped.filter(is_compared=False, merged_into=None)
        .order_by("pk")
        .values_list("pk", flat=True)[:limit]
    )
    pairs = _pairs_sharing_a_key(ids)
    records = records_of({pk for pair in pairs for pk in pair})
    found = []
    for first, second in sorted(pairs):
        verdict = compare(records[first], records[second])
        if verdict.score >= WORTH_ASKING:
            found.append(
                Duplicate(
                    first_id=first,
                    second_id=second,
                    score_pct=min(99, round(verdict.score * 100)),  # never certain: people decide
                    reasons=" ".join(reason.value for reason in verdict.reasons),
                    found_at=now,
                )
            )
    with transaction.atomic():
        Duplicate.unscoped.bulk_create(found, ignore_conflicts=True)
        Customer.unscoped.filter(pk__in=ids).update(is_compared=True)
        # Merged records are compared through their survivors.
        if len(ids) < limit:
            Customer.unscoped.filter(is_compared=False).exclude(merged_into=None).update(is_compared=True)
    return len(ids)


@transaction.atomic
def decide_duplicate(
    *, duplicate_id: int, is_same: bool, survivor_id: int | None = None, by: Actor, now: datetime
) -> Duplicate:
    """Take down what a person decided about a pair; the same customer is merged at once.

    Args:
        survivor_id: whose record lives on when they are the same; None for the older one.
    """
    pair: Duplicate = Duplicate.objects.lock(duplicate_id)
    demand_shared(by, MERGE_CUSTOMERS, pair.first.unit_id)
    if pair.decided_at is not None:
        return pair
    if is_same:
        survivor = survivor_id if survivor_id in (pair.first_id, pair.second_id) else pair.first_id
        absorbed = pair.second_id if survivor == pair.first_id else pair.first_id
        merge_customers(survivor_id=survivor, absorbed_id=absorbed, by=by, now=now)
    pair.is_same, pair.decided_at, pair.decided_by_id = is_same, now, by.id
    pair.save(update_fields=["is_same", "decided_at", "decided_by"])
    audit(pair, "decided", by=by, now=now, is_same=is_same)
    return pair


def records_of(customer_ids: Iterable[int]) -> dict[int, Record]:
    """Return what is known of some customers for comparing, in five statements."""
    ids = list(customer_ids)
    emails: dict[int, set[str]] = defaultdict(set)
    phones: dict[int, set[str]] = defaultdict(set)
    vehicles: dict[int, set[int]] = defaultdict(set)
    addresses: dict[int, set[str]] = defaultdict(set)
    for point in ContactPoint.unscoped.filter(customer_id__in=ids):
        target = emails if point.kind == ContactKind.EMAIL else phones
        target[point.customer_id].add(point.value.partition(";")[0])
    for customer_id, vehicle_id in Holding.unscoped.filter(customer_id__in=ids, until=None).values_list(
        "customer_id", "vehicle_id"
    ):
        vehicles[customer_id].add(vehicle_id)
    for address in Address.unscoped.filter(customer_id__in=ids):
        key = address_key(street=address.street, postcode=address.postcode, city=address.city)
        addresses[address.customer_id].add(key)
    return {
        customer.pk: Record(
            is_company=customer.kind != CustomerKind.PERSON,
            first_name=customer.first_name,
            last_name=customer.last_name,
            company_name=customer.company_name,
            tax_code=customer.tax_code,
            vat_number=customer.vat_number,
            born_on=customer.born_on,
            emails=frozenset(emails[customer.pk]),
            phones=frozenset(phones[customer.pk]),
            vehicles=frozenset(vehicles[customer.pk]),
            addresses=frozenset(addresses[customer.pk] - {""}),
        )
        for customer in Customer.unscoped.filter(pk__in=ids)
    }


def _pairs_sharing_a_key(ids: Sequence[int]) -> set[tuple[int, int]]:
    """Return the pairs, lower id first, of some customers with unmerged others that share an identifying key.

    A shared name alone is no key: a big group has hundreds of Mario Rossi.
    """
    if not ids:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT least(o.customer_id, k.customer_id), greatest(o.customer_id, k.customer_id) "
            "FROM customers_searchkey k CROSS JOIN LATERAL ("
            " SELECT s.customer_id FROM customers_searchkey s WHERE s.value = k.value AND s.kind = k.kind"
            " AND s.unit_id = k.unit_id AND s.customer_id <> k.customer_id LIMIT %s) o "
            "JOIN customers_customer c ON c.id = o.customer_id AND c.merged_into_id IS NULL "
            "WHERE k.customer_id = ANY(%s) AND k.kind IN ('email', 'phone', 'tax_code', 'vat', 'plate', 'vin')",
            [MOST_SHARERS, list(ids)],
        )
        return {(int(first), int(second)) for first, second in cursor.fetchall()}
