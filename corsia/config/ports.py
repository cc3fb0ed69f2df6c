"""Who answers what lower contexts ask for: each port's protocol stands in its owner's ports.py."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db.models import Count

from corsia.cases.models import Case
from corsia.cases.queries import definition, startable
from corsia.knowledge.ports import Processes
from corsia.messaging.services.account_mail import queue_notice_mail
from corsia.organisation.ports import Post, Workload


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

    def phases(self, unit_id: int, process_key: str) -> Sequence[tuple[str, str, str]]:
        process = next((one for one in startable(unit_id) if one.key == process_key), None)
        phases = definition(process.version_id).phases if process else ()
        return [(phase.key, phase.name_it, phase.name_en) for phase in phases if not phase.end_kind]


PROCESSES: Processes = ProcessesInUse()


class Outbox:
    """Mails our own people through the outbox of messages, which stands above the organisation."""

    def mail(self, *, person_id: int, subject: str, text: str, key: str, now: datetime) -> bool:
        return queue_notice_mail(person_id=person_id, subject=subject, text=text, key=key, now=now)


POST: Post = Outbox()
