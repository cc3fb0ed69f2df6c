"""Customers of a dealer's system: looked at, taken in, taken in again, changed on both sides."""

from datetime import date, timedelta

import pytest

from corsia.connectors.dms.models import Difference, ExternalRecord, LeftOutRow
from corsia.connectors.dms.vocabulary import DeliveryState
from corsia.customers import services as customers
from corsia.customers.models import Address, ContactPoint, Customer
from tests.connectors.dms.files import CLIENTI, NOW, ROBOT, counts, deliver, take_in
from tests.factories.customers import person

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("everything")]


def test_a_file_is_looked_at_before_anything_is_written(source) -> None:
    seen = deliver(source, CLIENTI)

    assert (seen.state, counts(seen)) == (DeliveryState.CHECKED, (3, 3, 0, 0, 0))
    assert not Customer.objects.exists()
    assert not ExternalRecord.objects.exists()


def test_customers_are_taken_in_as_they_are_written_there(source, group) -> None:
    taken = take_in(source, CLIENTI)

    assert (taken.state, counts(taken)) == (DeliveryState.APPLIED, (3, 3, 0, 0, 0))
    first, second, third = Customer.objects.order_by("pk")
    assert (first.display_name, first.tax_code, first.born_on) == ("Nicolò Rossi", "RSSNCL80A01H501X", date(1980, 1, 1))
    assert (second.display_name, third.display_name) == ("Anna Bianchi", "Trasporti Perù S.r.l.")
    assert (third.kind, third.vat_number, third.unit_id) == ("company", "01234567897", group.root.pk)
    points = ContactPoint.objects.order_by("customer_id", "kind", "-is_primary")
    assert list(points.values_list("customer__last_name", "kind", "value", "is_primary")) == [
        ("Rossi", "email", "nicolo@example.it", True),
        ("Rossi", "phone", "+393331234567", True),
        ("Bianchi", "email", "anna@example.it", True),
        ("", "phone", "+390301234567", True),
        ("", "phone", "+393357654321", False),
    ]
    assert list(Address.objects.order_by("pk").values_list("street", "city", "is_primary")) == [
        ("Via Roma 1", "Brescia", True),
        ("Via Po 2", "Brescia", True),
    ]
