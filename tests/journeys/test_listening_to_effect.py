"""From a closed work order to the proof that something changed: the whole loop of listening and improvement, once."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from corsia.cases.models import Case, Process, Task
from corsia.cases.services import close_case
from corsia.cases.services.care import Details, describe
from corsia.improvement.models import Action
from corsia.kernel import scope
from corsia.listening.models import Invitation, ListeningPlan, Loop
from corsia.listening.services import send_due_invitations
from corsia.organisation.vocabulary import Role
from tests.browser import PHONE, real_browser, server
from tests.factories.cases import ROBOT, a_case
from tests.factories.improvement import four_people
from tests.factories.organisation import UnitFactory, person_in, small_group
from tests.factories.surveys import answered, reachable, surveyed_group
from tests.journeys.group_steps import (
    RULE,
    begin_a_group,
    begin_by_keys,
    hold_the_first,
    hold_the_fourth,
    hold_the_second,
    hold_the_third,
    prove_and_finish,
    rate_on_phones,
)
from tests.journeys.loop_steps import (
    DAY,
    ORDER,
    answer_nine,
    answer_three,
    call_and_remedy,
    close_a_work_order,
    listen_after_the_workshop,
    react,
)

__all__ = ["real_browser", "server"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
CAUSE = "Tempi non rispettati"


@pytest.fixture
def scene(transactional_db) -> dict:
    """Ten branches with answers before and after; a customer of Brescia with a closed complaint about their order."""
    now = datetime.now(tz=UTC) - timedelta(minutes=30)
    with scope.system("test"):
        group = surveyed_group(small_group(), now=now - 365 * DAY)
        plan = listen_after_the_workshop(group, now=now)
        agent = person_in(group.brescia_care, first_name="Laura", last_name="Pedretti", language="it")
        boss = person_in(group.root, Role.EXPERIENCE_MANAGER, first_name="Marta", last_name="Villa", language="it")
        units = [group.brescia, group.verona]
        units += [UnitFactory(parent=group.root, name=f"Filiale {number}", code=f"f{number}") for number in range(8)]
        others = reachable(group, now=now - 365 * DAY, email="altri@example.it", name="Altri")
        for place, unit in enumerate(units):
            for number in range(10):
                before = 4 + (place + number) % 3
                answered(unit, others, before, at=now - timedelta(days=40, hours=number))
                after = 4 + (place * 2 + number) % 3 + (4 if place < 3 else 0)
                answered(unit, others, after, at=now - timedelta(days=1, hours=number))
        people = [agent, *four_people(group.brescia, language="it")[1:]]
        customer = reachable(group, now=now - 365 * DAY)
        case = a_case(
            group.brescia_care, now=now - 8 * DAY, customer=customer, process_key="complaint",
            subject="Freni rumorosi", assignee_id=agent.pk,
        )  # fmt: skip
        details = Details(reference=ORDER, root_cause="Pastiglie", remedy="Appuntamento in officina")
        describe(case_id=case.pk, details=details, by=ROBOT, now=now - 6 * DAY)
        Process.objects.filter(key="complaint").update(sends_survey=False)  # the visit is what they are asked about
        close_case(case_id=case.pk, by=ROBOT, now=now - 6 * DAY)
    return {
        "group": group, "plan": plan, "agent": agent, "boss": boss, "units": units, "people": people,
        "customer": customer, "case": case, "now": now,
    }  # fmt: skip


def test_from_a_closed_work_order_to_the_effect_of_an_action(real_browser, scene) -> None:
    group, agent, boss, people, now = (scene[key] for key in ("group", "agent", "boss", "people", "now"))

    # The order closes, the customer is asked three days later and answers with a three: their case is open again.
    asked = close_a_work_order(group, scene["customer"], now=now)
    response = answer_three(real_browser, asked)
    with scope.system("test"):
        react(datetime.now(tz=UTC))
        case = Case.objects.get(pk=scene["case"].pk)
        assert (case.closed_at, case.reopened_times) == (None, 1)
        call = Task.objects.get(case=case, is_callback=True, done_at=None)
        assert call.assignee_id == agent.pk
        assert Loop.objects.get().response_id == response.pk

    # The agent finds the customer among those to win back, and from there the case with the call.
    with real_browser.window(agent, size=PHONE) as window:
        window.go("/listening/loops/?whose=mine")
        window.page.get_by_role("link", name="Freni rumorosi").click()
        expect(window.page.get_by_role("heading", name="Cliente scontento")).to_be_visible()
        assert (window.blocked(), window.errors) == ([], [])
    call_and_remedy(real_browser, agent, case, kind_of_cause=CAUSE)
    with scope.system("test"):
        call.refresh_from_db()
        assert call.done_at is not None
        close_case(case_id=case.pk, by=ROBOT, now=datetime.now(tz=UTC))
        again = Invitation.objects.get(follows__response=response)
        assert send_due_invitations(now=again.send_after - timedelta(minutes=1)) == 0
        assert send_due_invitations(now=again.send_after) == 1
        assert timedelta(days=9) < again.send_after - datetime.now(tz=UTC) < timedelta(days=11)
    answer_nine(real_browser, again)
    with scope.system("test"):
        react(datetime.now(tz=UTC))
        assert (Loop.objects.count(), Case.objects.get(pk=case.pk).closed_at is not None) == (1, True)

    # The manager ends the wave that was heard, and begins a group on what it heard.
    plan = scene["plan"]
    with real_browser.window(boss) as window:
        page = window.page
        window.go("/improvement/criticalities/")
        for heard in ("Officina: detrattori", CAUSE):
            expect(page.get_by_label(heard).first).to_be_attached()
        window.go(f"/listening/plans/{plan.pk}/")
        page.get_by_role("button", name="Termina").click()
        expect(page.get_by_role("button", name="Termina")).to_have_count(0)

        made = begin_a_group(window, on="Officina: detrattori", people=people)
        hold_the_first(window, made)
        rate_on_phones(real_browser, window, made, people)
        hold_the_second(window, made, people)
        hold_the_third(
            window, made, owner=people[0], units=scene["units"][:3], now=now, touchpoint="Officina"
        )  # fmt: skip
        hold_the_fourth(window, made)
        window.go(f"/improvement/groups/{made.pk}/")
        expect(page.get_by_text("4 incontri", exact=False)).to_have_count(4)
        window.go("/improvement/rules/")
        page.get_by_role("button", name="Pubblica").click()
        expect(page.get_by_role("button", name="Pubblica")).to_have_count(0)
        window.go("/improvement/actions/")
        begin_by_keys(page)
        assert (window.blocked(), window.errors) == ([], [])

    # The rule stands beside the case; the agent, who owns the action, proves and finishes it.
    with real_browser.window(agent) as window:
        page = window.page
        window.go(f"/cases/{case.pk}/")
        expect(page.get_by_role("complementary").get_by_text(RULE)).to_be_visible()
        window.go("/improvement/actions/")
        page.locator(".kc a").first.click()
        expect(page.locator("dd").get_by_text("Officina", exact=True)).to_be_visible()
        prove_and_finish(page)
        assert (window.blocked(), window.errors) == ([], [])
    with scope.system("test"):
        action = Action.objects.get()
        assert (action.state, action.touchpoint) == ("done", "workshop")
        react(datetime.now(tz=UTC))
        wave = ListeningPlan.objects.exclude(pk=plan.pk).get()
        assert (wave.state, wave.touchpoint_id, wave.questionnaire_id) == (
            "running", plan.touchpoint_id, plan.questionnaire_id,
        )  # fmt: skip
        Action.objects.update(ended_at=now - 8 * DAY)

    # Customers of the touchpoint are asked anew, and the effect is told with its interval.
    with real_browser.window(boss) as window:
        page = window.page
        window.go("/listening/plans/")
        expect(page.get_by_role("link", name=f"Dopo l'officina, dopo l'azione {action.pk}")).to_be_visible()
        window.go(f"/improvement/actions/{action.pk}/effect/")
        expect(page.locator(".im-sent")).to_contain_text("Ha funzionato: +4")
        assert window.axe() == []
        assert (window.blocked(), window.errors) == ([], [])
