"""What strangers and colleagues wrote is shown as text: payloads in every text column, every page parsed."""

from html.parser import HTMLParser
from itertools import cycle
from typing import Any

import pytest
from django.apps import apps
from django.db import models

from corsia.connectors.email.parsing import parse_mail
from corsia.customers.models import Customer
from corsia.kernel.scope import ScopedModel
from corsia.messaging.models import Attachment, Message
from corsia.organisation.models import Absence, Closure, Notification, Person, Unit, WorkingCalendar
from tests.security.doors import Kind, body_of
from tests.security.walking import ask, known, query, url
from tests.security.world import KEPT_AS_THEY_ARE, World, browser_of

pytestmark = pytest.mark.django_db

# Each carries the mark "xss" as a tag or attribute, so that it is recognised wherever it comes alive.
PAYLOADS = [
    "<xss>", '"><xss>', "'><xss>", "</a><xss>", "--><xss>", "]]><xss>", "<xss/x", "<<xss>>", "< xss>", "<xss\n>",
    "<XSS>",
    '" data-xss="', "' data-xss='", "` data-xss=`", " data-xss=1 ", '"autofocus onfocus=alert() data-xss="',
    "'onmouseover='alert()", '"onload="alert()', "<script>alert(1)</script>", "</script><script>alert(1)</script>",
    "<script src=//evil.example></script>", "<img src=x onerror=alert(1)>", "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>", "<math><mtext><xss>", "<iframe src=javascript:alert(1)>",
    "<iframe srcdoc='<script>alert(1)</script>'>", "<object data=x>", "<embed src=x>", "<base href=//evil.example>",
    "<meta http-equiv=refresh content='0;url=//evil.example'>", "<link rel=stylesheet href=//evil.example>",
    "<style>*{color:red}</style>", "<form action=//evil.example><input name=p>", "<a href=javascript:alert(1)>x</a>",
    "javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,<script>alert(1)</script>",
    "<div hx-get=/x hx-trigger=load data-xss>", "<div hx-on:load=alert(1) data-xss>", "</textarea><xss>",
    "</title><xss>",
    "</select><xss>", "</option><xss>", "</style><xss>", "</noscript><xss>", "</template><xss>", "{{7*7}}<xss>",
    "{% debug %}<xss>", "${alert(1)}<xss>", "\\u003cxss\\u003e", "&lt;xss&gt;", "&#60;xss&#62;", "%3Cxss%3E",
    "\u202e<xss>", "\ufeff<xss>", "＜xss＞", "<\u200bxss>",
]  # fmt: skip
ROUNDS = 3
_FORBIDDEN_TAGS = {"xss", "object", "embed", "base", "applet", "frame", "frameset"}
_ADDRESSES = {"href", "src", "action", "formaction", "data", "hx-get", "hx-post", "xlink:href", "srcset", "poster"}


class Finder(HTMLParser):
    """Lists what would run or lead away in a document."""

    def __init__(self, *, is_mail: bool = False) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self.is_mail = is_mail
        self._in_script = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        bad = tag in _FORBIDDEN_TAGS and not (self.is_mail and tag == "base")
        bad |= any(name.startswith(("on", "hx-on")) or name == "data-xss" for name in values)
        bad |= "srcdoc" in values or (tag == "meta" and "http-equiv" in values)
        for name in _ADDRESSES & set(values):
            place = "".join(values[name].split()).lower()
            bad |= place.startswith(("javascript:", "vbscript:", "data:text", "//"))
            bad |= "evil.example" in place.split("?")[0] and not self.is_mail
        if tag == "script":
            self._in_script = values.get("type") != "application/json"
            bad |= self._in_script and not values.get("src", "").startswith("/static/")
        if tag in ("style", "link", "iframe", "form") and self.is_mail:
            bad |= not (tag == "link" and values.get("rel") == "stylesheet" and "/static/" in values.get("href", ""))
        bad |= tag == "style" and not self.is_mail
        if bad:
            self.found.append(self.get_starttag_text() or tag)

    handle_startendtag = handle_starttag  # type: ignore[assignment]

    def handle_data(self, data: str) -> None:
        if self._in_script and data.strip():
            self.found.append(f"script text {data[:40]}")

    def handle_endtag(self, tag: str) -> None:
        self._in_script = self._in_script and tag != "script"


def alive(document: str, *, is_mail: bool = False) -> list[str]:
    finder = Finder(is_mail=is_mail)
    finder.feed(document)
    finder.close()
    return finder.found


def test_the_finder_finds() -> None:
    """A payload that is not escaped is recognised: without this the sweep would prove nothing."""
    tame = {"javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,", "\\u003c", "&lt;", "&#60;", "%3C", "＜",
            "< xss",
            "<\u200b", '" data-xss', "' data-xss", "` data", " data-xss", '"autofocus', "'onmouse", '"onload', "<xss/x",
            "<form", "<iframe src=j"}  # fmt: skip
    missed = [text for text in PAYLOADS if not text.startswith(tuple(tame)) and not alive(f"<p>{text}</p>")]

    assert missed == ["<link rel=stylesheet href=//evil.example>"] or missed == []
    assert alive('<a title="" data-xss="">')
    assert alive("<a href=' javascript:alert(1)'>")
    assert alive("<iframe src=javascript:alert(1)>")
    assert not alive('<script src="/static/js/a.js"></script><script type="application/json">{"a": 1}</script>')


def columns_of(model: type[models.Model]) -> list[Any]:
    return [
        column
        for column in model._meta.concrete_fields
        if isinstance(column, models.CharField | models.TextField)
        and not isinstance(column, models.SlugField | models.EmailField | models.URLField)
        and not column.choices
        and (column.name not in KEPT_AS_THEY_ARE or column.name in ("display_name", "first_name", "last_name"))
        and (column.max_length is None or column.max_length >= 12)
    ]


def plant(start: int) -> int:
    """Write a payload into every text column of every row, the next one each time; return how many were written."""
    payloads, written = cycle(PAYLOADS[start:] + PAYLOADS[:start]), 0
    ours = [model for model in apps.get_models() if issubclass(model, ScopedModel)]
    for model in (*ours, Unit, Person, WorkingCalendar, Notification, Closure, Absence):
        rows = model.unscoped if issubclass(model, ScopedModel) else model.objects
        for row in rows.all():
            values = {}
            for column in columns_of(model):
                room = column.max_length or 200
                values[column.attname] = (
                    next(text for text in payloads if len(text) <= room - 7) + f" {written % 99999}"
                )
                written += 1
            if values:
                rows.filter(pk=row.pk).update(**values)
    return written


@pytest.mark.parametrize("number", range(ROUNDS))
def test_no_payload_comes_alive_on_any_page(world: World, number: int) -> None:
    place, found = world.brescia, []
    browser = browser_of(place.boss)
    assert plant(number * len(PAYLOADS) // ROUNDS) > 500
    shown = 0
    for path, door, _declared in known():
        if (
            door.kind is Kind.LIBRARY
            or door.get == 405
            or (path.endswith("/original/") and path.startswith("messaging"))
        ):
            continue
        seen = ask(browser, "get", f"{url(path, door, place)}?{query(door, place)}")
        assert (path, seen.status < 500) == (path, True)
        if seen.response.headers.get("Content-Type", "").startswith("text/html") and seen.status == door.get:
            shown += "xss" in seen.text
            found += [f"{path}: {what[:90]}" for what in alive(seen.text, is_mail=path.endswith("/html/"))]

    assert not found, "\n".join(found)
    assert shown > 30


def test_refusals_and_forms_show_what_was_typed_as_text(world: World) -> None:
    browser, found = browser_of(world.brescia.boss), []
    payloads = cycle(PAYLOADS)
    for path, door, declared in known():
        if door.post and declared.signed_in:
            body = {name: next(payloads) for name in body_of(door, world.brescia)}
            seen = ask(browser, "post", url(path, door, world.brescia), body)
            found += [f"{path}: {what[:90]}" for what in alive(seen.text)]

    assert not found, "\n".join(found)


def test_what_is_searched_for_is_shown_as_text(world: World) -> None:
    browser, found, payloads = browser_of(world.brescia.boss), [], cycle(PAYLOADS)
    names = ("q", "find", "who", "what", "name", "before", "after", "tab", "vin", "customer", "from", "l", "score")
    for path, door, _declared in known():
        if door.get == 200:
            seen = ask(browser, "get", url(path, door, world.brescia), dict.fromkeys(names, next(payloads)))
            found += [f"{path}: {what[:90]}" for what in alive(seen.text, is_mail=path.endswith("/html/"))]

    assert not found, "\n".join(found)


def html_mail(content: str) -> bytes:
    return (
        "From: Giulia <giulia@example.it>\r\nTo: a@bellandi.example\r\nSubject: x\r\nMIME-Version: 1.0\r\n"
        f"Content-Type: text/html; charset=utf-8\r\n\r\n<html><body>{content}<p>testo</p></body></html>\r\n"
    ).encode()


@pytest.mark.parametrize("payload", PAYLOADS)
def test_the_html_of_a_mail_is_sanitised(payload: str) -> None:
    parsed = parse_mail(html_mail(payload))

    assert alive(parsed.html or "", is_mail=True) == []


def test_the_html_of_a_mail_is_shown_in_its_frame_only(world: World) -> None:
    place, showing = world.brescia, []
    browser = browser_of(place.boss)
    Message.unscoped.filter(pk=place.rows["message_id"]).update(html="<p>only-in-the-frame</p>")
    for path, door, _declared in known():
        if door.get == 200 and "only-in-the-frame" in ask(browser, "get", url(path, door, place)).text:
            showing.append(path)

    assert showing == ["messaging/messages/<int:message_id>/html/"]


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("a.html", "text/html"), ("a.svg", "image/svg+xml"), ("a.xml", "application/xml"), ("a.pdf", "application/pdf"),
        ("a.js", "text/javascript"), ("a.xhtml", "application/xhtml+xml"),
        ("a.png\r\nX-Evil: 1", "image/png\r\nX-Evil: 1"),
        ('a".html', "text/html"), ("../../a.html", "text/html"), ("a.html\u202egnp", "text/html"),
    ],
)  # fmt: skip
def test_an_attachment_is_downloaded_not_run(world: World, name: str, media_type: str) -> None:
    row = world.brescia.rows["attachment_id"]
    Attachment.unscoped.filter(pk=row).update(name=name, media_type=media_type)

    response = browser_of(world.brescia.boss).get(f"/messaging/attachments/{row}/")

    assert response.headers["Content-Type"] == "application/octet-stream"
    assert response.headers["Content-Disposition"].startswith("attachment")
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "X-Evil" not in response.headers
    assert "\n" not in response.headers["Content-Disposition"]


def test_names_of_customers_do_not_break_out_of_headers(world: World) -> None:
    """Actions tell the page what happened in a header: names in it are JSON, not markup, and hold no line break."""
    Customer.unscoped.filter(pk=world.brescia.rows["customer_id"]).update(display_name="<xss>\r\nX-Evil: 1")
    browser = browser_of(world.brescia.boss)
    for path, door, declared in known():
        if door.post is not None and declared.signed_in:
            seen = ask(browser, "post", url(path, door, world.brescia), body_of(door, world.brescia))
            assert (path, seen.status < 500, "X-Evil" in seen.response.headers) == (path, True, False)
