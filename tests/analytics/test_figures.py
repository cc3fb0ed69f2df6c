"""Every metric agrees with a slow independent count to the last digit: in total, step by step, by every dimension."""

from datetime import UTC, date, datetime, timedelta

import pytest

from corsia.analytics.queries import (
    METRICS,
    Filters,
    OrderBehind,
    Period,
    breakdown,
    cases_behind,
    figure,
    orders_behind,
    series,
)
from corsia.analytics.rules.periods import start_of, steps_of
from corsia.analytics.services import refresh
from corsia.analytics.vocabulary import Dimension, Measure, Statistic, Step, Withheld
from corsia.kernel import scope
from corsia.listening.models import Response
from corsia.listening.queries import results
from corsia.organisation.models import Unit
from corsia.organisation.vocabulary import Role
from tests.analytics.oracle import Counted, expected, rows_of, value_of, within
from tests.analytics.workshop_oracle import forget, rows_of_workshop
from tests.analytics.workshop_world import fill_workshops
from tests.analytics.world import NOW, World, a_world
from tests.factories.agreements import an_agreement
from tests.factories.organisation import actor_in, small_group

pytestmark = pytest.mark.django_db  # tells that a database of the tests is needed, for the module's own fixture too

TODAY = NOW.date()
HALF_YEAR = Period(date(2026, 1, 1), date(2026, 7, 1))
SPRING = Period(date(2026, 3, 17), date(2026, 4, 9))  # over the day on which the clock changes


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker, tmp_path_factory):
    """One filled group and its warehouse for all tests of this module, undone at the end."""
    from django.conf import settings
    from django.db import connection, transaction

    assert connection.settings_dict["NAME"].startswith("test_")

    with django_db_blocker.unblock(), transaction.atomic(), scope.system("test"):
        before, settings.WAREHOUSE = settings.WAREHOUSE, tmp_path_factory.mktemp("numbers") / "warehouse"
        world = a_world(small_group(), cases=260, seed=7)
        fill_workshops(world)
        forget()
        an_agreement(world.group.root)
        refresh(now=NOW)
        world.manager = actor_in(world.group.root, Role.CARE_MANAGER)
        yield world
        transaction.set_rollback(True)
        settings.WAREHOUSE = before


@pytest.fixture(autouse=True)
def warehouse(world, settings):
    """The module's own."""


@pytest.mark.parametrize("key", METRICS)
def test_a_metric_agrees_with_a_slow_count(world: World, key: str) -> None:
    metric, rows = METRICS[key], rows_of(key)
    brescia = set(Unit.objects.filter(path__startswith=world.group.brescia.path).values_list("pk", flat=True))
    questions = [
        (HALF_YEAR, Filters(), lambda row: True),
        (SPRING, Filters(), lambda row: True),
        (HALF_YEAR, Filters(unit_id=world.group.brescia.pk), lambda row: row.unit_id in brescia),
    ]
    if Dimension.PROCESS in metric.dimensions:
        filters = Filters(values={Dimension.PROCESS: ["complaint"], Dimension.MAKE: ["Fiat", ""]})
        questions.append(
            (HALF_YEAR, filters, lambda row: row.told["process"] == "complaint" and row.told["make"] in ("Fiat", ""))
        )
    for period, filters, keep in questions:
        counted = [row for row in within(rows, period, is_stock=metric.is_stock) if keep(row)]

        found = figure(metric, period=period, filters=filters, actor=world.manager, today=TODAY, compare=False)

        assert (found.n, found.value) == expected(counted, key), (period, filters)
        assert found.is_hidden == (bool(counted) and expected(counted, key)[1] is None)


@pytest.mark.parametrize("key", METRICS)
def test_a_trend_agrees_with_a_slow_count_of_each_step(world: World, key: str) -> None:
    metric, rows = METRICS[key], rows_of(key)
    for step in Step:
        period = SPRING if step is Step.DAY else HALF_YEAR

        points = series(metric, period=period, step=step, actor=world.manager, today=TODAY)

        assert [point.period for point in points] == list(steps_of(period, step))
        for point in points:
            counted = within(rows, point.period, is_stock=metric.is_stock)
            assert (point.figure.n, point.figure.value) == expected(counted, key), point


@pytest.mark.parametrize("key", METRICS)
def test_a_breakdown_agrees_with_a_slow_count_of_each_group(world: World, key: str) -> None:
    metric = METRICS[key]
    rows = within(rows_of(key), HALF_YEAR, is_stock=metric.is_stock)
    known = {Dimension(name) for row in rows[:1] for name in row.told or {}} & metric.dimensions
    if metric.is_of_people:
        known.add(Dimension.AGENT)
    assert known
    for dimension in known:
        groups: dict[str, list[Counted]] = {}
        for row in rows:
            told = str(row.agent_id or "") if dimension is Dimension.AGENT else row.told[dimension.value]
            groups.setdefault(told, []).append(row)

        found = breakdown(metric, by=dimension, period=HALF_YEAR, actor=world.manager, today=TODAY, limit=1000)

        assert {row.key: (row.figure.n, row.figure.value) for row in found.rows} == {
            told: expected(group, key) for told, group in groups.items()
        }, dimension
        assert found.total.n == len(rows)
        if rows and metric.statistic is not Statistic.SUM:
            assert sum(row.share for row in found.rows) == pytest.approx(1)


@pytest.mark.parametrize("key", [key for key in METRICS if key.startswith("workshop_")])
def test_the_filled_workshops_have_something_to_count(world: World, key: str) -> None:
    value = value_of(METRICS[key].statistic.value, rows_of_workshop(key))

    assert value
    assert METRICS[key].measure is not Measure.SHARE or value != 1


def test_a_figure_knows_the_period_before(world: World) -> None:
    rows = rows_of("contacts")
    march, february = Period.month(2026, 3), Period.month(2026, 2)

    found = figure(METRICS["contacts"], period=march, actor=world.manager, today=TODAY)

    before = len(within(rows, february, is_stock=False))
    assert found.previous.value == before
    assert found.change == (found.value - before) / before


def test_a_case_with_two_tags_counts_under_both(world: World) -> None:
    from tests.analytics.oracle import cases, of_customer, rome, tagged

    wanted: dict[str, int] = {}
    for case in cases():
        if of_customer(case) and HALF_YEAR.first <= rome(case.opened_at) < HALF_YEAR.end:
            for label in tagged(case) or {""}:
                wanted[label] = wanted.get(label, 0) + 1
    metric = METRICS["cases_opened"]

    found = breakdown(metric, by=Dimension.TAG, period=HALF_YEAR, actor=world.manager, today=TODAY)
    brakes = figure(
        metric,
        period=HALF_YEAR,
        filters=Filters(values={Dimension.TAG: ["freni"]}),
        actor=world.manager,
        today=TODAY,
    )

    assert {row.key: row.figure.n for row in found.rows} == wanted
    assert brakes.n == wanted["freni"]


def test_the_cases_behind_a_figure_are_those_it_counted_largest_first(world: World) -> None:
    metric = METRICS["closing_mean"]
    counted = within(rows_of("closing_mean"), HALF_YEAR, is_stock=False)
    wanted = sorted(((row.amount, row.case.pk) for row in counted), reverse=True)
    found: list[tuple[int, int]] = []
    after = None
    while page := cases_behind(metric, period=HALF_YEAR, actor=world.manager, today=TODAY, after=after, limit=40):
        found += [(row.amount, row.case_id) for row in page]
        after = page[-1]

    assert found == wanted


def test_the_orders_behind_a_ratio_add_up_to_it(world: World) -> None:
    metric = METRICS["workshop_efficiency"]
    told = figure(metric, period=HALF_YEAR, actor=world.manager, today=TODAY)
    found: list[OrderBehind] = []
    while page := orders_behind(
        metric, period=HALF_YEAR, actor=world.manager, today=TODAY, after=found[-1] if found else None, limit=9
    ):
        found += page

    assert len({one.order_id for one in found}) == len(found) > 9
    assert sum(one.amount for one in found) / sum(one.under for one in found) == told.value
    assert found == sorted(found, key=lambda one: (-one.amount, -one.order_id))


@pytest.mark.parametrize("survey", ["dealer", "fleet", "rare"])
def test_answers_to_plans_say_what_the_page_of_results_says(world: World, survey: str) -> None:
    metric = METRICS["plan_nps"]
    for unit in (None, world.group.brescia, world.group.verona):
        unit_id = unit.pk if unit else None
        page = results(days=181, now=datetime(2026, 6, 30, 22, tzinfo=UTC), survey=survey, unit_id=unit_id)
        filters = Filters(unit_id=unit_id, values={Dimension.QUESTIONNAIRE: [survey]})

        found = figure(metric, period=HALF_YEAR, filters=filters, actor=world.manager, today=TODAY)

        assert found.n == page.answers.answers > 0
        assert found.value == (pytest.approx(page.score.points) if page.score else None)
    together = figure(metric, period=HALF_YEAR, actor=world.manager, today=TODAY)
    assert (together.value, together.why) == (None, Withheld.SEVERAL)


def test_no_answer_is_counted_among_plans_and_closing_surveys(world: World) -> None:
    counted = {
        key: figure(METRICS[key], period=HALF_YEAR, actor=world.manager, today=TODAY).n
        for key in ("nps", "plan_answers")
    }

    of_plans = Response.objects.exclude(plan=None)
    at_closing = Response.objects.filter(invitation__plan=None, invitation__follows=None, invitation__isnull=False)
    assert counted == {"nps": at_closing.count(), "plan_answers": of_plans.count()}
    assert not (of_plans & at_closing).exists()


def test_weeks_begin_on_monday_and_end_with_the_period() -> None:
    weeks = list(steps_of(Period(date(2026, 3, 4), date(2026, 3, 17)), Step.WEEK))

    assert [(one.first, one.end) for one in weeks] == [
        (date(2026, 3, 4), date(2026, 3, 9)),
        (date(2026, 3, 9), date(2026, 3, 16)),
        (date(2026, 3, 16), date(2026, 3, 17)),
    ]
    assert all(start_of(one.first, Step.WEEK).weekday() == 0 for one in weeks)


@pytest.mark.parametrize(
    ("period", "before"),
    [
        (Period.month(2026, 3), Period.month(2026, 2)),
        (Period(date(2026, 1, 1), date(2026, 4, 1)), Period(date(2025, 10, 1), date(2026, 1, 1))),
        (Period(date(2026, 3, 2), date(2026, 3, 9)), Period(date(2026, 2, 23), date(2026, 3, 2))),
        (Period(date(2024, 2, 29), date(2024, 3, 1)), Period(date(2024, 2, 28), date(2024, 2, 29))),
    ],
)
def test_the_period_before_is_as_long(period: Period, before: Period) -> None:
    assert period.before == before


def test_a_year_before_a_leap_day_is_the_last_of_february() -> None:
    leap = Period(date(2024, 2, 29), date(2024, 3, 1))

    assert leap.year_before == Period(date(2023, 2, 28), date(2023, 3, 1))
    assert leap.end - timedelta(days=1) == leap.last
