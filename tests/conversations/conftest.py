"""An agent of Brescia at a desk that receives mail."""

import pytest
import time_machine
from django.test import Client

from corsia.conversations.permissions import USE_INBOX
from corsia.kernel import scope
from corsia.kernel.access import scope_of
from corsia.kernel.actors import Actor
from corsia.organisation.actors import actor_of
from corsia.organisation.models import Person
from corsia.organisation.vocabulary import Role
from tests.conftest import NOON
from tests.factories.messaging import Desk, a_desk
from tests.factories.organisation import TODAY, person_in, signed_in


@pytest.fixture
def desk(group) -> Desk:
    return a_desk(group, now=NOON)


@pytest.fixture
def laura(group) -> Person:
    return person_in(group.brescia_care, Role.AGENT, first_name="Laura", last_name="Pedretti")


@pytest.fixture
def anna(group) -> Person:
    return person_in(group.brescia_care, Role.AGENT, first_name="Anna", last_name="Bonetti")


@pytest.fixture
def stranger(group) -> Person:
    """An agent of the other branch."""
    return person_in(group.verona_care, Role.AGENT, first_name="Marta", last_name="Riva")


@pytest.fixture
def agent(laura) -> Actor:
    return actor_of(laura, today=TODAY)


@pytest.fixture
def at_desk(agent):
    """Open what Laura may see in the inbox."""
    with scope.entered(scope_of(agent, USE_INBOX)):
        yield agent


@pytest.fixture
def noon():
    """Let the doors read twelve o'clock."""
    with time_machine.travel(NOON, tick=False):
        yield NOON


@pytest.fixture
def browser(laura) -> Client:
    return signed_in(laura)
