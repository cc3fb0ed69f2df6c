"""Take people on, give and end their roles, move them."""

from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from allauth.usersessions.models import UserSession
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from corsia.events.organisation import PersonMoved
from corsia.kernel.access import demand, may
from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit
from corsia.kernel.errors import NotAllowed, NotFound, Refused
from corsia.kernel.facts import publish
from corsia.organisation.models import Membership, Person, Unit
from corsia.organisation.permissions import MANAGE_PEOPLE
from corsia.organisation.queries.people import current
from corsia.organisation.rules import may_give
from corsia.organisation.vocabulary import Language, Role


class EmailTaken(Refused):
    code = "organisation.email_taken"
    message = _("%(email)s already belongs to somebody. Give that person a role here, or use another address.")


class RoleTooHigh(NotAllowed):
    code = "organisation.role_too_high"
    message = _("Your role in %(unit)s does not let you give or end the role %(role)s. Ask an administrator.")


class PersonTooHigh(NotAllowed):
    code = "organisation.person_too_high"
    message = _("%(person)s has roles that you may not give. Ask an administrator to change these details.")


class AlreadyHasRole(Refused):
    code = "organisation.already_has_role"
    message = _("%(person)s already is %(role)s in %(unit)s.")


class LastAdministrator(Refused):
    code = "organisation.last_administrator"
    message = _("%(person)s is the last administrator. Give the role to somebody else first.")


class NothingToMove(Refused):
    code = "organisation.nothing_to_move"
    message = _("%(person)s has no role in %(unit)s any more. Reload the page to see where they work now.")


@dataclass(frozen=True, kw_only=True)
class PersonDetails:
    """What a manager's form says about a person."""

    email: str
    first_name: str
    last_name: str
    job_title: str = ""
    phone: str = ""
    language: str = Language.ITALIAN
    capacity: int = 25


@dataclass(frozen=True, kw_only=True)
class Profile:
    """What people set for themselves."""

    language: str
    theme: str
    has_hotkeys: bool
    is_available: bool
    phone: str
    signature: str


@transaction.atomic
def add_person(*, details: PersonDetails, unit_id: int, role: str, since: date, by: Actor, now: datetime) -> Person:
    """Take somebody on. They cannot sign in until they have chosen a password by their link.

    Raises:
        EmailTaken: the address belongs to somebody, with or without capital letters.
        NotAllowed: the actor does not manage people in the unit, or may not give the role.
    """
    unit = _unit(unit_id)
    _demand_role(by, role, unit)
    values = asdict(details) | {"email": details.email.strip().lower()}
    if Person.objects.filter(email__iexact=values["email"]).exists():
        raise EmailTaken(email=values["email"])
    person = Person(**values)
    person.set_unusable_password()
    _save_or_refuse_email(person, force_insert=True)
    audit(person, "added", by=by, now=now, email=person.email)
    membership = Membership.objects.create(person=person, unit=unit, role=role, since=since)
    audit(membership, "given", by=by, now=now, person=person.pk, unit=unit.pk, role=role)
    publish(PersonMoved(unit_id=unit.pk, person_id=person.pk, old_unit_id=None, role=role, occurred_at=now))
    return person


@transaction.atomic
def change_person(*, person_id: int, details: PersonDetails, is_active: bool, by: Actor, now: datetime) -> Person:
    """Correct a person's details, or let them in or out.

    Raises:
        PersonTooHigh: the person has a role that the actor may not give.
        EmailTaken: the address belongs to somebody else.
        LastAdministrator: nobody else could administer the organisation.
    """
    person = changeable_person(person_id, by=by, lock=True)
    values: dict[str, Any] = asdict(details) | {"email": details.email.strip().lower(), "is_active": is_active}
    changed = {name: value for name, value in values.items() if getattr(person, name) != value}
    if not changed:
        return person
    if changed.get("is_active") is False:
        _keep_an_administrator(person)
    before = {name: getattr(person, name) for name in changed}
    for name, value in changed.items():
        setattr(person, name, value)
    _save_or_refuse_email(person, update_fields=list(changed))
    if changed.get("is_active") is False:
        for session in UserSession.objects.filter(user=person):
            session.end()  # with the session, its open live pages end too
    audit(person, "changed", by=by, now=now, before=before, after=changed)
    return person


@transaction.atomic
def change_profile(*, profile: Profile, by: Actor, now: datetime) -> Person:
    """Let people set their own language, theme, keys, presence, phone and signature."""
    person = person_of(by.id or 0, lock=True)
    changed = {name: value for name, value in asdict(profile).items() if getattr(person, name) != value}
    if changed:
        for name, value in changed.items():
            setattr(person, name, value)
        person.save(update_fields=list(changed))
        audit(person, "profile_changed", by=by, now=now, fields=sorted(changed))
    return person


@transaction.atomic
def give_role(*, person_id: int, unit_id: int, role: str, since: date, by: Actor, now: datetime) -> Membership:
    """Give a person a role in a unit, from a day on.

    Raises:
        RoleTooHigh, NotAllowed: the actor may not give this role there.
        AlreadyHasRole: the person holds it there without an end.
    """
    person, unit = person_of(person_id), _unit(unit_id)
    _demand_role(by, role, unit)
    if Membership.objects.filter(person=person, unit=unit, role=role, until__isnull=True).exists():
        raise AlreadyHasRole(person=person.full_name, role=Role(role).label, unit=unit.name)
    membership = Membership.objects.create(person=person, unit=unit, role=role, since=since)
    audit(membership, "given", by=by, now=now, person=person.pk, unit=unit.pk, role=role)
    return membership


@transaction.atomic
def end_role(*, membership_id: int, on: date, by: Actor, now: datetime) -> Membership | None:
    """End a role; `on` is the first day on which it no longer holds.

    Returns:
        The ended role; None when it had not begun by then and is taken back as if never given.

    Raises:
        LastAdministrator: nobody else could administer the organisation.
    """
    membership = _membership(membership_id)
    _demand_role(by, membership.role, membership.unit)
    if membership.role == Role.ADMINISTRATOR:
        _keep_an_administrator(membership.person)
    audit(membership, "ended", by=by, now=now, person=membership.person_id, role=membership.role, on=str(on))
    if on <= membership.since:
        membership.delete()
        return None
    membership.until = on
    membership.save(update_fields=["until"])
    return membership


@transaction.atomic
def move_person(
    *, person_id: int, from_unit_id: int, to_unit_id: int, today: date, by: Actor, now: datetime
) -> list[Membership]:
    """Move a person with all roles from one unit to another, from today on; the old roles stay in their history.

    Raises:
        NothingToMove: no role holds in the old unit.
        RoleTooHigh, NotAllowed: the actor may not give one of the roles in both units.
    """
    person, old, new = person_of(person_id, lock=True), _unit(from_unit_id), _unit(to_unit_id)
    held = list(Membership.objects.filter(current(today), person=person, unit=old).select_for_update().order_by("pk"))
    if not held:
        raise NothingToMove(person=person.full_name, unit=old.name)
    moved = []
    for membership in held:
        for place in (old, new):
            _demand_role(by, membership.role, place)
        if old.pk == new.pk:
            continue
        moved.append(_moved(membership, new, today))
        audit(moved[-1], "moved", by=by, now=now, person=person.pk, old_unit=old.pk, new_unit=new.pk)
        publish(
            PersonMoved(unit_id=new.pk, person_id=person.pk, old_unit_id=old.pk, role=membership.role, occurred_at=now)
        )
    return moved


def manages(actor: Actor, person_id: int) -> bool:
    """Tell whether the actor manages people in one of the units in which the person has, or last had, a role."""
    if actor.kind != "person":
        return True
    held = Membership.objects.filter(person_id=person_id)
    in_force = held.filter(until__isnull=True)
    units = list((in_force if in_force.exists() else held).values_list("unit_id", flat=True))
    return any(may(actor, MANAGE_PEOPLE, unit) for unit in units) if units else may(actor, MANAGE_PEOPLE)


def managed_person(person_id: int, *, by: Actor, lock: bool = False) -> Person:
    """Return the person.

    Raises:
        NotFound: no such person.
        NotAllowed: the actor does not manage them.
    """
    person = person_of(person_id, lock=lock)
    if not manages(by, person.pk):
        raise NotAllowed(right=MANAGE_PEOPLE.name)
    return person


def may_change(actor: Actor, person_id: int) -> bool:
    """Tell whether the actor may change how somebody signs in: only with the right to give each role they hold.

    Whoever could change the address or the password of a person with more rights would have those rights.
    """
    if actor.kind != "person":
        return True
    held = Membership.objects.filter(person_id=person_id, until__isnull=True).values_list("unit_id", "role")
    return manages(actor, person_id) and all(
        may_give(role, own_roles=[name for name, units in actor.roles.items() if unit_id in units])
        for unit_id, role in held
    )


def changeable_person(person_id: int, *, by: Actor, lock: bool = False) -> Person:
    """Return the person.

    Raises:
        NotFound: no such person.
        NotAllowed: the actor does not manage them.
        PersonTooHigh: they have a role that the actor may not give.
    """
    person = managed_person(person_id, by=by, lock=lock)
    if not may_change(by, person.pk):
        raise PersonTooHigh(person=person.full_name)
    return person


def _moved(membership: Membership, new: Unit, today: date) -> Membership:
    there = Membership.objects.filter(
        person_id=membership.person_id, unit=new, role=membership.role, until__isnull=True
    ).first()
    if membership.since >= today and there is None:
        membership.unit = new  # given today: a correction, not a change of place
        membership.save(update_fields=["unit"])
        return membership
    if membership.since >= today:
        membership.delete()
    else:
        membership.until = today
        membership.save(update_fields=["until"])
    return there or Membership.objects.create(
        person_id=membership.person_id, unit=new, role=membership.role, since=today
    )


def _demand_role(by: Actor, role: str, unit: Unit) -> None:
    demand(by, MANAGE_PEOPLE, unit.pk)
    own_roles = [name for name, units in by.roles.items() if unit.pk in units]
    if by.kind == "person" and not may_give(role, own_roles=own_roles):
        raise RoleTooHigh(role=Role(role).label, unit=unit.name)


def _keep_an_administrator(leaver: Person) -> None:
    administrators = Membership.objects.filter(role=Role.ADMINISTRATOR, until__isnull=True, person__is_active=True)
    if administrators.filter(person=leaver).exists() and not administrators.exclude(person=leaver).exists():
        raise LastAdministrator(person=leaver.full_name)


def _save_or_refuse_email(person: AbstractBaseUser, **how: Any) -> None:
    try:
        with transaction.atomic():
            person.save(**how)
    except IntegrityError:
        raise EmailTaken(email=person.email) from None  # type: ignore[attr-defined]


def person_of(person_id: int, *, lock: bool = False) -> Person:
    """Return the person, or raise NotFound."""
    people = Person.objects.select_for_update() if lock else Person.objects.all()
    try:
        return people.get(pk=person_id)
    except Person.DoesNotExist:
        raise NotFound(kind=Person._meta.label) from None


def _unit(unit_id: int) -> Unit:
    try:
        return Unit.objects.get(pk=unit_id)
    except Unit.DoesNotExist:
        raise NotFound(kind=Unit._meta.label) from None


def _membership(membership_id: int) -> Membership:
    try:
        return Membership.objects.select_for_update(of=("self",)).select_related("person", "unit").get(pk=membership_id)
    except Membership.DoesNotExist:
        raise NotFound(kind=Membership._meta.label) from None
