"""The page of the workshop's numbers: what it says, to whom, and before and after the visit link."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection, transaction
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

from corsia.analytics import queries
from corsia.analytics.queries import METRICS, Filters, Period
from corsia.analytics.queries.link_effect import link_effect
from corsia.analytics.rules.rates import Rate, difference
from corsia.analytics.services import refresh
from corsia.analytics.vocabulary import Dimension
from corsia.analytics.web import drawing
from corsia.kernel import scope
from corsia.messaging.models import EventRule
from corsia.messaging.services.planned import RuleData, save_rule
from corsia.organisation.actors import actor_of
from corsia.organisation.vocabulary import Role
from corsia.workshop.models import Order
from tests.analytics.workshop_world import fill_workshops
from tests.analytics.world import NOW, a_world
from tests.factories.agreements import an_agreement
from tests.factories.cases import ROBOT
from tests.factories.organisation import person_in, signed_in, small_group

pytestmark = pytest.mark.django_db
YEAR = "days=365"


@pytest.fixture(scope="module")
def made(django_db_setup, django_db_blocker, tmp_path_factory):
    """Two workshops and their numbers, made once: each test sees them unchanged."""
    folder = tmp_path_factory.mktemp("numbers")
    numbers = override_settings(WAREHOUSE=folder)
    with django_db_blocker.unblock(), transaction.atomic(), numbers, scope.system("test"):
        group = small_group()
        shops = fill_workshops(a_world(group, cases=60, seed=9))
        boss = person_in(group.root, Role.CARE_MANAGER, language="it")
        refresh(now=NOW)
        yield folder, (group, boss, shops)
        transaction.set_rollback(True)


@pytest.fixture
def numbers(made, db, settings):
    settings.WAREHOUSE, there = made
    with time_machine.travel(NOW, tick=False):
        yield there


def told(key: str, person, **values) -> queries.Figure:
    with scope.system("test"):
        return queries.figure(
            METRICS[key],
            period=Period.last_days(365, until=NOW.date()),
            filters=Filters(**values),
            actor=actor_of(person, today=NOW.date()),
            today=NOW.date(),
        )


def test_the_page_shows_what_the_queries_say_and_leads_to_formulas_and_orders(numbers) -> None:
    _group, boss, shops = numbers
    page = signed_in(boss).get(f"/analytics/workshop/?{YEAR}")
    html = page.content.decode()

    for key in ("workshop_efficiency", "workshop_promise_share", "workshop_orders", "workshop_car_use"):
        figure = told(key, boss)
        assert figure.n
        assert drawing.spoken(figure) in html
        assert f"n = {figure.n}" in html
        assert f"/analytics/metrics/{key}/" in html
    assert [name for _key, name, _cells in page.context["workshops"].rows]
    assert {key for key, _name, _cells in page.context["workshops"].rows} == {str(shop.unit.pk) for shop in shops}
    behind = signed_in(boss).get(f"/analytics/metrics/workshop_orders/orders/?{YEAR}&unit={shops[0].unit.pk}")
    linked = {int(one) for one in re.findall(r'href="/workshop/orders/(\d+)/"', behind.content.decode())}
    ours = set(Order.unscoped.filter(unit=shops[0].unit).values_list("pk", flat=True))
    assert linked <= ours
    assert len(linked) == min(50, len(ours))


def test_htmx_gets_the_body_alone_and_the_statements_do_not_grow_with_the_workshops(numbers) -> None:
    _group, boss, shops = numbers
    browser = signed_in(boss)
    browser.get(f"/analytics/workshop/?{YEAR}")
    counts = []
    for query in (YEAR, f"{YEAR}&unit={shops[0].unit.pk}"):
        with CaptureQueriesContext(connection) as seen:
            part = browser.get(f"/analytics/workshop/?{query}", headers={"HX-Request": "true"})
        assert "<html" not in part.content.decode()
        counts.append(len(seen))

    assert abs(counts[0] - counts[1]) <= 1
    assert max(counts) < 40


def test_single_technicians_are_shown_under_an_agreement_only(numbers) -> None:
    group, boss, shops = numbers
    luca = shops[0].technicians["luca"].person
    browser, one = signed_in(boss), f"/analytics/workshop/?{YEAR}&agent={luca.pk}"
    people = browser.get(f"/analytics/workshop/?{YEAR}").context["people"]
    assert (list(people.rows), people.withheld) == ([], True)
    assert browser.get(one).status_code == 409
    folded = browser.get(f"/analytics/workshop/?{YEAR}").context["workshops"]
    efficiency = [metric.key for metric in folded.metrics].index("workshop_efficiency")
    assert all(cells[efficiency].why for _key, _name, cells in folded.rows)  # three technicians each

    with scope.system("test"):
        an_agreement(group.brescia)
    people = browser.get(f"/analytics/workshop/?{YEAR}").context["people"]

    assert {key for key, _name, _cells in people.rows} == {str(one.person_id) for one in shops[0].technicians.values()}
    assert people.withheld
    mine = browser.get(one).context["cards"][0]
    assert mine.words == drawing.spoken(told("workshop_efficiency", luca, values={Dimension.AGENT: [luca.pk]}))


def test_mechanics_see_their_own_numbers_and_no_page_of_others(numbers) -> None:
    _group, _boss, shops = numbers
    luca = shops[0].technicians["luca"].person
    browser = signed_in(luca)

    page = browser.get(f"/analytics/mine/?{YEAR}")

    own = told("workshop_efficiency", luca, values={Dimension.AGENT: [luca.pk]})
    cards = {card.metric.key: card for card in page.context["cards"]}
    assert own.value
    assert (cards["workshop_efficiency"].words, cards["workshop_efficiency"].n) == (drawing.spoken(own), own.n)
    assert browser.get("/analytics/workshop/").status_code == 403
    assert browser.get("/analytics/metrics/workshop_efficiency/orders/").status_code == 403


@pytest.mark.parametrize("form", ["csv", "xlsx", "pdf"])
def test_every_number_of_the_workshop_goes_out_as_a_file(numbers, form) -> None:
    browser = signed_in(numbers[1])
    for key in ("workshop_efficiency", "workshop_extra_amount", "workshop_bay_turns", "workshop_status_contacts"):
        answer = browser.get(f"/analytics/metrics/{key}/export/?{YEAR}&form={form}&by=team")
        assert answer.status_code == 200
        assert "attachment" in answer.headers["Content-Disposition"]


# --- where is my car -------------------------------------------------------------------------------------------------


def test_before_and_after_the_link_are_compared_on_each_workshops_own_day(numbers) -> None:
    group, boss, shops = numbers
    actor, today = actor_of(boss, today=NOW.date()), NOW.date()
    with scope.system("test"):
        assert link_effect(filters=Filters(), actor=actor, today=today).since is None
        data = RuleData(
            name="Accettato", occasion="workshop.order_opened", follow_up="message", process_key="contact",
            template_key="workshop-received", delay_minutes=5,
        )  # fmt: skip
        began = datetime(2026, 4, 11, 9, tzinfo=UTC)
        save_rule(rule_id=None, unit_id=group.brescia.pk, data=data, by=ROBOT, now=began)
        save_rule(rule_id=None, unit_id=shops[0].unit.pk, data=data, by=ROBOT, now=began + timedelta(days=9))

        found = link_effect(filters=Filters(), actor=actor, today=today)

        assert (found.workshops, found.since) == (1, (began.date(), began.date()))
        first, last = began.date() - (today - began.date()), today
        closed = Order.objects.filter(unit=shops[0].unit, closed_at__date__gte=first, closed_at__date__lt=last)
        assert found.before.among + found.after.among == closed.count()
        assert found.after.among == closed.filter(closed_at__date__gte=began.date()).count()
        assert found.is_counted
        EventRule.objects.update(is_active=False)
        assert link_effect(filters=Filters(), actor=actor, today=today).since is None


def test_a_difference_says_when_it_may_be_chance() -> None:
    assert difference(Rate(5, 19), Rate(0, 500)) is None
    clear = difference(Rate(60, 200), Rate(10, 200))
    assert clear.is_certain
    assert clear.value == pytest.approx(-0.25)
    assert (clear.low, clear.high) == (pytest.approx(-0.3320, abs=1e-4), pytest.approx(-0.1680, abs=1e-4))
    assert not difference(Rate(6, 40), Rate(3, 40)).is_certain
    assert not difference(Rate(0, 30), Rate(0, 30)).is_certain
