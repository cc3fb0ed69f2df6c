"""What a unit sets about contacting customers: one set of rules, and the one that holds where nobody set any."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time

from corsia.customers.vocabulary import Purpose
from corsia.messaging.rules.budget import Budget
from corsia.messaging.rules.quiet import QuietHours, audible_hours


@dataclass(frozen=True, kw_only=True)
class RuleSet:
    """Budget and quiet hours as people set them; the fields are those of models.ContactRules.

    The defaults: six of twenty places for what is not about a case, and the hours of the Italian code of conduct for
    telemarketing (weekdays 9-20, Saturdays 10-19, never on Sundays and holidays).
    """

    days: int = 30
    total: int = 20
    kept_for_service: int = 14
    surveys: int = 3
    marketing: int = 4
    manufacturer: int = 3
    patience_days: int = 3
    answer_minutes: int = 120
    weekday_from: time = time(9)
    weekday_until: time = time(20)
    saturday_from: time | None = time(10)
    saturday_until: time | None = time(19)
    sunday_from: time | None = None
    sunday_until: time | None = None
    holidays_are_quiet: bool = True
    closures_are_quiet: bool = False

    @property
    def budget(self) -> Budget:
        return Budget(
            days=self.days,
            total=self.total,
            kept_for_service=self.kept_for_service,
            caps={
                Purpose.SURVEY: self.surveys,
                Purpose.MARKETING: self.marketing,
                Purpose.MANUFACTURER: self.manufacturer,
                Purpose.PROFILING: self.marketing,
                Purpose.THIRD_PARTIES: self.marketing,
            },
            patience_days=self.patience_days,
        )

    def quiet_hours(
        self, *, zone: str, holidays: Mapping[date, str], closures: tuple[tuple[date, date], ...]
    ) -> QuietHours:
        """Return the quiet hours at a place with its holidays and days closed."""
        saturdays = (self.saturday_from, self.saturday_until) if self.saturday_from and self.saturday_until else None
        sundays = (self.sunday_from, self.sunday_until) if self.sunday_from and self.sunday_until else None
        return QuietHours(
            hours=audible_hours(
                zone=zone,
                weekdays=(self.weekday_from, self.weekday_until),
                saturdays=saturdays,
                sundays=sundays,
                holidays=holidays if self.holidays_are_quiet else {},
                closures=closures if self.closures_are_quiet else (),
            ),
            answer_minutes=self.answer_minutes,
        )


DEFAULTS = RuleSet()
