"""What is done with vehicles. Every verb is imported from here; the modules part them by noun."""

from corsia.vehicles.services.dues import fit_paces, recompute_all, recompute_dues
from corsia.vehicles.services.events import DoneInFuture, RecallNotOpen, record_service_event
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
    "Imported",
    "NoVins",
    "OdometerOutOfRange",
    "PlanAsksNothing",
    "PlanData",
    "PlateInUse",
    "PlateTooLong",
    "ReadInFuture",
    "RecallData",
    "RecallKnown",
    "RecallNotOpen",
    "TooManyVins",
    "VehicleData",
    "VehicleUnnamed",
    "VinTaken",
    "VinTooLong",
    "add_vehicle",
    "add_vins",
    "change_plate",
    "edit_vehicle",
    "fit_paces",
    "link_recalls",
    "read_odometer",
    "recompute_all",
    "recompute_dues",
    "record_service_event",
    "remove_plan",
    "save_plan",
    "save_recall",
]
