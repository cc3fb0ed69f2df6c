"""What an installation hands out and takes in again is the same, and taken in once more changes nothing."""

from datetime import date, timedelta
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection

from corsia.connectors.dms.models import Delivery, Source
from corsia.customers import services as customers
from corsia.customers.models import ContactPoint, Customer
from corsia.customers.vocabulary import ContactState, VehicleRole
from corsia.vehicles import services as vehicles
from corsia.workshop.models import Order
from corsia.workshop.services import delivery, work
from corsia.workshop.services.reception import LineData, Reception, add_line, receive
from corsia.workshop.vocabulary import LineKind
from tests.connectors.dms.files import NOW, ROBOT, counts, source_of
from tests.connectors.dms.test_customers import every_row
from tests.factories.customers import car, company, gives, household, person
from tests.factories.workshop import SERVICE, shop_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("everything")]

# Every column that is handed out, with ids replaced by what they stand for.
SAME = {
    "customers": "SELECT kind, title, first_name, last_name, company_name, display_name, tax_code, vat_number, born_on,"
    " language, note, source, created_at, (SELECT email FROM organisation_person p WHERE p.id = owner_advisor_id)"
    " FROM customers_customer",
    "contacts": "SELECT c.display_name, c.created_at, p.kind, p.value, p.label, p.is_primary, p.state, p.created_at"
    " FROM customers_contactpoint p JOIN customers_customer c ON c.id = p.customer_id",
    "addresses": "SELECT c.display_name, a.label, a.street, a.postcode, a.city, a.province, a.country, a.is_primary"
    " FROM customers_address a JOIN customers_customer c ON c.id = a.customer_id",
    "vehicles": "SELECT vin, make, model, trim, fuel, model_year, first_registered_on, warranty_ends_on, plate,"
    " odometer_km, odometer_on, created_at FROM vehicles_vehicle",
    "plates": "SELECT v.make, v.model, v.created_at, p.number, p.kind, p.since, p.until FROM vehicles_plate p"
    " JOIN vehicles_vehicle v ON v.id = p.vehicle_id",
    "holdings": "SELECT c.display_name, v.plate, h.role, h.since, h.until FROM customers_holding h"
    " JOIN customers_customer c ON c.id = h.customer_id JOIN vehicles_vehicle v ON v.id = h.vehicle_id",
    "readings": "SELECT v.plate, v.vin, r.km, r.read_on, r.source, r.goes_back FROM vehicles_odometerreading r"
    " JOIN vehicles_vehicle v ON v.id = r.vehicle_id",
    "orders": "SELECT o.unit_id, o.year, o.number, c.display_name, v.plate, o.stage, o.wish, o.km, o.fuel_pct,"
    " o.promised_at, o.first_promised_at, o.received_by_id, o.received_at, o.signed_name, o.ready_at, o.closed_at,"
    " o.invoice_reference FROM workshop_order o JOIN customers_customer c ON c.id = o.customer_id"
    " JOIN vehicles_vehicle v ON v.id = o.vehicle_id",
    "lines": "SELECT o.unit_id, o.year, o.number, l.position, l.kind, l.state, l.job_id, l.text, l.quantity, l.minutes,"
    " l.price_cents, l.is_extra, l.reason, l.proposed_by_id, l.proposed_at, l.decided_at, l.done_at"
    " FROM workshop_orderline l JOIN workshop_order o ON o.id = l.order_id",
    "found_by": "SELECT c.display_name, k.kind, k.value FROM customers_searchkey k"
    " JOIN customers_customer c ON c.id = k.customer_id",
    "numbers": "SELECT unit_id, year, last FROM workshop_numberseries",
}


def same() -> dict[str, list[str]]:
    """Return every row of what is handed out, without ids, in order."""
    found = {}
    with connection.cursor() as cursor:
        for name, statement in SAME.items():
            cursor.execute(f"SELECT row::text FROM ({statement}) row ORDER BY 1")
            found[name] = [row[0] for row in cursor.fetchall()]
    return found


def emptied() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("TRUNCATE customers_customer, vehicles_vehicle, workshop_order, workshop_numberseries CASCADE")


def a_dealer(group) -> None:
    """Make a bit of everything that is handed out, with what makes tables hard: quotes, formulas, lines, history."""
    shop = shop_of(group)
    rossi = person(
        group.root, "Nicolò Rossi", title="Dott.", tax_code="RSSNCL80A01H501X", born_on=date(1980, 1, 1), language="en",
        note='Dice "mai di lunedì";\ne =2+2', emails=["n@example.it", "r@example.it"], phones=["030 12345 int. 7"],
        owner_advisor_id=shop.technicians["anna"].person_id, source="sito",
    )  # fmt: skip
    firm = company(group.root, "=Perù; S.p.A.", vat_number="01234567897", phones=["scrivere a mano"])
    household(group.root, "Famiglia Rossi")
    nameless = person(group.root, " ", emails=["-x@example.it"])
    customers.add_contact(customer_id=rossi.pk, kind="phone", value="+41791234567", label="Casa", by=ROBOT, now=NOW)
    point = ContactPoint.objects.get(value="r@example.it")
    customers.make_primary(contact_id=point.pk, by=ROBOT, now=NOW)
    customers.set_contact_state(contact_id=point.pk, state=ContactState.BOUNCING, by=ROBOT, now=NOW)
    for street in ("Via Roma 1", "Via Po 2"):
        customers.add_address(
            customer_id=rossi.pk, street=street, city="Brescia", postcode="25121", province="BS", by=ROBOT, now=NOW
        )
    panda = car(group.root, plate="AB123CD", vin="ZFA31200000123456")
    van = car(group.root, plate="", vin="", make="Iveco", model="Daily")
    vehicles.change_plate(vehicle_id=panda.pk, number="ZZ999ZZ", since=date(2026, 2, 1), by=ROBOT, now=NOW)
    gives(firm, panda, since=date(2020, 1, 1))
    gives(rossi, panda, since=date(2024, 5, 1))
    gives(nameless, panda, role=VehicleRole.DRIVER)
    gives(firm, van)
    for km, day in ((20_000, date(2024, 1, 1)), (15_000, date(2025, 1, 1)), (41_000, date(2026, 1, 1))):
        vehicles.read_odometer(
            vehicle_id=panda.pk, km=km, read_on=day, today=NOW.date(), source="desk", by=ROBOT, now=NOW
        )
    for km in (42_000, None):
        order = receive(
            data=Reception(promised_at=NOW + timedelta(hours=4), km=km, wish="Freni; rumore", signed_name="N. Rossi"),
            by=ROBOT, now=NOW, unit_id=shop.unit.pk, customer_id=rossi.pk, vehicle_id=panda.pk,
        )  # fmt: skip
        data = LineData(
            kind=LineKind.LABOUR, text="Tagliando", quantity=Decimal("1.50"), minutes=75, price_cents=12_345,
            job_id=shop.jobs[SERVICE].pk,
        )  # fmt: skip
        line = add_line(order_id=order.pk, data=data, by=ROBOT, now=NOW)
    work.finish_line(line_id=line.pk, at=NOW + timedelta(hours=1), by=ROBOT, now=NOW + timedelta(hours=1))
    delivery.set_ready(order_id=order.pk, by=ROBOT, now=NOW + timedelta(hours=1))
    delivery.close_order(order_id=order.pk, invoice_reference="F/1", km=42_500, by=ROBOT, now=NOW + timedelta(hours=2))


def test_the_export_taken_in_again_gives_the_same_and_then_changes_nothing(group, tmp_path: Path) -> None:
    a_dealer(group)
    before = same()
    call_command("dms-export", str(tmp_path), stdout=StringIO())
    emptied()
    assert not Customer.objects.exists()
    assert not Order.objects.exists()
    source_of(group.root, mapping=(tmp_path / "corsia.toml").read_text(), name="Corsia", since=NOW + timedelta(days=1))

    call_command("dms-import", "Corsia", str(tmp_path), stdout=StringIO())

    assert [counts(one)[4] for one in Delivery.objects.order_by("pk")] == [0] * 9
    after = same()
    for name in SAME:
        assert after[name] == before[name], name
    untouched = every_row()
    Source.objects.get().mappings.update(number=7)  # another version: the same bytes are looked at anew
    Delivery.objects.update(file_name="other")
    call_command("dms-import", "Corsia", str(tmp_path), stdout=StringIO())
    assert Delivery.objects.count() == 18
    again = every_row() | {"dms_mappingversion": untouched["dms_mappingversion"]}
    assert again == untouched
