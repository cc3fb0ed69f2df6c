"""The desk that writes by all channels."""

import pytest

from tests.conftest import NOON
from tests.factories.messaging import Desk, a_desk


@pytest.fixture
def desk(group) -> Desk:
    return a_desk(group, now=NOON)
