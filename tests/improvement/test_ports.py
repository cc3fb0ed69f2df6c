"""What is plugged in: criticalities counted over cases and answers, outcomes by unit, and an effect from them."""

from datetime import timedelta

import pytest

from corsia.cases.models import Case, Cause, Goodwill, GoodwillBudget
from corsia.improvement.ports import criticalities, outcomes, touchpoints
from corsia.improvement.queries.effects import effect_page, verdict_of
from corsia.improvement.rules.effect import Verdict
from corsia.improvement.services import actions
from corsia.kernel.access import scope_of
from corsia.kernel.scope import entered
from corsia.listening.models import Finding, ListeningPlan, Response, Touchpoint
from corsia.organisation.vocabulary import Role
from tests.factories.cases import a_case, a_customer, ready_group
from tests.factories.improvement import an_action
from tests.factories.organisation import UnitFactory, actor_in
from tests.factories.surveys import answered, solved_case

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("everything")]
YEAR = timedelta(days=365)


def test_what_hurts_comes_first_by_how_often_and_how_badly(group, now) -> None:
    ready_group(group, now=now - YEAR)
    customer = a_customer(group, now=now - YEAR)
    for score, text in ((0, "Nessuno chiama"), (1, ""), (9, "Gentilissimi"), (8, "Bene")):
        answered(group.brescia_care, customer, score, at=now - timedelta(days=3), text=text)
    answered(group.verona_care, customer, 0, at=now - timedelta(days=3), text="Di un'altra filiale")
    answered(group.brescia_care, customer, 0, at=now - YEAR - timedelta(days=3), text="Vecchia")
    cause = Cause.objects.create(unit=group.root, name_it="Ricambio in ritardo", name_en="Late part")
    for times in (0, 2):
        case = solved_case(group.brescia_care, customer, now=now - timedelta(days=1))
        Case.objects.filter(pk=case.pk).update(cause=cause, reopened_times=times)

    found = criticalities().ranked([group.brescia.pk, group.brescia_care.pk], now - YEAR, now)

    shown = [(one.key, one.plus_minus, one.volume, one.severity, list(one.quotes)) for one in found]
    assert shown == [
        ("detractors:information", "minus", 2, 5, ["Nessuno chiama"]),
        (f"cause:{cause.pk}", "minus", 2, 3, []),
        ("reopened:information", "minus", 1, 3, []),
        ("promoters:information", "plus", 1, 5, ["Gentilissimi"]),
    ]
    assert found[1].label == "Ricambio in ritardo"


def test_findings_of_visits_stand_beside_what_was_counted_until_they_are_settled(group, now) -> None:
    touchpoint = Touchpoint.objects.create(
        unit=group.root, key="counter", name_it="Banco", name_en="Counter", stage="service"
    )
    for severity, sign, quote, unit in (
        (5, "minus", "Nessuno saluta", group.brescia_care),
        (4, "minus", "", group.brescia_care),
        (3, "plus", "Ordinato", group.brescia_care),
        (5, "minus", "Altrove", group.verona_care),
    ):
        Finding.objects.create(
            unit=unit, touchpoint=touchpoint, instrument="mystery", sign=sign, severity=severity, title="Saluto",
            quote=quote, found_on=now.date(), noted_at=now - timedelta(days=1),
        )  # fmt: skip
    places = [group.brescia.pk, group.brescia_care.pk]

    found = criticalities().ranked(places, now - YEAR, now)
    shown = [(one.key, one.label, one.volume, one.severity, list(one.quotes)) for one in found]
    assert shown == [
        (f"findings:{touchpoint.pk}:minus", "Banco", 2, 4, ["Saluto", "Nessuno saluta"]),
        (f"findings:{touchpoint.pk}:plus", "Banco", 1, 3, ["Ordinato"]),
    ]
    Finding.objects.update(settled_on=now.date())
    assert criticalities().ranked(places, now - YEAR, now) == []


def test_touchpoints_where_plans_met_unhappy_customers_stand_among_them(group, now) -> None:
    touchpoint = Touchpoint.objects.create(
        unit=group.root, key="workshop", name_it="Officina", name_en="Workshop", stage="service"
    )
    plan = ListeningPlan.objects.create(
        unit=group.root, name="Officina", touchpoint=touchpoint, starts_on=now.date(), changed_at=now
    )
    rows = ((group.brescia, 2, "Attesa"), (group.brescia_care, 4, ""), (group.brescia, 9, ""), (group.verona, 0, "x"))
    for unit, score, text in rows:
        at = now - timedelta(days=1)
        Response.objects.create(
            plan=plan, touchpoint=touchpoint, unit=unit, score=score, text=text, started_at=at, answered_at=at,
            completed_at=at, settled_at=at,
        )  # fmt: skip

    found = criticalities().ranked([group.brescia.pk, group.brescia_care.pk], now - YEAR, now)

    assert [(one.key, one.label, one.volume, one.severity, list(one.quotes)) for one in found] == [
        (f"unhappy:{touchpoint.pk}", "Officina: detrattori", 2, 3, ["Attesa"])
    ]


def test_an_action_may_change_the_points_of_the_journey_that_are_lived_at_its_unit(group) -> None:
    named = (("a", group.root, "service", "active"), ("b", group.brescia, "buy", "planned"),
             ("c", group.verona, "buy", "active"), ("d", group.root, "brand", "retired"))  # fmt: skip
    for key, unit, stage, state in named:
        Touchpoint.objects.create(
            unit=unit, key=key, name_it=f"Punto {key}", name_en=key, stage=stage, state=state
        )  # fmt: skip

    assert list(touchpoints().names(group.brescia.pk)) == [("b", "Punto b"), ("a", "Punto a")]


def test_scores_points_returns_and_goodwill_are_measured_by_unit_with_all_below(group, now) -> None:
    ready_group(group, now=now - YEAR)
    customer = a_customer(group, now=now - YEAR)
    for score in (10, 9, 7, 3):
        answered(group.brescia_care, customer, score, at=now - timedelta(days=3))
    answered(group.verona_care, customer, 0, at=now - timedelta(days=3))
    cases = [solved_case(group.brescia_care, customer, now=now - timedelta(days=1)) for _ in range(4)]
    Case.objects.filter(pk=cases[0].pk).update(reopened_times=1)
    budget = GoodwillBudget.objects.create(unit=group.root, year=now.year, amount_cents=10**7)
    for cents, state in ((120_00, "approved"), (30_00, "approved"), (999_00, "refused")):
        Goodwill.objects.create(
            case=cases[0], amount_cents=cents, reason="x", asked_at=now, state=state, decided_at=now,
            budget=budget if state == "approved" else None,
        )  # fmt: skip

    def read(kpi: str, unit) -> tuple[int, float, float]:
        found = outcomes().by_unit(kpi, [group.brescia.pk, group.verona.pk], now - YEAR, now)
        return (found[unit.pk].n, found[unit.pk].total, found[unit.pk].squares) if unit.pk in found else (0, 0, 0)

    assert read("score", group.brescia) == (4, 29.0, 239.0)
    assert read("nps", group.brescia) == (4, 100.0, 30_000.0)
    assert read("nps", group.verona) == (1, -100.0, 10_000.0)
    assert read("reopened", group.brescia) == (4, 100.0, 10_000.0)
    assert read("goodwill", group.brescia) == (4, 150.0, 22_500.0)
    assert read("goodwill", group.verona) == (0, 0, 0)


def ten_branches(group, now, *, gain: int):
    """Ten branches with twenty answers each before and after; where the action was done the score rose by `gain`."""
    ready_group(group, now=now - YEAR)
    customer = a_customer(group, now=now - YEAR)
    units = [UnitFactory(parent=group.root, name=f"Filiale {number}", code=f"f{number}") for number in range(10)]
    group.brescia.is_active = group.verona.is_active = False
    for unit in (group.brescia, group.verona):
        unit.save(update_fields=["is_active"])
    for place, unit in enumerate(units):
        for number in range(10):
            answered(unit, customer, 4 + (place + number) % 3, at=now - timedelta(days=60, hours=number))
            after = 4 + (place * 2 + number) % 3 + (gain if place < 3 else 0)
            answered(unit, customer, after, at=now - timedelta(days=5, hours=number))
    return units


@pytest.mark.parametrize(("gain", "verdict"), [(4, Verdict.BETTER), (0, Verdict.NONE)])
def test_the_effect_page_recovers_an_effect_and_says_when_there_is_none(group, now, robot, gain, verdict) -> None:
    units = ten_branches(group, now, gain=gain)
    begun = (now - timedelta(days=40)).date()
    action = an_action(
        group.root, now=now, units=units[:3], begins_on=begun, cents_per_point=500_00, worth_because="Marginalità 2025"
    )
    actions.add_measure(action_id=action.pk, key="score", baseline=5, target=8, by=robot, now=now)
    actions.add_evidence(action_id=action.pk, text="Fatto", by=robot, now=now)
    actions.move_action(action_id=action.pk, state="done", by=robot, now=now - timedelta(days=20))
    action.refresh_from_db()

    page = effect_page(action, kpi_key="score", window=90, now=now)

    assert page.verdict == verdict
    assert page.effect.points == pytest.approx(gain, abs=0.35)
    assert (page.effect.treated, page.effect.controls, page.effect.assignments) == (3, 7, 120)
    assert (page.n, page.left_out, page.is_whole) == (200, 0, False)
    assert page.money[0] == round(page.effect.points * 500_00)
    assert verdict_of(action, now=now).verdict == verdict
    assert effect_page(action, kpi_key="nps", window=90, now=now).money is None  # the worth is of its own measure


def test_units_with_too_little_are_left_out_and_units_out_of_sight_have_no_name(group, now, robot) -> None:
    units = ten_branches(group, now, gain=4)
    action = an_action(group.root, now=now, units=units[:3], begins_on=(now - timedelta(days=40)).date())
    thin = UnitFactory(parent=group.root, name="Appena aperta", code="nuova")
    answered(thin, a_customer(group, now=now), 9, at=now - timedelta(days=5))
    boss = actor_in(units[0], Role.BRANCH_MANAGER)

    with entered(scope_of(boss, None)):
        page = effect_page(action, kpi_key="score", window=90, now=now)

    assert [line.name for line in page.units if line.name] == ["Filiale 0"]
    assert (page.left_out, page.effect.controls) == (1, 7)


def test_before_it_began_nothing_can_be_said(group, now) -> None:
    ready_group(group, now=now - YEAR)
    a_case(group.brescia_care, now=now)
    action = an_action(group.brescia, now=now, begins_on=None, due_on=None)

    assert effect_page(action, kpi_key="nps", window=90, now=now).why == "no_begin"
    assert verdict_of(action, now=now) is None
