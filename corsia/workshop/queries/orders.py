"""Orders for the pages: the open ones by their promise, and one with everything that happened on it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, F, OuterRef, Q, Subquery, Sum

from corsia.organisation.queries import tree
from corsia.ui.money import euros
from corsia.workshop.models import (
    Approval,
    Clocking,
    Damage,
    Finding,
    Order,
    OrderLine,
    Picture,
    Technician,
    Visit,
    Workshop,
)
from corsia.workshop.queries.extra_work import is_sealed
from corsia.workshop.queries.numbers import number_of
from corsia.workshop.rules.checklist import CHECKLIST, Check
from corsia.workshop.vocabulary import LineState, OrderStage, VisitState

PAGE = 50
AGREED = (LineState.APPROVED, LineState.DONE)


@dataclass(frozen=True, kw_only=True)
class OrderRow:
    """One order of the list. `lines`: how many agreed ones, of which `done`; `proposed` wait for the customer."""

    order: Order
    number: str
    place: str
    lines: int
    done: int
    proposed: int
    at_work: str  # who is clocked on it now
    is_late: bool


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What the head of the list says."""

    open: int
    late: int
    waiting: int
    ready: int


@dataclass(frozen=True, kw_only=True)
class LineRow:
    """A line with what was clocked on it, in minutes; `running` while somebody still works."""

    line: OrderLine
    clocked: int
    running: bool
    pictures: Sequence[Picture]

    @property
    def euros(self) -> str:
        """Return the price of the line in the active language."""
        return euros(self.line.price_cents)


@dataclass(frozen=True, kw_only=True)
class CheckRow:
    """One thing of the check list and the last word on it."""

    check: Check
    finding: Finding | None


@dataclass(frozen=True, kw_only=True)
class ApprovalRow:
    """A decision of the customer; `is_sealed` false means that somebody changed what stands there."""

    approval: Approval
    is_sealed: bool


@dataclass(frozen=True, kw_only=True)
class Happened:
    """One thing of an order's story."""

    at: datetime
    kind: str
    text: str = ""
    who: str = ""


@dataclass(frozen=True, kw_only=True)
class OrderPage:
    """An order with everything on it; sums in cents, times in minutes."""

    order: Order
    number: str
    place: str
    lines: Sequence[LineRow]
    agreed_cents: int
    proposed_cents: int
    sold: int
    clocked: int
    damages: Sequence[Damage]
    pictures: Sequence[Picture]
    checks: Sequence[CheckRow]
    checked: int
    approvals: Sequence[ApprovalRow]
    running: Sequence[Clocking]
    story: Sequence[Happened]
    is_late: bool

    @property
    def agreed(self) -> str:
        """Return the sum of what was agreed in the active language."""
        return euros(self.agreed_cents)

    @property
    def proposed(self) -> list[LineRow]:
        """Return what waits for the customer's yes."""
        return [row for row in self.lines if row.line.state == LineState.PROPOSED]

    @property
    def still_open(self) -> int:
        """Return how many lines keep the vehicle from being ready."""
        return sum(row.line.state in (LineState.PROPOSED, LineState.APPROVED) for row in self.lines)


def order_rows(
    *, now: datetime, stage: str = "", unit_id: int | None = None, after: int | None = None
) -> tuple[list[OrderRow], int | None]:
    """Return a page of orders and what the next one comes after, if there is one.

    Args:
        stage: only this one; "" for all that are open. Open ones come by their promise, so late ones first; closed ones
            by when they were closed, the latest first.
        after: id of the last order of the page before.
    """
    rows = Order.objects.filter(stage=stage) if stage else Order.objects.exclude(stage=OrderStage.CLOSED)
    if unit_id is not None:
        rows = rows.filter(unit_id=unit_id)
    last = Order.objects.filter(pk=after).first() if after else None
    if stage == OrderStage.CLOSED:
        if last is not None and last.closed_at is not None:
            rows = rows.filter(Q(closed_at__lt=last.closed_at) | Q(closed_at=last.closed_at, pk__lt=last.pk))
        rows = rows.order_by("-closed_at", "-pk")
    else:
        if last is not None:
            rows = rows.filter(Q(promised_at__gt=last.promised_at) | Q(promised_at=last.promised_at, pk__gt=last.pk))
        rows = rows.order_by("promised_at", "pk")
    running = Clocking.objects.filter(order=OuterRef("pk"), ended_at=None).order_by("started_at")
    found = list(
        rows.select_related("customer", "vehicle").annotate(
            agreed=Count("lines", filter=Q(lines__state__in=AGREED)),
            done=Count("lines", filter=Q(lines__state=LineState.DONE)),
            proposed=Count("lines", filter=Q(lines__state=LineState.PROPOSED)),
            at_work_first=Subquery(running.values("technician__person__first_name")[:1]),
            at_work_last=Subquery(running.values("technician__person__last_name")[:1]),
        )[: PAGE + 1]
    )
    places = tree()
    shown = [
        OrderRow(
            order=order,
            number=number_of(order),
            place=places.label(order.unit_id),
            lines=order.agreed,
            done=order.done,
            proposed=order.proposed,
            at_work=" ".join(filter(None, [order.at_work_first, order.at_work_last])),
            is_late=_is_late(order, now=now),
        )
        for order in found[:PAGE]
    ]
    return shown, found[PAGE - 1].pk if len(found) > PAGE else None


def figures(*, now: datetime, unit_id: int | None = None) -> Figures:
    """Return how many orders are open, late, waiting and ready."""
    rows = Order.objects.exclude(stage=OrderStage.CLOSED)
    if unit_id is not None:
        rows = rows.filter(unit_id=unit_id)
    counted = rows.aggregate(
        open=Count("pk"),
        late=Count("pk", filter=Q(promised_at__lt=now) & ~Q(stage=OrderStage.READY)),
        waiting=Count("pk", filter=Q(stage=OrderStage.WAITING)),
        ready=Count("pk", filter=Q(stage=OrderStage.READY)),
    )
    return Figures(**counted)


def workshops() -> list[tuple[int, str]]:
    """Return the workshops within the scope with their names."""
    places = tree()
    units = Workshop.objects.filter(is_active=True).values_list("unit_id", flat=True)
    return sorted(((unit_id, places.label(unit_id)) for unit_id in units), key=lambda one: one[1])


def order_page(order_id: int, *, now: datetime) -> OrderPage:
    """Return an order with everything on it.

    Raises:
        NotFound: no such order within the scope.
    """
    order: Order = Order.objects.select_related("customer", "vehicle", "received_by", "case", "visit").find(order_id)
    clockings = list(order.clockings.select_related("technician__person", "line").order_by("started_at", "pk"))
    pictures = list(order.pictures.select_related("taken_by").order_by("taken_at", "pk"))
    lines = [_line_row(line, clockings, pictures, now=now) for line in order.lines.order_by("position")]
    checks = check_rows([order.pk])[order.pk]
    approvals = [
        ApprovalRow(approval=one, is_sealed=is_sealed(one))
        for one in order.approvals.select_related("taken_by").order_by("decided_at", "pk")
    ]
    return OrderPage(
        order=order,
        number=number_of(order),
        place=tree().label(order.unit_id),
        lines=lines,
        agreed_cents=sum(row.line.price_cents for row in lines if row.line.state in AGREED),
        proposed_cents=sum(row.line.price_cents for row in lines if row.line.state == LineState.PROPOSED),
        sold=sum(row.line.minutes for row in lines if row.line.state in AGREED),
        clocked=sum(row.clocked for row in lines),
        damages=list(order.damages.order_by("pk")),
        pictures=[picture for picture in pictures if picture.line_id is None],
        checks=checks,
        checked=sum(row.finding is not None for row in checks),
        approvals=approvals,
        running=[one for one in clockings if one.ended_at is None],
        story=_story(order, lines, clockings, approvals),
        is_late=_is_late(order, now=now),
    )


def check_rows(order_ids: Sequence[int]) -> dict[int, list[CheckRow]]:
    """Return the check list of each order with the last word on each thing."""
    findings = Finding.objects.filter(order_id__in=order_ids).select_related("found_by").order_by("found_at", "pk")
    last = {(one.order_id, one.item): one for one in findings}
    return {
        order_id: [CheckRow(check=check, finding=last.get((order_id, check.key))) for check in CHECKLIST]
        for order_id in order_ids
    }


def minutes_of(clocking: Clocking, *, now: datetime) -> int:
    """Return how long somebody worked, in whole minutes; until now where they still do."""
    return max(0, round(((clocking.ended_at or now) - clocking.started_at) / timedelta(minutes=1)))


def visit_to_receive(visit_id: int) -> Visit:
    """Return a visit with what reception shows of it.

    Raises:
        NotFound: no such visit within the scope, or it is not one to be received.
    """
    visits = Visit.objects.filter(state=VisitState.BOOKED).select_related("customer", "vehicle")
    visit: Visit = visits.prefetch_related("jobs__job").find(visit_id)
    return visit


def technicians_of(unit_id: int) -> list[Technician]:
    """Return who works in a workshop, in the order of the plan."""
    return list(
        Technician.objects.filter(unit_id=unit_id, is_active=True).select_related("person").order_by("position", "pk")
    )


def worked_minutes(order_ids: Sequence[int]) -> dict[int, int]:
    """Return the minutes clocked and ended of each order."""
    rows = Clocking.objects.filter(order_id__in=order_ids, ended_at__isnull=False)
    sums = rows.values("order_id").annotate(all=Sum(F("ended_at") - F("started_at"))).order_by()
    return {row["order_id"]: round(row["all"] / timedelta(minutes=1)) for row in sums}


def _is_late(order: Order, *, now: datetime) -> bool:
    return order.promised_at < now and order.stage not in (OrderStage.READY, OrderStage.CLOSED)


def _line_row(line: OrderLine, clockings: Sequence[Clocking], pictures: Sequence[Picture], *, now: datetime) -> LineRow:
    mine = [one for one in clockings if one.line_id == line.pk]
    return LineRow(
        line=line,
        clocked=sum(minutes_of(one, now=now) for one in mine),
        running=any(one.ended_at is None for one in mine),
        pictures=[picture for picture in pictures if picture.line_id == line.pk],
    )


def _story(
    order: Order, lines: Sequence[LineRow], clockings: Sequence[Clocking], approvals: Sequence[ApprovalRow]
) -> list[Happened]:
    told = [
        Happened(at=order.received_at, kind="received", who=order.received_by.full_name if order.received_by else "")
    ]
    told += [
        Happened(at=one.started_at, kind="worked", text=one.line.text, who=one.technician.person.full_name)
        for one in clockings
    ]
    for row in lines:
        if row.line.is_extra and row.line.proposed_at:
            told.append(Happened(at=row.line.proposed_at, kind="proposed", text=row.line.text))
        if row.line.done_at:
            told.append(Happened(at=row.line.done_at, kind="done", text=row.line.text))
    told += [
        Happened(
            at=row.approval.decided_at,
            kind="approved" if row.approval.is_approved else "declined",
            text=", ".join(line["text"] for line in row.approval.shown.get("lines", ())),
            who=row.approval.name,
        )
        for row in approvals
    ]
    if order.ready_at:
        told.append(Happened(at=order.ready_at, kind="ready"))
    if order.closed_at:
        told.append(Happened(at=order.closed_at, kind="closed", text=order.invoice_reference))
    return sorted(told, key=lambda one: one.at, reverse=True)
