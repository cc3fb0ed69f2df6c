"""Moving a conversation as people do it: from the menu, without one violation, and on to the next one."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from corsia.cases.models import Case
from corsia.organisation.models import Person
from corsia.organisation.vocabulary import Role, UnitKind
from tests.browser import DESKTOP, PHONE, Browser, real_browser, server  # noqa: F401  (fixtures)
from tests.conversations.cases import a_mail
from tests.factories.messaging import Desk, a_desk
from tests.factories.organisation import UnitFactory, person_in, small_group

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def desk(transactional_db) -> Desk:
    return a_desk(small_group(), now=timezone.now() - timedelta(hours=1), acknowledges=False)


@pytest.fixture
def laura(desk: Desk) -> Person:
    return person_in(desk.unit, Role.AGENT, first_name="Laura", last_name="Pedretti", language="it")


@pytest.fixture
def cases(desk: Desk) -> list[Case]:
    at = timezone.now() - timedelta(hours=1)
    return [a_mail(desk, name=name, at=at) for name in ("Giulia Ferri", "Marco Bassi")]


@pytest.mark.parametrize(("size", "theme"), [(DESKTOP, "light"), (PHONE, "dark")], ids=["desktop", "phone"])
def test_who_moves_a_conversation_goes_on_with_the_next(real_browser: Browser, desk, laura, cases, size, theme) -> None:  # noqa: F811
    warehouse = UnitFactory(parent=desk.group.brescia, kind=UnitKind.DEPARTMENT, name="Magazzino", code="bs-mag")
    with real_browser.window(laura, size=size, theme=theme) as window:
        window.go("/conversations/")
        first, second = window.page.eval_on_selector_all(".cv", "all => all.map(row => row.id)")
        window.page.click(f"#{first} a")
        window.page.click(".th-act .dropdown .btn-ic")
        window.page.click("text=Sposta in un altro reparto…")
        window.page.wait_for_selector("#dialog select")
        assert window.axe() == []

        window.page.select_option("#dialog select", str(warehouse.pk))
        window.page.fill("#dialog textarea", "Ricambio da cercare")
        window.page.click("#dialog .b-p")

        window.page.wait_for_selector(".tst:has-text('è in Magazzino, Brescia')")
        expect(window.page.locator("#dialog")).not_to_be_visible()
        if size is DESKTOP:
            window.page.wait_for_selector(f"#{second}.on")
        window.page.wait_for_selector(f"#{first}", state="detached")
        # The pane that was open asks for what is gone once more, and is told so.
        assert (window.blocked(), [line for line in window.errors if "404" not in line]) == ([], [])
    assert Case.unscoped.get(pk=int(first.removeprefix("conv-"))).unit_id == warehouse.pk


def test_on_its_own_page_a_case_is_found_a_place_among_many_by_a_part_of_its_name(
    real_browser: Browser,  # noqa: F811
    desk,
    laura,
    cases,
) -> None:
    for number in range(12):
        UnitFactory(parent=desk.group.verona_care, kind=UnitKind.TEAM, name=f"Squadra {number}", code=f"sq-{number}")
    with real_browser.window(laura) as window:
        window.go(f"/cases/{cases[0].pk}/")
        window.page.click(".cases-head .dropdown .btn-ic")
        window.page.click("text=Sposta in un altro reparto…")
        window.page.fill("#case-dialog input[list]", "Squadra 7, Verona")
        window.page.fill("#case-dialog textarea", "È di Verona")
        assert window.axe() == []
        window.page.click("#case-dialog .b-p")

        window.page.wait_for_url("**/cases/")
        expect(window.page.locator("#toasts")).to_contain_text(f"Ora #{cases[0].pk} è in Squadra 7, Verona")
        # While the page leaves, its parts may ask once more for the case that is gone.
        assert (window.blocked(), [line for line in window.errors if "404" not in line]) == ([], [])
