"""What a public booking page was asked for, read from its address and written back into links and hidden fields."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.http import QueryDict
from django.utils.dateparse import parse_date
from django.utils.translation import gettext_lazy as _

from corsia.kernel.errors import Invalid
from corsia.kernel.http import row_id
from corsia.vehicles.vocabulary import Fuel
from corsia.workshop.rules.online import Car

STAYS = ("leave", "wait", "car", "fetch")
MOST = 20  # jobs read from an address
LONGEST_TOKEN = 120


class SlotUnreadable(Invalid):
    code = "portal.slot_unreadable"
    message = _("This time cannot be read. Choose one again.")


@dataclass(frozen=True, kw_only=True)
class BookingAsked:
    """A booking in the making.

    Attributes:
        stay: "leave" the vehicle, "wait" for it, take a courtesy "car", or have it "fetch"ed at home.
        car: the token of a personal link, "" for strangers.
    """

    job_ids: tuple[int, ...] = ()
    package_ids: tuple[int, ...] = ()
    unit_id: int | None = None
    first_on: date | None = None
    stay: str = STAYS[0]
    make: str = ""
    fuel: str = ""
    car: str = ""

    @classmethod
    def of(cls, data: QueryDict) -> "BookingAsked":
        stay, fuel = data.get("stay", ""), data.get("fuel", "")
        return cls(
            job_ids=_ids(data.getlist("job")),
            package_ids=_ids(data.getlist("package")),
            unit_id=row_id(data.get("unit")),
            first_on=_day(data.get("from", "")),
            stay=stay if stay in STAYS else STAYS[0],
            make=data.get("make", "")[:40].replace("\x00", ""),
            fuel=fuel if fuel in Fuel.values else "",
            car=data.get("car", "")[:LONGEST_TOKEN].replace("\x00", ""),
        )

    @property
    def has_work(self) -> bool:
        return bool(self.job_ids or self.package_ids)

    @property
    def known_car(self) -> Car:
        """What a stranger says of their vehicle."""
        return Car(make=self.make, fuel=self.fuel)

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """Everything as names and values, for hidden fields."""
        many = [("package", str(pk)) for pk in self.package_ids] + [("job", str(pk)) for pk in self.job_ids]
        one = {
            "unit": str(self.unit_id or ""),
            "from": self.first_on.isoformat() if self.first_on else "",
            "stay": "" if self.stay == STAYS[0] else self.stay,
            "make": self.make,
            "fuel": self.fuel,
            "car": self.car,
        }
        return many + [(name, value) for name, value in one.items() if value]

    @property
    def query(self) -> str:
        """Everything as a query string."""
        return urlencode(self.pairs)

    def pairs_without(self, *names: str) -> list[tuple[str, str]]:
        """Return the hidden fields of a form that asks for some things itself."""
        return [(name, value) for name, value in self.pairs if name not in names]

    def with_work(self, *, job_ids: Iterable[int], package_ids: Iterable[int]) -> "BookingAsked":
        """Return the same for other work."""
        return replace(self, job_ids=tuple(job_ids), package_ids=tuple(package_ids))

    def start(self, zone: ZoneInfo, *, earliest: datetime) -> datetime:
        """Return from when slots are looked for: the day that was asked for, but not before the notice."""
        if self.first_on is None:
            return earliest
        return max(earliest, datetime.combine(self.first_on, time.min, zone))


def slot_of(text: str) -> tuple[int, datetime]:
    """Return workshop and instant that a button names.

    Raises:
        SlotUnreadable: it names none.
    """
    unit, _bar, at = text[:80].partition("|")
    unit_id = row_id(unit)
    try:
        found = datetime.fromisoformat(at)
    except ValueError:
        raise SlotUnreadable from None
    if unit_id is None or found.tzinfo is None or not 2000 < found.year < 2100:
        raise SlotUnreadable
    return unit_id, found


def _day(text: str) -> date | None:
    try:
        found = parse_date(text or "")
    except ValueError:
        return None
    return found if found is not None and 2000 < found.year < 2100 else None


def _ids(values: Sequence[str]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(pk for value in values[:MOST] if (pk := row_id(value)) is not None))
