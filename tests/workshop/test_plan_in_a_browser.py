"""The plan in a real browser: dragged, by keys, by the form; refused with the reason, taken back; on a phone."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from corsia.kernel import scope
from corsia.organisation.queries import tree
from corsia.organisation.vocabulary import Role
from corsia.organisation.working_time import is_open
from corsia.workshop.models import Allocation, Visit
from tests.browser import PHONE, Browser, Window, at_rest, real_browser, server  # noqa: F401  (fixtures)
from tests.factories.customers import car, person
from tests.factories.organisation import person_in, small_group
from tests.factories.workshop import BRAKES, DIAGNOSIS, shop_of, visit_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def scene(transactional_db) -> dict[str, Any]:
    """On the next open day: Luca's service 9:00-10:15, Anna's diagnosis 9:30-10:15, and brakes that wait."""
    group = small_group()
    with scope.system("test"):
        shop = shop_of(group)
        start = timezone.now().astimezone(tree().time_zone(shop.unit.pk))
        start = start.replace(hour=9, minute=0, second=0, microsecond=0) + timedelta(days=1)
        while not is_open(tree().hours(shop.unit.pk), start):
            start += timedelta(days=1)
        mario, giulia, piero = (person(group.root, name) for name in ("Mario Rossi", "Giulia Neri", "Piero Verdi"))
        service = visit_in(shop, mario, car(group.root), at=start)
        check = visit_in(
            shop, giulia, car(group.root, plate="EF456GH"), at=start + timedelta(minutes=30), code=DIAGNOSIS,
            technician="anna", bay="D",
        )  # fmt: skip
        waits = visit_in(
            shop, piero, car(group.root, plate="GH789JK"), at=start + timedelta(hours=2), code=BRAKES,
            technician="anna", bay="2",
        )  # fmt: skip
        Visit.objects.filter(pk__in=[service.pk, waits.pk]).update(promised_at=start + timedelta(hours=9))
        Allocation.objects.filter(visit=waits).delete()
        boss = person_in(shop.unit, Role.RECEPTIONIST, first_name="Sara", last_name="Conti", language="it")
    return {
        "shop": shop, "start": start, "boss": boss, "waits": waits,
        "service": service.allocations.model.unscoped.get(visit=service), "check": Allocation.unscoped.get(visit=check),
    }  # fmt: skip


def open_plan(window: Window, start: datetime, view: str = "day") -> Any:
    window.go(f"/workshop/plan/?view={view}&day={start:%Y-%m-%d}")
    expect(window.page.locator("workshop-plan[data-ready]")).to_be_visible()
    return window.page


def drag(page: Any, source: Any, to_x: float, to_y: float) -> None:
    box = at_rest(source)
    page.mouse.move(box["x"] + 12, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + 24, box["y"] + box["height"] / 2 + 4, steps=3)
    page.mouse.move(to_x, to_y, steps=8)
    page.mouse.up()


def line_of(page: Any, scene: dict[str, Any], name: str) -> dict[str, float]:
    technician = scene["shop"].technicians[name]
    return at_rest(page.locator(f'[data-tech="{technician.pk}"]'))


def test_a_drag_that_is_refused_goes_back_with_the_reason_and_a_good_one_can_be_undone(
    real_browser: Browser,  # noqa: F811
    scene,
) -> None:
    with real_browser.window(scene["boss"]) as window:
        page = open_plan(window, scene["start"])
        job = page.locator(f'[data-job="{scene["check"].pk}"]').first
        before = at_rest(job)
        luca = line_of(page, scene, "luca")
        drag(page, job, before["x"] + 12, luca["y"] + luca["height"] / 2)

        expect(page.locator(".tst.bad")).to_contain_text("non ha la competenza “diagnosis”")
        expect(job).to_be_visible()
        assert abs(at_rest(job)["y"] - before["y"]) < 3
        scene["check"].refresh_from_db()
        assert scene["check"].technician == scene["shop"].technicians["anna"]

        job = page.locator(f'[data-job="{scene["service"].pk}"]').first
        anna, box = line_of(page, scene, "anna"), at_rest(job)
        hour = box["width"] * 60 / 75
        drag(page, job, box["x"] + 12 + 2 * hour, anna["y"] + anna["height"] / 2)
        expect(page.locator(".tst:not(.bad)")).to_contain_text("11:00–12:15")
        moved = Allocation.unscoped.get(pk=scene["service"].pk)
        assert (moved.technician, moved.starts_at) == (
            scene["shop"].technicians["anna"],
            scene["start"] + timedelta(hours=2),
        )
        page.locator(".tst:not(.bad) button").click()
        expect(page.locator(".tst").filter(has_text="Annullato")).to_be_visible()
        back = Allocation.unscoped.get(pk=scene["service"].pk)
        assert (back.technician, back.starts_at) == (scene["shop"].technicians["luca"], scene["start"])

        assert window.blocked() == []
        assert [error for error in window.errors if "409" not in error] == []


def test_keys_move_work_and_the_form_does_the_same(real_browser: Browser, scene) -> None:  # noqa: F811
    with real_browser.window(scene["boss"]) as window:
        page = open_plan(window, scene["start"])
        job = page.locator(f'workshop-plan [data-job="{scene["service"].pk}"]')
        job.focus()
        page.keyboard.press("Alt+ArrowRight")
        expect(page.locator(".tst").last).to_contain_text("09:15–10:30")
        expect(job).to_be_focused()
        page.keyboard.press("Alt+ArrowDown")
        hans = scene["shop"].technicians["hans"]
        expect(page.locator(".tst").last).to_contain_text(hans.person.full_name)
        assert Allocation.unscoped.get(pk=scene["service"].pk).technician == hans

        page.keyboard.press("Enter")
        drawer = page.locator("#pl-drawer")
        expect(drawer).to_be_visible()
        expect(drawer).to_contain_text("AB123CD")
        drawer.locator("[name=hour]").fill("13:00")
        drawer.locator("button[type=submit]").click()
        expect(drawer.locator("[data-refusal]")).to_contain_text("L'officina è chiusa")
        assert window.axe() == []
        drawer.locator("[name=hour]").fill("14:30")
        drawer.locator("button[type=submit]").click()
        expect(drawer).not_to_be_visible()
        assert Allocation.unscoped.get(pk=scene["service"].pk).starts_at == scene["start"] + timedelta(hours=5.5)
        assert window.blocked() == []


@pytest.mark.parametrize("key", ["Enter", "Space"])
def test_a_key_pressed_while_the_moved_work_is_drawn_anew_is_not_lost(real_browser: Browser, scene, key) -> None:  # noqa: F811
    with real_browser.window(scene["boss"]) as window:
        page = open_plan(window, scene["start"])
        job = page.locator(f'workshop-plan [data-job="{scene["service"].pk}"]')
        job.focus()
        page.keyboard.press("Alt+ArrowRight")
        expect(job).to_contain_text("09:15–10:30")  # drawn anew
        expect(job).to_be_focused()
        page.evaluate("document.activeElement.blur()")  # what has the focus is taken away: the page itself has it now
        page.keyboard.press(key)

        expect(page.locator("#pl-drawer")).to_contain_text("AB123CD")


def test_a_promise_is_broken_only_by_who_says_so(real_browser: Browser, scene) -> None:  # noqa: F811
    with real_browser.window(scene["boss"]) as window:
        page = open_plan(window, scene["start"])
        job = page.locator(f'workshop-plan [data-job="{scene["check"].pk}"]')
        for hour, answer in (("11:00", "no"), ("11:00", "yes")):
            job.click()
            page.locator("#pl-drawer [name=hour]").fill(hour)
            page.locator("#pl-drawer button[type=submit]").click()
            ask = page.locator("#pl-promise")
            expect(ask).to_contain_text("La promessa delle 11:15 a Giulia Neri non sarebbe mantenuta")
            ask.locator(f'button[value="{answer}"]').click()
            if answer == "no":
                page.locator("#pl-drawer [data-close]").click()
                assert Allocation.unscoped.get(pk=scene["check"].pk) == scene["check"]
        expect(page.locator(".tst").last).to_contain_text("pronto alle 11:45")
        visit = Visit.unscoped.get(pk=scene["check"].visit_id)
        assert visit.promised_at == scene["start"] + timedelta(hours=2, minutes=45)


def test_what_waits_is_dropped_onto_a_line(real_browser: Browser, scene) -> None:  # noqa: F811
    with real_browser.window(scene["boss"]) as window:
        page = open_plan(window, scene["start"])
        service = at_rest(page.locator(f'workshop-plan [data-job="{scene["service"].pk}"]'))
        luca, card = line_of(page, scene, "luca"), page.locator(".bkc")
        expect(card).to_have_count(1)
        drag(page, card, service["x"] + service["width"] * 150 / 75 + 4, luca["y"] + luca["height"] / 2)

        expect(page.locator(".tst")).to_contain_text("11:30–12:30")
        expect(page.locator("#pl-backlog")).to_contain_text("Tutto è pianificato")
        expect(page.locator("workshop-plan .jb")).to_have_count(3)
        row = Allocation.unscoped.get(visit=scene["waits"])
        assert (row.technician, row.starts_at) == (
            scene["shop"].technicians["luca"],
            scene["start"] + timedelta(hours=2.5),
        )
        assert window.blocked() == []


def test_a_phone_shows_lists_and_moves_by_the_form(real_browser: Browser, scene) -> None:  # noqa: F811
    with real_browser.window(scene["boss"], size=PHONE) as window:
        window.go(f"/workshop/plan/?day={scene['start']:%Y-%m-%d}")
        page = window.page
        item = page.locator(f'#pl-sheet [data-job="{scene["service"].pk}"]')
        expect(item).to_contain_text("09:00–10:15")
        expect(item).to_contain_text("Mario Rossi")
        assert window.axe() == []
        item.tap()
        page.locator("#pl-drawer [name=hour]").fill("15:00")
        page.locator("#pl-drawer button[type=submit]").tap()
        expect(page.locator(f'#pl-sheet [data-job="{scene["service"].pk}"]')).to_contain_text("15:00–16:15")
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        assert window.blocked() == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("view", ["day", "days", "week"])
def test_every_view_is_free_of_violations(real_browser: Browser, scene, theme: str, view: str) -> None:  # noqa: F811
    with real_browser.window(scene["boss"], theme=theme) as window:
        page = open_plan(window, scene["start"], view)
        expect(page.locator("workshop-plan .jb")).to_have_count(2)
        assert window.axe() == []
        assert window.errors == []
        assert window.blocked() == []


def test_a_plan_that_is_open_hears_of_moves_of_others(real_browser: Browser, scene) -> None:  # noqa: F811
    with real_browser.window(scene["boss"]) as first, real_browser.window(scene["boss"]) as second:
        page, other = open_plan(first, scene["start"]), open_plan(second, scene["start"])
        expect(page.locator("workshop-plan[data-live]")).to_be_visible()
        other.locator(f'workshop-plan [data-job="{scene["service"].pk}"]').focus()
        other.keyboard.press("Alt+ArrowRight")

        expect(page.locator(f'workshop-plan [data-job="{scene["service"].pk}"]')).to_contain_text("09:15")
