"""Notes taken with a real keyboard: kept and put right by themselves, without a network too; a member on a phone."""

from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from corsia.kernel import scope
from corsia.listening.links import join_token
from corsia.listening.models import Finding, Note, Post
from corsia.listening.services import install_touchpoints
from corsia.organisation.vocabulary import Role
from tests.browser import PHONE, Browser, real_browser, server  # noqa: F401  (fixtures)
from tests.factories.cases import ROBOT
from tests.factories.organisation import person_in, small_group
from tests.factories.sessions import a_guest, a_member, a_session, first_block

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]


@pytest.fixture
def group(transactional_db):
    found = small_group()
    with scope.system("test"):
        install_touchpoints(unit_id=found.root.pk, by=ROBOT, now=timezone.now())
    return found


def kept() -> list[tuple[str, str, str]]:
    rows = Note.unscoped.order_by("pk")
    return [(row.kind, row.text, row.participant.pseudonym if row.participant_id else "") for row in _with_people(rows)]


def _with_people(rows: Any) -> Any:
    with scope.system("test"):
        return list(rows.select_related("participant"))


def test_lines_are_kept_by_enter_and_become_findings_by_keyboard(real_browser: Browser, group) -> None:  # noqa: F811
    with scope.system("test"):
        session = a_session(group.brescia, now=timezone.now())
        a_guest(session, "Anna", now=timezone.now())
        a_guest(session, "Bea", now=timezone.now())
    with real_browser.window(person_in(group.root, Role.EXPERIENCE_MANAGER)) as window:
        page: Any = window.page
        window.go(f"/listening/sessions/{session.pk}/hold/")
        for typed in ("Due presenti", "P2: ho aspettato -4 #attesa"):
            with page.expect_response("**/notes/") as sent:
                page.keyboard.type(typed)
                page.keyboard.press("Enter")
            assert sent.value.status == 200
        page.keyboard.press("Alt+Digit1")
        with page.expect_response("**/notes/"):
            page.keyboard.type("anch'io")
            page.keyboard.press("Enter")
        page.locator("[data-note]").nth(2).wait_for()
        assert kept() == [("remark", "Due presenti", ""), ("quote", "ho aspettato", "P2"), ("quote", "anch'io", "P1")]

        with page.expect_response("**/notes/*/"):
            page.keyboard.press("Alt+KeyF")
        page.locator("[data-note] [name=title]").wait_for()
        assert [row.quote for row in Finding.unscoped.all()] == ["anch'io"]

        # What is put right saves itself.
        first = page.locator("[data-note] textarea").first
        with page.expect_response("**/notes/*/") as saved:
            first.fill("Due presenti su cinque")
        assert saved.value.status == 204
        assert kept()[0][1] == "Due presenti su cinque"
        assert window.axe() == []
        assert (window.blocked(), window.errors) == ([], [])


def test_without_a_network_a_line_waits_and_is_kept_once(real_browser: Browser, group) -> None:  # noqa: F811
    with scope.system("test"):
        session = a_session(group.brescia, now=timezone.now())
    with real_browser.window(person_in(group.root, Role.EXPERIENCE_MANAGER), size=PHONE) as window:
        page: Any = window.page
        window.go(f"/listening/sessions/{session.pk}/hold/")
        page.context.set_offline(True)
        page.locator("#nt-text").fill("Detto in cantina")
        page.keyboard.press("Enter")
        page.locator("[data-net][data-state=kept]").wait_for()
        assert kept() == []
        page.locator("#nt-text").fill("A metà di una fr")
        page.context.set_offline(False)
        page.locator("[data-note]").wait_for()
        page.reload()
        assert kept() == [("remark", "Detto in cantina", "")]
        expect(page.locator("#nt-text")).to_have_value("A metà di una fr")
        assert window.axe() == []


def test_a_member_writes_from_a_phone(real_browser: Browser, group) -> None:  # noqa: F811
    with scope.system("test"):
        week = a_session(group.brescia, "community", now=timezone.now())
        anna = a_member(week, now=timezone.now())
        block = first_block(week)
    with real_browser.window(None, size=PHONE) as window:
        page: Any = window.page
        window.go(f"/portal/session/{join_token(anna.pk)}/")
        assert window.axe() == []
        page.get_by_role("link", name="Vada alle domande").click()
        assert window.axe() == []
        page.get_by_role("link", name="Ci presentiamo").click()
        page.get_by_label("Che cosa ne pensa?").fill("Una Panda, <b>rossa</b>")
        page.get_by_role("button", name="Invia").click()
        page.get_by_text("Una Panda, <b>rossa</b>").wait_for()
        assert window.axe() == []
        assert window.errors == []
    assert [(row.text, row.block_id) for row in Post.unscoped.all()] == [("Una Panda, <b>rossa</b>", block.pk)]
