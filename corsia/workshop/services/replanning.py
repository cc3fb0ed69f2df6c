"""Accepting a proposal: every move in one transaction, and nothing at all where the diary has changed since."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from corsia.kernel.access import demand
from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit
from corsia.kernel.errors import NotFound, Refused
from corsia.kernel.live import tell
from corsia.organisation.services.people import manages
from corsia.organisation.services.skills_and_absences import add_absence
from corsia.organisation.vocabulary import AbsenceKind
from corsia.workshop.models import Allocation, Technician, Visit, Workshop
from corsia.workshop.permissions import PLAN
from corsia.workshop.queries.replanning import diary_day
from corsia.workshop.services.diary import lock_diaries
from corsia.workshop.services.planning import allocation_values

REPLANNED, POSTPONED = "replanned", "step_postponed"
_OUT_OF_THE_WAY = timedelta(days=36_500)  # so that two pieces of work can change places


class ProposalStale(Refused):
    code = "workshop.proposal_stale"
    message = _("The diary has changed since this was proposed. Nothing was moved: ask for a new proposal.")


@dataclass(frozen=True, kw_only=True)
class Change:
    """Where a step that is planned goes."""

    allocation_id: int
    technician_id: int
    bay_id: int
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, kw_only=True)
class Sickness:
    """Who is not there, from when to when."""

    technician_id: int
    starts_at: datetime
    ends_at: datetime


@transaction.atomic
def accept_proposal(
    *,
    unit_id: int,
    on: date,
    digest: str,
    changes: Collection[Change],
    postponed: Collection[int],
    sickness: Sickness | None = None,
    by: Actor,
    now: datetime,
) -> bool:
    """Carry a proposal out as it was shown.

    Args:
        digest: of the diary that the proposal was made for.
        postponed: ids of the steps that wait to be planned again.
        sickness: is noted as an absence where the actor manages that person.

    Returns:
        Whether the absence was noted, or none had to be.

    Raises:
        ProposalStale: the diary has changed since.
    """
    demand(by, PLAN, unit_id)
    lock_diaries([unit_id])
    workshop = Workshop.objects.filter(unit_id=unit_id).first()
    if workshop is None:
        raise NotFound(kind=Workshop._meta.label)
    ids = {change.allocation_id for change in changes} | set(postponed)
    visits = set(Allocation.objects.filter(pk__in=ids).values_list("visit_id", flat=True))
    list(Visit.objects.select_for_update().filter(pk__in=visits).order_by("pk"))
    rows = {row.pk: row for row in Allocation.objects.select_for_update(of=("self",)).filter(pk__in=ids).order_by("pk")}
    found = diary_day(workshop, on=on, now=now)
    if found is None or found.digest != digest or rows.keys() != ids:
        raise ProposalStale
    try:
        with transaction.atomic():
            _postpone([rows[pk] for pk in postponed], by=by, now=now)
            _change(rows, changes, by=by, now=now)
    except IntegrityError as taken:
        raise ProposalStale from taken
    is_noted = _note(sickness, by=by, now=now) if sickness is not None else True
    tell("workshop.plan", unit_id=unit_id)
    return is_noted


def _postpone(rows: Collection[Allocation], *, by: Actor, now: datetime) -> None:
    for row in rows:
        audit(row, POSTPONED, by=by, now=now, before=allocation_values(row, row.visit))
        row.delete()


def _change(rows: dict[int, Allocation], changes: Collection[Change], *, by: Actor, now: datetime) -> None:
    before = {change.allocation_id: allocation_values(rows[change.allocation_id], rows[change.allocation_id].visit)
              for change in changes}  # fmt: skip
    Allocation.objects.filter(pk__in=before).update(
        starts_at=F("starts_at") + _OUT_OF_THE_WAY, ends_at=F("ends_at") + _OUT_OF_THE_WAY
    )
    for change in changes:
        row = rows[change.allocation_id]
        row.technician_id, row.bay_id = change.technician_id, change.bay_id
        row.starts_at, row.ends_at = change.starts_at, change.ends_at
        row.save(update_fields=["technician", "bay", "starts_at", "ends_at"])
        after = allocation_values(row, row.visit)
        audit(row, REPLANNED, by=by, now=now, before=before[row.pk], after=after)


def _note(sickness: Sickness, *, by: Actor, now: datetime) -> bool:
    technician = Technician.objects.find(sickness.technician_id)
    if not manages(by, technician.person_id):
        return False
    add_absence(
        person_id=technician.person_id,
        kind=AbsenceKind.SICKNESS,
        starts_at=sickness.starts_at,
        ends_at=sickness.ends_at,
        by=by,
        now=now,
    )
    return True
