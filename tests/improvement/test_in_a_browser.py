"""From a criticality to an effect: a group of four meetings, an action, what became of it; by mouse and by keys."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from corsia.improvement.models import Action
from corsia.kernel import scope
from corsia.organisation.vocabulary import Role
from tests.browser import Browser, at_rest, real_browser, server  # noqa: F401  (fixtures)
from tests.factories.cases import a_customer, ready_group
from tests.factories.improvement import a_group, an_action, four_people
from tests.factories.organisation import UnitFactory, person_in, small_group
from tests.factories.surveys import answered
from tests.journeys.group_steps import (
    begin_a_group,
    begin_by_keys,
    hold_the_first,
    hold_the_fourth,
    hold_the_second,
    hold_the_third,
    prove_and_finish,
    rate_on_phones,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def scene(transactional_db) -> dict:
    """Ten branches with answers before and after; four people of Brescia, and who leads them."""
    now = timezone.now() - timedelta(minutes=30)
    group = small_group()
    with scope.system("test"):
        ready_group(group, now=now - timedelta(days=365))
        customer = a_customer(group, now=now - timedelta(days=365))
        units = [group.brescia, group.verona]
        units += [UnitFactory(parent=group.root, name=f"Filiale {number}", code=f"f{number}") for number in range(8)]
        for place, unit in enumerate(units):
            for number in range(10):
                answered(
                    unit, customer, 4 + (place + number) % 3, at=now - timedelta(days=40, hours=number), text="Attesa"
                )
                after = 4 + (place * 2 + number) % 3 + (4 if place < 3 else 0)
                answered(unit, customer, after, at=now - timedelta(days=1, hours=number))
        people = four_people(group.brescia, language="it")
        boss = person_in(group.root, Role.EXPERIENCE_MANAGER, first_name="Marta", last_name="Villa", language="it")
    return {"group": group, "people": people, "boss": boss, "units": units, "now": now}


def test_a_group_walks_from_a_criticality_to_the_effect_of_its_action(real_browser: Browser, scene) -> None:  # noqa: F811
    people, now = scene["people"], scene["now"]
    with real_browser.window(scene["boss"]) as window:
        page = window.page
        made = begin_a_group(window, on="detrattori", people=people)
        hold_the_first(window, made)
        rate_on_phones(real_browser, window, made, people)
        hold_the_second(window, made, people)
        hold_the_third(window, made, owner=people[0], units=scene["units"][:3], now=now)
        hold_the_fourth(window, made)
        window.go("/improvement/actions/")
        begin_by_keys(page)
        page.locator(".kc-m").click()
        with page.expect_response("**/move/") as refused:
            page.locator('.kc [data-to="done"]').click()
        assert refused.value.status == 409
        expect(page.locator('.ks[data-list="running"] .kc')).to_have_count(1)
        expect(page.locator("#toasts")).to_contain_text("evidenza")

        # Done, with evidence; two weeks later its effect is read.
        page.locator(".kc a").first.click()
        prove_and_finish(page)
        with scope.system("test"):
            Action.objects.update(ended_at=now - timedelta(days=8))
        page.reload()
        page.get_by_role("link", name="Effetto", exact=True).click()
        expect(page.locator(".im-sent")).to_contain_text("Ha funzionato: +4")
        window.go("/improvement/")
        expect(page.get_by_text("Ha funzionato", exact=True)).to_be_visible()

        assert window.blocked() == []
        assert [error for error in window.errors if "409" not in error] == []


def test_dragging_a_card_to_another_column_moves_it(real_browser: Browser, scene) -> None:  # noqa: F811
    with scope.system("test"):
        action = an_action(scene["group"].brescia, now=scene["now"])
    with real_browser.window(scene["boss"]) as window:
        window.go("/improvement/actions/")
        page = window.page
        card = at_rest(page.locator(".kc .kc-2"))
        target = at_rest(page.locator('.ks[data-list="planned"]'))
        page.mouse.move(card["x"] + 20, card["y"] + 5)
        page.mouse.down()
        page.mouse.move(card["x"] + 60, card["y"] + 20, steps=5)
        page.mouse.move(target["x"] + 60, target["y"] + 40, steps=12)
        with page.expect_response("**/move/"):
            page.mouse.up()
        expect(page.locator('.ks[data-list="planned"] .kc')).to_have_count(1)
        assert window.errors == []
    with scope.system("test"):
        assert Action.objects.get(pk=action.pk).state == "planned"


@pytest.mark.parametrize(("language", "theme"), [("it", "light"), ("en", "dark")])
def test_the_pages_have_no_violation(real_browser: Browser, scene, language, theme) -> None:  # noqa: F811
    boss = scene["boss"]
    boss.language = language
    boss.save()
    with scope.system("test"):
        made = a_group(scene["group"].root, now=scene["now"], people=scene["people"])
        action = an_action(scene["group"].root, now=scene["now"], group=made)
    pages = ["", "criticalities/", "actions/", f"actions/{action.pk}/", f"actions/{action.pk}/effect/", "culture/"]
    pages += [f"groups/{made.pk}/meetings/{number}/" for number in (1, 2, 3, 4)]
    with real_browser.window(boss, theme=theme) as window:
        for path in pages:
            window.go(f"/improvement/{path}")
            assert (path, window.axe(), window.blocked(), window.errors) == (path, [], [], [])
