"""Who else is looking at a case right now."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from corsia.cases.models import Case
from corsia.conversations.models import Viewing
from corsia.kernel.errors import NotFound

FRESH = timedelta(seconds=20)  # a page says "still here" more often than that


@dataclass(frozen=True)
class Viewer:
    """A colleague who has the same case open."""

    name: str
    is_typing: bool


def viewers_of(*, case_id: int, except_person_id: int, now: datetime) -> list[Viewer]:
    """Return the colleagues on the case, by name.

    Raises:
        NotFound: no such case within the scope.
    """
    if not Case.objects.filter(pk=case_id).exists():
        raise NotFound(kind=Case._meta.label)
    rows = Viewing.objects.filter(case_id=case_id, seen_at__gt=now - FRESH).exclude(person_id=except_person_id)
    return [
        Viewer(name=row.person.full_name, is_typing=row.is_typing)
        for row in rows.select_related("person").order_by("person__first_name", "person_id")
    ]
