"""The desk's pages of booking: who gets in, the two clicks, what a day shows, and how many statements it takes."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from corsia.kernel import scope
from corsia.organisation.models import Membership, OpenHours
from corsia.organisation.vocabulary import Role
from corsia.workshop.models import Allocation, Visit
from corsia.workshop.queries.visits import day_of
from corsia.workshop.vocabulary import VisitState
from tests.factories.cases import a_case, ready_group
from tests.factories.customers import car, gives, person
from tests.factories.organisation import person_in, signed_in
from tests.factories.workshop import BATTERY, SERVICE, shop_of, visit_in

pytestmark = pytest.mark.django_db

NOON = "2099-03-11T11:00:00+00:00"


@pytest.fixture
def shop(group):
    for weekday in (5, 6):  # open each day, so that the tests pass on each day
        for row in OpenHours.objects.filter(calendar=group.calendar, weekday=0):
            OpenHours.objects.create(
                calendar=group.calendar, weekday=weekday, opens_at=row.opens_at, closes_at=row.closes_at
            )
    return shop_of(group)


@pytest.fixture
def mario(group):
    customer, vehicle = person(group.root), car(group.root)
    gives(customer, vehicle)
    return customer, vehicle


@pytest.fixture
def desk(group):
    return signed_in(person_in(group.brescia, Role.RECEPTIONIST, language="en"))


def offered(page) -> list[dict[str, str]]:
    """Return the hidden fields of each offer."""
    return [
        {
            "unit": str(one.place.unit_id),
            "at": one.place.drop_off_at.isoformat(),
            "technician": str(one.place.technician_ids[0]),
        }
        for one in page.context["offers"]
    ]


def test_two_clicks_from_the_offer_to_the_visit(desk, shop, mario) -> None:
    wish = {"customer": mario[0].pk, "vehicle": mario[1].pk, "job": shop.jobs[SERVICE].pk, "wish": "Fischia"}
    page = desk.get("/workshop/book/", wish)

    first = desk.post("/workshop/book/hold/", wish | offered(page)[0] | {"once": "k" * 24})
    again = desk.post("/workshop/book/hold/", wish | offered(page)[0] | {"once": "k" * 24})
    visit = Visit.unscoped.get()
    shown = desk.get(first["Location"])
    second = desk.post(f"/workshop/visits/{visit.pk}/confirm/")

    visit.refresh_from_db()
    assert (first.status_code, again["Location"]) == (302, first["Location"])
    assert "Held for you until" in shown.content.decode()
    assert second["Location"] == f"/workshop/visits/{visit.pk}/"
    assert (visit.state, visit.customer, visit.vehicle, visit.wish) == (VisitState.BOOKED, *mario, "Fischia")


def test_who_comes_second_is_back_at_the_slots_with_the_next_ones(desk, shop, mario, group) -> None:
    wish = {"customer": mario[0].pk, "job": shop.jobs[BATTERY].pk}
    slot = offered(desk.get("/workshop/book/", wish))[0]
    other = {"customer": person(group.root, "Giulia Neri").pk, "job": shop.jobs[BATTERY].pk}

    desk.post("/workshop/book/hold/", wish | slot)
    answer = desk.post("/workshop/book/hold/", other | slot, follow=True)

    assert answer.redirect_chain[0][0].startswith("/workshop/book/?customer=")
    assert "This slot was taken a moment ago. The next free ones:" in answer.content.decode()
    assert Visit.unscoped.count() == 1


def test_customer_care_books_next_door_by_the_role_for_it_and_sees_no_case_there(shop, mario, group) -> None:
    laura = person_in(group.brescia_care, Role.AGENT, language="en")
    with scope.system("test"):
        ready_group(group, now=timezone.now())
        theirs = a_case(shop.workshop.unit, now=timezone.now(), customer=mario[0])
    agent = signed_in(laura)
    wish = {"customer": mario[0].pk, "vehicle": mario[1].pk, "job": shop.jobs[SERVICE].pk}
    before = agent.get("/workshop/book/", wish)
    Membership.objects.create(person=laura, unit=group.brescia, role=Role.BOOKER, since=date(2020, 1, 1))

    after = agent.get("/workshop/book/", wish)
    held = agent.post("/workshop/book/hold/", wish | offered(after)[0])
    booked = agent.post(f"/workshop/visits/{Visit.unscoped.get().pk}/confirm/")

    assert offered(before) == []
    assert "for the role “Workshop bookings” in the branch" in before.content.decode()
    assert (held.status_code, booked.status_code) == (302, 302)
    assert Visit.unscoped.get().state == VisitState.BOOKED
    assert agent.get(f"/cases/{theirs.pk}/").status_code == 404
    assert agent.post("/workshop/orders/new/").status_code == 403
    assert agent.get("/workshop/orders/").status_code == 200


def test_without_work_nothing_is_offered_and_nonsense_is_refused(desk, shop, mario) -> None:
    page = desk.get("/workshop/book/", {"customer": mario[0].pk})
    wish = {"customer": mario[0].pk, "job": shop.jobs[SERVICE].pk, "unit": shop.unit.pk}

    assert page.context["offers"] == []
    assert "Choose what it is for" in page.content.decode()
    assert desk.get("/workshop/book/", {"customer": 0}).status_code == 404
    assert desk.post("/workshop/book/hold/", wish | {"at": "tomorrow"}).status_code == 422
    assert desk.post("/workshop/book/hold/", wish | {"at": "2026-03-11T09:00:00"}).status_code == 422
    assert desk.post("/workshop/book/hold/", wish | {"unit": 0, "at": NOON}).status_code == 403
    assert not Visit.unscoped.exists()


def test_mechanics_see_the_day_and_book_nothing(shop, mario, group) -> None:
    browser = signed_in(person_in(shop.unit, Role.MECHANIC))
    stranger = signed_in(person_in(group.verona, Role.RECEPTIONIST))
    visit = visit_in(shop, *mario, at=timezone.now().replace(second=0, microsecond=0) + timedelta(days=1))

    assert browser.get("/workshop/").status_code == 200
    assert browser.get(f"/workshop/visits/{visit.pk}/").status_code == 200
    assert browser.get("/workshop/book/").status_code == 403
    assert browser.post(f"/workshop/visits/{visit.pk}/cancel/", {"reason": "x"}).status_code == 403
    assert stranger.get(f"/workshop/visits/{visit.pk}/").status_code == 404
    assert stranger.post(f"/workshop/visits/{visit.pk}/cancel/", {"reason": "x"}).status_code == 404
    assert Allocation.unscoped.count() == 1


def test_a_visit_is_moved_from_its_page(desk, shop, mario) -> None:
    start = (timezone.now() + timedelta(days=2)).replace(hour=8, minute=0, second=0, microsecond=0)
    visit = visit_in(shop, *mario, at=start)
    page = desk.get(f"/workshop/visits/{visit.pk}/move/", {"earliest": (start + timedelta(days=1)).date().isoformat()})
    slot = offered(page)[0]

    answer = desk.post(f"/workshop/visits/{visit.pk}/move/", slot)

    visit.refresh_from_db()
    assert answer["Location"] == f"/workshop/visits/{visit.pk}/"
    assert visit.drop_off_at.isoformat() == slot["at"]
    assert visit.drop_off_at.date() > start.date()


def test_the_day_and_the_panels_tell_of_the_visits(desk, shop, mario, group) -> None:
    start = (timezone.now() + timedelta(days=2)).replace(hour=8, minute=0, second=0, microsecond=0)
    visit_in(shop, *mario, at=start)
    boss = signed_in(person_in(group.root, Role.CARE_MANAGER, language="en"))

    day = desk.get("/workshop/", {"day": start.date().isoformat()}).content.decode()
    panels = [
        boss.get(f"/workshop/panels/{place}/").content.decode()
        for place in (f"customers/{mario[0].pk}", f"vehicles/{mario[1].pk}")
    ]

    assert "Mario Rossi" in day
    assert "Job TAG30" in day
    assert all("Job TAG30" in panel for panel in panels)
    assert f"/workshop/book/?customer={mario[0].pk}" in panels[0]
    assert "Nobody is expected" in desk.get("/workshop/", {"day": "2020-01-07"}).content.decode()


@pytest.mark.parametrize("visits", [1, 3])
def test_a_day_takes_four_statements_whatever_its_length(visits, shop, group) -> None:
    start = (timezone.now() + timedelta(days=2)).replace(hour=8, minute=0, second=0, microsecond=0)
    for number in range(visits):
        who = person(group.root, f"Ada {number}"), car(group.root, plate=f"AA00{number}AA")
        visit_in(shop, *who, at=start + timedelta(hours=2 * number))

    with (
        scope.system("test"),
        CaptureQueriesContext(
            connection,
        ) as seen,
    ):
        found = day_of([shop.unit.pk], start.date()).visits

    assert len(found) == visits
    assert len(seen) == 4  # the tree's version, visits, their jobs, their hands


def test_who_reaches_no_workshop_is_told_so_and_not_that_nothing_is_free(group, shop, mario) -> None:
    agent = signed_in(person_in(group.brescia_care, Role.AGENT, language="en"))

    page = agent.get("/workshop/book/", {"customer": mario[0].pk, "job": shop.jobs[SERVICE].pk})

    assert "None of your units takes vehicles in." in page.content.decode()
    assert "Nothing free" not in page.content.decode()
    assert offered(page) == []
