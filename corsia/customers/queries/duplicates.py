"""The queue of likely duplicates, and two customers side by side."""

from collections.abc import Sequence
from dataclasses import dataclass

from corsia.customers.models import Customer, Duplicate
from corsia.customers.queries.card import CustomerCard, customer_card
from corsia.customers.queries.lists import CustomerRow, rows_of

PAGE = 20


@dataclass(frozen=True, kw_only=True)
class DuplicatePair:
    """A pair in the queue."""

    id: int
    score_pct: int
    reasons: tuple[str, ...]  # LikenessReason values
    first: CustomerRow
    second: CustomerRow


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of a comparison."""

    label_key: str
    first: str
    second: str

    @property
    def agrees(self) -> bool:
        """Whether both say the same, or have one of several values in common."""
        return bool(set(self.first.splitlines()) & set(self.second.splitlines())) and self.label_key != "since"

    @property
    def differs(self) -> bool:
        """Whether both say something, and nothing of it in common."""
        return bool(self.first) and bool(self.second) and not self.agrees and self.label_key != "since"


@dataclass(frozen=True, kw_only=True)
class SideBySide:
    """Two customers to compare by eye."""

    first: CustomerCard
    second: CustomerCard
    lines: tuple[Line, ...]


def open_duplicates(*, after: tuple[int, int] | None = None, limit: int = PAGE) -> list[DuplicatePair]:
    """Return pairs waiting for a decision, the likeliest first, after a (score, id); settled ones are left out."""
    rows = Duplicate.objects.filter(decided_at=None, first__merged_into=None, second__merged_into=None)
    if after is not None:
        score, pk = after
        rows = rows.filter(score_pct=score, pk__gt=pk) | rows.filter(score_pct__lt=score)
    return _pairs(list(rows.order_by("-score_pct", "pk")[:limit]))


def count_open_duplicates(*, up_to: int) -> int:
    """Return how many pairs wait for a decision, counted up to a limit only."""
    rows = Duplicate.objects.filter(decided_at=None, first__merged_into=None, second__merged_into=None)
    return len(rows.values_list("pk", flat=True)[:up_to])


def duplicate_pair(duplicate_id: int) -> Duplicate:
    """Return a pair of the queue.

    Raises:
        NotFound: no such pair within the scope.
    """
    pair: Duplicate = Duplicate.objects.find(duplicate_id)
    return pair


def side_by_side(*, first_id: int, second_id: int) -> SideBySide:
    """Return two customers line by line.

    Raises:
        NotFound: one of them is not within the scope.
    """
    cards = customer_card(first_id), customer_card(second_id)
    rows = [Customer.objects.find(card.id) for card in cards]
    lines = [
        Line(label_key=key, first=_told(rows[0], cards[0], key), second=_told(rows[1], cards[1], key))
        for key in ("name", "tax_code", "vat_number", "born_on", "emails", "phones", "addresses", "vehicles", "since")
    ]
    return SideBySide(first=cards[0], second=cards[1], lines=tuple(line for line in lines if line.first or line.second))


def _told(row: Customer, card: CustomerCard, key: str) -> str:
    told: dict[str, str] = {
        "name": row.display_name,
        "tax_code": row.tax_code,
        "vat_number": row.vat_number,
        "born_on": f"{row.born_on:%d/%m/%Y}" if row.born_on else "",
        "emails": "\n".join(reach.shown for reach in card.emails),
        "phones": "\n".join(reach.shown for reach in card.phones),
        "addresses": "\n".join(f"{place.street}, {place.postcode} {place.city}" for place in card.addresses),
        "vehicles": "\n".join(f"{car.name} {car.plate}".strip() for car in card.vehicles),
        "since": f"{card.since:%d/%m/%Y}",
    }
    return told[key]


def _pairs(rows: Sequence[Duplicate]) -> list[DuplicatePair]:
    ids = {pk for row in rows for pk in (row.first_id, row.second_id)}
    customers = {row.id: row for row in rows_of(sorted(ids))} if ids else {}
    return [
        DuplicatePair(
            id=row.pk,
            score_pct=row.score_pct,
            reasons=tuple(row.reasons.split()),
            first=customers[row.first_id],
            second=customers[row.second_id],
        )
        for row in rows
        if row.first_id in customers and row.second_id in customers
    ]
