"""One XML with customers, their vehicles, orders and lines: each may refer to what the same file brings."""

import pytest

from corsia.customers.models import Customer, Holding
from corsia.vehicles.models import Vehicle
from corsia.workshop.models import Order, OrderLine
from tests.connectors.dms.files import EXAMPLES, counts, deliver, source_of, take_in
from tests.connectors.dms.test_records import XML
from tests.factories.workshop import shop_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("everything")]


def test_what_is_looked_at_is_what_is_taken_in(group) -> None:
    shop = shop_of(group)
    source = source_of(group.brescia, mapping=(EXAMPLES / "gestionale.toml").read_text())

    seen = deliver(source, XML, "export.xml")
    assert (counts(seen), Customer.objects.count()) == ((6, 6, 0, 0, 0), 0)
    taken = take_in(source, XML.replace(b"Tagliando", b"Freni"), "export.xml")

    assert counts(taken) == (6, 6, 0, 0, 0)
    assert Customer.objects.get().display_name == "Mario Rossi"
    assert list(Holding.objects.order_by("pk").values_list("vehicle__plate", flat=True)) == ["AB123CD", "EF456GH"]
    assert Vehicle.objects.count() == 2
    order = Order.objects.get()
    assert (order.unit_id, order.number, order.stage) == (shop.unit.pk, 1, "closed")
    assert list(OrderLine.objects.order_by("position").values_list("text", "minutes", "price_cents", "state")) == [
        ("Freni", 90, 12_000, "done"), ("Olio & filtro", 0, 3_000, "done"),
    ]  # fmt: skip


def test_what_refers_to_a_row_that_is_left_out_is_left_out_too(group) -> None:
    shop_of(group)
    source = source_of(group.brescia, mapping=(EXAMPLES / "gestionale.toml").read_text())
    nameless = XML.replace(b"Rossi, Mario", b"").replace(b"<phone>030 1</phone><mobile>333 2</mobile>", b"")

    seen = deliver(source, nameless, "export.xml")
    taken = take_in(source, nameless.replace(b"2026-03-10", b"2026-03-11"), "export.xml")

    assert counts(seen) == counts(taken) == (6, 0, 0, 0, 6)
    assert not Customer.objects.exists()
    assert not Vehicle.objects.exists()
