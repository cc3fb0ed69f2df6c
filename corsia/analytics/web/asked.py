"""What a page of numbers was asked for: period, unit and filters, read from its address and written back into it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.utils import timezone

from corsia.analytics.queries import Filters, Metric, Period
from corsia.analytics.vocabulary import Dimension
from corsia.kernel.http import StaffRequest, row_id
from corsia.kernel.scope import current_scope
from corsia.organisation.queries import tree
from corsia.ui.channels import channel_choices

DAYS = (7, 30, 90, 365)
USUAL_DAYS = 30
_CHOSEN = (  # what the bars above the pages offer
    *(Dimension.CHANNEL, Dimension.PROCESS, Dimension.MAKE),
    *(Dimension.JOB_GROUP, Dimension.AGENT),
)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One question to the numbers.

    Attributes:
        days: of the preset that was chosen; 0 where both ends were given.
        values: dimension -> chosen value, for those the bar offers.
        today: the reader's day.
    """

    period: Period
    days: int
    unit_id: int | None
    values: Mapping[str, str]
    today: date

    @classmethod
    def of(cls, request: StaffRequest) -> "Asked":
        """Read the address; what cannot be read is passed over."""
        given, today = request.GET, timezone.localdate(request.received_at)
        first, last = _day(given.get("from", "")), _day(given.get("until", ""))
        days = row_id(given.get("days", "")) or USUAL_DAYS
        if first and last and first <= last <= today:
            period, days = Period(first, date.fromordinal(last.toordinal() + 1)), 0
        else:
            days = days if days in DAYS else USUAL_DAYS
            period = Period.last_days(days, until=today)
        unit_id = row_id(given.get("unit", ""))
        values = {str(one.value): given[one.value][:80] for one in _CHOSEN if given.get(one.value)}
        if row_id(values.get("agent", "")) is None:
            values.pop("agent", None)
        return cls(period=period, days=days, unit_id=unit_id, values=values, today=today)

    def filters(self, metric: Metric, **more: str | int) -> Filters:
        """Return the filters that a metric understands."""
        asked = (dict(self.values) | more).items()
        values = {
            Dimension(name): [int(value) if name == Dimension.AGENT else value]
            for name, value in asked
            if Dimension(name) in metric.dimensions
        }
        return Filters(unit_id=self.unit_id, values=values)

    def ignored_by(self, metric: Metric) -> list[str]:
        """Return the labels of chosen filters that a metric cannot obey: the page says so."""
        return [str(Dimension(name).label) for name in self.values if Dimension(name) not in metric.dimensions]

    @property
    def query(self) -> str:
        """The question as a query string, to go on with on another page."""
        said: dict[str, Any] = {"days": self.days} if self.days else {}
        if not self.days:
            said = {"from": self.period.first.isoformat(), "until": self.period.last.isoformat()}
        if self.unit_id:
            said["unit"] = self.unit_id
        return urlencode(said | dict(self.values))


def bar(asked: Asked) -> dict[str, Any]:
    """Return what the bar of filters offers."""
    organisation, scope = tree(), current_scope()
    mine = [unit for unit in organisation.units.values() if unit.pk in scope.units and unit.is_active]
    top = min((unit.path.count("/") for unit in mine), default=0)
    units = [
        (unit.pk, "\u2007\u2007" * (unit.path.count("/") - top) + organisation.label(unit.pk))
        for unit in sorted(mine, key=lambda unit: unit.path)
    ]
    return {"asked": asked, "days": DAYS, "units": units, "channel_options": channel_choices()}


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if 2000 <= found.year < 2100 else None  # a period has one before it, to be compared with
