"""How often somebody may be contacted: places in a rolling window, some of them kept for news of their own case."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from corsia.customers.vocabulary import Purpose


@dataclass(frozen=True)
class Counted:
    """One contact that took a place. Answers to what somebody asked take none."""

    at: datetime
    purpose: str


@dataclass(frozen=True, kw_only=True)
class Budget:
    """How many contacts one customer gets, from all of us together, in any `days` days.

    Attributes:
        total: of every purpose together.
        kept_for_service: of `total`, the places that only news of the customer's own case may take, so that nothing of
            lower priority ever keeps such news waiting.
        caps: how many of each other purpose; a purpose that is not named has only the common limit.
        patience_days: how long something waits for a place; what would wait longer is held back for good.
    """

    days: int
    total: int
    kept_for_service: int
    caps: Mapping[str, int] = field(default_factory=dict)
    patience_days: int = 3

    @property
    def window(self) -> timedelta:
        return timedelta(days=self.days)

    @property
    def patience(self) -> timedelta:
        return timedelta(days=self.patience_days)

    def has_place(self, counted: Iterable[Counted], *, purpose: str, at: datetime) -> bool:
        """Tell whether a contact at `at` stays within the budget.

        Args:
            counted: contacts so far. One later than `at` counts too: another sender's clock may run ahead.
        """
        within = [one.purpose for one in counted if one.at > at - self.window]
        if len(within) >= self.total:
            return False
        if purpose == Purpose.SERVICE:
            return True
        others = sum(one != Purpose.SERVICE for one in within)
        cap = self.caps.get(purpose)
        return others < self.total - self.kept_for_service and (cap is None or within.count(purpose) < cap)


def first_place(
    budgets: Sequence[Budget], counted: Sequence[Counted], *, purpose: str, at: datetime
) -> datetime | None:
    """Return the first instant from `at` on at which every budget has a place, as contacts grow old.

    Returns:
        `at` itself when there is a place now; None when there never is: no place is foreseen for the purpose.
    """
    ages = {one.at + budget.window for budget in budgets for one in counted}
    for moment in sorted({at, *(age for age in ages if age > at)}):
        if all(budget.has_place(counted, purpose=purpose, at=moment) for budget in budgets):
            return moment
    return None
