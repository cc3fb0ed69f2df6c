"""Every verb on a case starts here: the row locked, the actor's right checked, closed cases refused."""

from django.utils.translation import gettext_lazy as _

from corsia.cases.models import Case
from corsia.cases.permissions import WORK_CASES
from corsia.kernel.access import demand
from corsia.kernel.actors import Actor
from corsia.kernel.errors import Refused
from corsia.kernel.live import tell


class CaseClosed(Refused):
    code = "cases.closed"
    message = _("Case #%(number)s is closed. Reopen it first, or open a new case linked to it.")


def locked_case(case_id: int, *, by: Actor) -> Case:
    """Return the case locked until the transaction ends, with its version and process.

    Raises:
        NotFound: no such case within the scope.
        NotAllowed: the actor may not work on cases of its unit.
    """
    case: Case = Case.objects.select_related("version__process").lock(case_id)
    demand(by, WORK_CASES, case.unit_id)
    return case


def locked_open_case(case_id: int, *, by: Actor) -> Case:
    """Return the case as `locked_case` does.

    Raises:
        CaseClosed: it is closed or merged.
    """
    case = locked_case(case_id, by=by)
    if case.closed_at is not None:
        raise CaseClosed(number=case.pk)
    return case


def tell_case(case: Case) -> None:
    """Let open pages refetch what they show of the case."""
    tell("cases.case", unit_id=case.unit_id, case=case.pk)
