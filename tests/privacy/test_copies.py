"""The copy of a customer's data: all of it, nobody else's, once."""

import io
import json
import zipfile
from datetime import timedelta

import pytest

from corsia.kernel import scope
from corsia.kernel.errors import NotFound
from corsia.kernel.models import Blob
from corsia.organisation.actors import actor_of
from corsia.privacy import services
from corsia.privacy.models import Export
from corsia.privacy.queries.copy import sections
from corsia.privacy.queries.rows import subject_of
from corsia.privacy.vocabulary import ErasureReason
from tests.factories.organisation import TODAY
from tests.privacy.world import Place, Somebody, a_place, plate_of, somebody

pytestmark = pytest.mark.django_db


@pytest.fixture
def place(group, now) -> Place:
    return a_place(group, now=now)


@pytest.fixture
def zorbax(place, now) -> Somebody:
    return somebody(place, "ZORBAX", now=now)


def made(place: Place, one: Somebody, *, now) -> Export:
    with scope.system("test"):
        export = services.ask_export(customer_id=one.customer.pk, by=place.boss, now=now)
        services.run_export(export_id=export.pk, now=now)
        export.refresh_from_db()
    return export


def unpacked(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as zipped:
        return {name: zipped.read(name) for name in zipped.namelist()}


def test_it_has_everything_that_was_said_and_the_files(place: Place, zorbax: Somebody, now) -> None:
    export = made(place, zorbax, now=now)
    with scope.system("test"):
        files = unpacked(services.take_export(export_id=export.pk, by=place.boss, now=now))

    machine = json.loads(files["data.json"])
    data = machine["data"]
    assert data["customers.Customer"][0]["first_name"] == "ZORBAX"
    assert {row["value"] for row in data["customers.ContactPoint"]} >= {"zorbax@example.com"}
    assert data["vehicles.Vehicle"][0]["plate"] == plate_of("ZORBAX")
    assert data["cases.Case"][0]["remedy"] == "ZORBAX remedy"
    assert data["listening.Response"][0] | {"text": "ZORBAX unhappy", "score": 3} == data["listening.Response"][0]
    assert {"ZORBAX wrote this", "Dear ZORBAX", "ZORBAX is angry"} <= {
        row["text"].splitlines()[0] for row in data["messaging.Message"]
    }
    assert [content for name, content in files.items() if name.startswith("files/")] == [b"ZORBAX file"]
    assert [content for name, content in files.items() if name.startswith("mail/")] != []
    page = next(content for name, content in files.items() if name.endswith(".html")).decode()
    assert "ZORBAX wrote this" in page
    assert "<script" not in page


def test_it_has_nothing_of_anybody_else(place: Place, zorbax: Somebody, now) -> None:
    somebody(place, "QUILLMONK", now=now)
    export = made(place, zorbax, now=now)
    with scope.system("test"):
        files = unpacked(services.take_export(export_id=export.pk, by=place.boss, now=now))

    everything = b"".join(files.values()).lower()
    assert b"quillmonk" not in everything
    # People who work here are in it as writers of messages only, never with what the group keeps about them.
    assert place.agent.email.encode() not in everything
    assert place.manager.email.encode() not in everything


def test_it_is_handed_out_once_and_to_nobody_else(place: Place, zorbax: Somebody, now) -> None:
    export = made(place, zorbax, now=now)
    blob_id = export.blob_id
    stranger = actor_of(place.agent, today=TODAY)

    with scope.system("test"):
        with pytest.raises(NotFound):
            services.take_export(export_id=export.pk, by=stranger, now=now)
        assert services.take_export(export_id=export.pk, by=place.boss, now=now)
        with pytest.raises(services.CopyGone):
            services.take_export(export_id=export.pk, by=place.boss, now=now)
    assert not Blob.objects.filter(pk=blob_id).exists()


@pytest.mark.parametrize(("days", "is_there"), [(6, True), (7, False)])
def test_it_ends_after_seven_days(place: Place, zorbax: Somebody, now, days, is_there) -> None:
    export = made(place, zorbax, now=now)
    later = now + timedelta(days=days)

    with scope.system("test"):
        assert services.drop_old_exports(now=later) == (0 if is_there else 1)
        if is_there:
            assert services.take_export(export_id=export.pk, by=place.boss, now=later)
        else:
            with pytest.raises(services.CopyGone):
                services.take_export(export_id=export.pk, by=place.boss, now=later)
    assert Blob.objects.filter(pk=export.blob_id).exists() is False


def test_after_an_erasure_a_copy_is_empty(place: Place, zorbax: Somebody, now) -> None:
    ready = made(place, zorbax, now=now)
    with scope.system("test"):
        assert list(sections(subject_of([zorbax.customer.pk])))
        erasure = services.ask_erasure(
            customer_id=zorbax.customer.pk, reason=ErasureReason.REQUEST, by=place.boss, now=now
        )
        services.run_erasure(erasure_id=erasure.pk, now=now)

        assert list(sections(subject_of([zorbax.customer.pk]))) == []
        # A copy that waits for its download would bring it all back.
        with pytest.raises(services.CopyGone):
            services.take_export(export_id=ready.pk, by=place.boss, now=now)


def test_every_telling_field_of_a_customer_is_in_some_copy() -> None:
    """What is left out of the copy repeats what is in it."""
    from corsia.kernel.privacy import TABLES, Whose
    from corsia.privacy.queries.copy import _LEFT_OUT

    missing = [
        f"{table.model}.{name}"
        for label, table in TABLES.items()
        for name, one in table.personal.items()
        if one.is_telling and one.whose is Whose.CUSTOMER and table.rows is None and label not in _LEFT_OUT
    ]
    assert missing == [
        "kernel.AuditEntry.data", "kernel.Blob.sha256", "kernel.Blob.content", "vehicles.Vehicle.vin",
        "vehicles.Vehicle.plate", "vehicles.VehicleRecall.vin", "listening.AnswerFile.content",
        "listening.LeftOutLine.text", "listening.LeftOutLine.cell", "listening.IntegrityFlag.note",
        "dms.Delivery.content", "dms.LeftOutRow.cells", "dms.LeftOutRow.cell",
    ]  # fmt: skip
