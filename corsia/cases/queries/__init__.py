"""Reads of cases. Other contexts call them from here."""

from corsia.cases.queries.definitions import Startable, definition, startable
from corsia.cases.queries.heads import (
    CaseHead,
    case_head,
    cases_of,
    family_ids,
    living_case_id,
    may_reopen,
    open_cases_of,
)
from corsia.cases.queries.people import people_who_work_in
from corsia.cases.queries.phases import PhaseInUse, phases_in_use

__all__ = [
    "CaseHead",
    "PhaseInUse",
    "Startable",
    "case_head",
    "cases_of",
    "definition",
    "family_ids",
    "living_case_id",
    "may_reopen",
    "open_cases_of",
    "people_who_work_in",
    "phases_in_use",
    "startable",
]
