"""What a page redraws by itself while somebody has it in hand: it waits, and afterwards it shows what happened."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from corsia.cases.models import Case
from corsia.cases.services import Details, describe, open_case
from corsia.kernel import scope
from corsia.knowledge.services.playbooks import install_playbooks
from corsia.organisation.models import Person
from tests.browser import Browser, Window, real_browser, server  # noqa: F401  (fixtures)
from tests.factories.cases import ROBOT, a_customer, ready_group
from tests.factories.organisation import person_in, small_group

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

TITLE = "#case-head h1"
MENU = "#case-head .dropdown-menu"


@pytest.fixture
def case(transactional_db) -> Case:
    now = timezone.now() - timedelta(minutes=30)
    group = small_group()
    with scope.system("test"):
        ready_group(group, now=now)
        install_playbooks(unit_id=group.root.pk, by=ROBOT, now=now)
        return open_case(
            unit_id=group.brescia_care.pk,
            process_key="complaint",
            subject="Vettura in ritardo",
            origin="phone",
            customer_id=a_customer(group, now=now).pk,
            by=ROBOT,
            now=now,
        )


@pytest.fixture
def laura(case: Case) -> Person:
    with scope.system("test"):
        return person_in(case.unit, first_name="Laura", last_name="Pedretti", language="it")


def meanwhile(case: Case, subject: str) -> None:
    """A colleague changes the title of the case."""
    with scope.system("test"):
        describe(case_id=case.pk, details=Details(subject=subject), by=ROBOT, now=timezone.now())


def opened(window: Window, case: Case) -> Window:
    """The page of a case once it hears the live stream."""
    with window.page.expect_request(lambda request: "/stream/" in request.url):
        window.go(f"/cases/{case.pk}/")
    window.page.wait_for_selector("#pb .pb-step")
    return window


def told(page: Any) -> None:
    """Wait until the history, which nobody holds, tells what the colleague did."""
    page.locator("#case-history li").nth(1).wait_for()


def test_an_open_menu_waits_and_what_happened_shows_once_it_is_closed(real_browser: Browser, case, laura) -> None:  # noqa: F811
    with real_browser.window(laura) as window:
        page = opened(window, case).page
        page.click("#case-head .dropdown .btn-ic")
        meanwhile(case, "Vettura e ricambio in ritardo")
        told(page)

        expect(page.locator(MENU)).to_be_visible()
        expect(page.locator(TITLE)).to_have_text("Vettura in ritardo")

        page.keyboard.press("Escape")
        page.wait_for_selector(f"{TITLE}:text-is('Vettura e ricambio in ritardo')")
        assert (window.blocked(), window.errors) == ([], [])


def test_a_button_that_is_held_down_is_still_there_when_it_is_let_go(real_browser: Browser, case, laura) -> None:  # noqa: F811
    with real_browser.window(laura) as window:
        page = opened(window, case).page
        page.hover("#case-head button:has-text('Prendi')")
        page.mouse.down()
        meanwhile(case, "Vettura e ricambio in ritardo")
        told(page)
        page.mouse.up()

        page.wait_for_selector(f"{TITLE}:text-is('Vettura e ricambio in ritardo')")
        page.wait_for_selector("#case-head button:has-text('Prendi')", state="detached")
    with scope.system("test"):
        assert Case.objects.get(pk=case.pk).assignee_id == laura.pk


def test_what_is_half_written_or_unfolded_stays_through_a_redraw(real_browser: Browser, case, laura) -> None:  # noqa: F811
    with real_browser.window(laura) as window:
        page = opened(window, case).page
        page.locator("#pb .pb-rest summary").first.click()
        page.fill("#case-side input[name=label]", "officina es")
        meanwhile(case, "Uno")
        page.wait_for_selector(f"{TITLE}:text-is('Uno')")
        assert page.evaluate("document.activeElement.name") == "label"  # in hand: the side has not been drawn again

        page.locator("#case-side input[name=label]").blur()
        meanwhile(case, "Due")
        page.wait_for_selector(f"{TITLE}:text-is('Due')")
        page.wait_for_timeout(800)

        expect(page.locator("#case-side input[name=label]")).to_have_value("officina es")
        expect(page.locator("#pb .pb-rest[open]")).to_have_count(1)


def test_a_step_ticked_among_the_other_phases_leaves_them_unfolded(real_browser: Browser, case, laura) -> None:  # noqa: F811
    with real_browser.window(laura) as window:
        page = opened(window, case).page
        page.locator("#pb .pb-rest summary").first.click()
        page.locator("#pb .pb-rest form .pb-tick").first.click()
        page.wait_for_selector("#pb .pb-rest .pb-step.is-done")

        assert page.locator("#pb .pb-rest").first.evaluate("rest => rest.open") is True
