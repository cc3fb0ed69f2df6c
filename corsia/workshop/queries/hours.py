"""Every hour at which a visit may begin within some days, for customers who choose one themselves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from corsia.organisation.queries import tree
from corsia.workshop.models import Workshop
from corsia.workshop.queries.catalogue import Bundle
from corsia.workshop.queries.diary import diaries
from corsia.workshop.queries.fetches import Roads
from corsia.workshop.queries.offers import Cars, Place, Wish, chains_in, elsewhere_of, is_elsewhere
from corsia.workshop.queries.parts import ready_from, supplies

FIRST_HOUR, LAST_HOUR = 6, 20  # of the wall clock; opening hours say the rest
_DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Hours:
    """The hours of a day, in order, each with where the visit would go."""

    on: date
    places: tuple[Place, ...]


def hours_of_days(*, bundle: Bundle, wish: Wish, first_on: date, days: int, now: datetime) -> list[Hours]:
    """Return the days on which something is free, with one place for each full hour in each workshop.

    Statements do not grow with the days: what is free is looked up in the diaries that are kept in memory.
    """
    organisation = tree()
    shops = {one.unit_id: one for one in Workshop.objects.filter(unit_id__within=frozenset(wish.unit_ids))}
    workshops = [shops[pk] for pk in dict.fromkeys(wish.unit_ids) if pk in shops and shops[pk].is_active]
    elsewhere = elsewhere_of(wish)
    cars = Cars(workshops, now=now, but=wish.but) if wish.wants_car else None
    roads = Roads(workshops, now=now, but=wish.but) if wish.is_fetched else None
    found: dict[tuple[int, datetime], Place] = {}
    zones = {one.unit_id: organisation.time_zone(one.unit_id) for one in workshops}
    stock = supplies(bundle.parts, unit_ids=shops, now=now, but=wish.but)
    served = [one for one in workshops if one.unit_id not in stock or not stock[one.unit_id].is_missing]
    for diary in diaries(served, now=now):
        unit_id = diary.workshop.unit_id
        earliest = max(wish.earliest, ready_from(unit_id, stock.get(unit_id)) or wish.earliest)
        zone = zones[unit_id]
        for on in (first_on + _DAY * number for number in range(days)):
            for hour in range(FIRST_HOUR, LAST_HOUR):
                start = max(datetime.combine(on, time(hour), zone), earliest)
                every = chains_in(diary, bundle, wish, not_before=start, only=None, cars=cars, roads=roads)
                place = next(every, None)
                if place is None:
                    break  # nothing is free from here to the end of the diary
                if place.drop_off_at.astimezone(zone).date() != on:
                    break  # nothing more on this day
                if not is_elsewhere(place, elsewhere):
                    found[place.unit_id, place.drop_off_at] = place
    return _by_day(list(found.values()), zones)


def _by_day(places: Sequence[Place], zones: Mapping[int, ZoneInfo]) -> list[Hours]:
    days: dict[date, list[Place]] = {}
    for place in sorted(places, key=lambda one: (one.drop_off_at, one.unit_id)):
        days.setdefault(place.drop_off_at.astimezone(zones[place.unit_id]).date(), []).append(place)
    return [Hours(on=on, places=tuple(mine)) for on, mine in sorted(days.items())]
