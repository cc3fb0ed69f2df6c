"""The tables of the workshop."""

from corsia.workshop.models.capacity import Bay, CourtesyCar, Technician, Workshop
from corsia.workshop.models.catalogue import Job, JobFit, JobPart, JobStep, Package, PackageJob
from corsia.workshop.models.estimate import Estimate, EstimateAnswer, EstimateLine
from corsia.workshop.models.lists import ListColumns, ListFile, RefusedLine
from corsia.workshop.models.order import (
    Approval,
    Clocking,
    Damage,
    Finding,
    NumberSeries,
    Order,
    OrderLine,
    Picture,
)
from corsia.workshop.models.parts import Part, PartArrival, PartMovement, PartReservation
from corsia.workshop.models.visit import Allocation, DiaryChange, Loan, Visit, VisitJob

__all__ = [
    "Allocation",
    "Approval",
    "Bay",
    "Clocking",
    "CourtesyCar",
    "Damage",
    "DiaryChange",
    "Estimate",
    "EstimateAnswer",
    "EstimateLine",
    "Finding",
    "Job",
    "JobFit",
    "JobPart",
    "JobStep",
    "ListColumns",
    "ListFile",
    "Loan",
    "NumberSeries",
    "Order",
    "OrderLine",
    "Package",
    "PackageJob",
    "Part",
    "PartArrival",
    "PartMovement",
    "PartReservation",
    "Picture",
    "RefusedLine",
    "Technician",
    "Visit",
    "VisitJob",
    "Workshop",
]
