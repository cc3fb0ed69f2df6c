"""Where a manager chooses ways and reminders, and prints the poster for the counter."""

import re

import pytest
from django.test import Client
from django.utils import timezone
from qrcode.constants import ERROR_CORRECT_M
from qrcode.main import QRCode

from corsia.kernel import scope
from corsia.listening.links import is_of_kiosk, plan_of, plan_token
from corsia.listening.models import ListeningPlan, SurveySettings
from corsia.listening.rules.qr_codes import QUIET, code_of
from corsia.organisation.vocabulary import Role
from tests.factories.interviews import calling_plan, in_force
from tests.factories.organisation import person_in, signed_in
from tests.factories.surveys import surveyed_group


@pytest.fixture
def ready(group):
    with scope.system("test"):
        return surveyed_group(group, now=timezone.now())


@pytest.fixture
def plan(ready) -> ListeningPlan:
    with scope.system("test"):
        version = in_force(ready.root, "nps-workshop", now=timezone.now())
        return calling_plan(version, ready.root, now=timezone.now(), instrument="survey")


@pytest.fixture
def boss(ready) -> Client:
    return signed_in(person_in(ready.root, Role.CARE_MANAGER, language="it"))


def settings(**fields) -> dict[str, object]:
    usual = {
        "is_on": "on",
        "send_after_minutes": 60,
        "pause_days": 60,
        "expires_after_days": 21,
        "detractor_at_most": 6,
        "brand_color": "#2450d8",
    }
    return usual | fields


def test_a_unit_chooses_its_ways_in_order(boss, ready) -> None:
    place = f"/listening/settings/{ready.root.pk}/"
    sent = settings(way_1="sms", way_2="email", way_3="sms", reminders=1, remind_after_days=4)
    assert boss.post(place, sent).status_code == 302

    row = SurveySettings.unscoped.get()
    assert (row.channels, row.reminders, row.remind_after_days) == (["sms", "email"], 1, 4)
    page = boss.get(place).content.decode()
    assert re.search(r'<option value="sms" selected>', page)


def test_whatsapp_without_an_approved_text_is_refused_in_words(boss, ready) -> None:
    page = boss.post(f"/listening/settings/{ready.root.pk}/", settings(way_1="whatsapp"))
    assert page.status_code == 422
    assert "Senza un testo approvato non parte nulla via WhatsApp" in page.content.decode()
    assert SurveySettings.unscoped.count() == 0


def test_a_plan_keeps_its_ways_and_reminders(boss, plan) -> None:
    sent = {
        "name": plan.name,
        "unit": plan.unit_id,
        "touchpoint": plan.touchpoint_id,
        "population": "retail",
        "instrument": "survey",
        "questionnaire": plan.questionnaire_id,
        "design": "census",
        "sample_pct": 100,
        "starts_on": plan.starts_on.isoformat(),
        "wait": 1,
        "wait_unit": "days",
        "delay_kind": "elapsed",
        "way_1": "email",
        "way_2": "sms",
        "reminders": 2,
        "remind_after_days": 3,
    }
    assert boss.post(f"/listening/plans/{plan.pk}/edit/", sent).status_code == 302

    plan.refresh_from_db()
    assert (plan.channels, plan.reminders, plan.remind_after_days) == (["email", "sms"], 2, 3)
    page = boss.get(f"/listening/plans/{plan.pk}/").content.decode()
    assert "E-mail → SMS" in page
    assert boss.post(f"/listening/plans/{plan.pk}/edit/", sent | {"reminders": 3}).status_code == 422


def test_each_branch_has_its_poster_and_its_kiosk(boss, plan, ready) -> None:
    page = boss.get(f"/listening/plans/{plan.pk}/").content.decode()
    kiosk = plan_token(plan.pk, ready.brescia.pk, is_kiosk=True)
    assert kiosk in page
    assert (is_of_kiosk(kiosk), plan_of(kiosk)) == (True, (plan.pk, ready.brescia.pk))
    assert not is_of_kiosk(plan_token(plan.pk, ready.brescia.pk))

    poster = boss.get(f"/listening/plans/{plan.pk}/poster/{ready.brescia.pk}/").content.decode()
    assert f"{plan_token(plan.pk, ready.brescia.pk)}/?w=qr" in poster
    assert "style=" not in poster
    assert boss.get(f"/listening/plans/{plan.pk}/poster/999999/").status_code == 404


def test_a_code_is_drawn_module_by_module() -> None:
    text = "https://sondaggi.example.it/portal/listen/12-3-" + "a" * 32 + "/?w=qr"
    code = code_of(text)
    drawn = {
        (int(x) + step, int(y))
        for x, y, width in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\d+z", code.path)
        for step in range(int(width))
    }
    made = QRCode(error_correction=ERROR_CORRECT_M, border=QUIET)
    made.add_data(text)
    matrix = made.get_matrix()
    assert code.size == len(matrix)
    assert drawn == {(x, y) for y, row in enumerate(matrix) for x, dark in enumerate(row) if dark}
