"""What pages and other contexts read about vehicles."""

from corsia.vehicles.queries.dues import DueRow, DuesOf, due_rows, dues_list, dues_of, dues_of_vehicles
from corsia.vehicles.queries.recalls import open_recalls_of, recall_page, recalls_with_progress
from corsia.vehicles.queries.vehicles import (
    VehiclePage,
    find_vehicle,
    recent_vehicles,
    vehicle_page,
    vehicles_like,
)

__all__ = [
    "DueRow",
    "DuesOf",
    "VehiclePage",
    "due_rows",
    "dues_list",
    "dues_of",
    "dues_of_vehicles",
    "find_vehicle",
    "open_recalls_of",
    "recall_page",
    "recalls_with_progress",
    "recent_vehicles",
    "vehicle_page",
    "vehicles_like",
]
