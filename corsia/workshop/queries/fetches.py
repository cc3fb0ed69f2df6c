"""Which drivers are on the road when: free ones for a visit, those of a day, and who can bring a vehicle back."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from corsia.customers.identity import display_phone
from corsia.customers.models import Address, ContactPoint
from corsia.customers.queries import family_ids
from corsia.customers.vocabulary import ContactKind, ContactState
from corsia.organisation.queries import time_zone_of
from corsia.workshop.models import Fetch, Visit, Workshop
from corsia.workshop.vocabulary import FetchKind, VisitState

_DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Run:
    """One way of one driver."""

    kind: FetchKind
    driver: int
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, kw_only=True)
class DayRun:
    """One way as the day list shows it."""

    fetch: Fetch
    phone: str


class Roads:
    """Which drivers fetch vehicles when."""

    def __init__(self, workshops: Sequence[Workshop], *, now: datetime, but: int | None) -> None:
        self._now = now
        self._drivers = {one.unit_id: range(1, one.drivers + 1) for one in workshops}
        self._drive = {one.unit_id: timedelta(minutes=one.drive_minutes) for one in workshops}
        self._taken: dict[tuple[int, int], list[tuple[datetime, datetime]]] = defaultdict(list)
        rows = Fetch.objects.filter(unit_id__within=frozenset(self._drivers), ends_at__gt=now - _DAY)
        for unit_id, driver, start, end in rows.exclude(visit_id=but).values_list(
            "unit_id", "driver", "starts_at", "ends_at"
        ):
            self._taken[unit_id, driver].append((start, end))

    def has_drivers(self, unit_id: int) -> bool:
        return bool(self._drivers[unit_id])

    def free(self, unit_id: int, drop_off_at: datetime, promised_at: datetime) -> tuple[Run, ...]:
        """Return who fetches a vehicle so that it is there in time and who brings it back; () where nobody can."""
        drive = self._drive[unit_id]
        if drop_off_at - drive < self._now:
            return ()
        ways = ((FetchKind.FETCH, drop_off_at - drive), (FetchKind.RETURN, promised_at))
        drivers = [self._first(unit_id, start, start + drive) for _kind, start in ways]
        return tuple(
            Run(kind=kind, driver=driver, starts_at=start, ends_at=start + drive)
            for (kind, start), driver in zip(ways, drivers, strict=True)
            if driver is not None and None not in drivers
        )

    def _first(self, unit_id: int, start: datetime, end: datetime) -> int | None:
        for driver in self._drivers[unit_id]:
            if all(until <= start or since >= end for since, until in self._taken[unit_id, driver]):
                return driver
        return None


def return_of(visit: Visit) -> Fetch | None:
    """Return the way that brings a vehicle back, None where the customer comes for it."""
    found: Fetch | None = Fetch.objects.filter(visit=visit, kind=FetchKind.RETURN).first()
    return found


def comes_at(visit: Visit) -> datetime:
    """Return when keys change hands: when the vehicle comes, or about when the driver is at the customer's."""
    run = Fetch.objects.filter(visit=visit, kind=FetchKind.FETCH).first()
    return run.at_door if run is not None else visit.drop_off_at


def driver_at(run: Fetch, at: datetime) -> int | None:
    """Return who can drive a way at another hour: who drives it now, else the first who is free; None: nobody."""
    ends_at = at + (run.ends_at - run.starts_at)
    others = Fetch.objects.filter(unit_id=run.unit_id, starts_at__lt=ends_at, ends_at__gt=at).exclude(pk=run.pk)
    busy = set(others.values_list("driver", flat=True))
    workshop = Workshop.objects.filter(unit_id=run.unit_id).first()
    every = range(1, (workshop.drivers if workshop is not None else 0) + 1)
    return next((one for one in (run.driver, *every) if one not in busy), None)


def may_be_brought_back(visit: Visit, at: datetime) -> bool:
    """Tell whether a driver is free to bring a vehicle back at an hour; true where the customer comes for it."""
    run = return_of(visit)
    return run is None or run.starts_at == at or driver_at(run, at) is not None


def fetches_of_day(unit_ids: Collection[int], on: date) -> list[DayRun]:
    """Return the ways of a day's drivers in order of time, each with a phone. Two statements besides the tree."""
    zone = time_zone_of(next(iter(unit_ids)))
    start = datetime.combine(on, time.min, zone)
    end = datetime.combine(on + _DAY, time.min, zone)
    rows = Fetch.objects.filter(unit_id__within=frozenset(unit_ids), starts_at__gte=start, starts_at__lt=end)
    ways = list(
        rows.exclude(visit__state=VisitState.HELD)
        .select_related("visit__customer", "visit__vehicle")
        .order_by("starts_at", "driver")
    )
    phones: dict[int | None, str] = {}
    usable = ContactPoint.objects.filter(
        customer_id__in={one.visit.customer_id for one in ways} - {None}, kind=ContactKind.PHONE
    ).exclude(state__in=[ContactState.BOUNCING, ContactState.REFUSED])
    for customer_id, phone in usable.order_by("-is_primary", "pk").values_list("customer_id", "value"):
        phones.setdefault(customer_id, phone)
    return [DayRun(fetch=one, phone=display_phone(phones.get(one.visit.customer_id, ""))) for one in ways]


def home_of(customer_id: int) -> str:
    """Return a customer's address in one line, "" where none is known."""
    found = Address.objects.filter(customer_id__in=family_ids(customer_id)).order_by("-is_primary", "pk").first()
    if found is None:
        return ""
    town = " ".join(filter(None, [found.postcode, found.city, f"({found.province})" if found.province else ""]))
    return ", ".join(filter(None, [found.street, town]))
