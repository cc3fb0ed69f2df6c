"""The choice of a slot as public pages show it: the first good ones, then the hours of each day."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from corsia.organisation.queries import time_zone_of, tree
from corsia.workshop.queries.catalogue import Bundle
from corsia.workshop.queries.hours import Hours, hours_of_days
from corsia.workshop.queries.offers import Offer, Place, Wish, offers

FIRST = 3  # slots with their reasons
DAYS = 10  # whose hours are shown


@dataclass(frozen=True, kw_only=True)
class Hour:
    """One hour that may be chosen."""

    slot: str  # what its button sends
    at: datetime
    label: str  # of the workshop, where there are several
    ready_at: datetime


@dataclass(frozen=True, kw_only=True)
class Good:
    """One of the first good slots."""

    hour: Hour
    offer: Offer


def slots(*, bundle: Bundle, wish: Wish, now: datetime) -> dict[str, Any]:
    """Return the context of `portal/book/_slots.html`."""
    zone = time_zone_of(wish.unit_ids[0])
    first_on = wish.earliest.astimezone(zone).date()
    found = offers(bundle=bundle, wish=wish, now=now, limit=FIRST)
    days = hours_of_days(bundle=bundle, wish=wish, first_on=first_on, days=DAYS, now=now)
    several = len(set(wish.unit_ids)) > 1
    return {
        "good": [Good(hour=_hour(one.place, several=several), offer=one) for one in found],
        "days": [(day.on, _hours(day, several=several)) for day in days],
        "later": first_on + timedelta(days=DAYS),
        "zone": zone,
        "several": several,
    }


def earliest_day(zone: ZoneInfo, at: datetime) -> date:
    """Return the first day that may be chosen."""
    return at.astimezone(zone).date()


def _hours(day: Hours, *, several: bool) -> list[tuple[str, list[Hour]]]:
    """Return a day's hours by workshop."""
    by_label: dict[str, list[Hour]] = {}
    for place in day.places:
        hour = _hour(place, several=several)
        by_label.setdefault(hour.label, []).append(hour)
    return sorted(by_label.items())


def _hour(place: Place, *, several: bool) -> Hour:
    return Hour(
        slot=f"{place.unit_id}|{place.drop_off_at.isoformat()}",
        at=place.drop_off_at,
        label=tree().label(place.unit_id) if several else "",
        ready_at=place.promised_at,
    )
