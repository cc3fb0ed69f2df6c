"""Units, people and calendars for tests."""

from dataclasses import dataclass
from datetime import date, time

import factory
from django.test import Client

from corsia.kernel.actors import Actor
from corsia.organisation.actors import actor_of
from corsia.organisation.models import Membership, OpenHours, Person, Unit, WorkingCalendar
from corsia.organisation.vocabulary import Role, UnitKind

TODAY = date(2026, 3, 10)


class UnitFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Unit
        skip_postgeneration_save = True

    kind = UnitKind.BRANCH
    name = factory.Sequence(lambda n: f"Unit {n}")
    code = factory.Sequence(lambda n: f"unit-{n}")

    @factory.post_generation
    def path(self, create, extracted, **kwargs):
        self.path = f"{self.parent.path if self.parent else '/'}{self.pk}/"
        self.save(update_fields=["path"])


class PersonFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Person
        skip_postgeneration_save = True

    first_name = "Laura"
    last_name = factory.Sequence(lambda n: f"Pedretti {n}")
    email = factory.Sequence(lambda n: f"person{n}@example.it")
    password = factory.django.Password("correct horse battery")


@dataclass
class Group:
    """A small group; every test that needs an organisation starts from it."""

    root: Unit
    brescia: Unit
    brescia_care: Unit
    verona: Unit
    verona_care: Unit
    calendar: WorkingCalendar


def small_group(code: str = "bellandi") -> Group:
    """Make a group with two branches, each with a customer-care department, open 8:30-12:30 and 14-18:30."""
    root = UnitFactory(kind=UnitKind.GROUP, name="Gruppo Bellandi", code=code, time_zone="Europe/Rome")
    calendar = WorkingCalendar.objects.create(name="Sede", owner=root)
    for weekday in range(5):
        OpenHours.objects.create(calendar=calendar, weekday=weekday, opens_at=time(8, 30), closes_at=time(12, 30))
        OpenHours.objects.create(calendar=calendar, weekday=weekday, opens_at=time(14), closes_at=time(18, 30))
    root.calendar = calendar
    root.save(update_fields=["calendar"])
    brescia = UnitFactory(parent=root, name="Brescia", code=f"{code}-brescia")
    verona = UnitFactory(parent=root, name="Verona", code=f"{code}-verona")
    return Group(
        root=root,
        brescia=brescia,
        brescia_care=UnitFactory(parent=brescia, kind=UnitKind.DEPARTMENT, name="Assistenza", code=f"{code}-bs-care"),
        verona=verona,
        verona_care=UnitFactory(parent=verona, kind=UnitKind.DEPARTMENT, name="Assistenza", code=f"{code}-vr-care"),
        calendar=calendar,
    )


def person_in(unit: Unit, role: Role = Role.AGENT, **fields) -> Person:
    """Make a person with a role in a unit."""
    person = PersonFactory(**fields)
    Membership.objects.create(person=person, unit=unit, role=role, since=date(2020, 1, 1))
    return person


def actor_in(unit: Unit, role: Role = Role.AGENT, **fields) -> Actor:
    """Make a person with a role in a unit and return them as actor."""
    return actor_of(person_in(unit, role, **fields), today=TODAY)


def signed_in(person: Person) -> Client:
    """Return a browser in which the person is signed in."""
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client
