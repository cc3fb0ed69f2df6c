"""What a booking page was asked for: read from its address or form, written back into links and hidden fields."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.http import QueryDict
from django.utils.dateparse import parse_date
from django.utils.translation import gettext_lazy as _

from corsia.kernel.errors import Invalid
from corsia.kernel.http import row_id

LONGEST_WISH = 2000
_FIRST, _LAST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


class NoInstant(Invalid):
    code = "workshop.no_instant"
    message = _("This slot cannot be read. Choose one again.")


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A booking in the making."""

    customer_id: int | None
    vehicle_id: int | None
    case_id: int | None
    job_ids: tuple[int, ...]
    package_id: int | None
    unit_ids: tuple[int, ...]
    earliest: date | None
    wish: str
    is_waiting: bool
    wants_car: bool
    is_fetched: bool = False
    estimate_id: int | None = None  # accepted: its prices hold

    @classmethod
    def of(cls, data: QueryDict) -> "Asked":
        return cls(
            customer_id=row_id(data.get("customer")),
            vehicle_id=row_id(data.get("vehicle")),
            case_id=row_id(data.get("case")),
            job_ids=_ids(data.getlist("job")),
            package_id=row_id(data.get("package")),
            unit_ids=_ids(data.getlist("unit")),
            earliest=_day(data.get("earliest", "")),
            wish=data.get("wish", "")[:LONGEST_WISH].replace("\x00", ""),
            is_waiting=data.get("stay") == "wait",
            wants_car=data.get("stay") == "car",
            is_fetched=data.get("stay") == "fetch",
            estimate_id=row_id(data.get("estimate")),
        )

    @property
    def has_work(self) -> bool:
        return bool(self.job_ids or self.package_id)

    @property
    def pairs(self) -> list[tuple[str, Any]]:
        """Everything as names and values, for hidden fields."""
        one = {
            "customer": self.customer_id,
            "vehicle": self.vehicle_id,
            "case": self.case_id,
            "package": self.package_id,
            "estimate": self.estimate_id,
            "earliest": self.earliest.isoformat() if self.earliest else None,
            "wish": self.wish,
            "stay": self.stay,
        }
        return [(name, value) for name, value in one.items() if value] + [("job", pk) for pk in self.job_ids]

    @property
    def stay(self) -> str:
        return next(
            word
            for word, holds in (
                ("wait", self.is_waiting),
                ("car", self.wants_car),
                ("fetch", self.is_fetched),
                ("leave", True),
            )
            if holds
        )

    @property
    def query(self) -> str:
        """Everything as a query string."""
        return urlencode([*self.pairs, *(("unit", pk) for pk in self.unit_ids)])


def instant_of(data: Mapping[str, str], name: str = "at") -> datetime:
    """Return the instant that a form names.

    Raises:
        NoInstant: it is none, has no time zone or lies centuries away.
    """
    try:
        found = datetime.fromisoformat(str(data.get(name, "")))
        if found.tzinfo is None or not _FIRST < found < _LAST:
            raise NoInstant
    except (ValueError, OverflowError):
        raise NoInstant from None
    return found.astimezone(UTC)


def start_of(day: date | None, zone: ZoneInfo, *, now: datetime) -> datetime:
    """Return the beginning of a day, but not before now."""
    return now if day is None else max(now, datetime.combine(day, time.min, zone))


def day_in(text: str, *, default: date) -> date:
    """Return the day that an address names, or the default."""
    return _day(text) or default


def _day(text: str) -> date | None:
    try:
        found = parse_date(text or "")
    except ValueError:
        return None
    return found if found is not None and 2000 < found.year < 2100 else None


def _ids(values: Sequence[str]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(pk for value in values[:60] if (pk := row_id(value)) is not None))
