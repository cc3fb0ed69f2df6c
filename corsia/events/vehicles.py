"""What vehicles tell."""

from dataclasses import dataclass

from corsia.events import Fact


@dataclass(frozen=True, kw_only=True)
class VehicleFact(Fact):
    vehicle_id: int


@dataclass(frozen=True, kw_only=True)
class VehicleAdded(VehicleFact):
    vin: str
    plate: str


@dataclass(frozen=True, kw_only=True)
class VehicleIdentityChanged(VehicleFact):
    """Its VIN or plate is another one now: whoever finds customers by them looks again."""

    vin: str
    plate: str


@dataclass(frozen=True, kw_only=True)
class OdometerRead(VehicleFact):
    km: int
    goes_back: bool


@dataclass(frozen=True, kw_only=True)
class ServiceRecorded(VehicleFact):
    """Something was done to a vehicle: a service, an inspection, a change of tyres, the work of a recall."""

    event_id: int
    kind: str
    done_on: str  # ISO day
    reference: str
