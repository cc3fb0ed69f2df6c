"""The pages of re-planning: what is asked, what is shown while it is worked out, and what its buttons do."""

import sys
from datetime import timedelta

import pytest
from django.test import Client

from corsia.organisation.models import Absence
from corsia.organisation.vocabulary import Role
from corsia.workshop.models import Allocation, Proposal, ProposalCall, Visit
from corsia.workshop.vocabulary import ProposalState
from tests.factories.organisation import person_in, signed_in
from tests.jobs import run_jobs
from tests.workshop.test_plan_page import today  # noqa: F401  (a fixture)
from tests.workshop.test_planning import scene  # noqa: F401  (a fixture)

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(today) -> Client:  # noqa: F811
    scene, _start = today  # noqa: F811
    return signed_in(person_in(scene.shop.unit, Role.BRANCH_MANAGER, language="en"))


def asked(browser: Client, today, **told: object) -> str:  # noqa: F811
    """Ask, and return the address of the proposal."""
    scene, start = today  # noqa: F811
    about = {"unit": scene.shop.unit.pk, "day": f"{start:%Y-%m-%d}"} | told
    answer = browser.post("/workshop/plan/replan/ask/", about)
    assert answer.status_code == 302, answer.content.decode()[-400:]
    return answer.headers["Location"]


def test_the_page_asks_a_job_answers_and_one_click_accepts_and_takes_back(browser, today, monkeypatch) -> None:  # noqa: F811
    scene, start = today  # noqa: F811
    luca = scene.shop.technicians["luca"]
    listing = f"/workshop/plan/replan/?unit={scene.shop.unit.pk}&day={start:%Y-%m-%d}"
    assert "What came in between?" in browser.get(listing).content.decode()

    with monkeypatch.context() as without:
        without.setitem(sys.modules, "ortools", None)  # whoever loads it in a web process fails
        without.setitem(sys.modules, "ortools.sat.python", None)
        address = asked(browser, today, kind="away", technician=luca.pk, **{"from": "08:30"})
        waiting = browser.get(address).content.decode()
    assert "It waits for a worker" in waiting
    assert "every 3s" in waiting
    assert "Accept" not in waiting

    run_jobs()
    piece = browser.get(address, headers={"HX-Request": "true"}).content.decode()
    assert piece.startswith('<section class="c" id="proposal"')
    assert "its technician is away" in piece
    assert "Mario Rossi · AB123CD" in piece
    assert "every 3s" not in piece

    assert browser.post(f"{address}accept/").status_code == 302
    assert Allocation.unscoped.get().technician != luca
    assert Absence.objects.get().person == luca.person
    assert browser.post(f"{address}accept/").status_code == 409
    assert "Take it back" in browser.get(address).content.decode()
    assert browser.post(f"{address}undo/").status_code == 302
    assert Allocation.unscoped.get().technician == luca
    assert not Absence.objects.exists()
    assert "Taken back" in browser.get(listing).content.decode()


def test_a_changed_diary_is_said_and_a_new_proposal_is_a_click_away(browser, today) -> None:  # noqa: F811
    scene, _start = today  # noqa: F811
    address = asked(browser, today, kind="over", step=scene.allocation.pk, minutes=30)
    run_jobs()
    Visit.unscoped.filter(pk=scene.visit.pk).update(promised_at=scene.visit.promised_at + timedelta(minutes=15))

    words = browser.get(address).content.decode()

    assert "The diary has changed since this was worked out" in words
    assert "Ask anew" in words
    assert f"{address}accept/" not in words
    assert browser.post(f"{address}discard/").status_code == 302
    assert Proposal.unscoped.get().state == ProposalState.DISCARDED


def test_whoever_was_called_is_ticked_where_the_plan_is_made(browser, today) -> None:  # noqa: F811
    scene, start = today  # noqa: F811
    address = asked(browser, today, kind="part", visit=scene.visit.pk, until="16:30")
    run_jobs()
    browser.post(f"{address}accept/")
    listing = f"/workshop/plan/replan/?unit={scene.shop.unit.pk}&day={start:%Y-%m-%d}"
    assert "Not told yet" in browser.get(listing).content.decode()

    call = ProposalCall.unscoped.get()
    assert browser.post(f"/workshop/plan/calls/{call.pk}/told/", {"told": "1"}).status_code == 302

    assert "Not told yet" not in browser.get(listing).content.decode()
    assert "Told, " in browser.get(address).content.decode()


@pytest.mark.parametrize(
    "told",
    [
        {"kind": "away"},
        {"kind": "away", "technician": "1", "from": "x"},
        {"kind": "over", "step": "1", "minutes": "-3"},
        {"kind": "part", "visit": "1", "until": "25:00"},
        {"kind": "x"},
    ],
)
def test_who_says_nothing_is_proposed_nothing(browser, today, told: dict) -> None:  # noqa: F811
    scene, start = today  # noqa: F811
    about = {"unit": scene.shop.unit.pk, "day": f"{start:%Y-%m-%d}"} | told

    assert browser.post("/workshop/plan/replan/ask/", about).status_code == 422
    assert not Proposal.unscoped.exists()


def test_days_that_have_passed_are_not_planned_anew(browser, today) -> None:  # noqa: F811
    scene, start = today  # noqa: F811
    before = f"{start - timedelta(days=30):%Y-%m-%d}"
    about = {"unit": scene.shop.unit.pk, "day": before, "kind": "over", "step": scene.allocation.pk, "minutes": 30}

    page = browser.get(f"/workshop/plan/replan/?unit={scene.shop.unit.pk}&day={before}")

    assert (page.status_code, browser.post("/workshop/plan/replan/ask/", about).status_code) == (200, 409)
