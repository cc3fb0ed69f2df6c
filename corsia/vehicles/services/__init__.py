"""What is done with vehicles. Every verb is imported from here; the modules part them by noun."""

from corsia.vehicles.services.dues import fit_paces, recompute_all, recompute_dues
from corsia.vehicles.services.events import DoneInFuture, RecallNotOpen, record_service_event
from corsia.vehicles.services.importing import VehicleRow, import_vehicles
from corsia.vehicles.services.importing_history import EventRow, ReadingRow, import_events, import_readings
from corsia.vehicles.services.importing_plates import PlateRow, import_plates
from corsia.vehicles.services.linking import link_recalls
from corsia.vehicles.services.plans import PlanAsksNothing, PlanData, remove_plan, save_plan
from corsia.vehicles.services.recalls import (
    EndsBeforeItOpens,
    Imported,
    NoVins,
    RecallData,
    RecallKnown,
    TooManyVins,
    add_vins,
    save_recall,
)
from corsia.vehicles.services.records import (
    OdometerOutOfRange,
    PlateInUse,
    PlateTooLong,
    ReadInFuture,
    VehicleData,
    VehicleUnnamed,
    VinTaken,
    VinTooLong,
    add_vehicle,
    change_plate,
    edit_vehicle,
    read_odometer,
)

__all__ = [
    "DoneInFuture",
    "EndsBeforeItOpens",
    "EventRow",
    "Imported",
    "NoVins",
    "OdometerOutOfRange",
    "PlanAsksNothing",
    "PlanData",
    "PlateInUse",
    "PlateRow",
    "PlateTooLong",
    "ReadInFuture",
    "ReadingRow",
    "RecallData",
    "RecallKnown",
    "RecallNotOpen",
    "TooManyVins",
    "VehicleData",
    "VehicleRow",
    "VehicleUnnamed",
    "VinTaken",
    "VinTooLong",
    "add_vehicle",
    "add_vins",
    "change_plate",
    "edit_vehicle",
    "fit_paces",
    "import_events",
    "import_plates",
    "import_readings",
    "import_vehicles",
    "link_recalls",
    "read_odometer",
    "recompute_all",
    "recompute_dues",
    "record_service_event",
    "remove_plan",
    "save_plan",
    "save_recall",
]
