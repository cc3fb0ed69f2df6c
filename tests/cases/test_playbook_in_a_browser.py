"""An agent follows the playbook of a complaint to its end, and a colleague who stands in sees how far it is."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from corsia.cases.models import Case, StepTick
from corsia.cases.services import Details, describe, finish_task, open_case
from corsia.kernel import scope
from corsia.knowledge.services.playbooks import install_playbooks
from corsia.organisation.vocabulary import Role
from tests.browser import PHONE, Browser, at_rest, real_browser, server  # noqa: F401  (fixtures)
from tests.factories.cases import ROBOT, a_customer, ready_group
from tests.factories.organisation import person_in, small_group

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def scene(transactional_db) -> dict:
    """A complaint at the desk of Brescia, with everything its phases ask for but the steps of its playbook."""
    now = timezone.now() - timedelta(minutes=30)
    group = small_group()
    with scope.system("test"):
        ready_group(group, now=now)
        install_playbooks(unit_id=group.root.pk, by=ROBOT, now=now)
        laura = person_in(group.brescia_care, first_name="Laura", last_name="Pedretti", language="it")
        marco = person_in(group.brescia_care, first_name="Marco", last_name="Bassi", language="it")
        boss = person_in(group.root, Role.CARE_MANAGER, first_name="Anna", last_name="Riva", language="it")
        case = open_case(
            unit_id=group.brescia_care.pk,
            process_key="complaint",
            subject="Vettura riconsegnata in ritardo",
            origin="phone",
            customer_id=a_customer(group, now=now).pk,
            assignee_id=laura.pk,
            by=ROBOT,
            now=now,
        )
        details = Details(root_cause="Ricambio in ritardo", remedy="Tagliando omaggio")
        describe(case_id=case.pk, details=details, by=ROBOT, now=now)
    return {"group": group, "laura": laura, "marco": marco, "boss": boss, "case": case, "now": now}


def follow(page) -> None:
    """Tick every needed step that is open in the phase the case is in, writing what a step asks for."""
    while True:
        step = page.locator("#pb .c-b > .pb-steps > .pb-step:not(.is-done)").filter(has_not_text="(se serve)").first
        if not step.count():
            return
        before = page.locator("#pb .pb-step.is-done").count()
        if step.locator("input[name=note]").count():
            step.locator("input[name=note]").fill("Lo richiamo giovedì alle 10")
            step.locator("form button").click()
        else:
            step.locator(".pb-tick").click()
        page.locator("#pb .pb-step.is-done").nth(before).wait_for(state="attached")


def test_an_agent_follows_the_playbook_to_the_end(real_browser: Browser, scene) -> None:  # noqa: F811
    case = scene["case"]
    with real_browser.window(scene["laura"]) as window:
        window.go(f"/cases/{case.pk}/")
        page = window.page
        page.wait_for_selector("#pb .pb-step")
        page.click("#case-strip form[action$='/phase/taken_charge/'] button")
        page.wait_for_selector('#toasts :text("Leggere tutta la storia")')
        for phase in ("taken_charge", "investigation", "remedy_agreed", "solved"):
            follow(page)
            with scope.system("test"):
                for task in case.tasks.filter(done_at=None):
                    finish_task(task_id=task.pk, by=ROBOT, now=timezone.now())
            page.click(f"#case-strip form[action$='/phase/{phase}/'] button")
            page.wait_for_selector(f"#case-strip form[action$='/phase/{phase}/']", state="detached")
            page.wait_for_timeout(300)
            window.go(f"/cases/{case.pk}/")
            page.wait_for_selector("#pb .pb-now")

        expect(page.locator("#pb .pb-now")).to_contain_text("Lo richiamo giovedì alle 10")
        assert window.blocked() == []
    with scope.system("test"):
        ended = Case.objects.get(pk=case.pk)
        assert ended.end_kind == "solved"
        assert set(StepTick.objects.filter(case=ended).values_list("ticked_by_id", flat=True)) == {scene["laura"].pk}


def test_a_colleague_sees_a_step_ticked_elsewhere_and_keeps_what_they_type(
    real_browser: Browser,  # noqa: F811
    scene,
) -> None:
    case = scene["case"]
    with real_browser.window(scene["marco"]) as there, real_browser.window(scene["laura"]) as here:
        for window in (there, here):
            window.go(f"/conversations/{case.pk}/")
            window.page.wait_for_selector("#pb .pb-step")
            window.page.wait_for_selector(".live:not(.off)")
        there.page.locator("#pb .pb-rest summary").click()
        there.page.locator("#pb input[name=note]").first.fill("Sto scrivendo")
        here.page.locator("#pb .pb-step.is-next .pb-tick").click()
        there.page.wait_for_selector("#pb .pb-step.is-done", timeout=15_000)

        expect(there.page.locator("#pb .pb-now")).to_contain_text("Laura Pedretti")
        expect(there.page.locator("#pb input[name=note]").first).to_have_value("Sto scrivendo")


@pytest.mark.parametrize(("language", "theme"), [("it", "light"), ("en", "dark")])
@pytest.mark.parametrize("path", ["/cases/{case}/", "/cases/roles/", "/knowledge/playbooks/", "/cases/causes/"])
def test_its_pages_have_no_violation(real_browser: Browser, scene, language, theme, path) -> None:  # noqa: F811
    scene["boss"].language = language
    scene["boss"].save()
    with real_browser.window(scene["boss"], theme=theme) as window:
        window.go(path.format(case=scene["case"].pk))
        window.page.wait_for_selector("#pb .pb-step" if "{case}" in path else "main")

        assert window.axe() == []
        assert window.blocked() == []
        assert window.errors == []


def test_on_a_phone_a_step_is_ticked_with_a_thumb(real_browser: Browser, scene) -> None:  # noqa: F811
    with real_browser.window(scene["laura"], size=PHONE) as window:
        window.go(f"/cases/{scene['case'].pk}/")
        tick = window.page.locator("#pb .pb-step.is-next .pb-tick")
        tick.wait_for()  # a click scrolls there by itself
        box = at_rest(tick)
        tick.click()
        window.page.wait_for_selector("#pb .pb-step.is-done")

        assert min(box["width"], box["height"]) >= 36
        assert window.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
