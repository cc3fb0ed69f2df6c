"""A visit booked at the desk by mouse: search a job, see slots appear, two clicks."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from corsia.organisation.models import OpenHours
from corsia.organisation.vocabulary import Role
from corsia.workshop.models import Visit
from corsia.workshop.vocabulary import VisitState
from tests.browser import Browser, real_browser, server  # noqa: F401  (fixtures)
from tests.factories.customers import car, gives, person
from tests.factories.organisation import person_in, small_group
from tests.factories.workshop import SERVICE, shop_of, visit_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def scene(transactional_db) -> dict:
    """A workshop that is open each day, a customer with a car, and a receptionist."""
    group = small_group()
    for weekday in (5, 6):
        for row in OpenHours.objects.filter(calendar=group.calendar, weekday=0):
            OpenHours.objects.create(
                calendar=group.calendar, weekday=weekday, opens_at=row.opens_at, closes_at=row.closes_at
            )
    shop = shop_of(group)
    mario, panda = person(group.root), car(group.root)
    gives(mario, panda)
    start = (timezone.now() + timedelta(days=1)).replace(hour=8, minute=0, second=0, microsecond=0)
    for number, technician in enumerate(("anna", "luca")):
        who = person(group.root, f"Ada {number}"), car(group.root, plate=f"AA00{number}AA", model="Tipo")
        visit_in(shop, *who, at=start, technician=technician, bay=str(number + 1))
    desk = person_in(group.brescia, Role.RECEPTIONIST, first_name="Silvia", last_name="Moretti", language="it")
    return {"shop": shop, "mario": mario, "desk": desk, "start": start}


def test_a_visit_is_booked_in_two_clicks(real_browser: Browser, scene) -> None:  # noqa: F811
    with real_browser.window(scene["desk"]) as window:
        page = window.page
        window.go("/workshop/book/")
        page.get_by_label("Nome, targa, telefono o e-mail").press_sequentially("Rossi")
        page.get_by_role("link", name="Mario Rossi").click()
        expect(page.locator("#wk-offers")).to_contain_text("Scegli che cosa fare")
        page.get_by_label("Cerca un lavoro").press_sequentially(SERVICE)
        expect(page.locator("#wk-jobs input[name=job]")).to_have_count(1)
        page.locator("#wk-jobs input[name=job]").check()
        expect(page.locator(".wk-card")).to_have_count(3)
        page.get_by_role("radio", name="aspetta qui").check()
        expect(page.locator(".wk-card.is-best")).to_contain_text("Il primo")
        assert window.axe() == []
        page.get_by_role("button", name="Tieni questo posto").first.click()
        expect(page.get_by_text("Tenuto per te fino alle")).to_be_visible()
        assert window.axe() == []
        page.get_by_role("button", name="Prenota", exact=True).click()
        expect(page.locator("main")).to_contain_text("Prenotata")
        assert window.axe() == []
        window.go(f"/workshop/?day={scene['start'].date().isoformat()}")
        expect(page.locator(".wk-a").first).to_be_visible()
        assert window.axe() == []

        assert (window.blocked(), window.errors) == ([], [])

    visit = Visit.unscoped.get(customer=scene["mario"])
    assert (visit.state, visit.is_waiting) == (VisitState.BOOKED, True)
