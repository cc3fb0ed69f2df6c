"""The tables of the workshop."""

from corsia.workshop.models.capacity import Bay, CapacityDay, CourtesyCar, Technician, Workshop
from corsia.workshop.models.catalogue import Job, JobFit, JobPart, JobStep, Package, PackageJob
from corsia.workshop.models.estimate import Estimate, EstimateAnswer, EstimateLine
from corsia.workshop.models.lists import ListColumns, ListFile, RefusedLine
from corsia.workshop.models.online import OnlineRequest
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
from corsia.workshop.models.proposal import Proposal, ProposalCall, ProposalMove
from corsia.workshop.models.visit import Allocation, DiaryChange, Fetch, Loan, Visit, VisitJob

__all__ = [
    "Allocation",
    "Approval",
    "Bay",
    "CapacityDay",
    "Clocking",
    "CourtesyCar",
    "Damage",
    "DiaryChange",
    "Estimate",
    "EstimateAnswer",
    "EstimateLine",
    "Fetch",
    "Finding",
    "Job",
    "JobFit",
    "JobPart",
    "JobStep",
    "ListColumns",
    "ListFile",
    "Loan",
    "NumberSeries",
    "OnlineRequest",
    "Order",
    "OrderLine",
    "Package",
    "PackageJob",
    "Part",
    "PartArrival",
    "PartMovement",
    "PartReservation",
    "Picture",
    "Proposal",
    "ProposalCall",
    "ProposalMove",
    "RefusedLine",
    "Technician",
    "Visit",
    "VisitJob",
    "Workshop",
]
