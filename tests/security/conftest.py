"""The world is made once for the whole folder, in a transaction that is rolled back; each test sees it unchanged.

The modules carry the mark `django_db`, whose transaction is a savepoint within the world's. Its numbers stand in a
warehouse of its own, so that the pages of analytics have something to tell.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction
from django.test import override_settings

from corsia.analytics.services import refresh
from corsia.cases.models import DiscussionLine
from corsia.kernel import scope
from tests.factories.organisation import Group, small_group
from tests.security.world import World, build_world


@pytest.fixture(scope="package")
def made_world(django_db_setup, django_db_blocker, tmp_path_factory) -> Iterator[World]:
    numbers = override_settings(WAREHOUSE=tmp_path_factory.mktemp("warehouse"))
    with django_db_blocker.unblock(), transaction.atomic(), numbers:
        world = build_world()
        with scope.system("test"):
            refresh(now=world.now)
        yield world
        transaction.set_rollback(True)


@pytest.fixture
def world(made_world: World, db: None) -> World:
    """Return the world as one minute ago, where minutes count: what was said can be changed for five of them."""
    lines = [place.rows["line_id"] for place in made_world.places]
    DiscussionLine.unscoped.filter(pk__in=lines).update(at=datetime.now(tz=UTC) - timedelta(seconds=20))
    return made_world


@pytest.fixture
def group(db: None) -> Group:
    """A group of another name than the world's: the world may be there, whatever the order of the modules."""
    return small_group(code="ospiti")
