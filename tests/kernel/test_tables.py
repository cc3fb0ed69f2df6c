"""Tables that leave the product: nothing in them runs, and everything comes back as it was (F6)."""

import csv
import io
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal
from xml.etree import ElementTree  # reads only what we wrote ourselves

import pytest
from django.db import connection
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from corsia.kernel.tables import (
    DANGEROUS,
    Form,
    as_download,
    csv_file,
    form_of,
    guarded,
    guarded_sql,
    unguarded,
    xlsx_file,
)

HOSTILE = [
    "=HYPERLINK(\"http://example.org\";\"Clicca\")", "=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1+1", "\r=1+1", "\n=1+1",
    "＝1+1", "＋1+1", "－1+1", "＠SUM(A1)", "  =1+1", "\u00a0=1+1", "'=1+1", "=cmd|' /C calc'!A0",
    "-2+cmd|' /C calc'!A0",
]  # fmt: skip
KEPT = [
    "+39 030 1234567",
    "'ndrangheta",
    "L'auto",
    "12345678901234567890",
    "00743110157",
    "a;b",
    'dice "sì"',
    "riga\nriga",
]
_SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def csv_cells(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";"))


def xlsx_cells(content: bytes) -> list[list[tuple[str, str]]]:
    """Return type and value of each cell, as the file says them; "s" is a text, "n" a number, "b" yes or no."""
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        assert not [name for name in packed.namelist() if "externalLink" in name or "vba" in name.lower()]
        sheet, shared = (
            ElementTree.fromstring(packed.read(f"xl/{name}.xml"))  # noqa: S314
            for name in ("worksheets/sheet1", "sharedStrings")
        )
    texts = ["".join(part.text or "" for part in one.iter(f"{_SHEET}t")) for one in shared.iter(f"{_SHEET}si")]
    rows = []
    for row in sheet.iter(f"{_SHEET}row"):
        cells = []
        for cell in row.iter(f"{_SHEET}c"):
            assert cell.find(f"{_SHEET}f") is None, "a formula"
            kind, value = cell.get("t", "n"), cell.find(f"{_SHEET}v")
            cells.append((kind, texts[int(value.text)] if kind == "s" else value.text))
        rows.append(cells)
    return rows


@pytest.mark.parametrize("text", [*HOSTILE, *KEPT])
def test_no_cell_of_a_csv_begins_a_formula_and_each_comes_back(text):
    (head, (cell, number)) = csv_cells(csv_file(["=testa", "n"], [[text, -5]]))

    assert head[0] == "'=testa"
    assert not cell.lstrip().startswith(tuple("=+-@＝＋－＠"))
    assert not cell.startswith(("\t", "\r", "\n"))
    assert unguarded(cell) == text
    assert number == "-5"  # numbers of ours stay numbers


@pytest.mark.parametrize("text", [*HOSTILE, *KEPT])
def test_in_an_xlsx_every_text_is_a_text(text):
    header, ((kind, value), (_kind, number)) = xlsx_cells(xlsx_file(["=testa", "n"], [[text, -5]], title="=1+1"))

    assert header[0] == ("s", "=testa")
    assert kind == "s"
    assert value.replace("_x000D_", "\r") == text
    assert number == "-5"


@given(st.text(max_size=40))
def test_guarding_is_taken_back_exactly(text):
    assert unguarded(guarded(text)) == text


def test_figures_days_and_instants_are_written_as_people_read_them():
    at = datetime(2026, 3, 10, 11, 30, tzinfo=UTC)
    row = [1.5, Decimal("2.25"), float("nan"), True, None, date(2026, 3, 10), at, 10**16]

    (_head, written) = csv_cells(csv_file([str(n) for n in range(8)], [row]))
    (_head2, cells) = xlsx_cells(xlsx_file([str(n) for n in range(8)], [row], title="a/b:c"))

    assert written == ["1,5", "2,25", "", "1", "", "10/03/2026", "10/03/2026 12:30", str(10**16)]
    assert [kind for kind, _value in cells] == ["n", "n", "b", "n", "n", "s"]
    assert cells[-1] == ("s", str(10**16))


def test_a_download_is_named_after_what_it_holds_and_the_day():
    answer = as_download(Form.CSV, name="Recupero: è\r\nX: y", header=["a"], rows=[["=1"]], on=date(2026, 3, 10))

    assert answer.headers["Content-Disposition"] == 'attachment; filename="recupero-e-x-y-2026-03-10.csv"'
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert (form_of("xlsx"), form_of("../x"), form_of(None)) == (Form.XLSX, Form.CSV, Form.CSV)


@pytest.mark.django_db
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=12).filter(lambda text: "\x00" not in text and text.isprintable() | text.isspace()))
@example(text="\u00a0=1+1")
@example(text="\u3000＝1")
@example(text="'quoted")
@example(text="\n")
@example(text="-")
@example(text="a=b")
def test_the_database_guards_texts_as_python_does(text) -> None:
    with connection.cursor() as cursor:
        statement = f"SELECT {guarded_sql('t')} FROM (SELECT %(text)s::text AS t) x"
        cursor.execute(statement, {"text": text, "dangerous": DANGEROUS})
        assert cursor.fetchone()[0] == guarded(text)
