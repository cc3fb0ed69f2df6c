"""Numbers never leak: not another branch's, not in totals; not a single person's without an agreement."""

from datetime import UTC, date, datetime, timedelta

import pytest

from corsia.analytics.queries import (
    METRICS,
    Filters,
    NoAgreement,
    NoNumbers,
    NotADimension,
    NotBuiltYet,
    Period,
    breakdown,
    cases_behind,
    figure,
    orders_behind,
    series,
)
from corsia.analytics.services import refresh
from corsia.analytics.vocabulary import Dimension, Withheld
from corsia.cases.models import Case
from corsia.kernel import scope
from corsia.kernel.actors import Actor, customer, system
from corsia.kernel.errors import NotFound
from corsia.organisation.actors import actor_of
from corsia.organisation.models import Membership, Unit
from corsia.organisation.vocabulary import Role
from tests.factories.agreements import an_agreement
from tests.factories.cases import a_case, ready_group
from tests.factories.organisation import Group, actor_in, person_in, small_group

NOON = datetime(2026, 3, 10, 11, 0, tzinfo=UTC)
TODAY = NOON.date()
MARCH = Period.month(2026, 3)
PER_PERSON = [key for key, metric in METRICS.items() if metric.is_of_people]
OF_STAFF = [key for key, metric in METRICS.items() if metric.about_staff]
ALL = Filters()
PEOPLE = METRICS["cases_per_agent"]


@pytest.fixture(autouse=True)
def within_the_tree(db):
    with scope.system("test"):
        yield


@pytest.fixture
def office(db) -> Group:
    return ready_group(small_group(), now=NOON)


def cases_of(unit: Unit, people: int, *, each: int = 1) -> list[Actor]:
    """Let people of a unit have cases, and return them."""
    workers = [person_in(unit) for _ in range(people)]
    for worker in workers:
        for _ in range(each):
            case = a_case(unit, now=NOON)
            Case.objects.filter(pk=case.pk).update(assignee=worker)
    return [actor_of(worker, today=TODAY) for worker in workers]


def count(actor: Actor, filters: Filters | None = None) -> float | None:
    metric = METRICS["cases_opened"]
    return figure(metric, period=MARCH, filters=filters or ALL, actor=actor, today=TODAY, compare=False).value


def test_the_numbers_of_another_group_are_not_in_mine(office) -> None:
    other = ready_group(small_group("rivali"), now=NOON)
    for unit, cases in ((office.brescia_care, 3), (office.verona_care, 4), (other.brescia_care, 9)):
        for _ in range(cases):
            a_case(unit, now=NOON)
    refresh(now=NOON)

    assert count(actor_in(office.root, Role.CARE_MANAGER)) == 7
    assert count(actor_in(office.brescia, Role.BRANCH_MANAGER)) == 3
    assert count(actor_in(office.verona_care, Role.BRANCH_MANAGER)) == 4
    assert count(actor_in(other.root, Role.ADMINISTRATOR)) == 9


def test_no_way_to_ask_shows_another_branch(office) -> None:
    for unit in (office.brescia_care, office.verona_care):
        cases_of(unit, 6)
    refresh(now=NOON)
    manager = actor_in(office.brescia, Role.BRANCH_MANAGER)
    ours = set(Case.objects.filter(unit=office.brescia_care).values_list("pk", flat=True))
    elsewhere = {str(office.root.pk), str(office.verona.pk), str(office.verona_care.pk)}
    verona = Filters(unit_id=office.verona.pk)

    for metric in METRICS.values():
        for dimension in metric.dimensions - {Dimension.AGENT}:
            told = breakdown(metric, by=dimension, period=MARCH, actor=manager, today=TODAY)
            assert told.total.n in (0, 6), metric.key
            assert all((row.figure.n or 0) <= 6 for row in told.rows), metric.key
            if dimension in (Dimension.UNIT, Dimension.TEAM):
                assert elsewhere.isdisjoint(row.key for row in told.rows), metric.key
        if metric.source.case:
            behind = cases_behind(metric, period=MARCH, actor=manager, today=TODAY)
            assert {row.case_id for row in behind} <= ours, metric.key
        for ask in (figure, series):
            with pytest.raises(NotFound):
                ask(metric, period=MARCH, filters=verona, actor=manager, today=TODAY)
        with pytest.raises(NotFound):
            breakdown(metric, by=Dimension.UNIT, period=MARCH, filters=verona, actor=manager, today=TODAY)


def test_whoever_may_see_no_numbers_gets_none(office) -> None:
    a_case(office.brescia_care, now=NOON)
    refresh(now=NOON)
    agent = actor_in(office.brescia_care)

    for nobody in (agent, system("job"), customer("Giulia"), Actor(kind=agent.kind, name="ghost", id=1)):
        with pytest.raises(NoNumbers):
            count(nobody)


def test_a_team_that_was_moved_away_is_seen_no_longer(office) -> None:
    a_case(office.brescia_care, now=NOON)
    refresh(now=NOON)
    manager = person_in(office.brescia, Role.BRANCH_MANAGER)
    assert count(actor_of(manager, today=TODAY)) == 1
    Membership.objects.filter(person=manager).update(unit=office.verona)

    assert count(actor_of(manager, today=TODAY)) == 0


# --- single persons -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("agreement", ["none", "expired", "not yet", "elsewhere"])
def test_without_an_agreement_others_are_not_shown(office, agreement: str) -> None:
    workers = cases_of(office.brescia_care, 6)
    if agreement == "expired":
        an_agreement(office.root, ends_on=TODAY)
    elif agreement == "not yet":
        an_agreement(office.root, starts_on=TODAY + timedelta(days=1))
    elif agreement == "elsewhere":
        an_agreement(office.verona)
    refresh(now=NOON)
    manager = actor_in(office.brescia, Role.BRANCH_MANAGER)
    one = Filters(values={Dimension.AGENT: [workers[0].id]})

    for metric in (METRICS[key] for key in PER_PERSON):
        behind = cases_behind if metric.source.case else orders_behind
        for ask in (figure, series, behind):
            with pytest.raises(NoAgreement):
                ask(metric, period=MARCH, filters=one, actor=manager, today=TODAY)
        with pytest.raises(NoAgreement):
            breakdown(metric, by=Dimension.MAKE, period=MARCH, filters=one, actor=manager, today=TODAY)
        told = breakdown(metric, by=Dimension.AGENT, period=MARCH, actor=manager, today=TODAY)
        assert list(told.rows) == [], metric.key
        assert told.withheld, metric.key


def test_one_sees_oneself_without_any_agreement(office) -> None:
    workers = cases_of(office.brescia_care, 3, each=2)
    refresh(now=NOON)
    me = workers[1]
    mine = Filters(values={Dimension.AGENT: [me.id]})
    both = Filters(values={Dimension.AGENT: [me.id, workers[0].id]})

    for metric in (METRICS[key] for key in PER_PERSON):
        found = figure(metric, period=MARCH, filters=mine, actor=me, today=TODAY)
        told = breakdown(metric, by=Dimension.AGENT, period=MARCH, filters=mine, actor=me, today=TODAY)
        assert found.why in ("", Withheld.FEW), metric.key
        assert {row.key for row in told.rows} <= {str(me.id)}, metric.key
        with pytest.raises(NoNumbers):
            figure(metric, period=MARCH, filters=both, actor=me, today=TODAY)
    assert figure(PEOPLE, period=MARCH, filters=mine, actor=me, today=TODAY).value == 2


def test_an_agreement_shows_people_of_its_units_only(office) -> None:
    ours, theirs = cases_of(office.brescia_care, 2), cases_of(office.verona_care, 2)
    an_agreement(office.brescia)
    refresh(now=NOON)
    manager = actor_in(office.root, Role.CARE_MANAGER)

    told = breakdown(PEOPLE, by=Dimension.AGENT, period=MARCH, actor=manager, today=TODAY)
    of_verona = figure(
        PEOPLE,
        period=MARCH,
        filters=Filters(values={Dimension.AGENT: [theirs[0].id]}),
        actor=manager,
        today=TODAY,
    )

    assert {row.key: row.figure.value for row in told.rows} == {str(one.id): 1.0 for one in ours}
    assert told.withheld
    assert of_verona.n == 0


@pytest.mark.parametrize(("ends_on", "is_shown"), [(None, True), (TODAY + timedelta(days=1), True), (TODAY, False)])
def test_an_agreement_holds_until_its_end(office, ends_on: date | None, is_shown: bool) -> None:
    cases_of(office.brescia_care, 2)
    an_agreement(office.root, ends_on=ends_on)
    refresh(now=NOON)
    manager = actor_in(office.root, Role.CARE_MANAGER)

    told = breakdown(PEOPLE, by=Dimension.AGENT, period=MARCH, actor=manager, today=TODAY)

    assert bool(told.rows) == is_shown


@pytest.mark.parametrize(("people", "is_shown"), [(1, False), (4, False), (5, True)])
def test_a_small_group_is_shown_under_an_agreement_only(office, people: int, is_shown: bool) -> None:
    cases_of(office.brescia_care, people, each=3)
    refresh(now=NOON)
    manager = actor_in(office.brescia, Role.BRANCH_MANAGER)

    before = figure(PEOPLE, period=MARCH, actor=manager, today=TODAY)
    points = series(PEOPLE, period=MARCH, actor=manager, today=TODAY)
    an_agreement(office.brescia)
    after = figure(PEOPLE, period=MARCH, actor=manager, today=TODAY)

    assert before.value == (people * 3 if is_shown else None)
    assert before.n == (people * 3 if is_shown else None)
    assert before.why == ("" if is_shown else Withheld.SMALL_GROUP)
    assert {point.figure.value for point in points} == {0.0, people * 3 if is_shown else None}
    assert after.value == people * 3


def test_small_groups_are_put_together_with_so_many_that_nobody_can_be_worked_out(office) -> None:
    team = [Unit.objects.create(parent=office.brescia, kind="team", name=f"T{n}", code=f"t{n}") for n in range(3)]
    for one in team:
        Unit.objects.filter(pk=one.pk).update(path=f"{office.brescia.path}{one.pk}/")
    for one, people in zip(team, (2, 6, 9), strict=True):
        cases_of(one, people)
    refresh(now=NOON)
    manager = actor_in(office.brescia, Role.BRANCH_MANAGER)

    told = breakdown(PEOPLE, by=Dimension.TEAM, period=MARCH, actor=manager, today=TODAY)

    # Two people alone could be had as the total less the others: the next smallest team goes with them.
    assert {row.key: row.figure.value for row in told.rows} == {str(team[2].pk): 9.0, None: 8.0}
    assert told.total.value == 17


def test_what_is_not_about_staff_is_shown_for_small_groups(office) -> None:
    cases_of(office.brescia_care, 2)
    refresh(now=NOON)

    assert count(actor_in(office.brescia, Role.BRANCH_MANAGER)) == 2
    assert {"cases_opened", "contacts", "complaint_share"}.isdisjoint(OF_STAFF)


# --- the rest -----------------------------------------------------------------------------------------------------


def test_a_metric_refuses_a_dimension_it_does_not_know(office) -> None:
    refresh(now=NOON)
    manager = actor_in(office.root, Role.CARE_MANAGER)

    with pytest.raises(NotADimension):
        breakdown(METRICS["contacts"], by=Dimension.ARTICLE, period=MARCH, actor=manager, today=TODAY)


def test_before_the_first_refresh_the_numbers_say_so(office) -> None:
    with pytest.raises(NotBuiltYet):
        count(actor_in(office.root, Role.CARE_MANAGER))


def test_hostile_values_stay_values(office) -> None:
    a_case(office.brescia_care, now=NOON)
    refresh(now=NOON)
    manager = actor_in(office.root, Role.CARE_MANAGER)

    for value in ("x') OR TRUE --", "'; DROP TABLE bound", "%", "\x00", "🚗"):
        filters = Filters(values={Dimension.PROCESS: [value], Dimension.TAG: [value]})
        assert count(manager, filters) == 0
