"""Every page before a real browser's eyes: WCAG in light and dark, a phone's width, one heading, visible focus."""

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as project

from corsia.analytics.services import refresh
from corsia.kernel import scope
from tests.browser import DESKTOP, PHONE, Browser, Window, real_browser, server  # noqa: F401  (fixtures)
from tests.security.world import build_world
from tests.ui.pages import Page, Pages

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(900),  # a second for each page where nothing else runs, many where much does
]

# Violations that stay, with the reason: (address starts with, what is said starts with).
ALLOWED: list[tuple[str, str]] = []


def test_every_page_is_fit_for_everybody(real_browser: Browser, settings, tmp_path) -> None:  # noqa: F811
    pages, found = Pages(build_world()), []
    settings.WAREHOUSE = tmp_path
    with scope.system("test"):
        refresh(now=pages.world.now)
    for looker, theirs in groupby(pages.all(), key=lambda page: page.looker):
        with real_browser.window(pages.people.get(looker)) as window:
            window.page.add_init_script((project.NODE / "axe-core/axe.min.js").read_text())
            window.page.add_init_script(Path(__file__).with_name("look.js").read_text())
            for page in theirs:
                found += [f"{page.address} ({looker or 'nobody'}) {line}" for line in faults(window, page)]

    assert not found, "\n".join(found)


def faults(window: Window, page: Page) -> Iterator[str]:
    """Open the page and yield whatever is wrong with it."""
    tab: Any = window.page
    window.errors.clear()
    tab.set_viewport_size(DESKTOP)
    tab.emulate_media(color_scheme="light")
    window.go(page.address)
    tab.evaluate("look.settled()")
    yield from tab.evaluate("look.frame()")
    yield from (f"focus unseen: {element}" for element in tab.evaluate("look.focus()"))
    yield from judged(page, "light", tab.evaluate("look.axe(false)"))
    tab.emulate_media(color_scheme="dark")
    tab.evaluate("document.documentElement.dataset.bsTheme = 'dark'")
    yield from judged(page, "dark", tab.evaluate("look.axe(true)"))
    tab.set_viewport_size(PHONE)
    tab.evaluate("look.drawn()")  # the new size is drawn a frame or two after it is set
    yield from (f"on a phone: {element}" for element in tab.evaluate("look.width()"))
    yield from (f"content policy: {directive}" for directive in window.blocked())
    yield from (f"console: {line}" for line in window.errors)


def judged(page: Page, theme: str, violations: list[str]) -> list[str]:
    return [
        f"{theme}: {violation}"
        for violation in violations
        if not any(page.address.startswith(start) and violation.startswith(said) for start, said in ALLOWED)
    ]
