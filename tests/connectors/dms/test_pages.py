"""The pages: a source is made, its mapping written, a file looked at, taken in, and what was left out handed back."""

from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.utils import translation

from corsia.connectors.dms.models import Delivery, MappingVersion, Source
from corsia.connectors.dms.services import processing
from corsia.connectors.dms.vocabulary import DeliveryState
from corsia.customers.models import Customer
from corsia.kernel import scope
from corsia.organisation.vocabulary import Role
from tests.connectors.dms.files import CLIENTI, EXAMPLES, MAPPING, counts, deliver, source_of, take_in
from tests.factories.organisation import person_in, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager(group):
    return signed_in(person_in(group.root, Role.CARE_MANAGER, language="en"))


def work_on(delivery: Delivery) -> None:
    with scope.system("test"):
        processing.process(delivery_id=delivery.pk, now=datetime.now(tz=UTC))


def test_from_an_empty_page_to_customers(manager, group) -> None:
    assert b"New source" in manager.get("/dms/").content
    data = {
        "name": "Officina",
        "unit": group.root.pk,
        "facts_since": "2026-03-01",
        "most_left_out_pct": 5,
        "sftp_port": 22,
    }
    made = manager.post("/dms/new/", data)
    source = Source.unscoped.get()
    assert made["Location"] == f"/dms/sources/{source.pk}/"
    assert source.facts_since == datetime(2026, 2, 28, 23, tzinfo=UTC)  # midnight in Rome

    wrong = manager.post(f"/dms/sources/{source.pk}/mapping/", {"text": MAPPING.replace('"COGNOME"', "7")})
    assert wrong.status_code == 422
    assert not MappingVersion.unscoped.exists()
    assert manager.post(f"/dms/sources/{source.pk}/mapping/", {"text": MAPPING}).status_code == 302

    content = (CLIENTI + ";P;Senza;Numero;;;;;;;;;;;\r\n").encode("cp1252")
    sent = manager.post(f"/dms/sources/{source.pk}/files/", {"file": SimpleUploadedFile("../clienti.csv", content)})
    delivery = Delivery.unscoped.get()
    assert sent["Location"] == f"/dms/deliveries/{delivery.pk}/"
    assert b"being looked at" in manager.get(sent["Location"]).content
    work_on(delivery)
    page = manager.get(sent["Location"]).content.decode()
    assert "Take in 3 rows" in page
    assert "It has no number of its own: CODCLI" in page
    assert not Customer.unscoped.exists()

    manager.post(f"/dms/deliveries/{delivery.pk}/confirm/")
    work_on(delivery)
    assert Customer.unscoped.count() == 3
    assert b"Taken in on" in manager.get(sent["Location"]).content
    left_out = manager.get(f"/dms/deliveries/{delivery.pk}/left-out/")
    assert left_out["Content-Disposition"] == 'attachment; filename="clienti-left-out.csv"'
    assert "Senza;Numero" in left_out.content.decode("utf-8-sig")
    assert manager.post(f"/dms/deliveries/{delivery.pk}/confirm/").status_code == 409


def test_a_mapping_that_is_written_shows_what_it_would_read(manager, group) -> None:
    with scope.system("test"):
        source = source_of(group.root)
        deliver(source, CLIENTI)

    seen = manager.post(f"/dms/sources/{source.pk}/mapping/look/", {"text": MAPPING}).content.decode()
    wrong = manager.post(f"/dms/sources/{source.pk}/mapping/look/", {"text": "[[tables]]\ntarget = 7"}).content.decode()

    assert "Nicolò" in seen
    assert "Trasporti Perù S.r.l." in seen
    assert "line 2" in wrong
    assert MappingVersion.unscoped.count() == 1


def test_a_branch_sees_nothing_of_another(group) -> None:
    with scope.system("test"):
        source = source_of(group.verona)
        delivery = deliver(source, CLIENTI)
    stranger = signed_in(person_in(group.brescia, Role.BRANCH_MANAGER))
    agent = signed_in(person_in(group.verona, Role.AGENT))

    assert stranger.get(f"/dms/sources/{source.pk}/").status_code == 404
    assert stranger.get(f"/dms/deliveries/{delivery.pk}/").status_code == 404
    assert stranger.post(f"/dms/deliveries/{delivery.pk}/confirm/").status_code == 404
    assert agent.get("/dms/").status_code == 403


def test_lists_ask_the_database_the_same_for_any_number(manager, group, django_assert_max_num_queries) -> None:
    with scope.system("test"):
        for number in range(6):
            deliver(source_of(group.root, name=f"S{number}"), CLIENTI)

    with django_assert_max_num_queries(22):
        manager.get("/dms/")


def test_the_console_says_what_a_file_would_do(group, tmp_path: Path) -> None:
    path = tmp_path / "clienti.csv"
    path.write_bytes((CLIENTI + "C9;X;;;;;;;;;;;;;\r\n").encode("cp1252"))
    out = StringIO()

    with translation.override("en"):
        call_command("dms-check", str(EXAMPLES / "officina.toml"), str(path), stdout=out)

    assert out.getvalue().splitlines() == [
        "       5  C9               The mapping does not know this code: TIPO “X”",
        "4 rows: 3 new, 0 changed, 0 unchanged, 1 left out",
    ]
    assert not Customer.unscoped.exists()
    (tmp_path / "wrong.toml").write_text("[[tables]]\ntarget = 7\n")
    with pytest.raises(CommandError, match=r"wrong\.toml:2"):
        call_command("dms-check", str(tmp_path / "wrong.toml"), str(path), stdout=out)


def test_a_file_is_only_put_aside_before_it_is_taken_in(manager, group) -> None:
    with scope.system("test"):
        source = source_of(group.root)
        waiting = deliver(source, CLIENTI)
        taken = take_in(source, CLIENTI + "C4;P;Neri;Eva;;;;;;;;;;;\r\n")

    assert manager.post(f"/dms/deliveries/{waiting.pk}/discard/").status_code == 302
    assert manager.post(f"/dms/deliveries/{taken.pk}/discard/").status_code == 409
    waiting.refresh_from_db()
    assert (waiting.state, counts(taken)) == (DeliveryState.DISCARDED, (4, 4, 0, 0, 0))
