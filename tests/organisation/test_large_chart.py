"""A chart of 2,000 units and 3,000 people opens branch by branch, and its search finds what is in no open branch."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from corsia.organisation.models import Membership, Person, Unit
from corsia.organisation.queries import chart as chart_queries
from corsia.organisation.vocabulary import Role, UnitKind
from tests.factories.organisation import UnitFactory, person_in, signed_in

pytestmark = pytest.mark.django_db

HTMX = {"HTTP_HX_REQUEST": "true"}
CHART = "organisation:chart"


def below(parents: list[Unit], each: int, kind: str, name: str) -> list[Unit]:
    units = Unit.objects.bulk_create(
        Unit(parent=parent, kind=kind, name=f"{name} {number} di {parent.name}"[:120], code=f"{parent.code}-{number}")
        for parent in parents
        for number in range(each)
    )
    for unit in units:
        unit.path = f"{unit.parent.path}{unit.pk}/"
    Unit.objects.bulk_update(units, ["path"])
    return units


@pytest.fixture
def giant(group) -> list[Unit]:
    """20 branches of 10 departments of 9 teams, 3,000 people spread over all of them."""
    branches = below([group.root], 20, UnitKind.BRANCH, "Filiale")
    departments = below(branches, 10, UnitKind.DEPARTMENT, "Reparto")
    teams = below(departments, 9, UnitKind.TEAM, "Squadra")
    units = branches + departments + teams
    people = Person.objects.bulk_create(
        Person(first_name="Piera", last_name=f"Numero{number}", email=f"p{number}@example.it") for number in range(3000)
    )
    Membership.objects.bulk_create(
        Membership(person=person, unit=units[number % len(units)], role=Role.AGENT, since=date(2020, 1, 1))
        for number, person in enumerate(people)
    )
    return units


@pytest.fixture
def browser(group):
    return signed_in(person_in(group.root, Role.ADMINISTRATOR, language="en"))


def asked(browser, url, **query):
    browser.get(url, query, **HTMX)
    with CaptureQueriesContext(connection) as statements:
        answer = browser.get(url, query, **HTMX)
    assert answer.status_code == 200
    return len(statements), answer.content.decode()


def test_a_giant_chart_shows_two_levels_with_the_numbers_of_all_and_asks_little(group, giant, browser) -> None:
    count, page = asked(browser, reverse(CHART))

    assert count == 9
    assert "2025 units · 3001 people" in page.replace(",", "")
    assert page.count('<li class="org-unit') == 23  # the group and its 22 branches
    assert len(page) < 200_000
    assert "Squadra" not in page
    branch = giant[0]
    assert f'hx-get="/organisation/units/{branch.pk}/below/"' in page


def test_a_branch_comes_when_it_is_opened_and_its_teams_stay_closed(group, giant, browser) -> None:
    department = next(unit for unit in giant if unit.parent_id == giant[0].pk)

    count, page = asked(browser, reverse("organisation:branch", args=[giant[0].pk]))

    assert count == 10
    assert page.count('<li class="org-unit') == 10
    assert f'hx-get="/organisation/units/{department.pk}/below/"' in page
    assert "Squadra" not in page
    assert "Numero" in page  # the people of the departments


def test_the_search_finds_a_person_in_a_closed_team_and_shows_only_the_way_there(group, giant, browser) -> None:
    person = Person.objects.get(last_name="Numero2015")
    team = Membership.objects.get(person=person).unit
    assert team.kind == UnitKind.TEAM

    count, page = asked(browser, reverse(CHART), q="numero2015")

    assert count == 10
    assert page.count('class="org-seat') == 1
    assert page.count('<li class="org-unit') == 4
    assert f'data-unit="{team.pk}"' in page


def test_a_search_that_finds_half_the_house_shows_a_hundred_and_says_there_are_more(giant, browser) -> None:
    _count, page = asked(browser, reverse(CHART), q="piera")

    assert page.count('class="org-seat') == chart_queries.FOUND_AT_MOST
    assert "There are more: type more of the name." in page


class TestOpening:
    """The same with a few units, taken for many."""

    @pytest.fixture(autouse=True)
    def small_is_large(self, monkeypatch):
        monkeypatch.setattr(chart_queries, "WHOLE_UP_TO", 3)

    def test_branches_that_are_open_stay_open_after_a_move(self, group, browser) -> None:
        team = UnitFactory(parent=group.brescia_care, kind="team", name="Mattina")
        other = UnitFactory(parent=group.verona_care, kind="team", name="Sera")
        url = reverse("organisation:move_unit", args=[team.pk])

        answer = browser.post(
            url, {"to": group.verona_care.pk, "open": f"{group.verona.pk},{group.verona_care.pk}"}, **HTMX
        )

        page = answer.content.decode()
        assert f'data-unit="{team.pk}"' in page
        assert f'data-unit="{other.pk}"' in page
        assert f'data-unit="{group.brescia_care.pk}"' not in page

    def test_nonsense_among_the_open_ones_is_passed_over(self, group, browser) -> None:
        assert browser.get(reverse(CHART), {"open": f"x,,{'9' * 40},-1"}).status_code == 200

    def test_two_levels_of_the_own_part_are_open_not_of_the_whole(self, group) -> None:
        UnitFactory(parent=group.brescia_care, kind="team", name="Mattina")
        manager = signed_in(person_in(group.brescia, Role.BRANCH_MANAGER))

        page = manager.get(reverse(CHART), **HTMX).content.decode()

        assert f'data-unit="{group.brescia_care.pk}"' in page
        assert "Mattina" not in page
        assert manager.get(reverse("organisation:branch", args=[group.verona.pk])).status_code == 404
