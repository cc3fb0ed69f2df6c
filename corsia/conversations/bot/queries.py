"""What the assistant reads: its menu, opening hours, what is known of a car."""

from dataclasses import dataclass
from datetime import datetime

from django.utils import formats
from django.utils.dates import WEEKDAYS
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _

from corsia.cases.models import Case
from corsia.conversations.bot.models import BotItem, BotMenu
from corsia.conversations.bot.rules import week_lines
from corsia.customers.models import Holding
from corsia.customers.queries import family_ids
from corsia.messaging.models import ChannelAccount
from corsia.organisation.queries import time_zone_of, tree
from corsia.organisation.working_time import NeverOpen, WorkingHours, is_open, next_opening
from corsia.ui.templatetags.ui import local_name
from corsia.vehicles.rules.plates import normalise_plate

PERSON = {"it": "Parla con una persona", "en": "Talk to a person"}  # the same everywhere, in every message


def menu_for(unit_id: int) -> BotMenu | None:
    """Return the menu of a unit, or of the nearest above it."""
    chain = [unit.pk for unit in tree().chain(unit_id)]
    found = {menu.unit_id: menu for menu in BotMenu.objects.filter(unit_id__in=chain)}
    return next((found[unit] for unit in chain if unit in found), None)


def items_of(menu: BotMenu, parent_id: int | None = None) -> list[BotItem]:
    """Return the lines of a menu, or of one that a line opens, in their order."""
    return list(BotItem.objects.filter(menu=menu, parent_id=parent_id).order_by("position", "pk"))


def label_of(item: BotItem, language: str) -> str:
    return item.label_en if language == "en" else item.label_it


def first_choices(account: ChannelAccount, *, language: str) -> list[str]:
    """Return what the assistant of an account offers before anything was said; the way to a person is the last."""
    menu = menu_for(account.unit_id)
    labels = [label_of(item, language) for item in items_of(menu)] if menu else []
    return [*labels, PERSON.get(language, PERSON["it"])]


def hours_of(account: ChannelAccount) -> WorkingHours:
    """Return the hours in which people answer on an account."""
    organisation = tree()
    calendar = organisation.calendars.get(account.calendar_id) if account.calendar_id else None
    return organisation.hours_by(calendar, account.unit_id) if calendar else organisation.hours(account.unit_id)


def opening_words(account: ChannelAccount, *, language: str, now: datetime) -> str:
    """Return the opening hours of the unit as people say them, and whether it is open now."""
    hours = tree().hours(account.unit_id)
    with override(language):
        week = [[(f"{start:%H:%M}", f"{end:%H:%M}") for start, end in day] for day in hours.week]
        lines = []
        for line in week_lines(week):
            first, last = str(WEEKDAYS[line.first]), str(WEEKDAYS[line.last])
            days = first if first == last else f"{first} – {last}"
            shifts = ", ".join(
                _("all day") if (start, end) == ("00:00", "00:00") else f"{start}–{end}" for start, end in line.shifts
            )
            lines.append(f"{days}: {shifts or _('closed')}")
        state = _("We are open now.") if is_open(hours, now) else when_open(hours, account.unit_id, now=now)
        return "\n".join([*lines, *([state] if state else [])])


def when_open(hours: WorkingHours, unit_id: int, *, now: datetime) -> str:
    """Return a sentence that says when a unit opens next; "" where it never does."""
    if not (at := opens_at(hours, unit_id, now=now)):
        return ""
    return _("We open again on %(at)s.") % {"at": at}


def opens_at(hours: WorkingHours, unit_id: int, *, now: datetime) -> str:
    """Return day and hour of the next opening in the active language; "" where there is none."""
    try:
        at = next_opening(hours, now).astimezone(time_zone_of(unit_id))
    except NeverOpen:
        return ""
    return _("%(day)s at %(hour)s") % {"day": day_words(at), "hour": formats.date_format(at, "H:i")}


def day_words(at: datetime) -> str:
    """Return a day as it stands within a sentence: in Italian days and months are written small."""
    words = formats.date_format(at, "l j F")
    return words if (get_language() or "it").startswith("en") else words.lower()


@dataclass(frozen=True)
class CarNews:
    """What is known of somebody's car: the open cases about it, each with its phase."""

    name: str
    cases: tuple[tuple[int, str, str], ...]  # number, subject, phase


def car_news(*, customer_id: int, plate: str, language: str) -> CarNews | None:
    """Return the news of a car that a customer holds now; None when they hold none with this plate."""
    family = list(family_ids(customer_id))
    held = (
        Holding.objects.select_related("vehicle")
        .filter(customer_id__in=family, until=None, vehicle__plate=normalise_plate(plate))
        .first()
    )
    if held is None:
        return None
    rows = (
        Case.objects.select_related("phase")
        .filter(vehicle_id=held.vehicle_id, customer_id__in=family, closed_at=None, merged_into=None)
        .order_by("-pk")[:5]
    )
    with override(language):
        cases = tuple((row.pk, row.subject, local_name(row.phase)) for row in rows)
    return CarNews(name=str(held.vehicle), cases=cases)
