"""HTML of strangers cannot run, fetch or hide anything, and its text survives."""

import pytest

from corsia.connectors.email.parsing.html import clean, is_too_large, to_text


@pytest.mark.parametrize(
    "source",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        '<a href="javascript:alert(1)">x</a>',
        '<a href="data:text/html,<script>alert(1)</script>">x</a>',
        "<iframe src=https://evil.example></iframe>",
        "<form action=https://evil.example><input name=a></form>",
        "<svg><script>alert(1)</script></svg>",
        "<math><mi xlink:href='javascript:alert(1)'></math>",
        "<base href=https://evil.example>",
        "<meta http-equiv=refresh content='0;url=https://evil.example'>",
        "<link rel=stylesheet href=https://evil.example/a.css>",
        "<style>@import url(https://evil.example)</style>",
        "<div style='background:url(https://evil.example/a.png)'>x</div>",
        "<div style='background-image:u\\72l(https://evil.example)'>x</div>",
        "<div style='position:fixed;top:0'>x</div>",
        "<table background=https://evil.example/a.png><tr><td>x</table>",
        "<video poster=https://evil.example src=https://evil.example></video>",
        "<img srcset='https://evil.example/a.png 2x'>",
        "<div hx-get=/logout id=x class=y data-x=1>x</div>",
        "<img src='data:image/svg+xml,<svg onload=alert(1)>'>",
    ],
)
def test_nothing_runs_fetches_or_leaves_its_place(source: str) -> None:
    safe = clean(source).lower()

    for forbidden in (
        "script",
        "onerror",
        "onload",
        "evil.example",
        "<form",
        "<input",
        "hx-",
        "position",
        "class=",
        " id=",
    ):
        assert forbidden not in safe


def test_remote_pictures_wait_for_a_click() -> None:
    safe = clean('<p><img src="https://track.example/a.png?x=1&amp;y=2" alt="Logo"><img src="cid:a1"></p>')

    assert safe == (
        '<p><img data-remote-src="https://track.example/a.png?x=1&amp;y=2" alt="Logo"><img src="cid:a1"></p>'
    )


@pytest.mark.parametrize(
    "source",
    [
        "<img alt='src=\"' src='https://track.example/a.png'>",
        "<a title='<img alt=' href='https://x.example'>x</a><img src=//track.example/a.png>",
        '<img title=\'"><img src="https://track.example/b.png">\' src=HTTPS://track.example/a.png>',
        "<img src='https://track.example/a.png' src='https://track.example/b.png'>",
        "<img src=' https://track.example/a.png'>",
    ],
)
def test_no_spelling_of_a_picture_is_fetched(source: str) -> None:
    from html.parser import HTMLParser

    fetched: list[str | None] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            fetched.extend(value for name, value in attrs if tag == "img" and name == "src")

    Reader().feed(clean(source))

    assert [address for address in fetched if address and not address.startswith("cid:")] == []


def test_links_open_elsewhere_and_tell_nothing() -> None:
    assert clean('<a href="https://example.it">x</a>') == (
        '<a href="https://example.it" target="_blank" rel="noopener noreferrer nofollow">x</a>'
    )


def test_layout_of_ordinary_mails_is_kept() -> None:
    source = (
        '<table width="600"><tbody><tr><td style="color:red;padding:4px" align="center">Ciao</td></tr></tbody></table>'
    )

    assert clean(source) == source


@pytest.mark.parametrize(
    "source",
    [
        "<div>" * 201,
        "<b>" * 5001,
        "a" * 500_001,
        "<p " + " ".join(f"a{number}=1" for number in range(2_000)) + ">",
        "<p" + "".join(f"/a{number}" for number in range(2_000)) + ">",
        "<" * 30_000,
    ],
)
def test_html_over_the_caps_is_shown_as_text(source: str) -> None:
    assert is_too_large(source)
    assert clean(source) == ""


def test_html_within_the_caps_is_shown() -> None:
    assert not is_too_large("<div>" * 199 + "ciao" + "</div>" * 199 + "<p>uno<p>due<li>tre" * 500)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("Uno<br>due", "Uno\ndue"),
        ("<p>Uno</p><p>due</p>", "Uno\n\ndue"),
        ("<div>Uno</div><div>due</div>", "Uno\ndue"),
        ("Uno   \n due", "Uno due"),
        ("<pre>Uno\n  due</pre>", "Uno\n  due"),
        ("a &lt; b &amp; c &euro;", "a < b & c €"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"),
        ("<title>no</title><style>no</style><script>no</script>s\u00ec", "sì"),
        ("<!-- no --><![if !mso]>s\u00ec<![endif]>", "sì"),
        ("<a title='x>y'>link</a>", "link"),
        ("5 < 6 e 7 > 3", "5 < 6 e 7 > 3"),
        ("<blockquote>a<blockquote>b</blockquote></blockquote>c", "> a\n>\n>> b\n\nc"),
        ("", ""),
    ],
)
def test_html_becomes_readable_text(source: str, text: str) -> None:
    assert to_text(source) == text
