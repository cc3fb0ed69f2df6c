"""Tables that come in: what is read of a file, and what is refused in a word."""

import io
import zipfile
from datetime import UTC, date, datetime

import pytest
import xlsxwriter

from corsia.kernel.sheets import (
    NotASheet,
    cells_of,
    digest_of,
    folded,
    instant_of,
    is_month_first,
    number_of,
    read_sheet,
    text_of,
)
from corsia.kernel.tables import xlsx_file


def read(content: bytes, **limits):
    return read_sheet(content, **{"max_bytes": 10_000_000, "max_lines": 1000} | limits)


@pytest.mark.parametrize(
    ("content", "encoding", "separator"),
    [
        ("Città;Voto\nForlì;9\n".encode("cp1252"), "cp1252", ";"),
        ("Città,Voto\r\nForlì,9\r\n\r\n".encode("utf-8-sig"), "utf-8", ","),
        ("Città\tVoto\nForlì\t9".encode("utf-16"), "utf-16", "\t"),
    ],
)
def test_any_spreadsheet_s_csv_is_read_without_loss(content, encoding, separator) -> None:
    sheet = read(content)

    assert (sheet.encoding, sheet.separator, sheet.header) == (encoding, separator, ("Città", "Voto"))
    assert sheet.lines == ((2, ("Forlì", "9")),)


def test_an_xlsx_is_read_as_it_is_seen() -> None:
    moment = datetime(2026, 3, 9, 18, 30, 5, tzinfo=UTC)
    content = xlsx_file(
        ["Giorno", "Quando", "Voto", "Media", "Testo", "Vuoto", "Sì"],
        [[date(2026, 3, 9), moment, 9, 7.5, "=1+1 è testo", None, True]],
        title="Risposte",
    )

    sheet = read(content)

    assert sheet.encoding == "xlsx"
    assert sheet.header == ("Giorno", "Quando", "Voto", "Media", "Testo", "Vuoto", "Sì")
    local = moment.astimezone(tz=None)
    number, cells = sheet.lines[0]
    assert (number, cells[0], cells[2:]) == (2, "2026-03-09", ("9", "7.5", "=1+1 è testo", "", "1"))
    assert cells[1].startswith("2026-03-09 ")
    assert cells[1].endswith(f":{local:%M:%S}")


def test_gaps_between_cells_and_rows_of_an_xlsx_stay_gaps() -> None:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["A", "B", "C"])
        sheet.write(3, 2, "c4")

    assert read(out.getvalue()).lines == ((2, ()), (3, ()), (4, ("", "", "c4")))


def an_xlsx_saying(rows: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("xl/workbook.xml", "<workbook/>")
        book.writestr("xl/worksheets/sheet1.xml", rows)
    return out.getvalue()


NS = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "empty"),
        (b"\n \n", "empty"),
        (b"\x89PNG\x00\x00", "binary"),
        (b"PK\x03\x04 not a book", "binary"),
        (an_xlsx_saying("<worksheet"), "binary"),
        (an_xlsx_saying('<!DOCTYPE a [<!ENTITY b "c">]><worksheet>&b;</worksheet>'), "binary"),
        (an_xlsx_saying(f'<worksheet {NS}><sheetData><row r="9000000"/></sheetData></worksheet>'), "too_long"),
        (an_xlsx_saying(f"<worksheet {NS}>" + " " * (65 * 1024 * 1024) + "</worksheet>"), "too_large"),
        (b"a\n" + b"1\n" * 1001, "too_long"),
        (b"a" * 10_000_001, "too_large"),
    ],
)
def test_what_is_no_table_is_refused_in_a_word(content, why) -> None:
    with pytest.raises(NotASheet) as refusal:
        read(content)

    assert refusal.value.why == why


@pytest.mark.parametrize(
    ("text", "month_first", "expected"),
    [
        ("09/03/2026", False, datetime(2026, 3, 9, 12, tzinfo=UTC)),
        ("3/9/2026 8:05:12", True, datetime(2026, 3, 9, 8, 5, 12, tzinfo=UTC)),
        ("2026-03-09T18:30", False, datetime(2026, 3, 9, 18, 30, tzinfo=UTC)),
        ("2026-03-09 18:30:01.402", True, datetime(2026, 3, 9, 18, 30, 1, tzinfo=UTC)),
        ("9.3.2026 12:10 am", False, datetime(2026, 3, 9, 0, 10, tzinfo=UTC)),
        ("31/02/2026", False, None),
        ("09/03/2026 25:00", False, None),
        ("ieri", False, None),
        ("", False, None),
    ],
)
def test_dates_as_people_write_them(text, month_first, expected) -> None:
    assert instant_of(text, UTC, month_first=month_first) == expected


def test_a_column_reads_month_first_only_where_it_must() -> None:
    assert is_month_first(["11/1/2019 8:51:12", "", "11/25/2019 9:00:00"])
    assert not is_month_first(["11/1/2019", "12/2/2019"])  # either way: as people here write
    assert not is_month_first(["25/11/2019", "11/25/2019"])


def test_names_numbers_and_lines() -> None:
    assert folded("  Città / SEDE (n.) ") == "citta sede n"
    assert [number_of(text) for text in ("8,5", "-1", "9.0", "1e3", "", "١")] == [8.5, -1.0, 9.0, None, None, None]
    line = ("a;b", 'c "d"', "")
    assert cells_of(text_of(line, separator=";"), separator=";") == line
    assert digest_of(("A  b", "C")) == digest_of(("a b", "c")) != digest_of(("a bc", ""))
