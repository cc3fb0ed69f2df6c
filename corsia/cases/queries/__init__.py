"""Reads of cases. Other contexts call them from here."""

from corsia.cases.queries.definitions import Startable, definition, startable
from corsia.cases.queries.heads import (
    CaseHead,
    case_head,
    family_ids,
    living_case_id,
    may_reopen,
    open_cases_of,
    people_of,
)

__all__ = [
    "CaseHead",
    "Startable",
    "case_head",
    "definition",
    "family_ids",
    "living_case_id",
    "may_reopen",
    "open_cases_of",
    "people_of",
    "startable",
]
