"""The desk that these tests write to."""

import pytest

from tests.conftest import NOON
from tests.factories.messaging import Desk, a_desk


@pytest.fixture
def desk(group) -> Desk:
    return a_desk(group, now=NOON)


@pytest.fixture
def committed_desk(transactional_db) -> Desk:
    """A desk that other connections see."""
    from tests.factories.organisation import small_group

    return a_desk(small_group(), now=NOON)
