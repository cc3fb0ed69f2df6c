"""The pages about surveys: who may open them, what they show, how many statements they take."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from corsia.kernel import scope
from corsia.listening.models import Invitation, SurveySettings
from corsia.organisation.vocabulary import Role
from tests.factories.organisation import person_in, signed_in
from tests.factories.surveys import answered, invited, reachable, surveyed_group


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def ready(group, now):
    with scope.system("test"):
        return surveyed_group(group, now=now)


@pytest.fixture
def giulia(ready, now):
    with scope.system("test"):
        return reachable(ready, now=now)


def boss_of(unit) -> Client:
    return signed_in(person_in(unit, Role.BRANCH_MANAGER))


def pages(ready, giulia, now) -> list[tuple[str, str]]:
    with scope.system("test"):
        waiting = invited(ready.brescia_care, giulia, now=now - timedelta(minutes=5))
    return [
        ("get", "/listening/"),
        ("get", "/listening/invitations/"),
        ("post", f"/listening/invitations/{waiting.pk}/cancel/"),
        ("get", "/listening/settings/"),
        ("get", f"/listening/settings/{ready.brescia.pk}/"),
        ("post", f"/listening/settings/{ready.brescia.pk}/remove/"),
    ]


def test_access_to_every_page(ready, giulia, now) -> None:
    doors = pages(ready, giulia, now)
    stranger, mechanic = Client(), signed_in(person_in(ready.brescia, Role.MECHANIC))
    neighbour, boss = boss_of(ready.verona), boss_of(ready.brescia)

    assert {getattr(stranger, verb)(url).status_code for verb, url in doors} == {302}
    assert {getattr(mechanic, verb)(url).status_code for verb, url in doors} == {403}
    assert [getattr(neighbour, verb)(url).status_code for verb, url in doors] == [200, 200, 404, 200, 403, 403]
    assert [getattr(boss, verb)(url).status_code for verb, url in doors] == [200, 200, 302, 200, 200, 302]


def test_the_results_page_shows_no_score_under_ten_answers(ready, giulia, now) -> None:
    with scope.system("test"):
        for place in range(9):
            answered(ready.brescia_care, giulia, 10, at=now - timedelta(hours=place + 1), text=f"Bravi {place}")
    boss = boss_of(ready.brescia)
    boss.cookies["django_language"] = "it"

    before = boss.get("/listening/").content.decode()
    with scope.system("test"):
        answered(ready.brescia_care, giulia, 10, at=now - timedelta(minutes=3))
    after = boss.get("/listening/").content.decode()

    assert 'ls-v">100</p>' not in before
    assert 'ls-v">100</p>' in after
    assert "Bravi 0" in after


@pytest.mark.parametrize("url", ["/listening/", "/listening/invitations/"])
def test_a_longer_list_takes_no_more_statements(ready, giulia, now, url) -> None:
    boss = boss_of(ready.brescia)
    counts = []
    for wanted in (1, 3):
        with scope.system("test"):
            while Invitation.objects.count() < wanted:
                answered(
                    ready.brescia_care,
                    giulia,
                    9,
                    at=now - timedelta(hours=1 + Invitation.objects.count()),
                    text="Gentili",
                )
        boss.get(url)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert boss.get(url).status_code == 200
        counts.append(len(queries))

    assert counts[0] == counts[1] <= 23


def test_settings_are_saved_by_form_and_wrong_ones_stay_on_the_page(ready) -> None:
    boss = boss_of(ready.brescia)
    url = f"/listening/settings/{ready.brescia.pk}/"
    values = {
        "is_on": "on",
        "send_after_minutes": "120",
        "pause_days": "45",
        "expires_after_days": "10",
        "detractor_at_most": "12",
        "brand_color": "#123456",
    }

    wrong = boss.post(url, values)
    assert wrong.status_code == 422
    assert 'value="45"' in wrong.content.decode()
    assert SurveySettings.unscoped.count() == 0

    assert boss.post(url, {**values, "detractor_at_most": "5"}).status_code == 302
    [row] = SurveySettings.unscoped.all()
    assert (row.unit_id, row.send_after_minutes, row.pause_days, row.detractor_at_most) == (
        ready.brescia.pk,
        120,
        45,
        5,
    )


def test_the_customer_panel_shows_answers_of_the_own_units_only(ready, giulia, now) -> None:
    with scope.system("test"):
        answered(ready.brescia_care, giulia, 9, at=now, text="Tutto perfetto a Brescia")
        answered(ready.verona_care, giulia, 2, at=now, text="Male a Verona")
    agent = signed_in(person_in(ready.verona, Role.AGENT))

    page = agent.get(f"/listening/customer/{giulia.pk}/").content.decode()

    assert "Male a Verona" in page
    assert "Tutto perfetto" not in page
