"""The Monday pack: on the unit's own Monday at seven, once, with the numbers of its page, to those who want it."""

import threading
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.db import connection

from corsia.analytics import queries
from corsia.analytics.models import WeeklyPack
from corsia.analytics.queries.week import NUMBERS, OF_WORKSHOPS, week_of
from corsia.analytics.services import refresh
from corsia.analytics.services.weekly import send_due_packs, send_pack
from corsia.analytics.web import drawing
from corsia.customers.models import Customer
from corsia.kernel import scope
from corsia.messaging.models import Outgoing
from corsia.organisation.actors import actor_of
from corsia.organisation.models import NoticeChoice, Notification
from corsia.organisation.vocabulary import Role
from tests.analytics.workshop_world import fill_workshops
from tests.analytics.world import World, a_world
from tests.factories.organisation import person_in, signed_in, small_group

MONDAY = date(2026, 6, 15)
SEVEN = datetime(2026, 6, 15, 5, 0, tzinfo=UTC)  # at Brescia, in summer


def managers(group):
    return {
        "brescia": person_in(group.brescia, Role.BRANCH_MANAGER, first_name="Davide", language="it"),
        "english": person_in(group.brescia, Role.CARE_MANAGER, first_name="Ann", language="en"),
        "verona": person_in(group.verona, Role.BRANCH_MANAGER, first_name="Carla", language="it"),
    }


@pytest.fixture
def group(db):
    group = small_group()
    with scope.system("test"):
        a_world(group, cases=120, seed=11)
    return group


@pytest.fixture
def people(group):
    return managers(group)


@pytest.fixture
def full(group, people, everything):
    refresh(now=SEVEN - timedelta(minutes=5))


def mails() -> dict[str, Outgoing]:
    return {one.to_address: one for one in Outgoing.unscoped.filter(reason="notice")}


def test_the_pack_leaves_on_monday_at_seven_of_the_units_own_clock(group, people, full) -> None:
    group.verona.time_zone = "Atlantic/Azores"
    group.verona.save()
    assert send_due_packs(now=SEVEN - timedelta(seconds=1)) == 0

    assert send_due_packs(now=SEVEN) == 2

    assert set(mails()) == {people["brescia"].email, people["english"].email}
    refresh(now=SEVEN + timedelta(hours=1, minutes=50))
    assert send_due_packs(now=SEVEN + timedelta(hours=1, minutes=59)) == 0
    assert send_due_packs(now=SEVEN + timedelta(hours=2)) == 1
    assert people["verona"].email in mails()


def test_a_pack_leaves_once_however_often_the_clock_ticks(people, full) -> None:
    assert [send_due_packs(now=SEVEN + timedelta(minutes=10 * tick)) for tick in range(4)] == [3, 0, 0, 0]
    assert send_due_packs(now=SEVEN + timedelta(days=1)) == 0
    assert WeeklyPack.objects.count() == 2
    assert sorted(WeeklyPack.objects.values_list("people", flat=True)) == [1, 2]


@pytest.mark.django_db(transaction=True)
def test_two_clocks_at_once_send_it_once() -> None:
    with scope.system("test"):
        group = small_group()
        a_world(group, cases=20, seed=3)
        managers(group)
        refresh(now=SEVEN)
    sent, start = [], threading.Barrier(2)

    def tick() -> None:
        try:
            start.wait()
            with scope.system("test"):
                sent.append(send_pack(unit_id=group.brescia.pk, monday=MONDAY, now=SEVEN))
        finally:
            connection.close()

    threads = [threading.Thread(target=tick) for _turn in range(2)]
    [one.start() for one in threads]
    [one.join() for one in threads]

    assert sorted(sent) == [0, 2]
    assert Outgoing.unscoped.filter(reason="notice").count() == 2


def test_it_waits_for_the_whole_week_and_is_dropped_when_it_is_old_news(people, everything) -> None:
    assert send_due_packs(now=SEVEN) == 0  # no warehouse yet
    refresh(now=datetime(2026, 6, 14, 21, 59, tzinfo=UTC))  # Sunday, a minute to midnight
    assert send_due_packs(now=SEVEN) == 0
    refresh(now=SEVEN)
    assert send_due_packs(now=SEVEN + timedelta(days=2)) == 0
    assert send_due_packs(now=SEVEN + timedelta(days=2, seconds=-1)) == 3


def test_the_mail_says_the_numbers_of_the_page_and_of_no_other_branch(group, people, full) -> None:
    send_due_packs(now=SEVEN)

    told = mails()[people["brescia"].email]
    actor = actor_of(people["brescia"], today=MONDAY)
    week = week_of(unit_id=group.brescia.pk, monday=MONDAY, actor=actor)
    assert (week.period.first, week.period.last) == (date(2026, 6, 8), date(2026, 6, 14))
    assert told.subject == "Brescia, 8 giugno – 14 giugno: i numeri della settimana"
    assert "Buongiorno Davide," in told.body
    assert [metric.key for metric, _figure in week.figures] == list(NUMBERS)
    contacts = next(figure for metric, figure in week.figures if metric.key == "contacts")
    assert contacts.n
    by_hand = queries.figure(
        queries.METRICS["contacts"],
        period=queries.Period(date(2026, 6, 8), date(2026, 6, 15)),
        filters=queries.Filters(unit_id=group.brescia.pk),
        actor=actor,
        today=MONDAY,
    )
    assert contacts == by_hand
    assert f"{contacts.n}" in told.body
    assert f"/analytics/week/?unit={group.brescia.pk}&monday=2026-06-15" in told.body
    assert "Good morning Ann," in mails()[people["english"].email].body
    assert "Verona" not in told.body

    with time_machine.travel(SEVEN, tick=False):
        page = signed_in(people["brescia"]).get(f"/analytics/week/?unit={group.brescia.pk}&monday=2026-06-15")
    for _metric, figure in week.figures:
        assert drawing.spoken(figure) in page.content.decode()


def test_where_a_workshop_is_its_numbers_go_with_the_pack(group, people, everything) -> None:
    fill_workshops(World(group, {}, [], list(Customer.objects.all())), branches=[group.verona])
    refresh(now=SEVEN - timedelta(minutes=5))
    told = {}
    for place, unit in (("verona", group.verona), ("brescia", group.brescia)):
        actor = actor_of(people[place], today=MONDAY)
        week = week_of(unit_id=unit.pk, monday=MONDAY, actor=actor)
        told[place] = [metric.key for metric, _figure in week.figures]

    assert told == {"verona": [*NUMBERS, *OF_WORKSHOPS], "brescia": list(NUMBERS)}
    assert send_due_packs(now=SEVEN) == 3
    assert "Ordini di lavoro accettati: " in mails()[people["verona"].email].body


def test_who_declined_the_mail_finds_it_under_the_bell_only(people, full) -> None:
    NoticeChoice.objects.create(person=people["brescia"], kind="analytics.week", by_bell=True, by_mail=False)

    assert send_due_packs(now=SEVEN) == 2

    assert people["brescia"].email not in mails()
    noticed = Notification.objects.filter(kind="analytics.week")
    assert {one.person_id for one in noticed} == {person.pk for person in people.values()}
    assert {one.mail_after for one in noticed} == {None}  # the mail is written here, not by the bell's post


def test_the_page_of_another_branch_is_not_there(group, people, full) -> None:
    with time_machine.travel(SEVEN, tick=False):
        browser = signed_in(people["verona"])
        assert browser.get("/analytics/week/").status_code == 200
        assert browser.get(f"/analytics/week/?unit={group.brescia.pk}").status_code == 404
        assert browser.get("/analytics/week/?monday=2199-01-01").context["monday"] == date(2026, 6, 15)
        assert browser.get("/analytics/week/?monday=2026-06-03").context["monday"] == date(2026, 6, 1)
