"""Processes and cases for tests, made by the product's own services."""

from datetime import datetime

from corsia.cases.models import Case
from corsia.cases.services import install_processes, open_case
from corsia.cases.vocabulary import Origin
from corsia.customers.models import Customer
from corsia.kernel.actors import system
from corsia.organisation.models import Unit
from tests.factories.organisation import Group

ROBOT = system("test")


def ready_group(group: Group, *, now: datetime) -> Group:
    """Install the shipped processes at the top of a group."""
    install_processes(unit_id=group.root.pk, by=ROBOT, now=now)
    return group


def a_customer(group: Group, *, now: datetime, name: str = "Giulia Ferri", **fields) -> Customer:
    """Make a customer of the group, straight in the table: cases only point at it."""
    return Customer.objects.create(unit=group.root, display_name=name, created_at=now, **fields)


def a_case(unit: Unit, *, now: datetime, customer: Customer | None = None, **fields) -> Case:
    """Open a case in a unit."""
    values = {
        "process_key": "information",
        "subject": "Spia motore accesa",
        "origin": Origin.EMAIL,
        "customer_id": customer.pk if customer else None,
        "by": ROBOT,
        **fields,
    }
    return open_case(unit_id=unit.pk, now=now, **values)
