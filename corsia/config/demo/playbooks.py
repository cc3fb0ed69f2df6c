"""The playbooks of the demonstration: in force, known by most, followed by the cases that are open."""

import random
from datetime import datetime, timedelta

from corsia.cases import services as cases
from corsia.cases.models import Case
from corsia.cases.queries.definitions import definition
from corsia.cases.queries.playbooks import case_playbook
from corsia.config.demo.group import PARTS, ROBOT, DemoGroup
from corsia.knowledge.models import Acknowledgement, PlaybookReader, PlaybookVersion
from corsia.knowledge.services.playbooks import install_playbooks
from corsia.knowledge.vocabulary import Asks
from corsia.organisation.actors import actor_of
from corsia.organisation.models import Membership
from corsia.organisation.queries import people_with_roles
from corsia.organisation.vocabulary import Role

FOLLOWED = 36  # open cases whose playbook somebody has begun
NOTES = (
    "Sentito al telefono, tutto chiaro",
    "Vedi ordine di lavoro e foto",
    "Confermato dal reparto",
    "Nessuna novità",
)
PROMISES = (
    "Richiamo domani alle 10",
    "Risposta scritta entro giovedì sera",
    "Lo avviso appena arriva il ricambio, al più tardi venerdì",
    "Auto sostitutiva pronta lunedì alle 8.30",
)


def load(group: DemoGroup, *, rng: random.Random, now: datetime) -> None:
    """Put the playbooks in force, let people acknowledge them, and work some cases by them."""
    _hats(group, now=now)
    install_playbooks(unit_id=group.root.pk, by=ROBOT, now=now - timedelta(days=40))
    _acknowledged(group, rng=rng, now=now)
    rows = Case.objects.filter(closed_at=None, assignee__isnull=False, version__process__is_internal=False)
    for case in rows.select_related("assignee", "phase").order_by("-pk")[:FOLLOWED]:
        _follow(case, rng=rng, now=now)


def _hats(group: DemoGroup, *, now: datetime) -> None:
    """Let the parts people of the other branches keep their warehouse too."""
    since = now.date() - timedelta(days=1000)
    Membership.objects.bulk_create(
        [
            Membership(person=people[0], unit=group.units[place], role=Role.WAREHOUSE, since=since)
            for place, people in group.workers.items()
            if place.endswith(f"/{PARTS}") and place != f"brescia/{PARTS}"
        ]
    )


def _acknowledged(group: DemoGroup, *, rng: random.Random, now: datetime) -> None:
    rows = []
    for version in PlaybookVersion.objects.filter(playbook__unit=group.root).order_by("pk"):
        roles = list(PlaybookReader.objects.filter(version=version).values_list("role", flat=True))
        rows += [
            Acknowledgement(version=version, person=person, at=now - timedelta(days=rng.uniform(1, 38)))
            for person in people_with_roles(group.root.pk, roles, today=now.date())
            if rng.random() < 0.85
        ]
    Acknowledgement.objects.bulk_create(rows)


def _follow(case: Case, *, rng: random.Random, now: datetime) -> None:
    """Tick what lies behind the case, and a part of the phase it is in."""
    playbook = case_playbook(case)
    if playbook is None or case.assignee is None:
        return
    by = actor_of(case.assignee, today=now.date())
    at = min(case.last_activity_at, now)
    position = definition(case.version_id).phase_of(case.phase_id).position
    for group in (*playbook.others, *playbook.current):
        if group.phase is None or group.phase.position > position:
            continue
        for line in group.lines:
            if line.step.is_required and (group.phase.position < position or rng.random() < 0.55):
                note = rng.choice(PROMISES if line.step.asks == Asks.PROMISE else NOTES) if line.step.asks else ""
                cases.tick_step(case_id=case.pk, step_id=line.step.id, note=note, by=by, now=at)
