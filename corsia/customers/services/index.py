"""Keep the search index equal to what is known: each customer's keys, and the words in which typos are forgiven."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from django.db import connection, transaction
from django.db.models import Q

from corsia.customers.models import ContactPoint, Customer, Holding, SearchKey, SearchWord
from corsia.customers.search_keys import Key, KeyKind, forgivable_words, keys_for, stored_variants
from corsia.customers.vocabulary import ContactKind, CustomerKind

BATCH = 5_000


def keys_of(customer_ids: Sequence[int]) -> dict[int, tuple[Key, ...]]:
    """Return the keys that each of some customers should have, from what is stored about them now."""
    contacts: dict[int, list[ContactPoint]] = defaultdict(list)
    for point in ContactPoint.unscoped.filter(customer_id__in=customer_ids):
        contacts[point.customer_id].append(point)
    vehicles: dict[int, list[tuple[str, str]]] = defaultdict(list)
    held_now = Holding.unscoped.filter(Q(until=None), customer_id__in=customer_ids)
    for customer_id, plate, vin in held_now.values_list("customer_id", "vehicle__plate", "vehicle__vin"):
        vehicles[customer_id].append((plate, vin))
    keys = {}
    for customer in Customer.unscoped.filter(pk__in=customer_ids):
        is_person = customer.kind == CustomerKind.PERSON
        points, held = contacts[customer.pk], vehicles[customer.pk]
        keys[customer.pk] = keys_for(
            names=[f"{customer.first_name} {customer.last_name}"] if is_person else [],
            company_names=[] if is_person else [customer.company_name],
            emails=[point.value for point in points if point.kind == ContactKind.EMAIL],
            phones=[point.value.partition(";")[0] for point in points if point.kind == ContactKind.PHONE],
            tax_codes=[customer.tax_code],
            vat_numbers=[customer.vat_number],
            plates=[plate for plate, _vin in held],
            vins=[vin for _plate, vin in held],
        )
    return keys


@transaction.atomic
def reindex(*, customer_ids: Sequence[int]) -> None:
    """Bring the keys of some customers up to date and have them compared for duplicates again."""
    wanted = keys_of(customer_ids)
    units = dict(Customer.unscoped.filter(pk__in=customer_ids).values_list("pk", "unit_id"))
    stored: dict[int, dict[tuple[str, str], int]] = defaultdict(dict)
    stale: list[int] = []
    for row_id, customer_id, unit_id, kind, value in SearchKey.objects.filter(customer_id__in=customer_ids).values_list(
        "pk", "customer_id", "unit_id", "kind", "value"
    ):
        pair = (kind, value)
        is_wanted = any((key.kind.value, key.value) == pair for key in wanted.get(customer_id, ()))
        if is_wanted and unit_id == units[customer_id] and pair not in stored[customer_id]:
            stored[customer_id][pair] = row_id
        else:
            stale.append(row_id)
    missing = [
        SearchKey(customer_id=customer_id, unit_id=units[customer_id], kind=key.kind.value, value=key.value)
        for customer_id, keys in wanted.items()
        for key in keys
        if (key.kind.value, key.value) not in stored[customer_id]
    ]
    if stale:
        SearchKey.objects.filter(pk__in=stale).delete()
    write_keys(missing)
    if stale or missing:
        Customer.unscoped.filter(pk__in=customer_ids, is_compared=True).update(is_compared=False)


def write_keys(rows: Sequence[SearchKey]) -> None:
    """Store new keys and the words among them, in two statements."""
    if not rows:
        return
    SearchKey.objects.bulk_create(rows, batch_size=BATCH)
    add_words(Key(KeyKind(row.kind), row.value) for row in rows)


def add_words(keys: Iterable[Key]) -> None:
    """Let typos in the name words among some keys be forgiven; words already known cost nothing."""
    words = forgivable_words(keys)
    if words:
        rows = [SearchWord(word=word, variants=list(stored_variants(word))) for word in words]
        SearchWord.objects.bulk_create(rows, ignore_conflicts=True, batch_size=BATCH)


def add_missing_words(keys: Iterable[Key]) -> None:
    """Do the same for many customers: words that are there are looked up, not written again."""
    words = set(forgivable_words(keys))
    if words:
        words -= set(SearchWord.objects.filter(word__in=list(words)).values_list("word", flat=True))
        add_words(Key(KeyKind.NAME, word) for word in words)


def rebuild_index(*, after_id: int = 0, limit: int = BATCH) -> int:
    """Write the keys of the next customers anew, whatever they had, and return the last id done; 0 when none is left.

    For data that came in by COPY: call it again with what it returned. Safe to stop and start again.
    """
    ids = list(Customer.unscoped.filter(pk__gt=after_id).order_by("pk").values_list("pk", flat=True)[:limit])
    if not ids:
        return 0
    wanted = keys_of(ids)
    units = dict(Customer.unscoped.filter(pk__in=ids).values_list("pk", "unit_id"))
    with transaction.atomic(), connection.cursor() as cursor:
        SearchKey.objects.filter(customer_id__in=ids).delete()
        statement = "COPY customers_searchkey (customer_id, unit_id, kind, value) FROM STDIN"
        with cursor.copy(statement) as copy:
            for customer_id, keys in wanted.items():
                for key in keys:
                    copy.write_row((customer_id, units[customer_id], key.kind.value, key.value))
        add_words(key for keys in wanted.values() for key in keys)
    return ids[-1]


def forget_unused_words(*, limit: int = BATCH) -> int:
    """Delete words that no customer bears any more, and return how many: an erased name must not survive here.

    A customer added at this very moment may lose the forgiving of typos in a rare name until the index is rebuilt;
    the word's key itself is never touched.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM customers_searchword WHERE word IN ("
            " SELECT word FROM customers_searchword w WHERE NOT EXISTS"
            " (SELECT 1 FROM customers_searchkey k WHERE k.value = w.word AND k.kind = 'name') LIMIT %s)",
            [limit],
        )
        return int(cursor.rowcount)
