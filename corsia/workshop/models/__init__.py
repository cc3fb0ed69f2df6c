"""The tables of the workshop."""

from corsia.workshop.models.capacity import Bay, CapacityDay, CourtesyCar, Technician, Workshop
from corsia.workshop.models.catalogue import Job, JobFit, JobPart, JobStep, Package, PackageJob
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
from corsia.workshop.models.visit import Allocation, DiaryChange, Loan, Visit, VisitJob

__all__ = [
    "Allocation",
    "Approval",
    "Bay",
    "CapacityDay",
    "Clocking",
    "CourtesyCar",
    "Damage",
    "DiaryChange",
    "Finding",
    "Job",
    "JobFit",
    "JobPart",
    "JobStep",
    "Loan",
    "NumberSeries",
    "Order",
    "OrderLine",
    "Package",
    "PackageJob",
    "Picture",
    "Technician",
    "Visit",
    "VisitJob",
    "Workshop",
]
