"""A real Chromium on a real server: for what only a browser can tell. Skipped by name where there is no Chromium."""

import json
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
from django.db import connections
from django.test import Client

from corsia.organisation.models import Person

if TYPE_CHECKING:
    from playwright.sync_api import ConsoleMessage

DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_WATCH = "window.blocked = []; addEventListener('securitypolicyviolation', e => blocked.push(e.violatedDirective));"
_AXE = (
    "axe.run(document, {resultTypes: ['violations']}).then(found => JSON.stringify("
    "found.violations.map(v => v.id + ': ' + v.nodes.map(n => n.html.slice(0, 120)).join(' | '))))"
)


def chromium_path() -> str | None:
    """Return where Chromium is, None when it is nowhere."""
    places = [os.environ.get("CORSIA_CHROMIUM", ""), "/usr/bin/chromium"]
    return next((place for place in places if place and Path(place).exists()), None)


@dataclass
class Window:
    """An open page and what went wrong on it."""

    page: Any
    address: str
    errors: list[str] = field(default_factory=list)

    def go(self, path: str) -> None:
        """Open a path of the product."""
        self.page.goto(self.address + path)

    def blocked(self) -> list[str]:
        """Return what the content security policy had to block."""
        return list(self.page.evaluate("window.blocked"))

    def axe(self) -> list[str]:
        """Return the violations of WCAG 2.2 AA and best practice that axe finds."""
        self.page.wait_for_timeout(300)  # colours of a half-faded element are nobody's colours
        tools = self.page.context.new_cdp_session(self.page)  # past the policy, which lets no foreign script in
        tools.send("Runtime.evaluate", {"expression": (settings.NODE / "axe-core/axe.min.js").read_text()})
        found = tools.send("Runtime.evaluate", {"expression": _AXE, "awaitPromise": True, "returnByValue": True})
        return list(json.loads(found["result"]["value"]))


@dataclass
class Browser:
    """Chromium, and the server it looks at."""

    chromium: Any
    address: str

    @contextmanager
    def window(
        self, person: Person | None, *, size: dict[str, int] = DESKTOP, theme: str = "light"
    ) -> Iterator[Window]:
        """Open a window in which somebody is signed in."""
        is_phone = size is PHONE
        context = self.chromium.new_context(
            viewport=size,
            has_touch=is_phone,
            is_mobile=is_phone,
            locale="it-IT",
            reduced_motion="reduce",  # a row that flashes is judged by what it comes to rest at
        )
        context.add_init_script(_WATCH)
        cookies = [{"name": "theme", "value": theme, "url": self.address}]
        if person is not None:
            client = Client()
            client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
            cookies.append({"name": "sessionid", "value": client.cookies["sessionid"].value, "url": self.address})
        context.add_cookies(cookies)
        window = Window(page=context.new_page(), address=self.address)
        window.page.set_default_timeout(10_000)
        window.page.on("pageerror", lambda error: window.errors.append(str(error)))
        window.page.on("console", lambda line: window.errors.append(line.text) if _is_wrong(line) else None)
        try:
            yield window
        finally:
            context.close()


def at_rest(locator: Any, *, within: float = 10) -> dict[str, float]:
    """Return where an element is, in CSS pixels, once it is there and has stopped moving.

    Playwright answers None for an element that is drawn anew at that moment, which a live page may do at any.
    """
    until, before = time.monotonic() + within, None
    while time.monotonic() < until:
        box = locator.bounding_box()
        if box is not None and box == before:
            return dict(box)
        before = box
        locator.page.wait_for_timeout(50)
    raise AssertionError(f"{locator} has not come to rest: {before}")


def _is_wrong(line: "ConsoleMessage") -> bool:
    """Tell errors from what says nothing about the page.

    htmx writes two lines when a newer request takes the place of an older one; a machine that is busy draws later than
    the few seconds in which Chromium expects a preloaded font to be used.
    """
    is_superseded = line.text.startswith(("htmx:afterRequest", "htmx:sendAbort"))  # a failed one says htmx:sendError
    is_late = "was preloaded using link preload but not used within a few seconds" in line.text
    return line.type in ("error", "warning") and not is_superseded and not is_late


@pytest.fixture
def server(transactional_db: None) -> Iterator[str]:
    """Serve the product on a free port, on the test's own database."""
    import uvicorn

    from corsia.config.asgi import application

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    running = uvicorn.Server(
        uvicorn.Config(
            ASGIStaticFilesHandler(application),
            port=port,
            log_level="error",
            lifespan="off",
            timeout_graceful_shutdown=1,
        )
    )
    thread = threading.Thread(target=running.run, daemon=True)
    thread.start()
    while not running.started and thread.is_alive():
        time.sleep(0.02)
    yield f"http://127.0.0.1:{port}"
    running.should_exit = True
    thread.join(10)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """Start Chromium once for a module, or skip by name; each window has a context of its own."""
    path = chromium_path()
    if path is None:
        pytest.skip("Chromium is absent: install it, or say in CORSIA_CHROMIUM where it is")
    with pytest.MonkeyPatch.context() as patch:
        # Playwright's loop runs in this thread; the tests' own queries are synchronous all the same.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        from playwright.sync_api import sync_playwright

        with sync_playwright() as playwright:
            chromium = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
            yield chromium
            chromium.close()


@pytest.fixture
def real_browser(chromium: Any, server: str) -> Iterator[Browser]:
    """Look at the server."""
    yield Browser(chromium=chromium, address=server)
    connections.close_all()  # the test's own queries ran beside Playwright's loop, on a connection of their own
