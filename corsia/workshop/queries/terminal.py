"""What a technician sees on a phone: today's vehicles, their lines, and what runs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from corsia.organisation.queries import time_zone_of
from corsia.workshop.models import Allocation, Clocking, Order, OrderLine, Technician
from corsia.workshop.queries.numbers import number_of
from corsia.workshop.queries.orders import CheckRow, check_rows, minutes_of
from corsia.workshop.vocabulary import LineKind, LineState, OrderStage, VisitState


@dataclass(frozen=True, kw_only=True)
class Task:
    """A line of labour as the terminal shows it. `start_key` and `started_at` while this technician works on it."""

    line: OrderLine
    planned_at: datetime | None
    clocked: int  # minutes, of everybody
    start_key: str
    started_at: datetime | None

    @property
    def may_start(self) -> bool:
        return bool(self.line.state == LineState.APPROVED) and not self.start_key


@dataclass(frozen=True, kw_only=True)
class Job:
    """A vehicle with what there is to do on it."""

    order: Order
    number: str
    tasks: Sequence[Task]
    checks: Sequence[CheckRow]
    checked: int
    is_mine: bool
    is_late: bool


@dataclass(frozen=True, kw_only=True)
class Coming:
    """Work of today whose vehicle is not here yet."""

    at: datetime
    vehicle: str
    plate: str
    job: Allocation


@dataclass(frozen=True, kw_only=True)
class Board:
    """The whole terminal of one technician."""

    technician: Technician
    mine: Sequence[Job]
    others: Sequence[Job]
    coming: Sequence[Coming]
    running: Clocking | None


def technician_of(person_id: int | None) -> Technician | None:
    """Return the technician that a person is, if any within the scope."""
    rows = Technician.objects.filter(person_id=person_id, is_active=True).select_related("person")
    return rows.first() if person_id else None


def board_of(technician: Technician, *, now: datetime) -> Board:
    """Return today's work of a technician: what is planned or runs first, then the rest of the workshop."""
    zone = time_zone_of(technician.unit_id)
    begins = datetime.combine(now.astimezone(zone).date(), time(0), tzinfo=zone)
    planned = list(
        Allocation.objects.filter(
            technician=technician, starts_at__gte=begins, starts_at__lt=begins + timedelta(days=1)
        )
        .select_related("visit__vehicle", "visit_job__job")
        .order_by("starts_at")
    )
    orders = list(
        Order.objects.filter(unit_id=technician.unit_id)
        .exclude(stage__in=(OrderStage.CLOSED, OrderStage.READY))
        .select_related("vehicle", "customer")
        .order_by("promised_at", "pk")
    )
    lines: dict[int, list[OrderLine]] = {}
    shown = (LineState.APPROVED, LineState.DONE, LineState.PROPOSED)
    for line in OrderLine.objects.filter(
        order__in=orders, kind__in=(LineKind.LABOUR, LineKind.OUTSIDE), state__in=shown
    ).order_by("position"):
        lines.setdefault(line.order_id, []).append(line)
    clockings: dict[int, list[Clocking]] = {}
    for clocking in Clocking.objects.filter(order__in=orders).order_by("started_at"):
        clockings.setdefault(clocking.line_id, []).append(clocking)
    running = (
        Clocking.objects.filter(technician=technician, ended_at=None).select_related("line", "order__vehicle").first()
    )
    when = {(one.visit_id, one.visit_job.job_id): one.starts_at for one in reversed(planned)}
    visits = {one.visit_id for one in planned}
    checks = check_rows([order.pk for order in orders])
    jobs = [
        _job(
            order,
            lines.get(order.pk, []),
            clockings,
            when,
            checks[order.pk],
            technician=technician,
            is_mine=order.visit_id in visits or (running is not None and running.order_id == order.pk),
            now=now,
        )
        for order in orders
    ]
    return Board(
        technician=technician,
        mine=[job for job in jobs if job.is_mine],
        others=[job for job in jobs if not job.is_mine and job.tasks],
        coming=[
            Coming(
                at=one.starts_at,
                vehicle=str(one.visit.vehicle or ""),
                plate=one.visit.vehicle.plate if one.visit.vehicle else "",
                job=one,
            )
            for one in planned
            if one.visit.state == VisitState.BOOKED
        ],
        running=running,
    )


def _job(
    order: Order,
    lines: Sequence[OrderLine],
    clockings: dict[int, list[Clocking]],
    when: dict[tuple[int, int], datetime],
    checks: Sequence[CheckRow],
    *,
    technician: Technician,
    is_mine: bool,
    now: datetime,
) -> Job:
    return Job(
        order=order,
        number=number_of(order),
        tasks=[_task(line, clockings.get(line.pk, []), order, when, technician=technician, now=now) for line in lines],
        checks=checks,
        checked=sum(row.finding is not None for row in checks),
        is_mine=is_mine,
        is_late=order.promised_at < now,
    )


def _task(
    line: OrderLine,
    times: Sequence[Clocking],
    order: Order,
    when: dict[tuple[int, int], datetime],
    *,
    technician: Technician,
    now: datetime,
) -> Task:
    own = next((one for one in times if one.ended_at is None and one.technician_id == technician.pk), None)
    return Task(
        line=line,
        planned_at=when.get((order.visit_id or 0, line.job_id or 0)),
        clocked=sum(minutes_of(one, now=now) for one in times),
        start_key=str(own.start_key) if own else "",
        started_at=own.started_at if own else None,
    )
