"""A work order closes, the customer gives a three, is called about just that, and a nine ends it: in a browser."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from corsia.cases.models import Case
from corsia.cases.services import close_case
from corsia.kernel import scope
from corsia.listening.models import Invitation, Loop
from corsia.listening.services import send_due_invitations
from corsia.organisation.vocabulary import Role
from tests.browser import DESKTOP, real_browser, server
from tests.factories.cases import ROBOT
from tests.factories.organisation import person_in, small_group
from tests.factories.surveys import reachable, surveyed_group
from tests.journeys.loop_steps import (
    DAY,
    answer_nine,
    answer_three,
    call_and_remedy,
    close_a_work_order,
    listen_after_the_workshop,
    react,
)

__all__ = ["real_browser", "server"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def scene(transactional_db):
    now = datetime.now(tz=UTC)
    with scope.system("test"):
        group = surveyed_group(small_group(), now=now - 5 * DAY)
        listen_after_the_workshop(group, now=now)
        customer = reachable(group, now=now - 5 * DAY)
        agent = person_in(group.brescia_care, first_name="Laura", last_name="Pedretti")
        boss = person_in(group.brescia, Role.BRANCH_MANAGER, first_name="Marta", last_name="Gatti")
        return group, customer, agent, boss, now


def test_from_a_closed_work_order_to_a_nine(real_browser, scene) -> None:
    group, customer, agent, boss, now = scene
    answer_three(real_browser, close_a_work_order(group, customer, now=now))
    with scope.system("test"):
        react(datetime.now(tz=UTC))
        case = Case.objects.get()

    call_and_remedy(real_browser, agent, case)
    with scope.system("test"):
        loop = Loop.objects.get()
        assert (loop.outcome, loop.money_kept_cents, loop.root_cause) == (
            "recovered", 45_050, "Ritardo del ricambio taciuto",
        )  # fmt: skip
        close_case(case_id=case.pk, by=ROBOT, now=datetime.now(tz=UTC))
        again = Invitation.objects.get(follows=loop)
        assert send_due_invitations(now=again.send_after - timedelta(minutes=1)) == 0
        assert send_due_invitations(now=again.send_after) == 1

    answer_nine(real_browser, again)
    with scope.system("test"):
        react(datetime.now(tz=UTC))
        assert Loop.objects.count() == 1
        assert Case.objects.get().closed_at is not None

    # The manager sees how soon and how well it ended.
    with real_browser.window(boss, size=DESKTOP) as window:
        page = window.page
        window.go("/listening/loops/?state=closed")
        expect(page.get_by_text("1 su 1", exact=True)).to_be_visible()
        expect(page.get_by_text("1 su 1 conclusi")).to_be_visible()
        expect(page.get_by_text("Ritardo del ricambio taciuto")).to_be_visible()
        assert window.axe() == []
        window.go("/listening/?survey=after")
        expect(page.get_by_text("Mi hanno richiamato subito")).to_be_visible()
        assert (window.blocked(), window.errors) == ([], [])
