"""The screen of whoever interviews on the phone, from the list to the goodbye; in a browser by the keyboard alone."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import expect

from corsia.kernel import scope
from corsia.listening.models import Interview, InterviewSetup, Response
from corsia.listening.services import call_due
from corsia.listening.vocabulary import Instrument
from corsia.messaging.models import ContactRules
from corsia.messaging.rules.contact_rules import DEFAULTS
from corsia.organisation.models import Unit
from corsia.organisation.vocabulary import Role
from tests.browser import PHONE, Browser, real_browser, server  # noqa: F401  (fixtures)
from tests.factories.interviews import calling_plan, in_force, to_be_called, with_phone
from tests.factories.organisation import person_in, signed_in, small_group
from tests.factories.surveys import reachable, surveyed_group

ROME = ZoneInfo("Europe/Rome")


def never_quiet(unit: Unit) -> None:
    """Let people be called at any hour, so that the test runs at any."""
    values = {name: getattr(DEFAULTS, name) for name in DEFAULTS.__dataclass_fields__}
    all_day = {f"{day}_{end}": "00:00" for day in ("weekday", "saturday", "sunday") for end in ("from", "until")}
    ContactRules.objects.create(unit=unit, **(values | all_day | {"holidays_are_quiet": False}))


def a_call_due(group, *, now: datetime) -> Interview:
    """Put somebody on the list whose call is due now."""
    surveyed_group(group, now=now)
    never_quiet(group.root)
    version = in_force(group.root, "nps-workshop", now=now)
    InterviewSetup.objects.create(questionnaire=version.questionnaire, slots=["noon", "afternoon"])
    plan = calling_plan(version, group.root, now=now, instrument=Instrument.PHONE)
    giulia = with_phone(reachable(group, now=now), "+393331234567", now=now)
    to_be_called(plan, group.brescia_care, giulia, now=now, happened_at=now - timedelta(days=3))
    call_due(now=now)
    Interview.objects.update(planned_at=now)
    return Interview.objects.get()


@pytest.fixture
def interview(group) -> Interview:
    with scope.system("test"):
        return a_call_due(group, now=timezone.now() - timedelta(minutes=1))


@pytest.fixture
def laura(group, interview) -> Client:
    return signed_in(person_in(group.brescia_care, Role.AGENT, language="it"))


def test_a_call_from_the_list_to_its_end(laura, interview) -> None:
    assert "1 chiamata da fare adesso" in laura.get("/listening/calls/").content.decode()
    place = f"/listening/calls/{interview.pk}/"
    assert laura.post("/listening/calls/next/").url == place
    page = laura.get(place).content.decode()
    assert 'href="tel:+393331234567"' in page
    laura.post(f"{place}dialled/")
    page = laura.get(place).content.decode()
    assert "legge sulla privacy" in page
    assert "sono Laura" in page
    laura.post(f"{place}agree/")
    refused = laura.post(f"{place}answer/", {"item": "recommend", "value": "12"})
    assert refused.status_code == 422
    answer = laura.post(f"{place}answer/", {"item": "recommend", "value": "2"})
    assert answer.url.startswith(f"{place}?q=")
    assert "Domanda 2 di" in laura.get(answer.url).content.decode()
    laura.post(f"{place}end/", {"outcome": "partial", "note": "di fretta"})

    with scope.system("test"):
        interview.refresh_from_db()
        assert (interview.outcome, interview.note, Response.objects.get().score) == ("partial", "di fretta", 2)
    page = laura.get("/listening/calls/").content.decode()
    assert "di fretta" in page
    assert laura.post("/listening/calls/next/").url == "/listening/calls/"


def test_somebody_else_sees_that_the_call_is_taken_and_cannot_act(laura, interview, group) -> None:
    laura.post("/listening/calls/next/")
    paolo = signed_in(person_in(group.brescia_care, Role.AGENT, language="it"))
    place = f"/listening/calls/{interview.pk}/"

    assert "tel:" not in paolo.get(place).content.decode()
    assert paolo.post(f"{place}dialled/").status_code == 409
    assert paolo.post(f"{place}end/", {"outcome": "no_answer"}).status_code == 409


def test_put_off_to_a_day_and_an_hour(laura, interview) -> None:
    laura.post("/listening/calls/next/")
    place = f"/listening/calls/{interview.pk}/"
    laura.post(f"{place}dialled/")
    assert laura.post(f"{place}end/", {"outcome": "later"}).status_code == 422
    day = (timezone.now().astimezone(ROME) + timedelta(days=2)).date()
    laura.post(f"{place}end/", {"outcome": "later", "day": day.isoformat(), "hour": "18:15"})

    with scope.system("test"):
        second = Interview.objects.get(attempt=2)
        assert second.planned_at.astimezone(ROME).strftime("%H:%M") == "18:15"
        assert second.is_wished


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_an_interview_by_the_keyboard_alone(real_browser: Browser, transactional_db) -> None:  # noqa: F811
    with scope.system("test"):
        group = small_group()
        a_call_due(group, now=timezone.now() - timedelta(minutes=1))
    laura = person_in(group.brescia_care, Role.AGENT, first_name="Laura", last_name="Pedretti", language="it")
    with real_browser.window(laura) as window:
        page = window.page
        window.go("/listening/calls/")
        assert window.axe() == []
        page.keyboard.press("n")
        page.get_by_role("button", name="Sto chiamando").click()
        page.get_by_text("Possiamo cominciare?").wait_for()
        assert window.axe() == []
        page.keyboard.press("Enter")
        page.get_by_text("Domanda 1 di").wait_for()
        page.keyboard.press("1")
        page.keyboard.press("0")
        expect(page.locator("input[value='10']")).to_be_checked()
        assert window.axe() == []
        page.keyboard.press("Backspace")  # nothing is before the first question
        page.keyboard.press("Enter")
        page.get_by_text("Domanda 2 di").wait_for()
        expect(page.locator(".iv-kept li b").first).to_have_text("10")
        assert (window.errors, window.blocked()) == ([], [])
    with scope.system("test"):
        assert Response.objects.get().score == 10
