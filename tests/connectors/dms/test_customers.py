"""Customers of a dealer's system: looked at, taken in, taken in again, changed on both sides."""

from datetime import date, timedelta

import pytest
from django.db import connection

from corsia.connectors.dms.models import Difference, ExternalRecord, LeftOutRow
from corsia.connectors.dms.queries.deliveries import left_out_file
from corsia.connectors.dms.services import deliveries
from corsia.connectors.dms.vocabulary import DeliveryState, Way
from corsia.customers import services as customers
from corsia.customers.models import Address, ContactPoint, Customer
from corsia.customers.queries import search
from corsia.customers.services import CustomerData
from corsia.kernel.models import AuditEntry
from corsia.privacy.services.erasures import ask_erasure
from corsia.privacy.vocabulary import ErasureReason
from tests.connectors.dms.files import CLIENTI, MAPPING, NOW, ROBOT, counts, deliver, source_of, take_in
from tests.factories.customers import company, person
from tests.security.walking import contents

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


def test_a_file_taken_in_twice_changes_nothing(source) -> None:
    take_in(source, CLIENTI)
    before = every_row()

    again = take_in(source, CLIENTI, way=Way.AGAIN, now=NOW + timedelta(hours=1))

    assert counts(again) == (3, 0, 0, 3, 0)
    assert every_row() == before


def test_the_same_bytes_are_not_looked_at_again(source) -> None:
    first = take_in(source, CLIENTI)

    second, is_new = deliveries.keep_delivery(
        source_id=source.pk,
        file_name="clienti.csv",
        content=CLIENTI.encode("cp1252"),
        way=Way.FOLDER,
        by=ROBOT,
        now=NOW,
    )

    assert (second.pk, is_new) == (first.pk, False)


def test_what_changed_there_is_shown_and_taken_over(source) -> None:
    take_in(source, CLIENTI)
    rossi = Customer.objects.get(last_name="Rossi")
    customers.edit_customer(
        customer_id=rossi.pk,
        data=CustomerData(first_name="Niccolò", last_name="Rossi", title="Dott."),
        by=ROBOT,
        now=NOW,
    )
    changed = CLIENTI.replace("Via Roma 1", "Via Milano 3").replace("333 1234567", "333 7654321")

    seen = take_in(source, changed, now=NOW + timedelta(days=1))

    assert counts(seen) == (3, 0, 1, 2, 0)
    assert list(
        Difference.objects.order_by("field").values_list("number", "external_id", "field", "before", "after")
    ) == [
        (2, "C1", "address", "Via Roma 1, 25121 Brescia BS", "Via Milano 3, 25121 Brescia BS"),
        (2, "C1", "born_on", "", "1980-01-01"),
        (2, "C1", "first_name", "Niccolò", "Nicolò"),
        (2, "C1", "phone", "+393331234567", "+393337654321"),
        (2, "C1", "tax_code", "", "RSSNCL80A01H501X"),
    ]
    rossi.refresh_from_db()
    assert (rossi.display_name, rossi.title) == ("Nicolò Rossi", "Dott.")  # what the file does not hold stays
    phones = ContactPoint.objects.filter(customer=rossi, kind="phone").order_by("pk")
    assert list(phones.values_list("value", "is_primary")) == [("+393331234567", False), ("+393337654321", True)]
    assert [hit.id for hit in search("333 765 4321")] == [rossi.pk]


def test_what_was_typed_here_stays_as_long_as_nothing_changes_there(source) -> None:
    take_in(source, CLIENTI)
    rossi = Customer.objects.get(last_name="Rossi")
    customers.edit_customer(
        customer_id=rossi.pk, data=CustomerData(first_name="Niccolò", last_name="Rossi"), by=ROBOT, now=NOW
    )

    take_in(source, CLIENTI, way=Way.AGAIN)

    rossi.refresh_from_db()
    assert rossi.first_name == "Niccolò"


def test_a_mapping_says_who_decides_about_a_field(group) -> None:
    mapping = MAPPING.replace('"*" = "dms"', '"*" = "first"\ntax_code = "corsia"')
    source = source_of(group.root, mapping=mapping)
    take_in(source, CLIENTI.replace("RSSNCL80A01H501X", "").replace("nicolo@", "n.rossi@"))

    seen = take_in(source, CLIENTI.replace("Rossi", "Rossini"))

    rossi = Customer.objects.get(first_name="Nicolò")
    assert (rossi.last_name, rossi.tax_code) == ("Rossi", "RSSNCL80A01H501X")
    assert counts(seen) == (3, 0, 1, 2, 0)
    emails = ContactPoint.objects.filter(customer=rossi, kind="email").order_by("pk")
    assert list(emails.values_list("value", "is_primary")) == [
        ("n.rossi@example.it", True),
        ("nicolo@example.it", False),
    ]


def test_customers_we_have_are_recognised(source, group) -> None:
    same_code = person(group.root, "Nico Rossi", tax_code="RSSNCL80A01H501X")
    same_name = person(group.root, "Anna Bianchi", emails=["anna@example.it"])
    merged = company(group.root, "Trasporti Peru", vat_number="01234567897")
    survivor = company(group.root, "Trasporti Perù srl", vat_number="01234567897")
    customers.merge_customers(survivor_id=survivor.pk, absorbed_id=merged.pk, by=ROBOT, now=NOW)
    namesake = person(group.root, "Anna Bianchi", emails=["altra@example.it"])

    taken = take_in(source, CLIENTI)

    assert counts(taken) == (3, 0, 2, 1, 0)
    known = dict(ExternalRecord.objects.values_list("external_id", "local_id"))
    assert known == {"C1": same_code.pk, "C2": same_name.pk, "C3": survivor.pk}
    assert namesake.pk not in known.values()


def test_two_of_theirs_are_never_one_of_ours(source) -> None:
    """Their archive holds somebody twice: a person here decides, by a merge that can be taken back."""
    twice = CLIENTI + "C9;P;Rossi;Nicolò;;RSSNCL80A01H501X;;;;;;;;;\r\n"

    taken = take_in(source, twice)
    again = take_in(source, twice, way=Way.AGAIN)

    assert (counts(taken), counts(again)) == ((4, 4, 0, 0, 0), (4, 0, 0, 4, 0))
    assert Customer.objects.filter(tax_code="RSSNCL80A01H501X").count() == 2


def test_what_cannot_be_taken_in_is_left_out_and_can_be_sent_again(source) -> None:
    wrong = (
        CLIENTI
        + ";P;Senza;Numero;;;;;;;;;;;\r\n"  # no number
        + "C1;P;Ancora;Uno;;;;;;;;;;;\r\n"  # twice
        + "C5;X;Rossi;Ugo;;;;;;;;;;;\r\n"  # a code nobody knows
        + "C6;P;Verdi;Ada;;;;31/02/1990;=1+1@example.it;;;;;;\r\n"
        + "C7;P;;;;;;;;;;;;;\r\n"
        + "C8;P;Neri;Eva;;;;01/01/2027;;;;;;;\r\n"
    )

    taken = take_in(source, wrong)

    assert counts(taken) == (9, 3, 0, 0, 6)
    assert list(LeftOutRow.objects.order_by("number").values_list("number", "why", "column", "cell")) == [
        (5, "key_missing", "CODCLI", ""),
        (6, "key_twice", "CODCLI", "C1"),
        (7, "not_in_codes", "TIPO", "X"),
        (8, "unreadable", "NATO", "31/02/1990"),
        (9, "unnamed", "", ""),
        (10, "in_future", "born_on", "2027-01-01"),
    ]
    name, content = left_out_file(taken)
    assert b"'=1+1@example.it" in content  # no spreadsheet runs it
    corrected = content.decode("utf-8-sig").replace("31/02/1990", "28/02/1990").encode("utf-8-sig")

    again = take_in(source, corrected, name=name)

    assert counts(again) == (6, 1, 1, 0, 4)  # the second C1 stands alone in this file: it is somebody's word on C1
    assert Customer.objects.get(last_name="Verdi").born_on == date(1990, 2, 28)
    assert ContactPoint.objects.get(customer__last_name="Verdi").value == "=1+1@example.it"


def test_who_was_erased_stays_erased(source, group) -> None:
    take_in(source, CLIENTI)
    rossi = Customer.objects.get(last_name="Rossi")
    ask_erasure(customer_id=rossi.pk, reason=ErasureReason.REQUEST, by=ROBOT, now=NOW)

    seen = take_in(source, CLIENTI.replace("Via Roma 1", "Via Milano 3"))

    assert counts(seen) == (3, 0, 0, 2, 1)
    assert LeftOutRow.objects.get().why == "erased"


def every_row() -> dict[str, str]:
    """Return a digest of every table but the journal of deliveries and its jobs."""
    passed = ("dms_delivery", "procrastinate_jobs", "procrastinate_events")
    audit = AuditEntry.objects.exclude(object_kind="dms.delivery").count()
    found = contents(
        [name for name in connection.introspection.table_names() if name not in (*passed, "kernel_auditentry")]
    )
    return found | {"audit": str(audit)}
