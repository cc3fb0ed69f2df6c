"""Customers and vehicles for tests, made through the services so that they are found and told."""

from datetime import UTC, date, datetime

from corsia.customers import services
from corsia.customers.models import Customer
from corsia.customers.vocabulary import CustomerKind, VehicleRole
from corsia.kernel import scope
from corsia.kernel.actors import Actor, system
from corsia.organisation.models import Unit
from corsia.vehicles import services as vehicle_services
from corsia.vehicles.models import Vehicle
from corsia.vehicles.services import VehicleData

ADDED_AT = datetime(2026, 1, 8, 9, 0, tzinfo=UTC)
ROBOT = system("test")


def person(unit: Unit, name: str = "Mario Rossi", *, by: Actor = ROBOT, now: datetime = ADDED_AT, **fields) -> Customer:
    """Add a person called by first and last name."""
    first, _, last = name.partition(" ")
    with scope.system("test"):
        return services.add_customer(unit_id=unit.pk, first_name=first, last_name=last, by=by, now=now, **fields)


def company(unit: Unit, name: str = "Autotrasporti Bianchi S.r.l.", **fields) -> Customer:
    """Add a company."""
    with scope.system("test"):
        return services.add_customer(
            unit_id=unit.pk, kind=CustomerKind.COMPANY, company_name=name, by=ROBOT, now=ADDED_AT, **fields
        )


def household(unit: Unit, name: str = "Famiglia Rossi") -> Customer:
    """Add a household."""
    with scope.system("test"):
        return services.add_customer(
            unit_id=unit.pk, kind=CustomerKind.HOUSEHOLD, company_name=name, by=ROBOT, now=ADDED_AT
        )


def car(unit: Unit, plate: str = "AB123CD", vin: str = "", make: str = "Fiat", model: str = "Panda") -> Vehicle:
    """Add a vehicle."""
    with scope.system("test"):
        return vehicle_services.add_vehicle(
            unit_id=unit.pk, data=VehicleData(vin=vin, make=make, model=model), plate=plate, by=ROBOT, now=ADDED_AT
        )


def gives(customer: Customer, vehicle: Vehicle, role: VehicleRole = VehicleRole.OWNER, since: date | None = None):
    """Write down that a customer holds a vehicle."""
    with scope.system("test"):
        return services.start_holding(
            customer_id=customer.pk, vehicle_id=vehicle.pk, role=role, since=since, by=ROBOT, now=ADDED_AT
        )
