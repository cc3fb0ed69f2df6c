"""How a line typed while people talk is read, and what the shipped outlines hold."""

import pytest

from corsia.listening.queries.outlines import outlines
from corsia.listening.rules.notes import Line, read_line, tags_of


@pytest.mark.parametrize(
    ("typed", "line"),
    [
        ("Tutti annuiscono", Line(text="Tutti annuiscono")),
        ('"Ho aspettato"', Line(text="Ho aspettato", is_quote=True)),
        ("«Ho aspettato»", Line(text="Ho aspettato", is_quote=True)),
        ("P3: ho aspettato", Line(text="ho aspettato", number=3, is_quote=True)),
        ("p12, no", Line(text="no", number=12, is_quote=True)),
        (
            'P3: "40 minuti fuori" -4 #attesa #banco',
            Line(text="40 minuti fuori", number=3, is_quote=True, sign="minus", severity=4, tags=("attesa", "banco")),
        ),
        ("+ bella consegna", Line(text="bella consegna", sign="plus")),
        ("#Attesa troppo lunga −5", Line(text="troppo lunga", sign="minus", severity=5, tags=("attesa",))),
        # What only looks like a mark is text.
        ("da 3 - 4 giorni", Line(text="da 3 - 4 giorni")),
        ("costa -9 euro", Line(text="costa -9 euro")),
        ("P0: nessuno", Line(text="P0: nessuno")),
        ("Passat: bella", Line(text="Passat: bella")),
        ('disse "no" e uscì', Line(text='disse "no" e uscì')),
        ("C#sharp", Line(text="C#sharp")),
        ("  ", Line(text="")),
    ],
)
def test_a_typed_line_is_read(typed: str, line: Line) -> None:
    assert read_line(typed) == line


def test_tags_are_small_letters_each_once_and_eight_at_most() -> None:
    assert tags_of("#Attesa attesa, banco;") == ("attesa", "banco")
    assert tags_of(" ".join(map(str, range(20)))) == tuple(map(str, range(8)))


def test_every_kind_has_an_outline_in_two_languages() -> None:
    assert {one.instrument for one in outlines().values()} == {"workshop", "focus", "interview", "community"}
    for one in outlines().values():
        assert one.name_it
        assert one.name_en
        assert one.blocks
        for block in one.blocks:
            assert all((block.name_it, block.name_en, block.text_it, block.text_en))
            assert (block.minutes == 0) == (one.instrument == "community")
    assert (outlines()["agents-focus"].minutes, len(outlines()["week-community"].blocks)) == (85, 7)
