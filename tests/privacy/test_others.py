"""Any population: erasing one customer leaves the copies of all the others as they were, word for word."""

from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corsia.customers import services as customers
from corsia.customers.models import Customer
from corsia.kernel import scope
from corsia.messaging.services import file_message
from corsia.privacy.queries.copy import Section, sections
from corsia.privacy.queries.rows import subject_of
from corsia.privacy.services import erase_rows
from corsia.vehicles.models import Vehicle
from tests.factories.customers import car, gives, person
from tests.factories.messaging import mail_for
from tests.privacy.world import Place, a_place, traces

pytestmark = pytest.mark.django_db
NAMES = ("Zorbax", "Quillmonk", "Wumpeltrap")


@pytest.fixture
def place(group, now) -> Place:
    return a_place(group, now=now)


def copy_of(one: Customer) -> list[Section]:
    return list(sections(subject_of([one.pk])))


# Who has which of three shared addresses and vehicles, who writes from which address, who is merged into whom.
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    addresses=st.lists(st.sets(st.integers(0, 2)), min_size=3, max_size=3),
    held=st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), max_size=5),
    mails=st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), max_size=4),
    merged=st.booleans(),
    erased=st.integers(0, 2),
)
def test_the_others_are_as_they_were(place: Place, now, addresses, held, mails, merged, erased) -> None:
    mark = transaction.savepoint()
    with scope.system("test"):
        everybody = [
            person(
                place.group.root,
                f"{name} {name}son",
                emails=[f"own{name.lower()}@example.com", *(f"shared{number}@example.com" for number in sorted(mine))],
                now=now,
            )
            for name, mine in zip(NAMES, addresses, strict=True)
        ]
        vehicles: list[Vehicle] = [car(place.group.root, plate=f"AB{number}00ZZ") for number in range(3)]
        for who, which in held:
            customers_now = gives(everybody[who], vehicles[which])
            customers.end_holding(
                holding_id=customers_now.pk, until=now.date() + timedelta(days=1), by=place.boss, now=now
            )
        for number, (who, _which) in enumerate(mails):
            name = NAMES[who].lower()
            file_message(
                mail_for(
                    place.desk,
                    at=now,
                    from_address=f"own{name}@example.com",
                    subject=f"{NAMES[who]} {number}",
                    text=f"{NAMES[who]} says {number}",
                    header_id=f"<{number}@example.com>",
                )
            )
        families = [[one] for one in everybody]
        if merged:
            customers.merge_customers(survivor_id=everybody[0].pk, absorbed_id=everybody[1].pk, by=place.boss, now=now)
            families = [everybody[:2], everybody[:2], [everybody[2]]]
        gone = families[erased]
        others = [one for one in everybody if one not in gone]
        before = {one.pk: copy_of(one) for one in others}

        erase_rows([one.pk for one in gone], word="Cancellato", why="test", now=now)

        assert {one.pk: copy_of(one) for one in others} == before
        assert list(sections(subject_of([one.pk for one in gone]))) == []
        assert traces(*(one.last_name for one in gone)) == []
    transaction.savepoint_rollback(mark)
