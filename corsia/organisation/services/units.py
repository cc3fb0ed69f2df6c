"""Found, change and move units."""

from dataclasses import asdict, dataclass
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Max
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from corsia.events.organisation import UnitMoved
from corsia.kernel.access import demand
from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit
from corsia.kernel.errors import Invalid, NotFound, Refused
from corsia.kernel.facts import publish
from corsia.organisation.models import Unit, UnitMove
from corsia.organisation.permissions import MANAGE_UNITS
from corsia.organisation.public_holidays import NoSuchDay, italian_holidays
from corsia.organisation.queries.tree import tree
from corsia.organisation.rules import may_stand_under
from corsia.organisation.vocabulary import Language
from corsia.organisation.working_time import always_open

_LEAP_YEAR = 2028


class UnitInsideItself(Refused):
    code = "organisation.unit_inside_itself"
    message = _("%(unit)s cannot move below %(parent)s, which is part of it. Choose a place outside %(unit)s.")


class WrongLevel(Refused):
    code = "organisation.wrong_level"
    message = _("%(kind)s cannot stand under %(parent)s (%(parent_kind)s). Choose a unit of a higher level.")


class UnitStillUsed(Refused):
    code = "organisation.unit_still_used"
    message = _("%(unit)s still has %(people)s people and %(units)s units. Move them first, then close it.")


class NameMissing(Invalid):
    code = "organisation.name_missing"
    message = _("A unit needs a name. Enter the one that people use.")


@dataclass(frozen=True, kw_only=True)
class UnitDetails:
    """What a form says about a unit. Blank time zone, country, province and calendar mean: as the unit above."""

    name: str
    time_zone: str = ""
    country: str = ""
    subdivision: str = ""
    patron_month: int | None = None
    patron_day: int | None = None
    calendar_id: int | None = None
    language: str = Language.ITALIAN
    street: str = ""
    postcode: str = ""
    city: str = ""
    province: str = ""
    phone: str = ""
    email: str = ""


@transaction.atomic
def add_unit(*, parent_id: int, kind: str, details: UnitDetails, by: Actor, now: datetime) -> Unit:
    """Found a unit below another, as the last of its siblings.

    Raises:
        NotFound: no such parent.
        NotAllowed: the actor does not manage units there.
        WrongLevel: a unit of this kind cannot stand there.
        Invalid: a detail cannot be (UnknownZone, UnknownHolidays, NoSuchDay, NameMissing).
    """
    _lock_tree()
    parent = _unit(parent_id)
    demand(by, MANAGE_UNITS, parent.pk)
    _check_level(kind, parent)
    _check(details, parent)
    last = Unit.objects.filter(parent=parent).aggregate(last=Max("position"))["last"]
    unit = Unit.objects.create(
        parent=parent, kind=kind, code=_free_code(details.name), position=(last or 0) + 1, **asdict(details)
    )
    unit.path = f"{parent.path}{unit.pk}/"
    unit.save(update_fields=["path"])
    audit(unit, "added", by=by, now=now, name=unit.name, kind=kind, parent=parent.pk)
    return unit


@transaction.atomic
def change_unit(*, unit_id: int, details: UnitDetails, by: Actor, now: datetime) -> Unit:
    """Replace the details of a unit.

    Raises:
        NotFound, NotAllowed: no such unit, or the actor does not manage it.
        Invalid: a detail cannot be.
    """
    unit = _unit(unit_id, lock=True)
    demand(by, MANAGE_UNITS, unit.pk)
    _check(details, unit.parent)
    changed = {name: value for name, value in asdict(details).items() if getattr(unit, name) != value}
    if not changed:
        return unit
    before = {name: getattr(unit, name) for name in changed}
    for name, value in changed.items():
        setattr(unit, name, value)
    unit.save(update_fields=list(changed))
    audit(unit, "changed", by=by, now=now, before=before, after=changed)
    return unit


@transaction.atomic
def move_unit(
    *, unit_id: int, parent_id: int, by: Actor, now: datetime, before_id: int | None = None
) -> UnitMove | None:
    """Put a unit, with everything below it, under another one.

    Args:
        before_id: the sibling in front of which it goes; None for the end.

    Returns:
        The entry of the history, or None when only the order among its siblings changed.

    Raises:
        NotFound: one of the units does not exist.
        NotAllowed: the actor does not manage the unit and both its old and new place.
        UnitInsideItself: the new parent is the unit or below it.
        WrongLevel: a unit of this kind cannot stand there.
    """
    _lock_tree()
    unit, parent = _unit(unit_id), _unit(parent_id)
    for place in (unit.pk, parent.pk, unit.parent_id or unit.pk):
        demand(by, MANAGE_UNITS, place)
    if parent.path.startswith(unit.path):
        raise UnitInsideItself(unit=unit.name, parent=parent.name)
    _check_level(unit.kind, parent)
    old_parent_id = unit.parent_id
    _put_in_order(unit, parent, before_id)
    if old_parent_id == parent.pk:
        return None
    old_path, unit.path, unit.parent = unit.path, f"{parent.path}{unit.pk}/", parent
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE organisation_unit SET path = %s || substr(path, %s) WHERE path LIKE %s",
            [unit.path, len(old_path) + 1, f"{old_path}%"],
        )
    unit.save(update_fields=["parent"])
    mover = by.id if by.kind == "person" else None
    move = UnitMove.objects.create(
        unit=unit, old_parent_id=old_parent_id, new_parent=parent, moved_by_id=mover, moved_at=now
    )
    audit(unit, "moved", by=by, now=now, old_parent=old_parent_id, new_parent=parent.pk)
    publish(UnitMoved(unit_id=unit.pk, old_parent_id=old_parent_id, new_parent_id=parent.pk, occurred_at=now))
    return move


@transaction.atomic
def close_unit(*, unit_id: int, by: Actor, now: datetime) -> Unit:
    """Close a unit that nobody works in any more; its history stays.

    Raises:
        UnitStillUsed: people or open units are left in it.
    """
    _lock_tree()
    unit = _unit(unit_id)
    demand(by, MANAGE_UNITS, unit.pk)
    people = unit.memberships.filter(until__isnull=True).count()
    units = unit.children.filter(is_active=True).count()
    if people or units:
        raise UnitStillUsed(unit=unit.name, people=people, units=units)
    unit.is_active = False
    unit.save(update_fields=["is_active"])
    audit(unit, "closed", by=by, now=now)
    return unit


@transaction.atomic
def reopen_unit(*, unit_id: int, by: Actor, now: datetime) -> Unit:
    """Open a closed unit again."""
    unit = _unit(unit_id, lock=True)
    demand(by, MANAGE_UNITS, unit.pk)
    unit.is_active = True
    unit.save(update_fields=["is_active"])
    audit(unit, "reopened", by=by, now=now)
    return unit


def _unit(unit_id: int, *, lock: bool = False) -> Unit:
    units = Unit.objects.select_for_update() if lock else Unit.objects.all()
    try:
        return units.get(pk=unit_id)
    except Unit.DoesNotExist:
        raise NotFound(kind=Unit._meta.label) from None


def _lock_tree() -> None:
    """Let one change of the tree's shape at a time through: two moves could otherwise close a circle."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('organisation.tree'))")


def _check_level(kind: str, parent: Unit) -> None:
    if not may_stand_under(kind, parent.kind):
        raise WrongLevel(
            kind=Unit(kind=kind).get_kind_display(), parent=parent.name, parent_kind=parent.get_kind_display()
        )


def _check(details: UnitDetails, parent: Unit | None) -> None:
    if not details.name.strip():
        raise NameMissing
    if details.time_zone:
        always_open(details.time_zone)
    month, day = details.patron_month, details.patron_day
    if (month is None) != (day is None):
        raise NoSuchDay(day=day or "–", month=month or "–", year=_LEAP_YEAR)
    inherited = tree().place(parent.pk).country if parent else "IT"
    italian_holidays(
        [_LEAP_YEAR],  # 29 February is somebody's saint too
        country=details.country or inherited,
        subdivision=details.subdivision or None,
        patron_day=(month, day) if month and day else None,
    )


def _free_code(name: str) -> str:
    stem = slugify(name)[:32].strip("-") or "unit"
    taken = set(Unit.objects.filter(code__startswith=stem).values_list("code", flat=True))
    return next(code for code in (stem, *(f"{stem}-{n}" for n in range(2, 1_000_000))) if code not in taken)


def _put_in_order(unit: Unit, parent: Unit, before_id: int | None) -> None:
    siblings = list(
        Unit.objects.filter(parent=parent)
        .exclude(pk=unit.pk)
        .order_by("position", "name", "pk")
        .values_list("pk", flat=True)
    )
    at = siblings.index(before_id) if before_id in siblings else len(siblings)
    siblings.insert(at, unit.pk)
    rows = Unit.objects.in_bulk(siblings)
    out_of_place = []
    for position, pk in enumerate(siblings, start=1):
        if rows[pk].position != position:
            rows[pk].position = position
            out_of_place.append(rows[pk])
    Unit.objects.bulk_update(out_of_place, ["position"])
