"""What the night does for the next days of a workshop: it proposes a better plan, or carries it out if allowed."""

import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict
from datetime import date, datetime, timedelta

from django.db import transaction

from corsia.kernel.actors import system
from corsia.organisation.queries import tree
from corsia.organisation.working_time import is_open
from corsia.workshop.models import Allocation, Proposal, Workshop
from corsia.workshop.queries.replanning import DiaryDay, diary_day
from corsia.workshop.rules.night import NIGHTLY, Figures, Patience, Tidied, tidy
from corsia.workshop.services.accepting import ProposalStale, accept
from corsia.workshop.services.diary import lock_diaries
from corsia.workshop.services.plan_refusals import DriverTaken
from corsia.workshop.services.proposals import tell_proposal
from corsia.workshop.services.working_out import Change, write_moves
from corsia.workshop.vocabulary import Cause, ProposalState, VisitState

NIGHT = "workshop.plan_nights"
FROM, UNTIL = 20, 5  # hours of the workshop's clock
DAYS = 3  # that are planned, of those on which it is open
FAR = 10  # days ahead
IT_IS_BETTER = "night"


def plan_nights(*, now: datetime, seconds: float, patience: Patience = NIGHTLY) -> int:
    """Plan the next days of each workshop whose night has come and was not planned yet.

    Args:
        seconds: no further workshop is begun after them; the next run goes on.

    Returns:
        How many proposals were made.
    """
    began, made = time.monotonic(), 0
    for workshop in Workshop.objects.filter(is_active=True).order_by("night_planned_on", "pk"):
        night = night_of(workshop, now)
        if night is None or workshop.night_planned_on == night:
            continue
        if time.monotonic() - began > seconds:
            break
        made += plan_night(workshop, night=night, now=now, patience=patience)
    return made


def night_of(workshop: Workshop, now: datetime) -> date | None:
    """Return the day whose night it is at a workshop; None by day, or while somebody works there."""
    local = now.astimezone(tree().time_zone(workshop.unit_id))
    if UNTIL <= local.hour < FROM or is_open(tree().hours(workshop.unit_id), now):
        return None
    return local.date() if local.hour >= FROM else local.date() - timedelta(days=1)


def plan_night(workshop: Workshop, *, night: date, now: datetime, patience: Patience = NIGHTLY) -> int:
    """Plan the days after a night, and return for how many something better was found."""
    found, days = 0, 0
    for number in range(1, FAR + 1):
        day = diary_day(workshop, on=night + timedelta(days=number), now=now)
        if day is None:
            continue
        tidied = tidy(day.day, knows=_knowing(day), patience=patience)
        proposal = _propose(day, tidied, now=now)
        if proposal is not None:
            found += 1
            if workshop.applies_nights:
                _apply(proposal, now=now)
        days += 1
        if days == DAYS:
            break
    Workshop.objects.filter(pk=workshop.pk).update(night_planned_on=night)
    return found


@transaction.atomic
def _propose(day: DiaryDay, tidied: Tidied, *, now: datetime) -> Proposal | None:
    unit_id = day.workshop.unit_id
    lock_diaries([unit_id])
    before = Proposal.objects.filter(unit_id=unit_id, on=day.on, cause=Cause.NIGHT, state=ProposalState.READY)
    before.update(state=ProposalState.LAPSED)
    if not tidied.placed:
        return None
    promises = sum(one.promised_at is not None for one in day.day.visits)
    proposal: Proposal = Proposal.objects.create(
        unit_id=unit_id,
        on=day.on,
        cause=Cause.NIGHT,
        state=ProposalState.READY,
        asked_at=now,
        begun_at=now,
        ready_at=now + timedelta(seconds=tidied.seconds),
        digest=day.digest,
        is_proven=tidied.is_proven,
        promises=promises,
        kept=promises,
        gains={"before": _wall(day, tidied.before), "after": _wall(day, tidied.after)},
    )
    changes = []
    for one in tidied.placed:
        start, end = day.bounds_of(one)
        changes.append(
            Change(
                allocation=day.steps[one.visit, one.order],
                reason=IT_IS_BETTER,
                technician_id=one.technician,
                bay_id=one.bay,
                starts_at=start,
                ends_at=end,
            )
        )
    write_moves(proposal, changes)
    tell_proposal(proposal)
    return proposal


def _apply(proposal: Proposal, *, now: datetime) -> bool:
    """Carry a night's plan out; somebody who booked meanwhile keeps what they booked."""
    try:
        with transaction.atomic():
            accept(proposal_id=proposal.pk, by=system(NIGHT), now=now)
    except (ProposalStale, DriverTaken):
        return False
    return True


def _wall(day: DiaryDay, figures: Figures) -> dict[str, int]:
    """Return figures of a plan; when the last work ends as minutes of the wall's clock."""
    told = asdict(figures)
    if figures.latest:
        ends = day.grid.end_of(figures.latest - 1).astimezone(day.zone)
        told["latest"] = ends.hour * 60 + ends.minute
    return told


def _knowing(day: DiaryDay) -> dict[int, frozenset[int]]:
    """Return who worked before on the vehicle of each visit of a day."""
    visit_of: dict[int, list[int]] = defaultdict(list)
    for pk, visit in day.visits.items():
        if visit.vehicle_id is not None:
            visit_of[visit.vehicle_id].append(pk)
    rows: Iterable[tuple[int, int]] = (
        Allocation.objects.filter(visit__vehicle__in=visit_of, visit__state=VisitState.DONE)
        .values_list("visit__vehicle_id", "technician_id")
        .distinct()
    )
    known: dict[int, set[int]] = defaultdict(set)
    for vehicle_id, technician_id in rows:
        for pk in visit_of[vehicle_id]:
            known[pk].add(technician_id)
    return {pk: frozenset(hands) for pk, hands in known.items()}
