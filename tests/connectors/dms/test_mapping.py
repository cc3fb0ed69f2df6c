"""Mapping files: what they may say, and how what is wrong is named with its line."""

import pytest
from django.utils import translation

from corsia.connectors.dms.examples import EXAMPLES, example
from corsia.connectors.dms.rules.mapping import MappingUnusable, read_mapping
from corsia.connectors.dms.vocabulary import Target


def problems(text: str) -> list[tuple[int, str]]:
    with pytest.raises(MappingUnusable) as caught:
        read_mapping(text)
    return [(one.line, one.words) for one in caught.value.problems]


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_examples_can_be_used(name: str) -> None:
    assert read_mapping(example(name)).tables


def test_a_mapping_is_read_as_it_is_written() -> None:
    mapping = read_mapping(example("officina"))

    assert (mapping.name, mapping.format.encoding, mapping.format.decimal) == ("Officina", "windows-1252", ",")
    assert [one.target for one in mapping.tables] == ["customers", "vehicles", "orders", "lines"]
    assert [one.target for one in mapping.tables_of("RIGHE_20260310.CSV")] == [Target.LINES]
    assert mapping.tables_of("altro.csv") == ()
    assert mapping.tables[0].master == {"*": "dms", "email": "corsia"}
    assert mapping.codes["branches"]["01"] == "bellandi-brescia-officina"


def test_everything_that_is_wrong_is_named_with_its_line() -> None:
    text = """name = "X"
colour = "red"
[format]
kind = "dbf"
delimiter = ";;"
encoding = "latin-99"
decimal = "."
thousands = "."
time_zone = "Rome"
[codes.kinds]
P = "human"
[[tables]]
target = "customers"
files = "a.csv"
[tables.fields]
kind = { column = "TIPO", codes = "kinds" }
last_nam = "COGNOME"
first_name = { column = "NOME", do = ["run"] }
email = { column = "E", codes = "unknown" }
language = { value = "de" }
[[tables]]
target = "bills"
[[tables]]
target = "lines"
key = "K"
[tables.fields]
text = "T"
[tables.master]
text = "me"
"""

    with translation.override("en"):
        found = problems(text)

    assert [(line, words.split("”")[0]) for line, words in found] == [
        (2, "“colour"),
        (4, "“dbf"),
        (5, "“delimiter"),
        (6, "“latin-99"),
        (8, "Decimals and thousands cannot have the same sign."),
        (9, "“Rome"),
        (12, "Say by “key"),
        (16, "“kind"),
        (17, "“last_nam"),
        (18, "“run"),
        (19, "There is no code table “unknown"),
        (20, "“language"),
        (22, "“bills"),
        (26, "Lines of work orders need “order"),
        (26, "Lines of work orders need “kind"),
        (29, "“me"),
    ]
    assert "Allowed: company, household, person." in found[7][1]
    assert "Known: kind, title, first_name" in found[8][1]


@pytest.mark.parametrize(
    "text",
    ["", "[[tables]", "tables = 1", "tables = []", "x" * 200_001, "[a]\n" * 3, "a = " + "[" * 5000, "\x00", "name = 1"],
)
def test_no_text_breaks_the_reader(text: str) -> None:
    assert problems(text)


def test_a_key_that_no_row_could_have_is_refused() -> None:
    text = '[[tables]]\ntarget = "readings"\nkey = [1]\n[tables.fields]\nvehicle = "V"\nkm = "K"\nread_on = "D"\n'

    assert [line for line, _words in problems(text)] == [3, 3]
