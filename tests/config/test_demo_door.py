"""The invented group is the same each time, and stays out of databases where people work."""

import hashlib
from datetime import UTC, datetime

import pytest
from django.db import transaction

from corsia.cases.models import Case, Deadline, Segment
from corsia.config.demo import RealPeopleHere, is_loaded, load_demo
from corsia.customers.models import ContactPoint, Customer, Holding
from corsia.messaging.models import Message
from corsia.organisation.models import Membership, Person, Unit
from corsia.vehicles.models import Vehicle
from tests.factories.organisation import PersonFactory, person_in, small_group

FRIDAY = datetime(2026, 11, 20, 15, 10, tzinfo=UTC)
FACTOR = 0.01
pytestmark = pytest.mark.django_db


def load() -> None:
    load_demo(now=FRIDAY, progress=lambda _line: None, factor=FACTOR)


def fingerprint() -> dict[str, str]:
    """Return a hash of what each table says, without what only the clock of the machine decides."""
    told = {}
    for model in (Unit, Person, Membership, Customer, ContactPoint, Vehicle, Holding, Case, Segment, Deadline, Message):
        names = [
            field.attname
            for field in model._meta.concrete_fields
            if not field.is_relation
            and field.attname not in {"id", "created_at", "password", "header_id", "path"}
            and field.attname not in {"in_reply_to", "subject", "last_login"}
        ]
        rows = sorted(map(repr, model._base_manager.values_list(*names)))
        told[model.__name__] = hashlib.sha256("\n".join(rows).encode()).hexdigest()
    return told


def test_it_is_the_same_each_time() -> None:
    prints = []
    for _ in range(2):
        with transaction.atomic():
            load()
            prints.append(fingerprint())
            transaction.set_rollback(True)

    assert prints[0] == prints[1]


def test_it_refuses_a_database_with_real_people() -> None:
    person_in(small_group().brescia)

    with pytest.raises(RealPeopleHere):
        load()
    assert not is_loaded()
    assert Person.objects.count() == 1


def test_it_refuses_to_load_twice() -> None:
    PersonFactory(is_demo=True)
    people = Person.objects.count()

    with pytest.raises(RealPeopleHere):
        load()
    assert Person.objects.count() == people
