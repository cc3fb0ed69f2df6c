"""Who may handle all of a customer's data, and what would make one think twice before erasing it."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q

from corsia.cases.models import Case
from corsia.kernel import scope
from corsia.kernel.actors import Actor
from corsia.kernel.models import Reading
from corsia.privacy.permissions import MANAGE_PRIVACY


def covers_everything(customer_ids: Sequence[int], *, by: Actor) -> bool:
    """Tell whether the actor may manage privacy in every unit that has a case of the customer.

    A copy or an erasure concerns all of it: whoever sees a part only must not get the rest by this way.
    """
    if by.kind != "person":
        return True
    mine = by.units_with(MANAGE_PRIVACY.roles)
    with scope.system("which units have cases of a customer"):
        units = set(Case.objects.filter(customer__in=customer_ids).values_list("unit_id", flat=True).distinct())
    return units <= mine


@dataclass(frozen=True)
class OpenCase:
    number: int
    subject: str


def open_cases(customer_ids: Sequence[int]) -> list[OpenCase]:
    """Return the customer's cases that somebody still works on, oldest first, at most 20."""
    rows = Case.objects.filter(customer__in=customer_ids, closed_at=None).order_by("pk")[:20]
    return [OpenCase(number=case.pk, subject=case.subject) for case in rows]


def readings_of(customer_ids: Sequence[int], *, before: int | None, limit: int) -> list[Reading]:
    """Return who looked at a customer or at one of their cases, newest first."""
    cases = list(Case.objects.filter(customer__in=customer_ids).values_list("pk", flat=True))
    about = Q(row_kind="customer", row_id__in=customer_ids) | Q(row_kind="case", row_id__in=cases)
    rows = Reading.objects.filter(about)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    return list(rows.order_by("-pk")[:limit])
