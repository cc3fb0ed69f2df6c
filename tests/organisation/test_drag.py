"""Units and people are moved by hand in a real browser: dragged, undone, refused, and by the form."""

import pytest
from django.contrib.auth.hashers import make_password
from playwright.sync_api import expect

from corsia.organisation.models import Membership, Unit
from corsia.organisation.queries.chart import WHOLE_UP_TO
from corsia.organisation.vocabulary import Role
from tests.browser import at_rest
from tests.factories.organisation import UnitFactory, person_in, small_group
from tests.running import CHROMIUM_FLAGS, chromium, corsia_running, until

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(240),
    pytest.mark.skipif(chromium() is None, reason="Chromium was not found: install it or set CORSIA_CHROMIUM"),
]
PASSWORD = "correct horse battery"
BOSS = "capo@bellandi.example"


def drag(page, what, where) -> None:
    """Press, move past the threshold, then to the middle of `where`, as a hand does."""
    start, end = at_rest(what), at_rest(where)
    x, y = start["x"] + start["width"] / 2, start["y"] + start["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 8, y + 8, steps=4)
    page.mouse.move(end["x"] + end["width"] / 2, end["y"] + end["height"] / 2, steps=12)
    page.wait_for_timeout(250)
    page.mouse.move(end["x"] + end["width"] / 2 + 2, end["y"] + end["height"] / 2 + 1, steps=3)
    page.wait_for_timeout(250)
    page.mouse.up()


def a_boss(group) -> None:
    boss = person_in(group.root, Role.ADMINISTRATOR, email=BOSS, language="en")
    boss.password = make_password(PASSWORD, hasher="pbkdf2_sha256")
    boss.save(update_fields=["password"])


def chart_of(chrome, web):
    """Sign in and open the chart."""
    page = chrome.new_page(viewport={"width": 1440, "height": 900})
    page.goto(f"{web}/account/login/?next=/organisation/")
    page.fill("input[name=login]", BOSS)
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_selector("#org-tree[data-armed]")
    return page


def unit_of(person) -> list[int]:
    return list(Membership.objects.filter(person=person, until=None).values_list("unit_id", flat=True))


def test_a_person_and_a_unit_move_by_hand_and_a_refused_move_goes_back(monkeypatch) -> None:
    from playwright.sync_api import sync_playwright

    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    group = small_group()
    a_boss(group)
    sofia = person_in(group.brescia_care, last_name="Neri")
    person_in(group.verona_care, last_name="Alberti")

    with corsia_running(parts=("web",)) as running, sync_playwright() as playwright:
        chrome = playwright.chromium.launch(executable_path=chromium(), args=CHROMIUM_FLAGS)
        page = chart_of(chrome, running.web)

        drag(
            page,
            page.locator(f'[data-person="{sofia.pk}"] .org-role'),
            page.locator(f'.org-people[data-unit="{group.verona_care.pk}"] .org-seat').first,
        )
        until(lambda: unit_of(sofia) == [group.verona_care.pk], seconds=10, what="the person moved")
        page.wait_for_selector(
            f'[data-armed] .org-people[data-unit="{group.verona_care.pk}"] [data-person="{sofia.pk}"]'
        )
        page.get_by_role("button", name="Undo").click()
        until(lambda: unit_of(sofia) == [group.brescia_care.pk], seconds=10, what="the move was undone")

        page.wait_for_selector(
            f'[data-armed] .org-people[data-unit="{group.brescia_care.pk}"] [data-person="{sofia.pk}"]'
        )
        page.wait_for_load_state("networkidle")

        # Upwards: taking the lower branch out does not shift the place it is dropped on.
        above = page.locator(f"#org-below-{group.brescia.pk} > .org-unit > .org-row").first
        drag(page, page.locator(f'li[data-unit="{group.verona.pk}"] > .org-row .org-grip'), above)
        page.get_by_text("cannot stand under Brescia").wait_for()
        page.wait_for_selector(f'#org-below-{group.root.pk} > li[data-unit="{group.verona.pk}"]')
        assert Unit.objects.get(pk=group.verona.pk).parent_id == group.root.pk
        page.wait_for_load_state("networkidle")

        page.locator(f'li[data-unit="{group.brescia_care.pk}"] > .org-row .dropdown button').click()
        page.get_by_text("Move to…").locator("visible=true").click()
        page.select_option("#org-drawer select", str(group.verona.pk))
        page.locator("#org-drawer .b-p").click()
        until(
            lambda: Unit.objects.get(pk=group.brescia_care.pk).parent_id == group.verona.pk,
            seconds=10,
            what="the unit moved by the form",
        )
        page.wait_for_selector(f'#org-below-{group.verona.pk} > li[data-unit="{group.brescia_care.pk}"]')
        chrome.close()


def test_a_branch_of_a_large_chart_opens_is_dragged_from_and_stays_open(monkeypatch) -> None:
    from playwright.sync_api import sync_playwright

    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    group = small_group()
    a_boss(group)
    for number in range(WHOLE_UP_TO):
        UnitFactory(parent=group.verona_care, kind="team", name=f"Squadra {number}")
    sofia = person_in(group.brescia_care, last_name="Neri")
    person_in(group.verona, last_name="Alberti")
    care, seat = f'li[data-unit="{group.brescia_care.pk}"]', f'[data-person="{sofia.pk}"]'

    with corsia_running(parts=("web",)) as running, sync_playwright() as playwright:
        chrome = playwright.chromium.launch(executable_path=chromium(), args=CHROMIUM_FLAGS)
        page = chart_of(chrome, running.web)
        expect(page.locator(care)).to_have_count(0)

        toggle = page.locator(f'li[data-unit="{group.brescia.pk}"] > .org-row button.org-toggle')
        toggle.click()
        page.wait_for_selector(f"{care} .org-people[data-armed] {seat}")
        expect(toggle).to_have_attribute("aria-expanded", "true")
        toggle.click()
        page.locator(care).wait_for(state="hidden")
        toggle.click()
        page.locator(care).wait_for(state="visible")

        drag(
            page,
            page.locator(f"{seat} .org-role"),
            page.locator(f'.org-people[data-unit="{group.verona.pk}"] .org-seat').first,
        )
        until(lambda: unit_of(sofia) == [group.verona.pk], seconds=10, what="the person moved")
        page.wait_for_selector(f'.org-people[data-unit="{group.verona.pk}"] {seat}')
        expect(page.locator(care)).to_be_visible()
        chrome.close()
