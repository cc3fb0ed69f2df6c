"""Vehicles and work orders of a dealer's system, and who hears of them."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from corsia.connectors.dms.models import Difference, LeftOutRow
from corsia.customers.models import Customer, Holding, Milestone
from corsia.customers.queries import search
from corsia.kernel.models import FactRecord
from corsia.vehicles.models import Due, OdometerReading, Plate, ServiceEvent, Vehicle
from corsia.workshop.models import NumberSeries, Order, OrderLine
from corsia.workshop.services.reception import Reception, receive
from tests.connectors.dms.files import CLIENTI, NOW, ROBOT, counts, source_of, take_in
from tests.factories.customers import car, gives, person
from tests.factories.workshop import SERVICE, shop_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("everything")]

VEICOLI = (
    "CODVEI;TELAIO;TARGA;MARCA;MODELLO;ALIM;IMMATR;CODCLI;KM;DATAKM\r\n"
    "V1;ZFA31200000123456;AB 123 CD;Fiat;Panda;B;01/02/2020;C1;45.120;02/03/2026\r\n"
    "V2;;EF456GH;Volkswagen;Golf;?;;C3;;\r\n"
)
COMMESSE = (
    "COMMESSA;SEDE;CODCLI;CODVEI;STATO;RICHIESTA;KM;APERTURA;CONSEGNA;PRONTA;CHIUSURA;FATTURA\r\n"
    "2024-0007;01;C1;V1;CHIUSA;Tagliando;30.000;05/02/2024 08:30;05/02/2024 17:00;05/02/2024 16:00;"
    "05/02/2024 17:30;F7\r\n"
    "2026-0012;01;C1;V1;PRONTA;Tagliando;45.500;09/03/2026 08:30;09/03/2026 18:00;10/03/2026 10:15;;\r\n"
    "2026-0013;01;C3;V2;IN LAVORAZIONE;Freni;;10/03/2026 08:30;10/03/2026 18:00;;;\r\n"
)
RIGHE = (
    "COMMESSA;RIGA;TIPO;DESCR;OPERAZIONE;QTA;ORE;IMPORTO\r\n"
    "2024-0007;1;MO;Tagliando 30.000 km;TAG30;1;1,25;125,00\r\n"
    "2024-0007;2;RI;Olio;;4,50;;1.089,90\r\n"
    "2026-0013;1;MO;Pastiglie;;1;0,5;60\r\n"
)


@pytest.fixture
def shop(group, everything):
    return shop_of(group)


@pytest.fixture
def loaded(source, shop):
    take_in(source, CLIENTI)
    take_in(source, VEICOLI, "veicoli.csv")
    return source


def test_vehicles_come_with_plate_owner_and_kilometres(loaded, group) -> None:
    panda, golf = Vehicle.objects.order_by("pk")

    assert (panda.vin, panda.plate, panda.make, panda.fuel) == ("ZFA31200000123456", "AB123CD", "Fiat", "petrol")
    assert (panda.first_registered_on, panda.odometer_km, panda.odometer_on) == (
        date(2020, 2, 1), 45_120, date(2026, 3, 2),
    )  # fmt: skip
    assert (golf.plate, golf.fuel, golf.unit_id) == ("EF456GH", "other", group.root.pk)
    assert list(Plate.objects.order_by("pk").values_list("number", "kind", "until")) == [
        ("AB123CD", "car", None), ("EF456GH", "car", None),
    ]  # fmt: skip
    assert list(Holding.objects.order_by("pk").values_list("customer__display_name", "vehicle__plate", "until")) == [
        ("Nicolò Rossi", "AB123CD", None),
        ("Trasporti Perù S.r.l.", "EF456GH", None),
    ]
    assert [hit.id for hit in search("AB123CD")] == [Customer.objects.get(last_name="Rossi").pk]
    assert Due.objects.filter(vehicle=panda).exists()


def test_an_order_without_a_promised_hour_promised_nothing(loaded) -> None:
    take_in(loaded, COMMESSE.replace("09/03/2026 18:00;10/03/2026 10:15", ";10/03/2026 10:15"), "commesse.csv")

    _old, silent, told = Order.objects.order_by("received_at")
    assert (silent.first_promised_at, silent.promised_at) == (None, silent.ready_at)
    assert told.first_promised_at == told.promised_at == datetime(2026, 3, 10, 17, 0, tzinfo=UTC)


def test_a_sold_car_changes_hands_and_plates(loaded) -> None:
    sold = VEICOLI.replace("C1;45.120;02/03/2026", "C2;46.000;09/03/2026").replace("AB 123 CD", "ZZ 999 ZZ")

    taken = take_in(loaded, sold, "veicoli.csv")

    assert counts(taken) == (2, 0, 1, 1, 0)
    vehicle = Vehicle.objects.get(vin="ZFA31200000123456")
    held = Holding.objects.filter(vehicle=vehicle).order_by("pk")
    assert list(held.values_list("customer__last_name", "until")) == [("Rossi", date(2026, 3, 10)), ("Bianchi", None)]
    assert list(Plate.objects.filter(vehicle=vehicle).order_by("pk").values_list("number", "until")) == [
        ("AB123CD", date(2026, 3, 10)), ("ZZ999ZZ", None),
    ]  # fmt: skip
    assert (vehicle.plate, vehicle.odometer_km) == ("ZZ999ZZ", 46_000)
    assert {name for (name,) in Difference.objects.values_list("field")} == {"plate", "owner_until", "km"}


def test_a_vehicle_we_have_is_recognised_by_vin_then_by_plate(source, group) -> None:
    take_in(source, CLIENTI)
    by_vin, by_plate = car(group.root, plate="", vin="ZFA31200000123456"), car(group.root, plate="EF456GH", make="VW")

    taken = take_in(source, VEICOLI, "veicoli.csv")

    assert counts(taken) == (2, 0, 2, 0, 0)
    assert set(Vehicle.objects.values_list("pk", flat=True)) == {by_vin.pk, by_plate.pk}
    by_vin.refresh_from_db()
    assert by_vin.plate == "AB123CD"


def test_no_two_vehicles_with_one_vin_or_plate(loaded) -> None:
    twice = VEICOLI + "V3;ZFA31200000123456;;Fiat;;;;;;\r\nV4;;EF456GH;Seat;;;;;;\r\nV5;;;;;;;;;\r\n"

    taken = take_in(loaded, twice, "veicoli.csv")

    assert counts(taken) == (5, 0, 0, 2, 3)
    assert list(LeftOutRow.objects.order_by("number").values_list("number", "why")) == [
        (4, "vin_taken"), (5, "plate_in_use"), (6, "unnamed"),
    ]  # fmt: skip


def test_orders_are_taken_in_and_only_what_is_new_is_told(loaded, shop) -> None:
    before = FactRecord.objects.latest("pk").pk

    taken = take_in(loaded, COMMESSE, "commesse.csv")

    assert counts(taken) == (3, 3, 0, 0, 0)
    old, ready, working = Order.objects.order_by("pk")
    assert (old.year, old.number, old.stage, old.closed_at, old.invoice_reference) == (
        2024, 20240007, "closed", datetime(2024, 2, 5, 16, 30, tzinfo=UTC), "F7",
    )  # fmt: skip
    assert (ready.stage, ready.ready_at, ready.unit_id, ready.km) == (
        "ready", datetime(2026, 3, 10, 9, 15, tzinfo=UTC), shop.unit.pk, 45_500,
    )  # fmt: skip
    told = FactRecord.objects.filter(pk__gt=before).exclude(kind="vehicles.OdometerRead")
    assert list(told.order_by("pk").values_list("kind", "payload__order_id", "payload__kind")) == [
        ("workshop.OrderOpened", working.pk, None),
        ("workshop.VehicleReady", ready.pk, None),
        ("customers.MilestoneReached", None, "vehicle_ready"),
    ]
    readings = OdometerReading.objects.order_by("read_on").values_list("km", "read_on", "goes_back")
    assert list(readings) == [
        (30_000, date(2024, 2, 5), False), (45_120, date(2026, 3, 2), False), (45_500, date(2026, 3, 9), False),
    ]  # fmt: skip


def test_an_order_that_closes_there_is_closed_here_once(loaded, shop) -> None:
    take_in(loaded, COMMESSE, "commesse.csv")
    closed = COMMESSE.replace(
        "PRONTA;Tagliando;45.500;09/03/2026 08:30;09/03/2026 18:00;10/03/2026 10:15;;",
        "CHIUSA;Tagliando;45.500;09/03/2026 08:30;09/03/2026 18:00;10/03/2026 10:15;10/03/2026 11:30;F12",
    )

    taken = take_in(loaded, closed, "commesse.csv")
    again = take_in(loaded, closed + "\r\n", "commesse.csv", now=NOW + timedelta(hours=1))

    assert (counts(taken), counts(again)) == ((3, 0, 1, 2, 0), (3, 0, 0, 3, 0))
    order = Order.objects.get(invoice_reference="F12")
    assert order.closed_at == datetime(2026, 3, 10, 10, 30, tzinfo=UTC)
    assert list(Milestone.objects.order_by("pk").values_list("kind", "reference", "customer__last_name")) == [
        ("vehicle_ready", "2026/20260012", "Rossi"), ("order_closed", "2026/20260012", "Rossi"),
    ]  # fmt: skip
    assert FactRecord.objects.filter(kind="workshop.OrderClosed").count() == 1


def test_lines_come_with_prices_hours_and_what_was_done(loaded, shop) -> None:
    take_in(loaded, COMMESSE, "commesse.csv")

    taken = take_in(loaded, RIGHE, "righe.csv")

    assert counts(taken) == (3, 3, 0, 0, 0)
    rows = OrderLine.objects.order_by("pk")
    assert list(rows.values_list("kind", "text", "quantity", "minutes", "price_cents", "state", "job__code")) == [
        ("labour", "Tagliando 30.000 km", Decimal(1), 75, 12_500, "done", SERVICE),
        ("part", "Olio", Decimal("4.5"), 0, 108_990, "done", None),
        ("labour", "Pastiglie", Decimal(1), 30, 6_000, "approved", None),
    ]
    event = ServiceEvent.objects.get()
    assert (event.kind, event.done_on, event.km, event.vehicle.plate) == (
        "service",
        date(2024, 2, 5),
        30_000,
        "AB123CD",
    )


def test_our_own_orders_go_on_behind_theirs(source, group, shop) -> None:
    owner, vehicle = person(group.root), car(group.root)
    gives(owner, vehicle)
    take_in(source, CLIENTI)
    take_in(source, VEICOLI, "veicoli.csv")
    take_in(source, COMMESSE.replace("2026-0012", "12"), "commesse.csv")

    order = receive(
        data=Reception(promised_at=NOW + timedelta(hours=4)), by=ROBOT, now=NOW, unit_id=shop.unit.pk,
        customer_id=owner.pk, vehicle_id=vehicle.pk,
    )  # fmt: skip

    assert order.number == NumberSeries.objects.get(year=2026).last == 20_260_014


def test_orders_of_nobody_nowhere_or_never_are_left_out(loaded) -> None:
    wrong = COMMESSE.partition("\r\n")[0] + "\r\n" + (
        "1;01;C9;V1;APERTA;;;10/03/2026 08:30;;;;\r\n"
        "2;01;C1;V9;APERTA;;;10/03/2026 08:30;;;;\r\n"
        "3;09;C1;V1;APERTA;;;10/03/2026 08:30;;;;\r\n"
        "4;02;C1;V1;APERTA;;;10/03/2026 08:30;;;;\r\n"
        "5;01;C1;V1;CHIUSA;;;10/03/2026 08:30;;;;\r\n"
        "6;01;C1;V1;CHIUSA;;;10/03/2026 08:30;;;11/03/2027 08:30;\r\n"
        "7;01;C1;V1;APERTA;;;;;;;\r\n"
        "X;01;C1;V1;APERTA;;;10/03/2026 08:30;;;;\r\n"
    )  # fmt: skip

    taken = take_in(loaded, wrong, "commesse.csv")

    assert counts(taken) == (8, 1, 0, 0, 7)  # without a number of theirs an order gets one of ours
    assert list(LeftOutRow.objects.order_by("number").values_list("number", "why", "cell")) == [
        (2, "reference", "C9"),
        (3, "reference", "V9"),
        (4, "not_in_codes", "09"),
        (5, "not_in_codes", "bellandi-verona-officina"),
        (6, "end_missing", ""),
        (7, "in_future", "2027-03-11 08:30:00+01:00"),
        (8, "needed", ""),
    ]


def test_history_is_told_to_nobody(group, shop) -> None:
    source = source_of(group.root, since=NOW)
    take_in(source, CLIENTI)
    take_in(source, VEICOLI, "veicoli.csv")

    take_in(source, COMMESSE, "commesse.csv")

    assert Order.objects.count() == 3
    assert not Milestone.objects.exists()
    assert not FactRecord.objects.filter(kind__startswith="workshop.").exists()
    assert Customer.objects.count() == 3
