"""Files of four kinds, read record by record; and files that want to do harm."""

import zipfile
from io import BytesIO

import pytest

from corsia.connectors.dms.examples import example
from corsia.connectors.dms.rules import records as reading
from corsia.connectors.dms.rules.mapping import Mapping, read_mapping
from corsia.connectors.dms.rules.records import FileUnreadable, records
from corsia.connectors.dms.rules.rows import Fault, Plan
from corsia.kernel.tables import xlsx_file

XML = b"""<?xml version="1.0" encoding="UTF-8"?>
<export xmlns="urn:dms"><header><date>2026-03-10</date></header>
<customers>
 <customer id="C1" type="private"><name>Rossi, Mario</name><fiscal><code>X</code></fiscal>
  <contacts><phone>030 1</phone><mobile>333 2</mobile></contacts>
  <vehicle id="V1"><vin>ZFA1</vin><plate>AB123CD</plate><make>Fiat</make></vehicle>
  <vehicle id="V2"><plate>EF456GH</plate></vehicle></customer>
 <customer id="C2" type="internal"><name>Noi</name></customer>
</customers>
<orders><order id="O1"><customer>C1</customer><vehicle>V1</vehicle><status>90</status><opened>2026-03-01</opened>
 <closed>2026-03-02</closed><lines><line n="1" kind="L" hours="1.5" cents="12000">Tagliando</line>
 <line n="2" kind="P" qty="4.5" cents="3000">Olio &amp; filtro</line></lines></order></orders></export>"""
JSON = b"""{"export": {"orders": [{"id": 7, "open": true, "lines": [{"n": 1, "text": "A"}, {"n": 2, "text": null}]},
 {"id": 8, "lines": []}]}}"""


def mapping_of(kind: str, table: str, **form: str) -> Mapping:
    told = "".join(f'{name} = "{value}"\n' for name, value in form.items())
    return read_mapping(f'[format]\nkind = "{kind}"\n{told}[[tables]]\n{table}')


def read(content: bytes, mapping: Mapping, place: int = 0) -> list[object]:
    plan = Plan(mapping, mapping.tables[place])
    found = records(content, mapping.format, mapping.tables[place], place=place)
    return [(plan.key_of(cells), plan.values_of(cells)) for _number, cells in found if plan.concerns(cells)]


CUSTOMERS = 'target = "customers"\nkey = "ID"\n[tables.fields]\nlast_name = "NOME"\n'


def test_an_xml_holds_customers_with_their_vehicles_and_orders_with_their_lines() -> None:
    mapping = read_mapping(example("gestionale"))

    assert read(XML, mapping, 0) == [
        ("C1", {"last_name": "Rossi", "first_name": "Mario", "tax_code": "X", "phone": "333 2"})
    ]
    assert read(XML, mapping, 1) == [
        ("V1", {"owner": "C1", "vin": "ZFA1", "plate": "AB123CD", "make": "Fiat"}),
        ("V2", {"owner": "C1", "plate": "EF456GH"}),
    ]
    [(key, order)] = read(XML, mapping, 2)
    assert (key, order["stage"], order["customer"], order["unit"]) == ("O1", "closed", "C1", "officina")
    lines = read(XML, mapping, 3)
    assert [(key, one["order"], one["text"], one.get("minutes"), one["price_cents"]) for key, one in lines] == [
        ("O1|1", "O1", "Tagliando", 90, 12_000),
        ("O1|2", "O1", "Olio & filtro", None, 3_000),
    ]


def test_a_json_is_walked_through_its_lists() -> None:
    table = (
        'target = "lines"\nrecords = "export/orders/lines"\nkey = ["../id", "n"]\n[tables.fields]\norder = "../id"\n'
        'text = "text"\nkind = {value = "part"}\nis_extra = "../open"\n'
    )

    assert read(JSON, mapping_of("json", table)) == [
        ("7|1", {"order": "7", "text": "A", "kind": "part", "is_extra": True}),
        ("7|2", Fault(*("needed", "text"))),
    ]


def test_an_xlsx_is_read_as_text() -> None:
    content = xlsx_file(["ID", "NOME"], [["0042", "Nicolò"], [7, "=1+1"]], title="x")

    assert read(content, mapping_of("xlsx", CUSTOMERS)) == [
        ("0042", {"last_name": "Nicolò"}), ("7", {"last_name": "=1+1"}),
    ]  # fmt: skip


def test_an_encoding_is_the_one_that_the_mapping_names() -> None:
    windows = mapping_of("csv", CUSTOMERS, encoding="windows-1252")

    assert read("ID;NOME\r\n1;Nicolò €\r\n".encode("cp1252"), windows) == [("1", {"last_name": "Nicolò €"})]
    with pytest.raises(FileUnreadable, match="encoding 0xf2"):
        read("ID;NOME\r\n1;Nicolò\r\n".encode("cp1252"), mapping_of("csv", CUSTOMERS))
    utf8 = "\ufeffID;NOME\r\n1;Nicolò\r\n".encode()
    assert read(utf8, mapping_of("csv", CUSTOMERS)) == [("1", {"last_name": "Nicolò"})]


def test_lines_short_long_empty_and_quoted() -> None:
    content = b'ID;NOME;X\r\n\r\n1;"a;b\r\nc";;\r\n;;\r\n2\r\n3;d;e;f;g\r\n'

    found = records(content, mapping_of("csv", CUSTOMERS).format, mapping_of("csv", CUSTOMERS).tables[0], place=0)

    assert [(number, cells.get("ID"), cells.get("NOME")) for number, cells in found] == [
        (3, "1", "a;b\r\nc"), (5, "2", None), (6, "3", "d"),
    ]  # fmt: skip


BILLION_LAUGHS = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;">]>
<export><customers><customer id="1"><name>&b;</name></customer></customers></export>"""
OUTSIDE = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>
<export><customers><customer id="1"><name>&f;</name></customer></customers></export>"""


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (BILLION_LAUGHS, "xml"),
        (OUTSIDE, "xml"),
        (b"<export>" + b"<a>" * 100 + b"</a>" * 100 + b"</export>", "nested"),
        (b"<export><customers>", "xml"),
        (b"\x00\x01\x02", "xml"),
        (b"", "xml"),
    ],
)
def test_a_hostile_xml_is_refused(content: bytes, why: str) -> None:
    with pytest.raises(FileUnreadable) as caught:
        read(content, read_mapping(example("gestionale")), 0)
    assert caught.value.why == why


@pytest.mark.parametrize("content", [b"[" * 100_000, b"{", b'{"a": "\xff"}', b""])
def test_a_hostile_json_is_refused(content: bytes) -> None:
    table = 'target = "customers"\nrecords = "a"\nkey = "ID"\n[tables.fields]\nlast_name = "NOME"\n'
    with pytest.raises(FileUnreadable, match="json"):
        read(content, mapping_of("json", table))


def test_a_bomb_in_an_xlsx_is_not_unpacked() -> None:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("xl/workbook.xml", "<workbook/>")
        book.writestr("xl/worksheets/sheet1.xml", b"<worksheet>" + b" " * (70 * 1024 * 1024))

    with pytest.raises(FileUnreadable, match="too_large"):
        read(packed.getvalue(), mapping_of("xlsx", CUSTOMERS))


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"ID;COGNOME\r\n1;a\r\n", "column"),
        (b"ID,NOME\r\n1,a\r\n", "column"),
        (b";".join([b"x"] * 500), "columns"),
        (b'ID;NOME\r\n1;"' + b"a" * (reading.LARGEST_CELL + 1) + b'"\r\n', "csv"),
        (b"", "empty"),
    ],
)
def test_a_csv_that_is_another_one_is_refused(content: bytes, why: str) -> None:
    with pytest.raises(FileUnreadable) as caught:
        read(content, mapping_of("csv", CUSTOMERS))
    assert caught.value.why == why
