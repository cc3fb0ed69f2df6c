"""One renderer, and nothing that a text holds becomes anything but text, our tags and safe links."""

import re

from hypothesis import given
from hypothesis import strategies as st

from corsia.knowledge.rules.excerpts import excerpt_of
from corsia.knowledge.rules.folding import fold, is_near, near
from corsia.knowledge.rules.keys import filled, unknown_keys
from corsia.knowledge.rules.markup import to_html, to_plain

ALLOWED = re.compile(
    r"</?(?:p|br|h[2-4]|strong|em|s|ul|ol|li|blockquote|code|pre|hr|a|img|table|thead|tbody|tr|th|td)(?: [^<>]*)?>"
)


def at(kind: str, name: str) -> str | None:
    return {"7": "/files/7/", "tagliando": "/a/tagliando/"}.get(name)


def test_raw_html_and_scripts_stay_text() -> None:
    html = to_html(
        "<script>alert(1)</script> <img src=x onerror=alert(1)> [x](javascript:alert(1)) [y](data:text/html,x)"
    )

    assert "<script" not in html
    assert "<img" not in html
    assert "href" not in html


def test_pictures_are_our_own_files_or_their_description() -> None:
    assert to_html("![Foto](file:7)", address=at) == '<p><img src="/files/7/" alt="Foto"></p>\n'
    assert to_html("![Foto](file:8)", address=at) == "<p>Foto</p>\n"
    assert to_html("![Foto](https://elsewhere.example/x.png)", address=at) == "<p>Foto</p>\n"


def test_links_lead_to_articles_files_and_safe_addresses() -> None:
    html = to_html("[a](article:tagliando) [b](article:nessuno) [c](https://example.it) [d](tel:030000)", address=at)

    assert re.findall(r'href="([^"]*)"', html) == ["/a/tagliando/", "https://example.it", "tel:030000"]
    assert "b" in html


def test_headings_begin_below_the_pages_own() -> None:
    assert to_html("# Uno\n\n###### Sei") == "<h2>Uno</h2>\n<h4>Sei</h4>\n"


def test_plain_text_reads_like_a_letter() -> None:
    text = "## Serve\n\n- la targa\n- i **km**\n\n1. prima\n2. poi\n\n| A | B |\n|---|---|\n| 1 | 2 |\n\nLegga [qui](https://x.it)."

    assert to_plain(text, links=True) == (
        "Serve\n\n- la targa\n- i km\n\n1. prima\n2. poi\n\nA · B\n\n1 · 2\n\nLegga qui (https://x.it)."
    )


def test_values_of_keys_are_never_read_as_markdown() -> None:
    values = {"unit_name": "**Brescia** [x](https://evil.example)", "opening_hours": "Lunedì: 8–12\nMartedì: 8–12"}

    assert "<strong>" not in to_html(filled("Da {{unit_name}}", values))
    assert "<a" not in to_html(filled("Da {{ unit_name }}", values))
    assert filled("Orari: {{opening_hours}}.", values) == "Orari: Lunedì: 8–12; Martedì: 8–12."
    assert filled("{{opening_hours}}", values) == "Lunedì: 8–12\nMartedì: 8–12"
    assert unknown_keys("{{unit_name}} {{targa}} {{x y}}") == ["targa", "x y"]


@given(st.text(max_size=300))
def test_nothing_but_our_tags_comes_out(text: str) -> None:
    html = to_html(text, address=at)

    assert "<" not in ALLOWED.sub("", html)
    assert not re.search(r"(?:href|src)=\"(?!https?:|mailto:|tel:|/)", html, re.IGNORECASE)


@given(st.text(alphabet="abcdegilort", min_size=5, max_size=12), st.integers(0, 11), st.sampled_from("abcdegilort"))
def test_one_letter_is_forgiven_wherever_it_is(word: str, place: int, letter: str) -> None:
    place %= len(word)

    assert is_near(word, word[:place] + word[place + 1 :])
    assert is_near(word, word[:place] + letter + word[place:])
    assert is_near(word, word[:place] + letter + word[place + 1 :])
    assert len(near(word)) <= len(word) + 1


@given(st.text(max_size=400), st.lists(st.text(alphabet="abcdefgz", min_size=2, max_size=6), max_size=4))
def test_the_marks_of_an_excerpt_lie_in_it_in_order(text: str, stems: list[str]) -> None:
    shown = excerpt_of(text, stems)

    assert "".join(piece for piece, _marked in shown.parts) == shown.text
    assert list(shown.marks) == sorted(shown.marks)
    assert all(any(fold(shown.text[a:b]).startswith(stem) for stem in stems) for a, b in shown.marks)
