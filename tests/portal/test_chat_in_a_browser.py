"""A visitor on somebody else's site with a strict policy talks with the assistant, then with a person, live."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import expect

from corsia.cases.models import Case
from corsia.conversations.bot.editing import start_menu
from corsia.kernel import scope
from corsia.kernel.actors import system
from corsia.knowledge.models import HelpSite
from corsia.messaging.models import Attachment, ChannelAccount, Message, Outgoing
from corsia.organisation.models import WorkingCalendar
from corsia.portal.models import ChatSite
from tests.browser import _AXE, DESKTOP, PHONE, Browser, real_browser, server  # noqa: F401  (fixtures)
from tests.factories.knowledge import published
from tests.factories.messaging import a_desk
from tests.factories.organisation import person_in, small_group
from tests.jobs import run_jobs
from tests.portal.chats import a_chat
from tests.portal.test_chat import PNG

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
AXE = (settings.NODE / "axe-core/axe.min.js").read_text


@contextmanager
def a_site(product: str, key: str) -> Iterator[str]:
    """Serve a dealer's site on another origin: it allows our script and our frame, and nothing else of anybody."""

    class Site(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = (
                '<!doctype html><html lang="it"><head><title>Bellandi</title></head><body><h1>Usato garantito</h1>'
                f'<script async src="{product}/portal/chat/{key}.js"></script></body></html>'
            ).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header(
                "Content-Security-Policy", f"default-src 'none'; script-src {product}; frame-src {product}"
            )
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            """Say nothing."""

    running = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    thread = threading.Thread(target=running.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{running.server_port}"
    finally:
        running.shutdown()
        running.server_close()


@pytest.fixture
def scene(transactional_db) -> dict[str, Any]:
    """A web chat at Brescia with the usual menu, an article, and Laura at the desk."""
    now = timezone.now()
    group = small_group()
    WorkingCalendar.objects.update(is_always_open=True)
    laura = person_in(group.brescia_care, first_name="Laura", last_name="Pedretti")
    desk = a_desk(group, now=now, acknowledges=False)
    with scope.system("test"):
        start_menu(unit_id=group.root.pk, by=system("test"), now=now)
        HelpSite.objects.create(unit=group.root, slug="aiuto", title_it="Aiuto", title_en="Help", is_on=True)
        published(group.root, now=now, it=("Garanzia sui ricambi", "I ricambi originali hanno due anni di garanzia."))
    site = a_chat(desk.unit, now=now, has_bot=True)
    return {"laura": laura, "site": site, "group": group}


def allow(site: ChatSite, address: str) -> None:
    ChatSite.unscoped.filter(pk=site.pk).update(domains=address.removeprefix("http://"))


def frame_of(page: Any) -> Any:
    """Open the chat by its button, which stands in a closed shadow root, and return its frame."""
    page.wait_for_selector("corsia-chat:defined", state="attached")
    size = page.viewport_size
    page.mouse.click(size["width"] - 50, size["height"] - 50)
    for _turn in range(100):
        page.wait_for_timeout(100)
        if found := [frame for frame in page.frames if "/portal/chat/" in frame.url]:
            break
    [frame] = found
    frame.wait_for_selector("#text, #l-text", state="attached")
    return frame


def axe(frame: Any) -> list[str]:
    frame.page.wait_for_timeout(300)
    frame.evaluate(AXE())
    return list(json.loads(frame.evaluate(_AXE)))


def say(frame: Any, words: str) -> None:
    frame.fill("#text", words)
    frame.press("#text", "Enter")
    frame.wait_for_selector(f".mine .t:has-text('{words}')")
    frame.wait_for_selector(".at:has-text('Invio in corso')", state="detached")


def test_a_visitor_on_a_strict_site_talks_with_assistant_and_person_live(
    real_browser: Browser,  # noqa: F811
    scene,
    settings,
) -> None:
    settings.PUBLIC_URL = real_browser.address
    with (
        a_site(real_browser.address, scene["site"].key) as host,
        real_browser.window(None) as outside,
        real_browser.window(scene["laura"]) as inside,
    ):
        allow(scene["site"], host)
        outside.page.goto(host)
        frame = frame_of(outside.page)
        frame.wait_for_selector("#choices button:has-text('Parla con una persona')")
        assert axe(frame) == []

        say(frame, "Quanto dura la garanzia dei ricambi?")
        run_jobs()
        frame.wait_for_selector(".m:not(.mine) .t:has-text('due anni di garanzia')")
        source = frame.wait_for_selector(".src a")
        assert source.get_attribute("href").startswith(f"{real_browser.address}/portal/help/aiuto/")
        assert source.get_attribute("target") == "_blank"

        case = Case.unscoped.get()
        with inside.page.expect_response("**/conversations/stream/"):
            inside.go(f"/conversations/{case.pk}/")
        frame.click("#choices button:has-text('Parla con una persona')")
        frame.wait_for_selector(".mine .t:has-text('Parla con una persona')")
        frame.wait_for_selector(".at:has-text('Invio in corso')", state="detached")
        run_jobs()
        frame.wait_for_selector(".m:not(.mine) .t:has-text('collega')")
        inside.page.wait_for_selector(".m-note:has-text('ha chiesto una persona')")

        inside.page.fill("#reply-t", "Buongiorno, sono Laura. Mi dica pure.")
        frame.wait_for_selector("#typing:not([hidden]):has-text('sta scrivendo')")
        inside.page.click("#composer button[type=submit]")
        inside.page.wait_for_selector(".m-out:has-text('sono Laura')")
        run_jobs()
        frame.wait_for_selector(".m:not(.mine) .t:has-text('sono Laura')")
        assert frame.inner_text(".m:not(.mine):has-text('sono Laura') .by").startswith("Laura")
        inside.page.wait_for_selector(".m-out:has-text('sono Laura') .m-read")

        frame.type("#text", "Le mando")
        inside.page.wait_for_selector("#typing:has-text('sta scrivendo')")
        frame.set_input_files("#pick", {"name": "graffio.png", "mimeType": "image/png", "buffer": PNG})
        say(frame, "Le mando la foto")
        frame.wait_for_selector(".mine .pic img")
        inside.page.wait_for_selector(".m-in .m-pic img")
        assert Attachment.unscoped.get().name == "graffio.png"
        frame.wait_for_selector(".at:has-text('Letto')")
        assert axe(frame) == []

        frame.click("#more summary")
        frame.click("#ask-mail")
        frame.fill("#m-email", "giulia.ferri@example.com")
        frame.press("#m-email", "Enter")
        frame.wait_for_selector("#m-said:has-text('in arrivo')")
        mail = Outgoing.unscoped.get(channel="email")
        assert mail.to_address == "giulia.ferri@example.com"
        assert "Le mando la foto" in mail.body
        assert axe(frame) == []

        assert Message.unscoped.filter(case=case).values("case").distinct().count() == 1
        assert outside.page.evaluate("window.blocked") == []
        assert frame.evaluate("window.blocked") == []
        assert (outside.errors, inside.errors) == ([], [])


def test_a_card_of_a_car_is_drawn_and_a_hostile_text_stays_text(real_browser: Browser, scene) -> None:  # noqa: F811
    ChannelAccount.unscoped.update(has_bot=False)
    with (
        real_browser.window(None, size=PHONE) as outside,
        real_browser.window(scene["laura"], size=DESKTOP) as inside,
    ):
        outside.go(f"/portal/chat/{scene['site'].key}/?l=it")
        frame = outside.page.main_frame
        frame.wait_for_selector("#text")
        say(frame, "Avete una Panda?")
        case = Case.unscoped.get()
        inside.go(f"/conversations/{case.pk}/")
        inside.page.click("#composer [hx-get$='/card/']")
        inside.page.fill("#dialog-body input[name=title]", "Fiat Panda <b>Cross</b>")
        inside.page.fill("#dialog-body textarea[name=details]", "2023\n21.400 km\n<img src=x onerror=alert(1)>")
        inside.page.fill("#dialog-body input[name=price]", "14.900 €")
        inside.page.fill("#dialog-body input[name=link]", "https://www.bellandi.example/panda")
        inside.page.click("#dialog-body button[type=submit]:has-text('Invia')")
        inside.page.wait_for_selector(".m-out:has-text('14.900 €')")
        run_jobs()

        frame.wait_for_selector(".card .price:has-text('14.900 €')")
        expect(frame.locator(".card h2")).to_have_text("Fiat Panda <b>Cross</b>")
        assert frame.query_selector(".card img") is None
        expect(frame.locator(".card a")).to_have_attribute("href", "https://www.bellandi.example/panda")
        assert axe(frame) == []
        assert frame.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_what_was_said_while_the_page_was_away_is_there_when_it_comes_back(
    real_browser: Browser,  # noqa: F811
    scene,
) -> None:
    from corsia.messaging.services import write_reply

    ChannelAccount.unscoped.update(has_bot=False)
    with real_browser.window(None) as outside:
        outside.go(f"/portal/chat/{scene['site'].key}/?l=it")
        frame = outside.page.main_frame
        frame.wait_for_selector("#text")
        say(frame, "Buongiorno")
        outside.page.context.set_offline(True)
        outside.page.wait_for_timeout(500)
        with scope.system("test"):
            case_id = Case.unscoped.get().pk
            write_reply(case_id=case_id, text="Eccomi", by=system("test"), now=timezone.now())
            run_jobs()
        outside.page.context.set_offline(False)

        frame.wait_for_selector(".m:not(.mine) .t:has-text('Eccomi')", timeout=20_000)
        outside.page.reload()
        outside.page.main_frame.wait_for_selector(".m:not(.mine) .t:has-text('Eccomi')")
        expect(outside.page.locator("li.m")).to_have_count(2)


def test_a_site_that_is_not_on_the_list_shows_no_chat(real_browser: Browser, scene) -> None:  # noqa: F811
    with a_site(real_browser.address, scene["site"].key) as host, real_browser.window(None) as outside:
        outside.page.goto(host)
        outside.page.wait_for_selector("corsia-chat", state="attached")
        outside.page.mouse.click(DESKTOP["width"] - 50, DESKTOP["height"] - 50)
        outside.page.wait_for_timeout(800)

        assert [frame for frame in outside.page.frames if "/portal/chat/" in frame.url] == []
