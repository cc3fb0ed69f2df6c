"""Who answers what lower contexts ask for: each port's protocol stands in its owner's ports.py."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Count

from corsia.cases.models import Case
from corsia.cases.ports import Closing
from corsia.cases.queries import definition, startable
from corsia.config.improving import HeardInCases, MeasuredInCases, PointsOfJourney
from corsia.connectors.telephony.services.interviews import Telephone
from corsia.customers.ports import Segment, Segments
from corsia.improvement.ports import Criticalities, Outcomes, Touchpoints
from corsia.kernel.actors import Actor
from corsia.kernel.errors import CorsiaError
from corsia.knowledge.ports import Processes
from corsia.listening.permissions import HEAR_VOICES
from corsia.listening.ports import Dialler
from corsia.listening.queries.loops import objection_to_closing
from corsia.listening.queries.segments import customers_in, latest_waves
from corsia.listening.vocabulary import Band
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


class OpenLoops:
    """A case with an unhappy customer stays open until it is written down what was done about it."""

    def objection(self, case_id: int) -> CorsiaError | None:
        return objection_to_closing(case_id)


CLOSING: Closing = OpenLoops()


class Outbox:
    """Mails our own people through the outbox of messages, which stands above the organisation."""

    def mail(self, *, person_id: int, subject: str, text: str, key: str, now: datetime) -> bool:
        return queue_notice_mail(person_id=person_id, subject=subject, text=text, key=key, now=now)


class WaveSegments:
    """Tells customers, which stand below surveys, who stands in which band after a wave."""

    def choices(self, actor: Actor) -> Sequence[Segment]:
        units = actor.units_with(HEAR_VOICES.roles)
        return [
            Segment(key=f"{wave.plan_id}-{band}", label=f"{band.label} · {wave.name}", group=wave.name)
            for wave in (latest_waves(units) if units else ())
            for band in wave.bands
        ]

    def customer_ids(self, key: str, actor: Actor) -> Any:
        plan, _dash, band = key.partition("-")
        plan_id = int(plan) if plan.isascii() and plan.isdigit() and len(plan) < 19 else 0
        return customers_in(
            plan_id=plan_id,
            band=Band(band) if band in Band.values else Band.PASSIVE,
            unit_ids=actor.units_with(HEAR_VOICES.roles) if band in Band.values else (),
        )


SEGMENTS: Segments = WaveSegments()
POST: Post = Outbox()
CRITICALITIES: Criticalities = HeardInCases()
OUTCOMES: Outcomes = MeasuredInCases()
TOUCHPOINTS: Touchpoints = PointsOfJourney()


DIALLER: Dialler = Telephone()
