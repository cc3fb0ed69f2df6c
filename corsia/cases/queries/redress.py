"""The legal warranty and the goodwill of a case, and the page on which goodwill is decided and its budgets are set."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from corsia.cases.models import Case, Goodwill, GoodwillBudget, GoodwillLimit, LegalWarranty
from corsia.cases.rules.warranty import Clock, Sale, warranty_clock
from corsia.cases.vocabulary import GoodwillState
from corsia.organisation.queries import tree
from corsia.organisation.vocabulary import Role
from corsia.ui.money import euros

WAITING = 50


@dataclass(frozen=True, kw_only=True)
class WarrantyView:
    """What is known about the sale and the clock that follows from it."""

    sale: LegalWarranty
    clock: Clock


@dataclass(frozen=True, kw_only=True)
class GoodwillRow:
    """A sum and what became of it."""

    row: Goodwill
    amount: str
    asked_by: str
    decided_by: str
    place: str = ""


@dataclass(frozen=True, kw_only=True)
class BudgetRow:
    """A unit's budget of a year, in words and as a share of what is spent."""

    unit_id: int
    place: str
    year: int
    amount: str
    spent: str
    left: str
    share_pct: int


def warranty_of(case: Case, *, now: datetime) -> WarrantyView | None:
    """Return the warranty stated on a case, None where nobody stated it."""
    sale = LegalWarranty.objects.filter(case=case).first()
    if sale is None:
        return None
    return WarrantyView(sale=sale, clock=clock_of(sale, today=_today(case, now)))


def clock_of(sale: LegalWarranty, *, today: date) -> Clock:
    """Return the clock of a stated sale as it stands on a day."""
    return warranty_clock(
        Sale(
            delivered_on=sale.delivered_on,
            is_used=sale.is_used,
            is_consumer=sale.is_consumer,
            is_reduced=sale.is_reduced,
            defect_on=sale.defect_on,
        ),
        today=today,
    )


def _today(case: Case, now: datetime) -> date:
    return now.astimezone(tree().time_zone(case.unit_id)).date()


def goodwill_of(case: Case, *, until: datetime | None = None) -> list[GoodwillRow]:
    """Return the sums asked for on a case, the first first."""
    rows = Goodwill.objects.filter(case=case).select_related("asked_by", "decided_by")
    rows = rows.filter(asked_at__lte=until) if until else rows
    return [_row(row) for row in rows.order_by("pk")]


def waiting_goodwill() -> list[GoodwillRow]:
    """Return the sums that wait for a decision within the scope, the oldest first."""
    rows = Goodwill.objects.filter(state=GoodwillState.ASKED).select_related("asked_by", "decided_by", "case")
    places = tree()
    return [_row(row, place=places.label(row.case.unit_id)) for row in rows.order_by("pk")[:WAITING]]


def _row(row: Goodwill, *, place: str = "") -> GoodwillRow:
    return GoodwillRow(
        row=row,
        amount=euros(row.amount_cents),
        asked_by=row.asked_by.full_name if row.asked_by else "",
        decided_by=row.decided_by.full_name if row.decided_by else "",
        place=place,
    )


def budget_rows(*, year: int) -> list[BudgetRow]:
    """Return the budgets of a year within the scope, in the order of the tree."""
    places = tree()
    rows = GoodwillBudget.objects.filter(year=year)
    return [
        BudgetRow(
            unit_id=row.unit_id,
            place=places.label(row.unit_id),
            year=row.year,
            amount=euros(row.amount_cents),
            spent=euros(row.spent_cents),
            left=euros(row.amount_cents - row.spent_cents),
            share_pct=round(100 * row.spent_cents / row.amount_cents) if row.amount_cents else 100,
        )
        for row in sorted(rows, key=lambda row: places.unit(row.unit_id).path)
    ]


def limit_rows() -> Sequence[tuple[str, str, str]]:
    """Return place, role and limit of every limit in force within the scope and above it."""
    places = tree()
    rows = sorted(GoodwillLimit.objects.all(), key=lambda row: (places.unit(row.unit_id).path, row.role))
    return [(places.label(row.unit_id), str(Role(row.role).label), euros(row.limit_cents)) for row in rows]
