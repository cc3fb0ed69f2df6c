"""Papers: what people wrote stays text, nothing outside the templates is opened, and the document says all of it."""

import io
import json
import socket
import threading
from datetime import UTC, datetime

import pytest
from pypdf import PdfReader

from corsia.ui import paper
from corsia.ui.paper import PaperFailed, PaperTooLarge, set_paper, settable

NOON = datetime(2026, 3, 10, 11, tzinfo=UTC)
LETTER = {
    "title": "Lettera",
    "language": "it",
    "footer": "Gruppo Bellandi",
    "page": "Pagina {n} di {all}",
    "mark": "",
    "sender": ["Gruppo Bellandi", "Via Emilia 1", "20121 Milano"],
    "addressee": ["Giulia Ferri", "Via Roma 5", "25121 Brescia BS"],
    "place_and_date": "Milano, 10 marzo 2026",
    "subject": "La Sua pratica",
    "paragraphs": ["Gentile Signora,"],
    "closing": "Cordiali saluti",
    "signature": "Laura Conti",
}


def words_of(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


def letter(**changes) -> bytes:
    return set_paper("ui/letter.typ", LETTER | changes, at=NOON)


def set_source(monkeypatch, source: str, data=None) -> bytes:
    """Set a hostile template, as if somebody had smuggled markup into ours."""
    monkeypatch.setattr(paper, "_papers_of", lambda context: {"ui/letter.typ": source})
    return set_paper("ui/letter.typ", data or {}, at=NOON)


HOSTILE = [
    '#read("/etc/passwd")',
    '#import "@preview/cetz:0.3.4": *',
    "*not bold* _not slanted_ $x^2$ `raw` <label> @reference",
    "= Not a heading",
    "\\ // no comment /* none */ ~ --- ...",
    '"); #panic("out") //',
    "#{",
    "]]]]",
]


@pytest.mark.parametrize("words", HOSTILE)
def test_what_somebody_wrote_stays_text(words: str) -> None:
    assert words in words_of(letter(subject=words, paragraphs=[words], addressee=[words], footer=words))


def test_a_paper_is_for_the_archive_and_equal_data_give_equal_bytes() -> None:
    first, second = letter(), letter()

    assert first == second
    assert b"pdfaid:part" in first
    assert PdfReader(io.BytesIO(first)).pages[0].mediabox.width == pytest.approx(595.28, abs=0.1)


def test_pages_are_numbered_in_the_reader_s_language() -> None:
    words = words_of(letter(paragraphs=["Testo. " * 40] * 30))

    assert "Pagina 1 di 3" in words
    assert "Pagina 3 di 3" in words


def test_the_address_lies_in_the_window_of_the_envelope() -> None:
    places: list[tuple[str, float, float]] = []

    def visit(text, page, line, _font, _size) -> None:
        left = page[0] * line[4] + page[2] * line[5] + page[4]
        bottom = page[1] * line[4] + page[3] * line[5] + page[5]
        if text.strip():
            places.append((text.strip(), left / 72 * 25.4, (841.89 - bottom) / 72 * 25.4))

    PdfReader(io.BytesIO(letter())).pages[0].extract_text(visitor_text=visit)
    for line in LETTER["addressee"]:
        _text, left_mm, top_mm = next(place for place in places if place[0].startswith(line[:6]))
        assert 101 < left_mm < 188
        assert 57 < top_mm < 79


@pytest.mark.parametrize(
    "source",
    [
        '#read("/etc/passwd")',
        '#read("../../../../etc/passwd")',
        '#image("/etc/hostname")',
        '#image("file:///etc/passwd")',
        '#json("/etc/passwd")',
        '#include "/etc/passwd"',
        '#plugin("/bin/true")',
        '#bibliography("/etc/passwd")',
        '#raw(read("/proc/self/environ"))',
    ],
)
def test_no_file_of_the_machine_is_read(monkeypatch, source: str) -> None:
    with pytest.raises(PaperFailed):
        set_source(monkeypatch, source)


def test_no_package_is_fetched(monkeypatch) -> None:
    with pytest.raises(PaperFailed) as refusal:
        set_source(monkeypatch, '#import "@preview/cetz:0.3.4": *')

    assert "package" in refusal.value.data["why"]


def test_a_template_of_ours_that_wants_a_package_is_refused_before_it_is_set(monkeypatch, tmp_path) -> None:
    (tmp_path / "ui" / "papers").mkdir(parents=True)
    (tmp_path / "ui" / "papers" / "letter.typ").write_text('#import "@preview/cetz:0.3.4": *')
    monkeypatch.setattr(paper, "_PACKAGE", tmp_path)

    with pytest.raises(ValueError, match="imports a package"):
        letter()


def test_the_child_reaches_no_server_even_if_it_tries(monkeypatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(3)
        asked: list[object] = []

        def listen() -> None:
            try:
                asked.append(server.accept())
            except TimeoutError:
                return

        listener = threading.Thread(target=listen)
        listener.start()
        with pytest.raises(PaperFailed):
            set_source(monkeypatch, f'#image("http://127.0.0.1:{server.getsockname()[1]}/a.png")')
        listener.join()
    assert asked == []


def test_after_the_door_is_closed_the_child_can_open_nothing() -> None:
    import subprocess
    import sys

    code = (
        "from corsia.ui.paper_worker import _close_the_door; import socket; _close_the_door()\n"
        "for act in (lambda: open('/etc/hostname'), lambda: socket.socket()):\n"
        "    try: act(); print('open')\n"
        "    except OSError as error: print(error.errno)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)

    assert done.stdout.split() == ["24", "24"]  # EMFILE: no descriptor is left


def test_a_paper_without_end_costs_itself_alone(monkeypatch) -> None:
    monkeypatch.setattr(paper, "WALL_LIMIT", 3)

    with pytest.raises(PaperTooLarge):
        set_source(monkeypatch, "#for a in range(1000000) { for b in range(1000000) { let c = a * b } }")
    monkeypatch.undo()
    assert words_of(letter())


def test_too_many_words_are_refused_and_not_cut() -> None:
    with pytest.raises(PaperTooLarge):
        letter(paragraphs=["a" * (paper.MAX_TEXT + 1)])


def test_signs_the_typeface_lacks_are_named() -> None:
    assert settable("Grazie 😀") == "Grazie [grinning face]"
    assert settable("漢") == "[cjk unified ideograph-6f22]"
    assert settable("Citroën, Łódź, Пётр, Ελλάδα, 12 €") == "Citroën, Łódź, Пётр, Ελλάδα, 12 €"


def test_signs_that_turn_or_hide_text_are_left_out() -> None:
    assert settable("fattura\u202egpj.exe") == "fatturagpj.exe"
    assert settable("a\x00b\x1b[31mc\u200b\r\nd") == "ab[31mc\nd"


def test_a_word_longer_than_a_line_stays_on_the_page() -> None:
    words = words_of(letter(paragraphs=["x" * 4000]))

    assert words.replace("\u200b", "").replace("\n", "").count("x") >= 4000


def test_only_values_of_json_are_set() -> None:
    with pytest.raises(TypeError):
        letter(subject=object())


def test_a_name_that_is_no_paper_is_refused() -> None:
    for name in ("../ui/letter.typ", "ui/letter", "ui/../x.typ", "/etc/passwd"):
        with pytest.raises(ValueError, match="no name of a paper"):
            set_paper(name, {}, at=NOON)


def test_data_is_json_all_the_way() -> None:
    told = json.loads(json.dumps(LETTER))

    assert letter() == set_paper("ui/letter.typ", told, at=NOON)
