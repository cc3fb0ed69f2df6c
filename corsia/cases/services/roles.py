"""Whom a task for a role goes to: the people who hold that role where the case is."""

from datetime import datetime

from django.db.models import Count, Exists, OuterRef, Q

from corsia.cases.models import Task
from corsia.cases.queries.people import members
from corsia.organisation.models import Absence, Person
from corsia.organisation.queries import tree


class RoleHolders:
    """Finds for each role the one who gets its next task; people of the nearest unit come first."""

    def __init__(self, *, unit_id: int, now: datetime) -> None:
        self.unit_id, self.now = unit_id, now
        self._given: dict[int, int] = {}

    def of(self, role: str) -> int | None:
        """Return who holds the role, is there, and has the fewest open tasks; None where nobody does.

        Looked for in the case's unit, then one unit higher each time, so that a branch's own warehouse comes before
        the group's.
        """
        organisation = tree()
        for unit in organisation.chain(self.unit_id):
            holding = members([unit.pk], [role], organisation=organisation, unit_id=self.unit_id, now=self.now)
            people = (
                Person.objects.filter(
                    ~Exists(
                        Absence.objects.filter(person=OuterRef("pk"), starts_at__lte=self.now, ends_at__gt=self.now)
                    ),
                    is_active=True,
                    is_available=True,
                    pk__in=holding,
                )
                .order_by("pk")
                .values_list("pk", flat=True)
            )
            if ids := list(people):
                return self._least_loaded(ids)
        return None

    def _least_loaded(self, ids: list[int]) -> int:
        load = dict.fromkeys(ids, 0) | dict(
            Task.objects.filter(Q(done_at=None), assignee_id__in=ids)
            .order_by()
            .values_list("assignee_id")
            .annotate(Count("pk"))
        )
        chosen = min(ids, key=lambda pk: (load[pk] + self._given.get(pk, 0), pk))
        self._given[chosen] = self._given.get(chosen, 0) + 1
        return chosen
