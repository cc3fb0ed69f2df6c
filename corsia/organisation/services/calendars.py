"""Keep working calendars and closures."""

from collections.abc import Sequence
from datetime import date, datetime, time

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from corsia.kernel.access import demand
from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit
from corsia.kernel.errors import Invalid, NotFound, Refused
from corsia.organisation.models import Closure, OpenHours, Unit, WorkingCalendar
from corsia.organisation.permissions import MANAGE_UNITS
from corsia.organisation.working_time import EndsBeforeItStarts, WorkingHours, week_of

Opening = tuple[int, time, time]  # weekday (0 Monday), opens, closes; 00:00 as closing means midnight


class CalendarInUse(Refused):
    code = "organisation.calendar_in_use"
    message = _("The calendar %(name)s is used by %(units)s. Give them another one first, then delete it.")


class NoOpenings(Invalid):
    code = "organisation.no_openings"
    message = _("A calendar without opening hours would stop every clock. Enter the hours of at least one day.")


class CalendarUnnamed(Invalid):
    code = "organisation.calendar_unnamed"
    message = _("A calendar needs a name, so that people can choose it. Enter one such as “Workshop”.")


@transaction.atomic
def save_calendar(
    *,
    name: str,
    openings: Sequence[Opening],
    is_always_open: bool,
    by: Actor,
    now: datetime,
    calendar_id: int | None = None,
    owner_id: int | None = None,
) -> WorkingCalendar:
    """Make a calendar (`owner_id`: the unit whose managers may change it) or replace the hours of one (`calendar_id`).

    Deadlines that run already keep the instant that was promised; new ones use the new hours.

    Raises:
        NotFound, NotAllowed: no such calendar or unit, or the actor does not manage it.
        CalendarUnnamed, NoOpenings, ShiftsOverlap, ShiftEndsBeforeItStarts: it cannot be used like this.
    """
    if calendar_id is not None:
        calendar = _calendar(calendar_id)
    else:
        if owner_id is None or not Unit.objects.filter(pk=owner_id).exists():
            raise NotFound(kind=Unit._meta.label)
        calendar = WorkingCalendar(owner_id=owner_id)
    demand(by, MANAGE_UNITS, calendar.owner_id)
    if not name.strip():
        raise CalendarUnnamed
    if not is_always_open and not openings:
        raise NoOpenings
    WorkingHours(zone="UTC", week=week_of(openings))  # refuses shifts that overlap or end before they start
    calendar.name, calendar.is_always_open = name.strip(), is_always_open
    calendar.save()
    calendar.hours.all().delete()
    OpenHours.objects.bulk_create(
        OpenHours(calendar=calendar, weekday=weekday, opens_at=opens, closes_at=closes)
        for weekday, opens, closes in sorted(openings)
    )
    written = [f"{weekday} {opens:%H:%M}-{closes:%H:%M}" for weekday, opens, closes in sorted(openings)]
    audit(calendar, "saved", by=by, now=now, name=calendar.name, hours=written, always_open=is_always_open)
    return calendar


@transaction.atomic
def delete_calendar(*, calendar_id: int, by: Actor, now: datetime) -> None:
    """Delete a calendar that no unit uses.

    Raises:
        CalendarInUse: some unit still uses it.
    """
    calendar = _calendar(calendar_id)
    demand(by, MANAGE_UNITS, calendar.owner_id)
    users = list(Unit.objects.filter(calendar=calendar).order_by("name").values_list("name", flat=True))
    if users:
        raise CalendarInUse(name=calendar.name, units=", ".join(users))
    audit(calendar, "deleted", by=by, now=now, name=calendar.name)
    calendar.delete()


@transaction.atomic
def add_closure(*, unit_id: int, first_on: date, last_on: date, reason: str, by: Actor, now: datetime) -> Closure:
    """Close a unit and everything below it from a day to a day, both included.

    Raises:
        EndsBeforeItStarts: the last day comes before the first.
    """
    unit = Unit.objects.filter(pk=unit_id).first()
    if unit is None:
        raise NotFound(kind=Unit._meta.label)
    demand(by, MANAGE_UNITS, unit.pk)
    if last_on < first_on:
        raise EndsBeforeItStarts(start=first_on, end=last_on)
    closure = Closure.objects.create(unit=unit, first_on=first_on, last_on=last_on, reason=reason.strip())
    audit(closure, "added", by=by, now=now, unit=unit.pk, first_on=str(first_on), last_on=str(last_on))
    return closure


@transaction.atomic
def remove_closure(*, closure_id: int, by: Actor, now: datetime) -> int:
    """Take a closure back; return the id of its unit."""
    closure = Closure.objects.filter(pk=closure_id).first()
    if closure is None:
        raise NotFound(kind=Closure._meta.label)
    demand(by, MANAGE_UNITS, closure.unit_id)
    audit(closure, "removed", by=by, now=now, unit=closure.unit_id, first_on=str(closure.first_on))
    closure.delete()
    return closure.unit_id


def _calendar(calendar_id: int) -> WorkingCalendar:
    try:
        return WorkingCalendar.objects.select_for_update().get(pk=calendar_id)
    except WorkingCalendar.DoesNotExist:
        raise NotFound(kind=WorkingCalendar._meta.label) from None
