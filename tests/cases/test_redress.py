"""The clock of the legal warranty, and goodwill that nobody gives to their own wish nor beyond limit and budget."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corsia.cases.models import Case, Goodwill, GoodwillBudget, LegalWarranty
from corsia.cases.rules.warranty import Sale, Standing, add_months, warranty_clock
from corsia.cases.services import close_case
from corsia.cases.services.locking import CaseClosed
from corsia.cases.services.redress import (
    AmountImpossible,
    BelowSpent,
    BudgetSpent,
    DecidedAlready,
    DefectBeforeDelivery,
    NoBudget,
    NotInWriting,
    NotOwn,
    NotYetDelivered,
    NoVehicle,
    OverLimit,
    SaleDetails,
    approve_goodwill,
    ask_goodwill,
    refuse_goodwill,
    set_budget,
    set_limit,
    state_sale,
    withdraw_goodwill,
)
from corsia.cases.vocabulary import GoodwillState
from corsia.kernel.errors import NotAllowed, NotFound
from corsia.kernel.models import AuditEntry
from corsia.organisation.models import Notification
from corsia.organisation.vocabulary import Role
from tests.conftest import NOON
from tests.factories.cases import ROBOT, a_case, a_customer, ready_group
from tests.factories.customers import car
from tests.factories.organisation import actor_in, person_in, signed_in

TODAY = NOON.date()


# The rule


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2024, 2, 29), 24, date(2026, 2, 28)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2024, 2, 29), 48, date(2028, 2, 29)),
        (date(2023, 8, 31), 6, date(2024, 2, 29)),
        (date(2024, 12, 31), 24, date(2026, 12, 31)),
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2024, 3, 10), 24, date(2026, 3, 10)),
    ],
)
def test_months_end_with_the_same_day_or_the_last_of_the_month(day: date, months: int, expected: date) -> None:
    assert add_months(day, months) == expected


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(offset=st.integers(0, 40_000), months=st.integers(0, 60))
def test_a_term_in_months_agrees_with_counting_months_one_by_one(offset: int, months: int) -> None:
    day = date(1990, 1, 1) + timedelta(days=offset)

    found = add_months(day, months)

    # The oracle walks day by day over that many changes of month.
    walked, changes = day.replace(day=1), 0
    while changes < months:
        after = walked + timedelta(days=1)
        changes += after.month != walked.month
        walked = after
    month_days = [walked + timedelta(days=step) for step in range(31)]
    same_month = [one for one in month_days if one.month == walked.month]
    assert found == min(same_month, key=lambda one: abs(one.day - day.day))


def clock(**fields):
    values = {"delivered_on": date(2025, 3, 10), "is_used": False, "is_consumer": True, **fields}
    return warranty_clock(Sale(**values), today=fields.pop("today", TODAY))


def test_a_new_vehicle_has_two_years_and_a_year_of_presumption() -> None:
    found = clock(defect_on=date(2026, 3, 10))

    assert (found.months, found.ends_on, found.burden_ends_on) == (24, date(2027, 3, 10), date(2026, 3, 10))
    assert (found.standing, found.is_presumed) == (Standing.WITHIN, True)
    assert clock(defect_on=date(2026, 3, 11)).is_presumed is False


def test_the_last_day_of_the_term_still_counts() -> None:
    assert clock(defect_on=date(2027, 3, 10)).standing == Standing.WITHIN
    assert clock(defect_on=date(2027, 3, 11)).standing == Standing.LATE


def test_twelve_months_count_for_used_vehicles_only() -> None:
    assert clock(is_used=True, is_reduced=True).ends_on == date(2026, 3, 10)
    assert clock(is_used=True).ends_on == date(2027, 3, 10)
    assert clock(is_used=False, is_reduced=True).ends_on == date(2027, 3, 10)


def test_without_a_day_of_the_defect_the_term_runs_or_is_over() -> None:
    assert (clock().standing, clock().days_left) == (Standing.RUNNING, 365)
    assert clock(delivered_on=date(2024, 3, 10)).standing == Standing.RUNNING
    assert clock(delivered_on=date(2024, 3, 9)).standing == Standing.OVER


def test_for_a_business_this_clock_does_not_run() -> None:
    found = clock(is_consumer=False, defect_on=date(2025, 4, 1))

    assert (found.standing, found.ends_on, found.burden_ends_on, found.is_presumed) == (
        Standing.BUSINESS,
        None,
        None,
        None,
    )


# On a case


@pytest.fixture
def case(group, everything) -> Case:
    ready_group(group, now=NOON)
    customer = a_customer(group, now=NOON)
    return a_case(
        group.brescia_care, now=NOON, customer=customer, process_key="complaint", vehicle_id=car(group.root).pk
    )


def sold(**fields) -> SaleDetails:
    values = {"delivered_on": date(2025, 3, 10), "is_used": True, "is_consumer": True, **fields}
    return SaleDetails(**values)


def test_the_sale_is_stated_corrected_and_told_in_the_trail(case) -> None:
    state_sale(case_id=case.pk, sale=sold(), by=ROBOT, now=NOON)
    state_sale(case_id=case.pk, sale=sold(defect_on=date(2026, 1, 2)), by=ROBOT, now=NOON)

    assert LegalWarranty.objects.get().defect_on == date(2026, 1, 2)
    entries = AuditEntry.objects.filter(object_id=case.pk, verb="sale_stated").order_by("pk")
    assert [entry.data["defect_on"] for entry in entries] == [None, "2026-01-02"]


def test_twelve_months_need_the_paper(case) -> None:
    with pytest.raises(NotInWriting):
        state_sale(case_id=case.pk, sale=sold(is_reduced=True), by=ROBOT, now=NOON)
    assert LegalWarranty.objects.count() == 0

    paper = {"document": b"%PDF-1.4", "document_name": "accordo.pdf"}
    with pytest.raises(NotInWriting):
        state_sale(case_id=case.pk, sale=sold(is_used=False, is_reduced=True, **paper), by=ROBOT, now=NOON)
    state_sale(case_id=case.pk, sale=sold(is_reduced=True, **paper), by=ROBOT, now=NOON)
    state_sale(case_id=case.pk, sale=sold(is_reduced=True), by=ROBOT, now=NOON)
    assert LegalWarranty.objects.get().document_name == "accordo.pdf", "a correction keeps the paper"


def test_the_database_itself_refuses_twelve_months_without_paper(case) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        LegalWarranty.objects.create(
            case=case, delivered_on=TODAY, is_used=True, is_consumer=True, is_reduced=True, stated_at=NOON
        )


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"defect_on": date(2025, 3, 9)}, DefectBeforeDelivery),
        ({"delivered_on": date(2026, 3, 11)}, NotYetDelivered),
        ({"defect_on": date(2026, 3, 11)}, NotYetDelivered),
    ],
)
def test_dates_that_cannot_be_are_refused(case, fields, error) -> None:
    with pytest.raises(error):
        state_sale(case_id=case.pk, sale=sold(**fields), by=ROBOT, now=NOON)


def test_a_case_without_a_vehicle_has_no_warranty(group, case) -> None:
    with pytest.raises(NoVehicle):
        state_sale(case_id=a_case(group.brescia_care, now=NOON).pk, sale=sold(), by=ROBOT, now=NOON)


# Goodwill


@pytest.fixture
def laura(group):
    return actor_in(group.brescia_care, Role.AGENT)


@pytest.fixture
def boss(group):
    return actor_in(group.brescia, Role.BRANCH_MANAGER)


@pytest.fixture
def money(group, case):
    set_budget(unit_id=group.brescia.pk, year=2026, amount_cents=50_000, by=ROBOT, now=NOON)
    set_limit(unit_id=group.root.pk, role=Role.BRANCH_MANAGER, limit_cents=30_000, by=ROBOT, now=NOON)


def asked(case, by, cents: int = 20_000) -> Goodwill:
    return ask_goodwill(case_id=case.pk, amount_cents=cents, reason="Auto sostitutiva", by=by, now=NOON)


def test_a_sum_is_asked_approved_and_taken_from_the_budget(case, laura, boss, money) -> None:
    goodwill = asked(case, laura)
    assert Notification.objects.filter(kind="cases.goodwill", person_id=boss.id).count() == 1

    approve_goodwill(goodwill_id=goodwill.pk, note="va bene", by=boss, now=NOON)

    goodwill.refresh_from_db()
    assert (goodwill.state, goodwill.decided_by_id, goodwill.decision_note) == (
        GoodwillState.APPROVED, boss.id, "va bene",
    )  # fmt: skip
    assert GoodwillBudget.objects.get().spent_cents == 20_000
    verbs = AuditEntry.objects.filter(object_id=case.pk, verb__startswith="goodwill").order_by("pk")
    assert [(entry.verb, entry.data["cents"]) for entry in verbs] == [
        ("goodwill_asked", 20_000),
        ("goodwill_approved", 20_000),
    ]


def test_nobody_approves_what_they_asked_for(case, boss, money) -> None:
    goodwill = asked(case, boss)

    for verb in (approve_goodwill, refuse_goodwill):
        with pytest.raises(NotOwn):
            verb(goodwill_id=goodwill.pk, note="", by=boss, now=NOON)
    with pytest.raises(IntegrityError), transaction.atomic():
        Goodwill.objects.filter(pk=goodwill.pk).update(state="refused", decided_by_id=boss.id, decided_at=NOON)
    assert GoodwillBudget.objects.get().spent_cents == 0


def test_limit_and_budget_hold_to_the_cent(case, laura, boss, money) -> None:
    with pytest.raises(OverLimit):
        approve_goodwill(goodwill_id=asked(case, laura, 30_001).pk, by=boss, now=NOON)
    approve_goodwill(goodwill_id=asked(case, laura, 30_000).pk, by=boss, now=NOON)
    with pytest.raises(BudgetSpent):
        approve_goodwill(goodwill_id=asked(case, laura, 20_001).pk, by=boss, now=NOON)
    approve_goodwill(goodwill_id=asked(case, laura, 20_000).pk, by=boss, now=NOON)

    assert GoodwillBudget.objects.get().spent_cents == 50_000
    with pytest.raises(IntegrityError), transaction.atomic():
        GoodwillBudget.objects.update(spent_cents=50_001)


def test_a_nearer_limit_and_budget_go_before_those_above(group, case, laura, boss, money) -> None:
    set_limit(unit_id=group.brescia.pk, role=Role.BRANCH_MANAGER, limit_cents=1_000, by=ROBOT, now=NOON)
    with pytest.raises(OverLimit):
        approve_goodwill(goodwill_id=asked(case, laura, 1_001).pk, by=boss, now=NOON)
    set_budget(unit_id=group.brescia_care.pk, year=2026, amount_cents=900, by=ROBOT, now=NOON)
    with pytest.raises(BudgetSpent):
        approve_goodwill(goodwill_id=asked(case, laura, 1_000).pk, by=boss, now=NOON)


def test_without_limit_or_budget_nothing_is_given(group, case, laura, boss) -> None:
    goodwill = asked(case, laura, 100)
    with pytest.raises(OverLimit):
        approve_goodwill(goodwill_id=goodwill.pk, by=boss, now=NOON)
    set_limit(unit_id=group.root.pk, role=Role.BRANCH_MANAGER, limit_cents=30_000, by=ROBOT, now=NOON)
    set_budget(unit_id=group.brescia.pk, year=2025, amount_cents=50_000, by=ROBOT, now=NOON)
    with pytest.raises(NoBudget):
        approve_goodwill(goodwill_id=goodwill.pk, by=boss, now=NOON)


def test_what_was_decided_stays(case, laura, boss, money) -> None:
    goodwill = asked(case, laura)
    refuse_goodwill(goodwill_id=goodwill.pk, note="no", by=boss, now=NOON)

    with pytest.raises(DecidedAlready):
        approve_goodwill(goodwill_id=goodwill.pk, by=boss, now=NOON)
    with pytest.raises(DecidedAlready):
        withdraw_goodwill(goodwill_id=goodwill.pk, by=laura, now=NOON)


def test_one_takes_back_only_what_is_one_s_own(case, laura, boss, money) -> None:
    goodwill = asked(case, laura)
    with pytest.raises(NotFound):
        withdraw_goodwill(goodwill_id=goodwill.pk, by=boss, now=NOON)

    withdraw_goodwill(goodwill_id=goodwill.pk, by=laura, now=NOON)

    assert Goodwill.objects.get().state == GoodwillState.WITHDRAWN


def test_agents_and_other_branches_approve_nothing(group, case, laura, boss, money) -> None:
    goodwill = asked(case, boss)
    for by in (laura, actor_in(group.verona, Role.BRANCH_MANAGER)):
        with pytest.raises(NotAllowed):
            approve_goodwill(goodwill_id=goodwill.pk, by=by, now=NOON)
    with pytest.raises(NotAllowed):
        set_budget(unit_id=group.brescia.pk, year=2026, amount_cents=10**6, by=boss, now=NOON)
    with pytest.raises(NotAllowed):
        asked(case, actor_in(group.brescia_care, Role.AGENCY_AGENT))


@pytest.mark.parametrize(("cents", "reason"), [(0, "x"), (-1, "x"), (10**9, "x"), (100, " ")])
def test_a_sum_needs_an_amount_and_a_reason(case, laura, cents, reason) -> None:
    with pytest.raises(AmountImpossible):
        ask_goodwill(case_id=case.pk, amount_cents=cents, reason=reason, by=laura, now=NOON)


def test_a_budget_is_never_less_than_what_was_given(group, case, laura, boss, money) -> None:
    approve_goodwill(goodwill_id=asked(case, laura).pk, by=boss, now=NOON)

    with pytest.raises(BelowSpent):
        set_budget(unit_id=group.brescia.pk, year=2026, amount_cents=19_999, by=ROBOT, now=NOON)


def test_a_closed_case_asks_for_nothing(group, laura, everything) -> None:
    ready_group(group, now=NOON)
    closed = a_case(group.brescia_care, now=NOON)
    close_case(case_id=closed.pk, by=ROBOT, now=NOON)

    with pytest.raises(CaseClosed):
        asked(closed, laura)


# Pages


def test_the_panel_walks_from_the_question_to_the_answer(group, case, money) -> None:
    agent = signed_in(person_in(group.brescia_care, Role.AGENT))
    manager = signed_in(person_in(group.brescia, Role.BRANCH_MANAGER))
    sale = {"delivered_on": "2025-03-10", "is_used": "used", "is_consumer": "consumer", "defect_on": "2026-01-02"}

    assert agent.post(f"/cases/{case.pk}/redress/sale/", sale, HTTP_HX_REQUEST="true").status_code == 200
    body = {"amount": "150,50", "reason": "<b>Noleggio</b>", "once": "g" * 20}
    for _time in range(2):
        shown = agent.post(f"/cases/{case.pk}/redress/goodwill/", body, HTTP_HX_REQUEST="true")
    assert shown.status_code == 200
    assert "&lt;b&gt;Noleggio" in shown.content.decode()
    goodwill = Goodwill.objects.get()
    assert goodwill.amount_cents == 15_050
    assert "Noleggio" in manager.get("/cases/goodwill/").content.decode()
    decided = manager.post(f"/cases/goodwill/{goodwill.pk}/decide/", {"decision": "approve"}, HTTP_HX_REQUEST="true")
    assert decided.status_code == 200
    assert Goodwill.objects.get().state == GoodwillState.APPROVED


def test_the_agreement_is_downloaded_and_never_shown(group, case) -> None:
    paper = sold(is_reduced=True, document=b"<script>alert(1)</script>", document_name="a.html")
    state_sale(case_id=case.pk, sale=paper, by=ROBOT, now=NOON)
    browser = signed_in(person_in(group.brescia_care, Role.AGENT))

    answer = browser.get(f"/cases/{case.pk}/redress/agreement/")

    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment")


def test_only_administrators_set_budgets(group, case) -> None:
    body = {"unit": group.brescia.pk, "year": "2026", "amount": "1000"}
    manager = signed_in(person_in(group.brescia, Role.BRANCH_MANAGER))
    administrator = signed_in(person_in(group.root, Role.ADMINISTRATOR))

    assert manager.post("/cases/goodwill/budget/", body).status_code == 403
    assert administrator.post("/cases/goodwill/budget/", body).status_code == 302
    limit = {"unit": group.brescia.pk, "role": "branch_manager", "amount": "300"}
    assert administrator.post("/cases/goodwill/limit/", limit).status_code == 302
    assert GoodwillBudget.objects.get().amount_cents == 100_000


def test_another_branch_sees_nothing_of_it(group, case, laura, money) -> None:
    goodwill = asked(case, laura)
    browser = signed_in(person_in(group.verona, Role.BRANCH_MANAGER))

    assert browser.get(f"/cases/{case.pk}/redress/").status_code == 404
    assert browser.get(f"/cases/{case.pk}/redress/agreement/").status_code == 404
    assert "Auto sostitutiva" not in browser.get("/cases/goodwill/").content.decode()
    assert browser.post(f"/cases/goodwill/{goodwill.pk}/decide/", {"decision": "approve"}).status_code == 404
