"""A vehicle is received: the order with what was agreed, how the vehicle looked and what was promised."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Max, Sum
from django.utils.translation import gettext_lazy as _

from corsia.customers.models import Customer
from corsia.events import workshop as facts
from corsia.kernel.access import demand
from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit
from corsia.kernel.blobs import keep
from corsia.kernel.errors import Invalid, NotFound, Refused
from corsia.kernel.facts import publish
from corsia.organisation.queries import time_zone_of
from corsia.vehicles.models import Vehicle
from corsia.vehicles.services import read_odometer
from corsia.workshop.models import Damage, EstimateLine, Job, NumberSeries, Order, OrderLine, Picture, Visit, Workshop
from corsia.workshop.permissions import RECEIVE, WORK_ON_VEHICLES
from corsia.workshop.queries.numbers import number_of
from corsia.workshop.rules.pricing import cents_of_parts, split_price
from corsia.workshop.services.diary import tell_plan
from corsia.workshop.services.fetches import bring_back_at
from corsia.workshop.services.refusals import (
    PriceUnusable,
    WordsMissing,
    kept_signature,
    media_type_of,
    open_order,
)
from corsia.workshop.services.stages import settle_stage
from corsia.workshop.vocabulary import EstimateState, LineKind, LineState, VisitState

HIGHEST_CENTS = 100_000_000
LAST_POSITION = 32_000


class NotToBeReceived(Refused):
    code = "workshop.not_to_be_received"
    message = _("This visit is %(state)s: only a booked one can be received.")


class VehicleMissing(Invalid):
    code = "workshop.vehicle_missing"
    message = _("Say which vehicle came: an order is about one vehicle.")


class PromisePast(Invalid):
    code = "workshop.promise_past"
    message = _("The hour promised lies in the past. Choose one that the workshop can still keep.")


class DamageMisplaced(Invalid):
    code = "workshop.damage_misplaced"
    message = _("Each damage needs a place on the drawing and a few words.")


@dataclass(frozen=True, kw_only=True)
class DamageData:
    """A damage on the drawing, in percent from its left and top."""

    x_pct: int
    y_pct: int
    note: str


@dataclass(frozen=True, kw_only=True)
class PictureData:
    """A photo or voice note as a device sends it; `key` was made there."""

    content: bytes
    note: str = ""
    is_for_customer: bool = False
    key: UUID = field(default_factory=uuid4)


@dataclass(frozen=True, kw_only=True)
class Reception:
    """What is written down when a vehicle comes."""

    promised_at: datetime | None = None  # None: what the visit promised
    wish: str = ""
    km: int | None = None
    fuel_pct: int | None = None
    signed_name: str = ""
    signature: bytes = b""
    damages: Sequence[DamageData] = ()
    pictures: Sequence[PictureData] = ()


@dataclass(frozen=True, kw_only=True)
class LineData:
    """A line as the desk or a technician writes it; `price_cents` is of the whole line, VAT included."""

    kind: str
    text: str
    quantity: Decimal = Decimal(1)
    minutes: int = 0
    price_cents: int = 0
    job_id: int | None = None


@transaction.atomic
def receive(
    *,
    data: Reception,
    by: Actor,
    now: datetime,
    visit_id: int | None = None,
    unit_id: int | None = None,
    customer_id: int | None = None,
    vehicle_id: int | None = None,
) -> Order:
    """Open the order of a booked visit, or of somebody who comes without one.

    Args:
        visit_id: the visit; its unit, customer and, where it names one, vehicle are those of the order.
        unit_id, customer_id: without a visit.

    Raises:
        NotToBeReceived: the visit is here already, done, cancelled or only held.
        VehicleMissing: neither visit nor caller says which vehicle.
        DriverTaken: the vehicle is to be brought back, and no driver is free at the hour promised now.
        PromisePast: the hour promised has passed.
    """
    visit: Visit | None = None
    if visit_id is not None:
        visit = Visit.objects.lock(visit_id)
        unit_id, customer_id, vehicle_id = visit.unit_id, visit.customer_id, visit.vehicle_id or vehicle_id
        if visit.state != VisitState.BOOKED:
            raise NotToBeReceived(state=visit.get_state_display().lower())
    if unit_id is None or customer_id is None or not Workshop.objects.filter(unit_id=unit_id).exists():
        raise NotFound(kind=Workshop._meta.label)
    demand(by, RECEIVE, unit_id)
    if vehicle_id is None:
        raise VehicleMissing
    customer: Customer = Customer.objects.find(customer_id)
    Vehicle.objects.find(vehicle_id)
    promised_at = data.promised_at or (visit.promised_at if visit else None)
    if promised_at is None or (data.promised_at is not None and promised_at <= now):
        raise PromisePast
    for damage in data.damages:
        _check_damage(damage)
    year, number = _next_number(unit_id, now=now)
    order: Order = Order.objects.create(
        unit_id=unit_id,
        year=year,
        number=number,
        visit=visit,
        customer_id=customer.merged_into_id or customer.pk,
        vehicle_id=vehicle_id,
        case_id=visit.case_id if visit else None,
        wish=data.wish.strip() or (visit.wish if visit else ""),
        km=data.km,
        fuel_pct=data.fuel_pct,
        promised_at=promised_at,
        first_promised_at=promised_at,
        received_by_id=by.id,
        received_at=now,
        signed_name=data.signed_name.strip()[:120],
        signature_id=kept_signature(data.signature),
    )
    if visit is not None:
        visit.state, visit.vehicle_id = VisitState.HERE, vehicle_id
        visit.save(update_fields=["state", "vehicle"])
        tell_plan(visit)
        _take_over_jobs(order, visit)
        bring_back_at(visit, promised_at)
    Damage.objects.bulk_create(
        Damage(order=order, x_pct=one.x_pct, y_pct=one.y_pct, note=one.note.strip()[:200]) for one in data.damages
    )
    for picture in data.pictures:
        keep_picture(order, picture, by=by, at=now)
    if data.km is not None:
        write_km(order, data.km, by=by, now=now)
    audit(order, "received", by=by, now=now, number=number_of(order), promised_at=promised_at.isoformat())
    publish(facts.OrderOpened(**told(order, now=now), promised_at=promised_at))
    return order


@transaction.atomic
def add_line(*, order_id: int, data: LineData, by: Actor, now: datetime) -> OrderLine:
    """Add what was agreed with the customer in person: it is approved at once.

    Raises:
        WordsMissing, PriceUnusable: the line says too little.
    """
    order = open_order(order_id, by=by, right=RECEIVE)
    line = new_line(order, data, state=LineState.APPROVED)
    line.decided_at = now
    line.save()
    audit(line, "line_added", by=by, now=now, order=order.pk, kind=line.kind, cents=line.price_cents)
    settle_stage(order)
    return line


@transaction.atomic
def change_promise(*, order_id: int, promised_at: datetime, reason: str, by: Actor, now: datetime) -> Order:
    """Promise another hour; what was first promised stays as the promise that is measured.

    Raises:
        PromisePast, WordsMissing: an hour that has passed, or no reason.
        DriverTaken: the vehicle is to be brought back, and no driver is free then.
    """
    order = open_order(order_id, by=by, right=RECEIVE)
    if promised_at <= now:
        raise PromisePast
    if not reason.strip():
        raise WordsMissing
    if promised_at == order.promised_at:
        return order
    if order.visit is not None:
        bring_back_at(order.visit, promised_at)
    old, order.promised_at = order.promised_at, promised_at
    order.save(update_fields=["promised_at"])
    audit(order, "promise_changed", by=by, now=now, old=old.isoformat(), new=promised_at.isoformat())
    publish(facts.PromiseChanged(**told(order, now=now), promised_at=promised_at, reason=reason.strip()[:200]))
    return order


@transaction.atomic
def add_picture(
    *, order_id: int, data: PictureData, by: Actor, at: datetime, now: datetime, line_id: int | None = None
) -> Picture:
    """Keep a photo or voice note. Sent again with its key it is the same one.

    Raises:
        PictureUnusable: it is neither, or too large.
    """
    order: Order = Order.objects.lock(order_id)
    demand(by, WORK_ON_VEHICLES, order.unit_id)
    before: Picture | None = Picture.objects.filter(key=data.key, order=order).first()
    if before is not None:
        return before
    open_order(order_id, by=by, right=WORK_ON_VEHICLES)
    line = order.lines.get(pk=line_id) if line_id and order.lines.filter(pk=line_id).exists() else None
    picture = keep_picture(order, data, by=by, at=min(at, now), line=line)
    audit(picture, "picture_added", by=by, now=now, order=order.pk)
    return picture


@transaction.atomic
def show_picture(*, picture_id: int, is_for_customer: bool, by: Actor, now: datetime) -> Picture:
    """Show a picture on the visit link, or no longer."""
    picture: Picture = Picture.objects.lock(picture_id)
    demand(by, RECEIVE, Order.objects.find(picture.order_id).unit_id)
    picture.is_for_customer = is_for_customer
    picture.save(update_fields=["is_for_customer"])
    audit(picture, "shown_to_customer" if is_for_customer else "hidden_from_customer", by=by, now=now)
    return picture


def keep_picture(order: Order, data: PictureData, *, by: Actor, at: datetime, line: OrderLine | None = None) -> Picture:
    """Keep a picture of an order that is locked."""
    picture: Picture = Picture.objects.create(
        order=order,
        line=line,
        media_type=media_type_of(data.content),
        blob_id=keep(data.content),
        note=data.note.strip()[:300],
        is_for_customer=data.is_for_customer,
        key=data.key,
        taken_by_id=by.id,
        taken_at=at,
    )
    return picture


def new_line(order: Order, data: LineData, *, state: LineState) -> OrderLine:
    """Return a line, not saved yet, in the last place of an order that is locked."""
    if not data.text.strip():
        raise WordsMissing
    if data.quantity <= 0 or data.quantity >= 1_000_000 or not 0 <= data.price_cents <= HIGHEST_CENTS:
        raise PriceUnusable
    if data.job_id is not None:
        Job.objects.find(data.job_id)
    last = order.lines.aggregate(last=Max("position"))["last"]
    return OrderLine(
        order=order,
        position=0 if last is None else last + 1,
        kind=LineKind(data.kind),
        state=state,
        job_id=data.job_id,
        text=data.text.strip()[:200],
        quantity=data.quantity,
        minutes=max(0, min(data.minutes, LAST_POSITION)),
        price_cents=data.price_cents,
    )


def write_km(order: Order, km: int, *, by: Actor, now: datetime) -> None:
    """Give the vehicle what its odometer says today, where the workshop is."""
    today = now.astimezone(time_zone_of(order.unit_id)).date()
    read_odometer(vehicle_id=order.vehicle_id, km=km, read_on=today, today=today, source="workshop", by=by, now=now)


def told(order: Order, *, now: datetime) -> dict[str, Any]:
    """Return what every fact about an order says."""
    return {
        "unit_id": order.unit_id,
        "occurred_at": now,
        "customer_id": order.customer_id,
        "vehicle_id": order.vehicle_id,
        "order_id": order.pk,
        "number": number_of(order),
    }


def _next_number(unit_id: int, *, now: datetime) -> tuple[int, int]:
    year = now.astimezone(time_zone_of(unit_id)).year
    NumberSeries.objects.bulk_create([NumberSeries(unit_id=unit_id, year=year)], ignore_conflicts=True)
    series = NumberSeries.objects.select_for_update(of=("self",)).get(unit_id=unit_id, year=year)
    series.last += 1
    series.save(update_fields=["last"])
    return year, series.last


def _take_over_jobs(order: Order, visit: Visit) -> None:
    """Write the jobs of a visit as agreed lines, each followed by its parts: together they cost what was told."""
    lines: list[OrderLine] = []
    for told_job in visit.jobs.select_related("job").order_by("position", "pk"):
        job = told_job.job
        taken = list(job.parts.order_by("code"))
        labour, of_parts = split_price(
            told_job.price_cents, [cents_of_parts([(part.quantity, part.price_cents)]) for part in taken]
        )
        lines.append(
            OrderLine(
                kind=LineKind.LABOUR,
                job=job,
                text=job.name_it,
                text_en=job.name_en if job.name_en != job.name_it else "",
                minutes=job.steps.aggregate(all=Sum("minutes"))["all"] or 0,
                price_cents=labour,
            )
        )
        lines += [
            OrderLine(
                kind=LineKind.PART,
                job=job,
                text=part.name,
                part_code=part.code,
                quantity=part.quantity,
                price_cents=cents,
            )
            for part, cents in zip(taken, of_parts, strict=True)
        ]
    lines += _typed_into_estimates(visit)
    for position, line in enumerate(lines):
        line.order, line.position, line.state, line.decided_at = order, position, LineState.APPROVED, visit.made_at
    OrderLine.objects.bulk_create(lines)


def _typed_into_estimates(visit: Visit) -> list[OrderLine]:
    """Return what the estimate of a visit holds beside jobs of the catalogue: the customer agreed to it as well."""
    typed = EstimateLine.objects.filter(estimate__visit=visit, estimate__state=EstimateState.ACCEPTED, job=None)
    return [
        OrderLine(
            kind=line.kind,
            text=line.text,
            text_en=line.text_en,
            quantity=line.quantity,
            price_cents=line.price_cents,
        )
        for line in typed.order_by("estimate", "position")
    ]


def _check_damage(damage: DamageData) -> None:
    if not (0 <= damage.x_pct <= 100 and 0 <= damage.y_pct <= 100 and damage.note.strip()):
        raise DamageMisplaced
