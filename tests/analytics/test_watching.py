"""What a statement changes is noted by its keys, ten thousand rows as well as one, whatever the database believes."""

from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from django.db import connection, transaction

from corsia.analytics.models import ChangedRow
from corsia.config.bench.database import url_of
from corsia.kernel import scope
from corsia.vehicles.models import Vehicle
from corsia.workshop.models import Allocation, CapacityDay, Order, OrderLine
from tests.factories.orders import Floor, floor_of, received
from tests.factories.organisation import small_group
from tests.factories.workshop import shop_of

pytestmark = pytest.mark.django_db(transaction=True)

AT = datetime(2026, 3, 10, 8, 0, tzinfo=UTC)
MANY = 4_000
KINDS = MANY // 2  # as many vehicles: each has two orders


@pytest.fixture
def floor(db) -> Floor:
    """A workshop with one order of one line, and nothing noted."""
    with scope.system("test"):
        floor = floor_of(shop_of(small_group()))
        received(floor, at=AT)
        ChangedRow.objects.all().delete()
        yield floor


def many(model: type, **columns: str) -> None:
    """Insert copies of a table's one row, as a bulk load does; `n` in the expressions counts from 1."""
    table = model._meta.db_table
    values = ", ".join(f"'{name}', {expression}" for name, expression in columns.items())
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica; SET LOCAL statement_timeout = '20s'")
        cursor.execute(
            f"INSERT INTO {table} SELECT"
            f" (jsonb_populate_record(NULL::{table}, to_jsonb(one) || jsonb_build_object({values}))).*"
            f" FROM (SELECT * FROM {table} ORDER BY id LIMIT 1) one, generate_series(1, {MANY}) n"
        )
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")


def many_orders() -> None:
    many(
        Order,
        id="n + 10000",
        number="n + 10000",
        visit_id="n + 10000",
        vehicle_id=f"n % {KINDS} + 10000",
        customer_id="n + 10000",
    )


def noted(source: str) -> set[int]:
    return set(ChangedRow.objects.filter(source=source).values_list("key", flat=True))


def test_a_table_that_was_counted_empty_while_it_was_filled_takes_no_longer(floor) -> None:
    with connection.cursor() as cursor:
        for table in ("workshop_order", "workshop_orderline"):
            cursor.execute(f"CREATE TEMP TABLE one_{table} AS SELECT * FROM {table}")
        OrderLine.objects.all().delete()
        Order.objects.all().delete()
        ChangedRow.objects.all().delete()
        with transaction.atomic():
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute("INSERT INTO workshop_order SELECT * FROM one_workshop_order")
            cursor.execute("INSERT INTO workshop_orderline SELECT * FROM one_workshop_orderline")
            many_orders()
            assert noted("workshop_order_kin") >= set(range(10_001, 10_001 + MANY))
            ChangedRow.objects.all().delete()
            with psycopg.connect(url_of(connection.settings_dict["NAME"]), autocommit=True) as beside:
                beside.execute("ANALYZE workshop_order")  # as autovacuum does, beside a load that has not ended
            cursor.execute("SELECT relpages > 50, reltuples FROM pg_class WHERE relname = 'workshop_order'")
            assert cursor.fetchone() == (True, 0)

            # Lines of the first order of each vehicle alone: the second is its kin.
            many(OrderLine, id="n + 10000", order_id=f"(n - 1) % {KINDS} + 10001", position="n + 1")

            assert noted("workshop_orderline_kin") == set(range(10_001, 10_001 + MANY))
            assert noted("workshop_orderline") == set(range(10_001, 10_001 + KINDS))
            transaction.set_rollback(True)


def test_a_session_that_changed_one_row_before_changes_many(floor) -> None:
    with transaction.atomic():
        many(Vehicle, id="n + 9999", plate="''", vin="''")
        many_orders()
        ChangedRow.objects.all().delete()
        Vehicle.objects.filter(pk=10_000).update(make="Lancia")
        assert noted("vehicles_vehicle_orders") == {10_000 + KINDS, 10_000 + MANY}

        Vehicle.objects.filter(pk__gt=10_000).update(make="Lancia", plate="")

        assert noted("vehicles_vehicle_orders") == set(range(10_001, 10_001 + MANY))
        transaction.set_rollback(True)


def test_works_are_noted_by_the_days_of_their_people_and_bays_few_or_many(floor) -> None:
    work = Allocation.objects.first()
    Allocation.objects.exclude(pk=work.pk).delete()
    CapacityDay.objects.all().delete()
    days = {
        (of, number): CapacityDay.objects.create(
            unit=floor.shop.unit, day=(AT + timedelta(days=number)).date(), open_seconds=0, **{of: getattr(work, of)}
        ).pk
        for of in ("technician", "bay")
        for number in range(-5, 60)
    }
    ChangedRow.objects.all().delete()

    Allocation.objects.update(starts_at=AT, ends_at=AT + timedelta(minutes=15))

    # A day before and after, whatever the workshop's clock says: where it stood stays among them.
    near = {pk for (_of, number), pk in days.items() if -1 <= number <= 1}
    assert near <= noted("workshop_allocation")
    ChangedRow.objects.all().delete()

    with transaction.atomic():
        many(
            Allocation,
            id="n + 10000",
            visit_job_id="n + 10000",
            starts_at=f"timestamptz '{AT.isoformat()}' + n * interval '15 minutes'",
            ends_at=f"timestamptz '{AT.isoformat()}' + (n + 1) * interval '15 minutes'",
        )
        last = (AT + (MANY + 1) * timedelta(minutes=15)).date() - AT.date()
        assert noted("workshop_allocation") == {
            pk for (_of, number), pk in days.items() if -1 <= number <= last.days + 1
        }
        transaction.set_rollback(True)
