"""One case as others show it, and the questions other contexts ask about cases."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from corsia.cases.models import Case, Deadline
from corsia.cases.queries.definitions import VersionDefinition, definition


@dataclass(frozen=True)
class CaseHead:
    """The head of a case page: the case with its names, its process, and the clocks that run."""

    case: Case
    version: VersionDefinition
    running: tuple[Deadline, ...]  # earliest first, those that stand still last

    @property
    def next_deadline(self) -> Deadline | None:
        return next((row for row in self.running if row.due_at is not None), None)


def case_head(case_id: int) -> CaseHead:
    """Return the head of a case.

    Raises:
        NotFound: no such case within the scope.
    """
    case = _case(case_id)
    return _head(case, Deadline.objects.filter(case=case, met_at=None, dropped_at=None))


def head_with_deadlines(case_id: int) -> tuple[CaseHead, tuple[Deadline, ...]]:
    """Return the head of a case and all its deadlines, the first started first.

    Raises:
        NotFound: no such case within the scope.
    """
    case: Case = Case.objects.select_related(*_NAMED).only(*_OWN, *_NAMES).find(case_id)
    deadlines = tuple(Deadline.objects.filter(case=case).select_related("phase").order_by("started_at", "pk"))
    return _head(case, (row for row in deadlines if row.met_at is None and row.dropped_at is None)), deadlines


# Of the rows that a case names, its page shows the names: the columns of six tables cost more than the walk to them.
_OWN = [field.attname for field in Case._meta.concrete_fields]
_NAMED = ("customer", "vehicle", "assignee", "cause", "version__process")
_NAMES = (
    "customer__display_name",
    *(f"vehicle__{name}" for name in ("make", "model", "vin", "plate")),
    "cause__name_it",
    "cause__name_en",
    *(f"assignee__{name}" for name in ("first_name", "last_name")),
    *(f"version__process__{name}" for name in ("key", "name_it", "name_en")),
)


def _case(case_id: int) -> Case:
    rows = Case.objects.select_related(
        "customer", "vehicle", "assignee", "unit", "phase", "version__process", "parent", "merged_into"
    )
    case: Case = rows.find(case_id)
    return case


def _head(case: Case, running: Iterable[Deadline]) -> CaseHead:
    earliest_first = sorted(running, key=lambda row: (row.due_at is None, row.due_at or row.started_at, row.pk))
    return CaseHead(case=case, version=definition(case.version_id), running=tuple(earliest_first))


def may_reopen(case: Case, now: datetime) -> bool:
    """Tell whether an answer that arrives now reopens a closed case; later ones open a new case that follows it."""
    if case.closed_at is None or case.merged_into_id is not None:
        return False
    return now <= case.closed_at + timedelta(days=definition(case.version_id).reopen_days)


def living_case_id(case_id: int) -> int:
    """Return the case in which this one goes on: itself, or the one it was merged into.

    Raises:
        NotFound: no such case within the scope.
    """
    case: Case = Case.objects.only("pk", "merged_into_id").find(case_id)
    return case.merged_into_id or case.pk


def family_ids(case_id: int) -> list[int]:
    """Return the case and those merged into it: a conversation covers them all."""
    return sorted(Case.objects.filter(Q(pk=case_id) | Q(merged_into_id=case_id)).values_list("pk", flat=True))


def open_cases_of(customer_ids: Sequence[int], *, limit: int = 20) -> list[Case]:
    """Return the open cases of these customers within the scope, most recent first."""
    return list(_of_customers(customer_ids).filter(closed_at=None)[:limit])


def cases_of(customer_ids: Sequence[int], *, limit: int = 20) -> list[Case]:
    """Return the cases of these customers within the scope, open and closed, most recent first."""
    return list(_of_customers(customer_ids)[:limit])


def _of_customers(customer_ids: Sequence[int]) -> "QuerySet[Case]":
    rows: QuerySet[Case] = Case.objects.filter(customer_id__in=list(customer_ids), merged_into=None)
    return rows.select_related("phase", "version__process", "assignee", "unit").order_by("-opened_at", "-pk")
