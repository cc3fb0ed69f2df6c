"""Technicians clock on and off, check and finish: told by devices that may have been without a network."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from corsia.events import workshop as facts
from corsia.kernel.access import demand, may
from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit
from corsia.kernel.errors import Invalid, NotAllowed, NotFound, Refused
from corsia.kernel.facts import publish
from corsia.organisation.queries import time_zone_of
from corsia.workshop.models import Clocking, Finding, Order, OrderLine, Technician
from corsia.workshop.permissions import RECEIVE, WORK_ON_VEHICLES
from corsia.workshop.queries.numbers import number_of
from corsia.workshop.rules.checklist import CHECKS, is_complete
from corsia.workshop.services import parts
from corsia.workshop.services.reception import told
from corsia.workshop.services.refusals import OrderIsClosed, open_order
from corsia.workshop.services.stages import settle_stage
from corsia.workshop.vocabulary import LineKind, LineState, OrderStage, Verdict

AHEAD = timedelta(minutes=5)  # clocks of two machines differ


class LineNotApproved(Refused):
    code = "workshop.line_not_approved"
    message = _("“%(line)s” is not approved: nobody works on it before the customer said yes.")


class WorksElsewhere(Refused):
    code = "workshop.works_elsewhere"
    message = _("%(who)s worked on “%(line)s” of order %(number)s from %(since)s. Clock off there first.")


class InstantUnusable(Invalid):
    code = "workshop.instant_unusable"
    message = _("The clock of this device is wrong: it says an hour that is not possible. Set it, then try again.")


class StillClocked(Refused):
    code = "workshop.still_clocked"
    message = _("%(who)s is still clocked on “%(line)s”. Clock off, then finish the work.")


class CheckUnknown(Invalid):
    code = "workshop.check_unknown"
    message = _("This is not on the check list. Reload the page.")


@dataclass(frozen=True, kw_only=True)
class ClockOff:
    """The end of a time worked, with its beginning, so that it stands on its own however late the beginning comes."""

    key: UUID
    start_key: UUID
    line_id: int
    technician_id: int
    started_at: datetime
    at: datetime


@transaction.atomic
def clock_on(*, line_id: int, technician_id: int, at: datetime, key: UUID, by: Actor, now: datetime) -> Clocking:
    """Begin to work on a line. Sent again with its key it is the same time.

    Args:
        at: when it was, by the device.
        key: made on the device.

    Raises:
        LineNotApproved: the customer has not agreed to it.
        WorksElsewhere: the technician worked on something else at that instant.
    """
    line, order, technician = _at_work(line_id, technician_id, by=by)
    before: Clocking | None = Clocking.objects.filter(start_key=key, order=order).first()
    if before is not None:
        return before
    _check_instant(at, now=now)
    _demand_approved(line, order, at=at)
    clocking = Clocking(order=order, line=line, technician=technician, started_at=at, start_key=key)
    _save_time(clocking)
    audit(clocking, "clocked_on", by=by, now=now, order=order.pk, line=line.pk, at=at.isoformat())
    settle_stage(order)
    return clocking


@transaction.atomic
def clock_off(*, data: ClockOff, by: Actor, now: datetime) -> Clocking:
    """End a time worked. Sent again with its key it is the same; sent before its beginning it tells both.

    Raises:
        InstantUnusable: it ends before it began, or in the future.
        LineNotApproved, WorksElsewhere: as when beginning.
    """
    line, order, technician = _at_work(data.line_id, data.technician_id, by=by)
    clocking: Clocking | None = (
        Clocking.objects.select_for_update(of=("self",)).filter(start_key=data.start_key, order=order).first()
    )
    if clocking is not None and clocking.ended_at is not None:
        return clocking
    _check_instant(data.at, now=now)
    if clocking is None:
        _demand_approved(line, order, at=data.started_at)
        clocking = Clocking(
            order=order, line=line, technician=technician, started_at=data.started_at, start_key=data.start_key
        )
    if data.at <= clocking.started_at:
        raise InstantUnusable
    clocking.ended_at, clocking.end_key = data.at, data.key
    _save_time(clocking)
    audit(clocking, "clocked_off", by=by, now=now, order=order.pk, line=line.pk, at=data.at.isoformat())
    settle_stage(order)
    return clocking


@transaction.atomic
def finish_line(*, line_id: int, at: datetime, by: Actor, now: datetime) -> OrderLine:
    """Say that a line is done; said twice it is done once. With the last labour of a job its parts are done too.

    Raises:
        LineNotApproved: nobody agreed to it.
        StillClocked: somebody is at work on it.
    """
    line, order = _line(line_id)
    demand(by, WORK_ON_VEHICLES, order.unit_id)
    if line.state == LineState.DONE:
        return line
    open_order(order.pk, by=by, right=WORK_ON_VEHICLES)
    _check_instant(at, now=now)
    if line.state != LineState.APPROVED:
        raise LineNotApproved(line=line.text)
    running = line.clockings.filter(ended_at=None).select_related("technician__person").first()
    if running is not None:
        raise StillClocked(who=running.technician.person.full_name, line=line.text)
    for one in [line, *_parts_fitted(line, order)]:
        one.state, one.done_at = LineState.DONE, at
        one.save(update_fields=["state", "done_at"])
        parts.use_for(one, visit_id=order.visit_id, unit_id=order.unit_id, by=by, now=now)
        audit(one, "line_finished", by=by, now=now, order=order.pk)
    settle_stage(order)
    return line


def _parts_fitted(line: OrderLine, order: Order) -> list[OrderLine]:
    """Return the agreed parts of the job whose last labour a line is; the desk withdraws what is not used before."""
    if line.kind != LineKind.LABOUR or line.job_id is None:
        return []
    of_job = order.lines.filter(job_id=line.job_id, state=LineState.APPROVED).exclude(pk=line.pk)
    if of_job.filter(kind=LineKind.LABOUR).exists():
        return []
    return list(of_job.filter(kind=LineKind.PART).order_by("position", "pk"))


@transaction.atomic
def record_finding(
    *, order_id: int, item: str, verdict: str, note: str, key: UUID, at: datetime, by: Actor, now: datetime
) -> Finding:
    """Write down how one thing of the check list was found. Sent again with its key it is the same one.

    With the last missing thing the check is done, and the customer may be told.

    Raises:
        CheckUnknown: no such thing on the list, or no such verdict.
    """
    order: Order = Order.objects.lock(order_id)
    demand(by, WORK_ON_VEHICLES, order.unit_id)
    before: Finding | None = Finding.objects.filter(key=key, order=order).first()
    if before is not None:
        return before
    open_order(order_id, by=by, right=WORK_ON_VEHICLES)
    if item not in CHECKS or verdict not in Verdict.values:
        raise CheckUnknown
    looked_at = set(order.findings.values_list("item", flat=True))
    finding: Finding = Finding.objects.create(
        order=order,
        item=item,
        verdict=verdict,
        note=note.strip()[:300],
        key=key,
        found_by_id=by.id,
        found_at=min(at, now),
    )
    audit(finding, "found", by=by, now=now, order=order.pk, item=item, verdict=verdict)
    if not is_complete(looked_at) and is_complete(looked_at | {item}):
        extra = order.lines.filter(is_extra=True, state=LineState.PROPOSED).count()
        publish(facts.CheckDone(**told(order, now=now), extra_lines=extra))
    return finding


def _at_work(line_id: int, technician_id: int, *, by: Actor) -> tuple[OrderLine, Order, Technician]:
    """Return line, order (locked) and technician; people clock for themselves, the desk for everybody of its workshop.

    Raises:
        NotFound: no such line or technician, or the technician works in another workshop.
        NotAllowed: it is somebody else's time.
    """
    line, order = _line(line_id)
    demand(by, WORK_ON_VEHICLES, order.unit_id)
    technician: Technician = Technician.objects.find(technician_id)
    if technician.unit_id != order.unit_id:
        raise NotFound(kind=Technician._meta.label)
    if by.kind == "person" and technician.person_id != by.id and not may(by, RECEIVE, order.unit_id):
        raise NotAllowed(right=RECEIVE.name)
    return line, order, technician


def _line(line_id: int) -> tuple[OrderLine, Order]:
    order: Order = Order.objects.lock(OrderLine.objects.find(line_id).order_id)
    return order.lines.get(pk=line_id), order


def _demand_approved(line: OrderLine, order: Order, *, at: datetime) -> None:
    """What was agreed when it was worked on counts, though it may be done or delivered by the time it is told."""
    if order.stage == OrderStage.CLOSED and order.closed_at is not None and at >= order.closed_at:
        raise OrderIsClosed(number=number_of(order))
    is_late = line.state == LineState.DONE and line.done_at is not None and at < line.done_at
    if line.state != LineState.APPROVED and not is_late:
        raise LineNotApproved(line=line.text)


def _check_instant(at: datetime, *, now: datetime) -> None:
    if at > now + AHEAD or at < now - timedelta(days=31):
        raise InstantUnusable


def _save_time(clocking: Clocking) -> None:
    try:
        with transaction.atomic():
            clocking.save()
    except IntegrityError as overlap:
        other = _overlapping(clocking)
        if other is None:
            raise
        zone = time_zone_of(other.order.unit_id)
        raise WorksElsewhere(
            who=other.technician.person.full_name,
            line=other.line.text,
            number=number_of(other.order),
            since=f"{other.started_at.astimezone(zone):%H:%M}",
        ) from overlap


def _overlapping(clocking: Clocking) -> Clocking | None:
    rows = Clocking.objects.filter(
        Q(ended_at=None) | Q(ended_at__gt=clocking.started_at), technician_id=clocking.technician_id
    ).exclude(pk=clocking.pk)
    if clocking.ended_at is not None:
        rows = rows.filter(started_at__lt=clocking.ended_at)
    found: Clocking | None = rows.select_related("order", "line", "technician__person").order_by("started_at").first()
    return found
