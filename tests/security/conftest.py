"""The world is made once for the whole folder, in a transaction that is rolled back; each test sees it unchanged.

The modules carry the mark `django_db`, whose transaction is a savepoint within the world's.
"""

from collections.abc import Iterator

import pytest
from django.db import transaction

from tests.factories.organisation import Group, small_group
from tests.security.world import World, build_world


@pytest.fixture(scope="package")
def made_world(django_db_setup, django_db_blocker) -> Iterator[World]:
    with django_db_blocker.unblock(), transaction.atomic():
        yield build_world()
        transaction.set_rollback(True)


@pytest.fixture
def world(made_world: World, db: None) -> World:
    return made_world


@pytest.fixture
def group(db: None) -> Group:
    """A group of another name than the world's: the world may be there, whatever the order of the modules."""
    return small_group(code="ospiti")
