"""Work orders of the invented group: months of closed ones, today's in every stage, with minutes, checks, decisions."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from corsia.config.demo import past_orders
from corsia.config.demo.driving import all_driven, read_at_reception
from corsia.config.demo.group import ROBOT, DemoGroup
from corsia.messaging.services.ready_rules import use_ready_rules
from corsia.organisation.queries import time_zone_of
from corsia.workshop.models import (
    Approval,
    Clocking,
    Damage,
    Finding,
    NumberSeries,
    Order,
    OrderLine,
    Technician,
    Visit,
)
from corsia.workshop.queries.extra_work import DESK, offer_of
from corsia.workshop.rules.checklist import CHECKLIST
from corsia.workshop.rules.pricing import cents_of_parts, split_price
from corsia.workshop.rules.sealing import seal
from corsia.workshop.vocabulary import LineKind, LineState, OrderStage, Verdict, VisitState

CLOSED = 120
OPEN = 12  # at the least, on days when nobody works too
_SEED = 104
_DAMAGES = ("Graffio sul paraurti", "Ammaccatura sulla portiera", "Cerchio rigato", "Scheggiatura sul parabrezza")
_EXTRA = (
    ("Pastiglie freno anteriori", "Restano 2 mm su 10: entro 3.000 km non frenano più bene.", 18_900, 50),
    ("Spazzole tergicristallo", "La gomma è indurita e lascia righe.", 4_200, 10),
    ("Batteria", "La prova dà il 48 per cento della capacità: con il freddo può non partire.", 16_500, 20),
    ("Gommini barra stabilizzatrice", "Hanno gioco e battono sulle buche.", 9_800, 45),
)
_READY = {
    *("workshop-received", "workshop-checked", "workshop-promise", "workshop-estimate"),
    *("visit-booked", "visit-moved", "visit-cancelled", "visit-near"),
}


@dataclass
class _Rows:
    """What is written together."""

    lines: list[OrderLine] = field(default_factory=list)
    clockings: list[Clocking] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    damages: list[Damage] = field(default_factory=list)


def load(group: DemoGroup, *, now: datetime, factor: float = 1.0) -> int:
    """Write the orders of visits that came, and return how many; nothing where no workshop has any."""
    rng = random.Random(f"{_SEED}|{now.date().isoformat()}")
    use_ready_rules(unit_id=group.root.pk, keys=_READY, by=ROBOT, now=now - past_orders.LINK_SINCE)
    visits = _visits(round(CLOSED * factor) or 6)
    older, last = 0, past_orders.Last()
    if visits:
        before = past_orders.first_instant(visits[0].drop_off_at.date())
        older, last = past_orders.load(group, extras=_EXTRA, before=before, now=now)
    orders = _orders(visits, last=last, rng=rng, now=now)
    Order.objects.bulk_create(orders)
    rows = _Rows()
    hands = {one.pk: one for one in Technician.objects.filter(unit_id__in={order.unit_id for order in orders})}
    for order, visit in zip(orders, visits, strict=True):
        _fill(rows, order, visit, hands, rng=rng, now=now)
    OrderLine.objects.bulk_create(rows.lines)
    Clocking.objects.bulk_create(rows.clockings)
    Finding.objects.bulk_create(rows.findings)
    Damage.objects.bulk_create(rows.damages)
    _decided(orders)
    read_at_reception()
    past_orders.count_capacity(now=now)
    return older + len(orders)


def _visits(closed: int) -> list[Visit]:
    """Return the visits that get an order, in the order in which their vehicles came."""
    came = Visit.objects.filter(vehicle__isnull=False).prefetch_related("jobs__job__steps", "jobs__job__parts")
    came = came.select_related("customer").prefetch_related("allocations")
    here = list(came.filter(state=VisitState.HERE))
    done = list(came.filter(state=VisitState.DONE).order_by("-drop_off_at", "-pk")[: closed + OPEN])
    missing = max(0, OPEN - len(here))
    late, done = done[:missing], done[missing : missing + closed]
    for visit in late:
        visit.state, visit.ended_at = VisitState.HERE, None
    Visit.objects.bulk_update(late, ["state", "ended_at"])
    return sorted([*here, *late, *done], key=lambda visit: (visit.drop_off_at, visit.pk))


def _orders(visits: Sequence[Visit], *, last: past_orders.Last, rng: random.Random, now: datetime) -> list[Order]:
    orders, driven = [], all_driven()
    for visit in visits:
        arrives, car = visit.drop_off_at.astimezone(time_zone_of(visit.unit_id)), driven.get(visit.vehicle_id or 0)
        year = arrives.year
        last[visit.unit_id, year] += 1
        order = Order(
            unit_id=visit.unit_id, year=year, number=last[visit.unit_id, year], visit=visit,
            customer_id=int(visit.customer_id or 0), vehicle_id=int(visit.vehicle_id or 0), wish=visit.wish,
            km=car.km_on(arrives.date()) if car else None, fuel_pct=rng.randrange(10, 100, 5),
            promised_at=visit.promised_at, first_promised_at=visit.promised_at, received_at=visit.drop_off_at,
            signed_name=visit.whose,
        )  # fmt: skip
        ends = max((one.ends_at for one in visit.allocations.all()), default=visit.promised_at)
        if visit.state == VisitState.DONE:
            closed = min(max(ends, visit.promised_at) + timedelta(minutes=rng.randint(5, 90)), now)
            order.stage, order.closed_at, order.ready_at = OrderStage.CLOSED, closed, min(ends, closed)
            order.invoice_reference = f"F-{year}-{order.number:04d}"
        elif ends <= now:
            order.stage = rng.choice((OrderStage.READY, OrderStage.CHECKING, OrderStage.WAITING, OrderStage.READY))
            order.ready_at = min(ends, now) if order.stage == OrderStage.READY else None
            if order.promised_at < now:
                order.promised_at = now + timedelta(hours=rng.randint(-1, 5))
        else:
            begun = any(one.starts_at < now for one in visit.allocations.all())
            order.stage = OrderStage.WORKING if begun else OrderStage.RECEIVED
        orders.append(order)
    NumberSeries.objects.bulk_create(
        NumberSeries(unit_id=unit_id, year=year, last=number) for (unit_id, year), number in last.items()
    )
    return orders


def _fill(
    rows: _Rows, order: Order, visit: Visit, hands: dict[int, Technician], *, rng: random.Random, now: datetime
) -> None:
    is_done = order.stage in (OrderStage.CLOSED, OrderStage.READY, OrderStage.CHECKING, OrderStage.WAITING)
    position = 0
    for told in visit.jobs.all():
        ends = max((one.ends_at for one in visit.allocations.all() if one.visit_job_id == told.pk), default=now)
        done_at = min(ends, order.ready_at or now) if is_done else None
        state = LineState.DONE if done_at else LineState.APPROVED
        parts = list(told.job.parts.all())
        labour, of_parts = split_price(
            told.price_cents, [cents_of_parts([(part.quantity, part.price_cents)]) for part in parts]
        )
        line = OrderLine(
            order=order, position=position, kind=LineKind.LABOUR, state=state, job=told.job, text=told.job.name_it,
            text_en=told.job.name_en,
            minutes=sum(step.minutes for step in told.job.steps.all()), price_cents=labour,
            decided_at=visit.made_at, done_at=done_at,
        )  # fmt: skip
        rows.lines.append(line)
        position += 1
        for part, cents in zip(parts, of_parts, strict=True):
            rows.lines.append(
                OrderLine(
                    order=order, position=position, kind=LineKind.PART, state=state, job=told.job, text=part.name,
                    part_code=part.code, quantity=part.quantity, price_cents=cents,
                    decided_at=visit.made_at, done_at=done_at,
                )
            )  # fmt: skip
            position += 1
        _clock(rows, line, visit, told.pk, hands, rng=rng, now=now)
    if order.stage == OrderStage.WAITING or rng.random() < 0.25:
        text, reason, cents, minutes = rng.choice(_EXTRA)
        is_asked = order.stage in (OrderStage.WAITING, OrderStage.WORKING)
        at = min(order.received_at + timedelta(minutes=70), now)
        is_wanted = rng.random() < 0.7
        state = LineState.PROPOSED if is_asked else LineState.DONE if is_wanted else LineState.DECLINED
        if order.stage != OrderStage.RECEIVED:
            rows.lines.append(
                OrderLine(
                    order=order, position=position, kind=LineKind.LABOUR, state=state, text=text, minutes=minutes,
                    price_cents=cents, is_extra=True, reason=reason, proposed_at=at,
                    decided_at=None if is_asked else at,
                    done_at=(order.ready_at or now) if state == LineState.DONE else None,
                )
            )  # fmt: skip
    if order.stage != OrderStage.RECEIVED:
        _look(rows, order, rng=rng, now=now)
    if rng.random() < 0.3:
        rows.damages.append(
            Damage(order=order, x_pct=rng.randint(6, 94), y_pct=rng.randint(10, 90), note=rng.choice(_DAMAGES))
        )


def _clock(
    rows: _Rows,
    line: OrderLine,
    visit: Visit,
    visit_job_id: int,
    hands: dict[int, Technician],
    *,
    rng: random.Random,
    now: datetime,
) -> None:
    """Clock what was planned, a little shorter, so that nobody works twice at once."""
    for plan in visit.allocations.all():
        starts = plan.starts_at + timedelta(minutes=rng.randint(0, 4))
        if plan.visit_job_id != visit_job_id or starts >= now or plan.technician_id not in hands:
            continue
        ends = plan.ends_at - timedelta(minutes=rng.randint(0, 6))
        is_running = ends > now and line.state != LineState.DONE
        if not is_running and ends <= starts:
            continue
        rows.clockings.append(
            Clocking(
                order=line.order, line=line, technician_id=plan.technician_id, started_at=starts,
                ended_at=None if is_running else min(ends, now), start_key=_key(rng),
                end_key=None if is_running else _key(rng),
            )
        )  # fmt: skip


def _look(rows: _Rows, order: Order, *, rng: random.Random, now: datetime) -> None:
    looked = len(CHECKLIST) if order.stage != OrderStage.WORKING else rng.randint(3, len(CHECKLIST))
    for place, check in enumerate(CHECKLIST[:looked]):
        rows.findings.append(
            Finding(
                order=order, item=check.key, key=_key(rng),
                verdict=rng.choices((Verdict.GOOD, Verdict.SOON, Verdict.BAD), (85, 11, 4))[0],
                found_at=min(order.received_at + timedelta(minutes=15 + place), now),
            )
        )  # fmt: skip


def _decided(orders: Sequence[Order]) -> None:
    """Seal what customers said to extra work."""
    by_id = {order.pk: order for order in orders}
    approvals = []
    said = (LineState.DONE, LineState.DECLINED)
    for line in OrderLine.objects.filter(order__in=orders, is_extra=True, state__in=said).order_by("pk"):
        order = by_id[line.order_id]
        shown = offer_of(order, [line], language="it")
        values = {
            "shown": shown, "is_approved": line.state == LineState.DONE, "name": order.signed_name, "way": DESK,
        }  # fmt: skip
        at = line.decided_at or order.received_at
        approvals.append(
            Approval(
                order=order, decided_at=at, digest=seal(**values, signature=b"", decided_at=at, taken_by=None), **values
            )
        )
    Approval.objects.bulk_create(approvals)


def _key(rng: random.Random) -> UUID:
    return UUID(int=rng.getrandbits(128), version=4)
