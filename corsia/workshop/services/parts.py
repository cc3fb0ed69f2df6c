"""Parts of a workshop: counted, expected, arrived; kept for a visit, free again, used. Each change is a movement."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from corsia.kernel.access import demand
from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit
from corsia.kernel.errors import Invalid, NotFound, Refused
from corsia.organisation.queries import day_in
from corsia.workshop.models import (
    Job,
    JobPart,
    OrderLine,
    Part,
    PartArrival,
    PartMovement,
    PartReservation,
    Visit,
    Workshop,
)
from corsia.workshop.permissions import KEEP_PARTS
from corsia.workshop.vocabulary import LineKind, MovementKind, ReservationState

MOST = Decimal(10_000_000)


class PartTaken(Refused):
    code = "workshop.part_taken"
    message = _("“%(code)s” is kept here already. Search it in the list and change it there.")


class PartUnusable(Invalid):
    code = "workshop.part_unusable"
    message = _("A part needs a code and a name.")


class QuantityUnusable(Invalid):
    code = "workshop.quantity_unusable"
    message = _("The quantity is a number above zero with at most two decimals.")


class CountUnexplained(Invalid):
    code = "workshop.count_unexplained"
    message = _("Say why the number is another one, in a few words.")


class DayPast(Invalid):
    code = "workshop.day_past"
    message = _("That day has passed. Choose today or a later one.")


class ArrivalOver(Refused):
    code = "workshop.arrival_over"
    message = _("These pieces came already or were called off. Reload the page.")


class StillKept(Refused):
    code = "workshop.still_kept"
    message = _("%(name)s is kept for visits or expected. Let those end first.")


@dataclass(frozen=True, kw_only=True)
class PartInfo:
    """What a part is called, and how many days it takes to come once ordered; None: nobody knows."""

    code: str
    name: str
    order_days: int | None = None


@transaction.atomic
def add_part(*, unit_id: int, info: PartInfo, on_hand: Decimal, by: Actor, now: datetime) -> Part:
    """Keep a part from now on; one that was kept before comes back with what lies there.

    Raises:
        PartUnusable, QuantityUnusable: what it is called, how many there are.
        PartTaken: it is kept already.
    """
    demand(by, KEEP_PARTS, unit_id)
    if not Workshop.objects.filter(unit_id=unit_id).exists():
        raise NotFound(kind=Workshop._meta.label)
    code, name = _named(info)
    part: Part | None = Part.objects.select_for_update(of=("self",)).filter(unit_id=unit_id, code=code).first()
    if part is not None and part.is_active:
        raise PartTaken(code=code)
    if part is None:
        part = Part(unit_id=unit_id, code=code)
    part.name, part.order_days, part.is_active = name, info.order_days, True
    try:
        with transaction.atomic():
            part.save()
    except IntegrityError as twin:
        raise PartTaken(code=code) from twin
    audit(part, "part_added", by=by, now=now, code=code)
    _set(part, on_hand, kind=MovementKind.COUNTED, reason="", by=by, now=now)
    return part


@transaction.atomic
def change_part(*, part_id: int, info: PartInfo, by: Actor, now: datetime) -> Part:
    """Change what a part is called and how long it takes to come; its code stays.

    Raises:
        PartUnusable: it would have no name.
    """
    part = _locked(part_id, by)
    part.name, part.order_days = _named(PartInfo(code=part.code, name=info.name))[1], info.order_days
    part.save(update_fields=["name", "order_days"])
    audit(part, "part_changed", by=by, now=now, name=part.name, order_days=part.order_days)
    return part


@transaction.atomic
def retire_part(*, part_id: int, by: Actor, now: datetime) -> Part:
    """Keep a part no longer: nothing is said of it when visits are booked.

    Raises:
        StillKept: it is kept for visits, or expected.
    """
    part = _locked(part_id, by)
    awaited = part.arrivals.filter(arrived_at=None, cancelled_at=None).exists()
    if awaited or part.reservations.filter(state=ReservationState.KEPT).exists():
        raise StillKept(name=part.name)
    part.is_active = False
    part.save(update_fields=["is_active"])
    audit(part, "taken_out_of_use", by=by, now=now, name=part.name)
    return part


@transaction.atomic
def count_part(*, part_id: int, on_hand: Decimal, reason: str, by: Actor, now: datetime) -> Part:
    """Write down how many lie there, with the reason where it is another number than before.

    Raises:
        CountUnexplained, QuantityUnusable: no reason, no number.
    """
    part = _locked(part_id, by)
    if on_hand != part.on_hand and not reason.strip():
        raise CountUnexplained
    before = part.on_hand
    _set(part, on_hand, kind=MovementKind.COUNTED, reason=reason, by=by, now=now)
    audit(part, "part_counted", by=by, now=now, before=str(before), on_hand=str(part.on_hand), reason=reason[:200])
    return part


@transaction.atomic
def expect(
    *, part_id: int, quantity: Decimal, expected_on: date, note: str = "", by: Actor, now: datetime
) -> PartArrival:
    """Write down that pieces were ordered, and the day on which they are expected.

    Raises:
        QuantityUnusable, DayPast: how many, when.
    """
    part = _locked(part_id, by)
    _demand_quantity(quantity)
    _demand_day(part, expected_on, now=now)
    arrival: PartArrival = PartArrival.objects.create(
        part=part, quantity=quantity, expected_on=expected_on, note=" ".join(note.split())[:80], made_at=now
    )
    audit(part, "part_expected", by=by, now=now, quantity=str(quantity), on=expected_on.isoformat())
    return arrival


@transaction.atomic
def postpone(*, arrival_id: int, expected_on: date, by: Actor, now: datetime) -> PartArrival:
    """Expect pieces on another day.

    Raises:
        ArrivalOver: they came, or were called off.
        DayPast: the day lies before today.
    """
    arrival, part = _awaited(arrival_id, by)
    _demand_day(part, expected_on, now=now)
    before, arrival.expected_on = arrival.expected_on, expected_on
    arrival.save(update_fields=["expected_on"])
    audit(part, "part_postponed", by=by, now=now, before=before.isoformat(), on=expected_on.isoformat())
    return arrival


@transaction.atomic
def take_delivery(*, arrival_id: int, quantity: Decimal, by: Actor, now: datetime) -> PartArrival:
    """Write down that pieces came. Of fewer than were expected the rest stays expected on the same day.

    Raises:
        ArrivalOver: they came before, or were called off.
        QuantityUnusable: none came, or more than were expected.
    """
    arrival, part = _awaited(arrival_id, by)
    _demand_quantity(quantity)
    if quantity > arrival.quantity:
        raise QuantityUnusable
    if quantity < arrival.quantity:
        PartArrival.objects.create(
            part=part,
            quantity=arrival.quantity - quantity,
            expected_on=arrival.expected_on,
            note=arrival.note,
            made_at=now,
        )
    arrival.quantity, arrival.arrived_at = quantity, now
    arrival.save(update_fields=["quantity", "arrived_at"])
    _move(part, quantity, kind=MovementKind.ARRIVED, reason=arrival.note, by=by, now=now)
    audit(part, "part_arrived", by=by, now=now, quantity=str(quantity))
    return arrival


@transaction.atomic
def call_off(*, arrival_id: int, by: Actor, now: datetime) -> PartArrival:
    """Write down that pieces will not come.

    Raises:
        ArrivalOver: they came, or were called off before.
    """
    arrival, part = _awaited(arrival_id, by)
    arrival.cancelled_at = now
    arrival.save(update_fields=["cancelled_at"])
    audit(part, "part_called_off", by=by, now=now, quantity=str(arrival.quantity))
    return arrival


def keep_for(visit: Visit, *, now: datetime) -> None:
    """Keep the parts that the jobs of a booked visit take, of those that its workshop has; once for each job."""
    jobs = list(visit.jobs.values_list("job_id", flat=True))
    wanted = list(JobPart.objects.filter(job_id__in=jobs).order_by("code", "job"))
    rows = Part.objects.select_for_update(of=("self",)).filter(
        unit_id=visit.unit_id, code__in={one.code for one in wanted}, is_active=True
    )
    kept = {part.code: part for part in rows.order_by("pk")} if wanted else {}
    PartReservation.objects.bulk_create(
        (
            PartReservation(part=kept[one.code], visit=visit, job_id=one.job_id, quantity=one.quantity, made_at=now)
            for one in wanted
            if one.code in kept
        ),
        ignore_conflicts=True,
    )


def release_for(visit_ids: Iterable[int], *, now: datetime, job_ids: Iterable[int] | None = None) -> None:
    """Let go what is kept for visits, or for some of their jobs."""
    rows = PartReservation.objects.filter(visit_id__in=list(visit_ids), state=ReservationState.KEPT)
    if job_ids is not None:
        rows = rows.filter(job_id__in=_family(job_ids))
    rows.update(state=ReservationState.RELEASED, ended_at=now)


def use_for(line: OrderLine, *, visit_id: int | None, unit_id: int, by: Actor, now: datetime) -> None:
    """Take from the stock what a line took that is done: labour the parts kept for its job, a part itself.

    What was taken with the labour of a job is not taken again with the line of the part.
    """
    own = Q(part__code=line.part_code) if line.kind == LineKind.PART else Q()
    kept = []
    if visit_id is not None and line.job_id and (line.kind == LineKind.LABOUR or line.part_code):
        rows = PartReservation.objects.filter(own, visit_id=visit_id, job_id__in=_family([line.job_id]))
        kept = list(rows.exclude(state=ReservationState.RELEASED).order_by("part_id", "pk"))
    for one in kept:
        if one.state == ReservationState.KEPT:
            one.state, one.ended_at = ReservationState.USED, now
            one.save(update_fields=["state", "ended_at"])
            part = Part.objects.lock(one.part_id)
            _move(part, -one.quantity, kind=MovementKind.USED, reason="", by=by, now=now, line=line)
    if not kept and line.kind == LineKind.PART and line.part_code:
        found = Part.objects.select_for_update(of=("self",)).filter(
            unit_id=unit_id, code=line.part_code, is_active=True
        )
        for part in found:
            _move(part, -line.quantity, kind=MovementKind.USED, reason="", by=by, now=now, line=line)


def write_stock(part: Part, on_hand: Decimal, *, by: Actor, now: datetime) -> None:
    """Set what lies there of a part that is locked, as a list of another system says."""
    _set(part, on_hand, kind=MovementKind.IMPORTED, reason="", by=by, now=now)


def _set(part: Part, on_hand: Decimal, *, kind: MovementKind, reason: str, by: Actor, now: datetime) -> None:
    if not 0 <= on_hand < MOST:
        raise QuantityUnusable
    if on_hand != part.on_hand:
        _move(part, on_hand - part.on_hand, kind=kind, reason=reason, by=by, now=now)


def _move(
    part: Part,
    quantity: Decimal,
    *,
    kind: MovementKind,
    reason: str,
    by: Actor,
    now: datetime,
    line: OrderLine | None = None,
) -> None:
    PartMovement.objects.create(
        part=part,
        kind=kind,
        quantity=quantity,
        reason=" ".join(reason.split())[:200],
        line=line,
        made_by_id=by.id,
        made_at=now,
    )
    part.on_hand += quantity
    part.save(update_fields=["on_hand"])


def _family(job_ids: Iterable[int]) -> set[int]:
    """Return jobs as they are with what they were before changes of the catalogue."""
    pairs = Job.objects.filter(pk__in=list(job_ids)).values_list("pk", "replaced_by_id")
    roots = {replaced_by or pk for pk, replaced_by in pairs}
    return roots | set(Job.objects.filter(replaced_by_id__in=roots).values_list("pk", flat=True))


def _named(info: PartInfo) -> tuple[str, str]:
    code, name = " ".join(info.code.split())[:40], " ".join(info.name.split())[:120]
    if not code or not name:
        raise PartUnusable
    return code, name


def _demand_quantity(quantity: Decimal) -> None:
    if not 0 < quantity < MOST:
        raise QuantityUnusable


def _demand_day(part: Part, on: date, *, now: datetime) -> None:
    if on < day_in(part.unit_id, now):
        raise DayPast


def _locked(part_id: int, by: Actor) -> Part:
    part: Part = Part.objects.lock(part_id)
    demand(by, KEEP_PARTS, part.unit_id)
    return part


def _awaited(arrival_id: int, by: Actor) -> tuple[PartArrival, Part]:
    part = _locked(PartArrival.objects.find(arrival_id).part_id, by)
    arrival: PartArrival = PartArrival.objects.get(pk=arrival_id)
    if arrival.arrived_at is not None or arrival.cancelled_at is not None:
        raise ArrivalOver
    return arrival, part
