"""Lists of the catalogue and of parts: every line is seen first, twice changes nothing, what goes out comes in."""

from datetime import UTC, datetime
from decimal import Decimal
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from corsia.kernel.errors import NotAllowed
from corsia.kernel.sheets import read_sheet
from corsia.kernel.tables import csv_file, xlsx_file
from corsia.organisation.vocabulary import Role
from corsia.workshop.models import Job, JobPart, ListFile, Package, Part, PartMovement, RefusedLine
from corsia.workshop.queries.keeping import job_data, package_data
from corsia.workshop.queries.list_rows import header_of, rows_of
from corsia.workshop.queries.lists import plan, sheet_of
from corsia.workshop.rules.catalogue import FitData, PartData, StepData
from corsia.workshop.rules.lists import cents_of, quantity_of
from corsia.workshop.services import lists
from corsia.workshop.services.lists import ListOver, ListUnreadable, NothingToTake
from tests.factories.cases import ROBOT
from tests.factories.organisation import actor_in, person_in, signed_in, small_group
from tests.factories.workshop import BRAKES, SERVICE, TYRES, Shop, shop_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("everything")]

NOW = datetime(2026, 3, 10, 7, 0, tzinfo=UTC)
AT = {"by": ROBOT, "now": NOW}
ITALIAN = (
    "Codice;Descrizione;Gruppo;Prezzo manodopera;Competenza;Livello;Postazione;Minuti;Codice ricambio;Ricambio;"
    "Quantità;Prezzo ricambio;Marca\r\n"
    "FRIZ;Frizione però difficile;Guasto e riparazione;1.250,50;engine;2;Ponte;240;KF;Kit frizione;1;245,00;Fiat\r\n"
    ";;;;diagnosis;1;Postazione diagnosi;30;VITE;Vite;2,5;0,35;Lancia\r\n"
    f"{TYRES};Lavoro GOMME;Pneumatici;120,00;;1;Ponte;45;;;;;\r\n"
    f"{BRAKES};Lavoro FRENI;Guasto e riparazione;99,9;engine;1;Ponte;60;;;;;\r\n"
    "STRANO;Senza gruppo;Cose varie;10;;1;Ponte;30;;;;;\r\n"
    ";;;;;;;;;;;;\r\n"
    "CARO;Prezzo ambiguo;Pneumatici;1.250;;1;Ponte;30;;;;;\r\n"
).encode("cp1252")


@pytest.fixture
def shop() -> Shop:
    return shop_of(small_group())


@pytest.fixture
def root(shop: Shop) -> int:
    return shop.unit.parent.parent.pk


def kept(unit_id: int, content: bytes, kind: str = "jobs") -> ListFile:
    return lists.keep_list(kind=kind, unit_id=unit_id, file_name="lista.csv", content=content, **AT)


def counts(one: ListFile) -> tuple[int, int, int, int]:
    return one.added, one.changed, one.unchanged, one.refused


def test_a_list_from_windows_is_looked_at_line_by_line_then_taken_in_once(root: int) -> None:
    file = kept(root, ITALIAN)

    assert (counts(file), file.encoding) == ((1, 1, 1, 2), "cp1252")
    planned = {one.code: one for one in plan(file, sheet_of(file).lines)}
    assert [(code, one.numbers, one.state) for code, one in planned.items()] == [
        ("FRIZ", (2, 3), "new"),
        (TYRES, (4,), "same"),
        (BRAKES, (5,), "changed"),
        ("STRANO", (6,), "refused"),
        ("CARO", (8,), "refused"),
    ]
    assert [(was.split()[0], now.split()[0]) for _label, was, now in planned[BRAKES].changes] == [("120,00", "99,90")]
    assert not Job.objects.filter(code="FRIZ").exists()

    lists.take_in(file_id=file.pk, **AT)

    job = Job.objects.get(code="FRIZ")
    data = job_data([job.pk])[job.pk]
    assert (data.name_it, data.group, data.price_cents) == ("Frizione però difficile", "repair", 125_050)
    assert data.steps == (
        StepData(skill="engine", level=2, bay_kind="lift", minutes=240),
        StepData(skill="diagnosis", level=1, bay_kind="diagnosis", minutes=30),
    )
    assert data.parts == (
        PartData(code="KF", name="Kit frizione", quantity=Decimal(1), price_cents=24_500),
        PartData(code="VITE", name="Vite", quantity=Decimal("2.5"), price_cents=35),
    )
    assert data.fits == (FitData(make="Fiat"), FitData(make="Lancia"))
    assert Job.objects.get(code=BRAKES).price_cents == 9_990
    with pytest.raises(ListOver):
        lists.take_in(file_id=file.pk, **AT)
    again = kept(root, ITALIAN)
    assert counts(again) == (0, 0, 3, 2)
    with pytest.raises(NothingToTake):
        lists.take_in(file_id=again.pk, **AT)
    assert list(RefusedLine.objects.filter(file=file).order_by("number").values_list("number", flat=True)) == [6, 8]


@pytest.mark.parametrize("language", ["it", "en"])
@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_what_goes_out_comes_in_again_and_changes_nothing(shop: Shop, root: int, language: str, form: str) -> None:
    lists.take_in(file_id=kept(root, ITALIAN).pk, **AT)
    JobPart.unscoped.create(job=shop.jobs[SERVICE], code="=OLIO", name="Olio; 5W-30", quantity="4.25", price_cents=1)
    kept_part = Part.objects.create(unit=shop.unit, code="A 1", name="Filtro", on_hand="2.50", order_days=3)

    def out(kind: str, unit_id: int) -> bytes:
        header, rows = header_of(kind, language=language), rows_of(kind, unit_id, language=language)
        return csv_file(header, rows) if form == "csv" else xlsx_file(header, rows, title="x")

    jobs, packages, stock = out("jobs", root), out("packages", root), out("stock", shop.unit.pk)
    assert counts(kept(root, jobs)) == (0, 0, 6, 0)
    assert counts(kept(root, packages, "packages")) == (0, 0, 1, 0)
    assert counts(kept(shop.unit.pk, stock, "stock")) == (0, 0, 1, 0)

    before = {one.code: one for one in job_data(Job.objects.values_list("pk", flat=True)).values()}
    bundle = package_data([shop.package.pk])[shop.package.pk]
    Package.objects.all().delete()
    Job.objects.all().delete()
    kept_part.delete()
    for content, kind, unit_id in ((jobs, "jobs", root), (packages, "packages", root), (stock, "stock", shop.unit.pk)):
        lists.take_in(file_id=kept(unit_id, content, kind).pk, **AT)

    assert {one.code: one for one in job_data(Job.objects.values_list("pk", flat=True)).values()} == before
    assert package_data([Package.objects.get().pk]).popitem()[1] == bundle
    part = Part.objects.get()
    assert (part.code, part.name, part.on_hand, part.order_days) == ("A 1", "Filtro", Decimal("2.5"), 3)
    assert PartMovement.objects.get().kind == "imported" or PartMovement.objects.get().kind == "counted"


def test_columns_are_told_once_and_remembered(root: int) -> None:
    foreign = b"Nr;Was;Preis\r\nTAG30;Lavoro TAG30;150,00\r\n"
    file = kept(root, foreign)
    assert counts(file) == (0, 0, 0, 1)

    told = lists.tell_columns(file_id=file.pk, columns=["code", "name_it", "price"], **AT)
    assert counts(told) == (0, 1, 0, 0)
    lists.take_in(file_id=file.pk, **AT)

    job = Job.objects.get(code=SERVICE)
    assert (job.price_cents, job.steps.count()) == (15_000, 1)  # columns that are missing leave what is there
    assert counts(kept(root, foreign)) == (0, 0, 1, 0)


def test_stock_is_set_by_movements_and_other_parts_stay(shop: Shop) -> None:
    Part.objects.create(unit=shop.unit, code="RESTA", name="Resta", on_hand=7)
    content = "Codice;Descrizione;Giacenza\r\nFO-101;Filtro olio;12,5\r\nX;;3\r\n".encode("cp1252")
    lists.take_in(file_id=kept(shop.unit.pk, content, "stock").pk, **AT)
    lists.take_in(file_id=kept(shop.unit.pk, content.replace(b"12,5", b"10"), "stock").pk, **AT)

    assert dict(Part.objects.values_list("code", "on_hand")) == {"RESTA": 7, "FO-101": 10}
    moves = PartMovement.objects.order_by("pk").values_list("kind", "quantity")
    assert list(moves) == [("counted", Decimal("12.5")), ("imported", Decimal("-2.5"))]


def test_the_pages_load_a_list_and_hand_out_what_was_refused(shop: Shop, root: int) -> None:
    client = signed_in(person_in(shop.unit.parent.parent, Role.BRANCH_MANAGER))
    sent = client.post(
        "/workshop/catalogue/lists/",
        {"kind": "jobs", "unit": root, "file": SimpleUploadedFile("tempario.csv", ITALIAN)},
    )
    file = ListFile.objects.get()
    page = client.get(sent["Location"]).content.decode()
    assert "<del>" in page
    assert client.post(f"/workshop/catalogue/lists/{file.pk}/take-in/").status_code == 302
    refused = client.get(f"/workshop/catalogue/lists/{file.pk}/refused/").content

    sheet = read_sheet(refused, max_bytes=10_000, max_lines=10)
    assert [cells[0] for _number, cells in sheet.lines] == ["STRANO", "CARO"]
    assert sheet.lines[1][1][-2] == "8"
    template = client.get("/workshop/catalogue/lists/export/", {"kind": "jobs", "unit": root, "empty": "1"}).content
    assert len(read_sheet(template, max_bytes=10_000, max_lines=10).header) == 18
    empty = client.post("/workshop/catalogue/lists/", {"kind": "jobs", "unit": root, "file": BytesIO(b"")})
    assert empty.status_code == 422


def test_a_warehouse_loads_stock_and_no_jobs(shop: Shop) -> None:
    keeper = actor_in(shop.unit, Role.WAREHOUSE)
    stock = b"Codice;Descrizione;Giacenza\r\nA;Filtro;1\r\n"
    lists.keep_list(kind="stock", unit_id=shop.unit.pk, file_name="x", content=stock, by=keeper, now=NOW)

    with pytest.raises(NotAllowed):
        lists.keep_list(kind="jobs", unit_id=shop.unit.pk, file_name="x", content=ITALIAN, by=keeper, now=NOW)
    with pytest.raises(ListUnreadable):
        lists.keep_list(kind="stock", unit_id=shop.unit.pk, file_name="x", content=b"\x00\x01", by=keeper, now=NOW)


@pytest.mark.parametrize(
    ("text", "cents"),
    [
        ("99", 9_900), ("99,9", 9_990), ("99.90 €", 9_990), ("1.250,00", 125_000), ("1 250,5", 125_050),
        ("12.345.678,90", 1_234_567_890), ("1.250", None), ("1,2345", None), ("-5", None), ("gratis", None), ("", None),
    ],
)  # fmt: skip
def test_amounts_are_read_as_they_are_written_and_never_guessed(text: str, cents: int | None) -> None:
    assert cents_of(text) == cents


def test_quantities_have_two_decimals() -> None:
    assert [quantity_of(text) for text in ("4", "2,5", "0.25", "1e3", "2,555")] == [
        Decimal(4),
        Decimal("2.5"),
        Decimal("0.25"),
        None,
        None,
    ]
