"""Improvement groups, actions and what goes round, made by the product's own services."""

from datetime import datetime, timedelta

from corsia.improvement.models import Action, Group
from corsia.improvement.ports import Criticality
from corsia.improvement.services import actions, groups
from corsia.improvement.services.actions import Card
from corsia.improvement.vocabulary import Sign
from corsia.kernel.actors import Actor
from corsia.organisation.models import Person, Unit
from corsia.organisation.vocabulary import Role
from tests.factories.cases import ROBOT
from tests.factories.organisation import person_in

HEARD = Criticality(
    key="detractors:complaint",
    label="Reclamo: detrattori",
    plus_minus=Sign.MINUS,
    volume=12,
    severity=4,
    source="Risposte al sondaggio di chiusura",
    quotes=("Nessuno mi ha richiamata",),
)


def four_people(unit: Unit, **fields) -> list[Person]:
    """Make people of three functions in a unit."""
    roles = (Role.AGENT, Role.RECEPTIONIST, Role.MECHANIC, Role.MECHANIC)
    names = ("Laura", "Gino", "Piero", "Sara")
    return [person_in(unit, role, first_name=name, **fields) for role, name in zip(roles, names, strict=True)]


def a_group(
    unit: Unit, *, now: datetime, people: list[Person] | None = None, by: Actor = ROBOT, name: str = "Richiamare subito"
) -> Group:
    """Begin a group on one criticality."""
    return groups.begin_group(
        unit_id=unit.pk,
        name=name,
        goal="Nessun cliente aspetta una risposta",
        person_ids=[person.pk for person in people or four_people(unit)],
        first_meeting_at=now + timedelta(days=7),
        heard=[HEARD],
        by=by,
        now=now,
    )


def an_action(
    unit: Unit, *, now: datetime, units: list[Unit] | None = None, group: Group | None = None, **card
) -> Action:
    """Write a card that may be planned and begun."""
    values = {
        "title": "Richiamata entro un'ora",
        "owner_id": person_in(unit, Role.RECEPTIONIST).pk,
        "unit_ids": [one.pk for one in units or [unit]],
        "begins_on": now.date(),
        "due_on": now.date() + timedelta(days=30),
        **card,
    }
    return actions.make_action(
        unit_id=None if group else unit.pk,
        group_id=group.pk if group else None,
        card=Card(**values),
        by=ROBOT,
        now=now,
    )
