"""What most tests of cases start from."""

from dataclasses import dataclass

import pytest

from corsia.kernel import scope
from corsia.kernel.actors import Actor
from corsia.organisation.actors import actor_of
from corsia.organisation.models import Person
from tests.factories.cases import a_customer, ready_group
from tests.factories.organisation import TODAY, Group, person_in


@dataclass
class Desk:
    """A group with processes, a customer, and somebody at a desk in Brescia."""

    group: Group
    customer: object
    agent: Person
    actor: Actor


@pytest.fixture
def desk(group, now) -> Desk:
    with scope.system("test"):
        ready_group(group, now=now)
        agent = person_in(group.brescia_care)
        return Desk(group, a_customer(group, now=now), agent, actor_of(agent, today=TODAY))
