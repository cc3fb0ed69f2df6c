"""Who answers what lower contexts ask for: each port's protocol stands in its owner's ports.py."""

from collections.abc import Mapping, Sequence

from django.db.models import Count

from corsia.cases.models import Case
from corsia.cases.queries import startable
from corsia.knowledge.ports import Processes
from corsia.organisation.ports import Workload


class OpenCases:
    """Counts open cases: index-only, since only the open ones are in the index."""

    def by_unit(self) -> Mapping[int, int]:
        return dict(Case.objects.filter(closed_at=None).values_list("unit_id").annotate(Count("pk")))

    def by_person(self) -> Mapping[int, int]:
        open_cases = Case.objects.filter(closed_at=None, assignee__isnull=False)
        return dict(open_cases.values_list("assignee_id").annotate(Count("pk")))


WORKLOAD: Workload = OpenCases()


class ProcessesInUse:
    """Tells knowledge, which stands below cases, what its articles and playbooks can be about."""

    def names(self, unit_id: int) -> Sequence[tuple[str, str, str]]:
        return [(process.key, process.name_it, process.name_en) for process in startable(unit_id)]


PROCESSES: Processes = ProcessesInUse()
