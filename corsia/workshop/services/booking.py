"""A slot is held, confirmed, moved, cancelled, missed, or lapses."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from corsia.cases.models import Case
from corsia.customers.models import Customer
from corsia.events import workshop as facts
from corsia.kernel.access import demand
from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit
from corsia.kernel.errors import Invalid, NotFound, Refused
from corsia.kernel.facts import publish
from corsia.vehicles.models import Vehicle
from corsia.workshop.models import DiaryChange, JobStep, Loan, Visit, VisitJob, Workshop
from corsia.workshop.permissions import BOOK
from corsia.workshop.queries.catalogue import Bundle, Line, parts_of
from corsia.workshop.queries.offers import Place, Wish
from corsia.workshop.services import parts
from corsia.workshop.services.diary import lock_diaries, tell_plan
from corsia.workshop.services.fetches import NotFetched, address_of, cleaned
from corsia.workshop.services.slots import allocate, fitted, free, let_go, said
from corsia.workshop.vocabulary import LAPSED, Source, VisitState

_KEPT_CHANGES = 500
_LAPSED_KEPT = timedelta(days=1)
_AT_ONCE = 5_000


class InThePast(Invalid):
    code = "workshop.in_the_past"
    message = _("This hour has passed. Choose a later one.")


class HoldLapsed(Refused):
    code = "workshop.hold_lapsed"
    message = _("The slot was kept for some minutes and is no longer yours. Choose one again.")


class NobodyYet(Refused):
    code = "workshop.nobody_yet"
    message = _("The customer has not confirmed yet. Wait for it, or let the slot go and book it for them.")


class NotBooked(Refused):
    code = "workshop.not_booked"
    message = _("This visit is “%(state)s”: it can no longer be changed like this.")


class NotYet(Refused):
    code = "workshop.not_yet"
    message = _("The customer is expected at %(at)s: wait until then.")


class ReasonMissing(Invalid):
    code = "workshop.reason_missing"
    message = _("Say why, in a few words.")


@transaction.atomic
def hold(
    *,
    customer_id: int | None,
    unit_id: int,
    starts_at: datetime,
    bundle: Bundle,
    vehicle_id: int | None = None,
    case_id: int | None = None,
    technician_id: int | None = None,
    wish: str = "",
    is_waiting: bool = False,
    wants_car: bool = False,
    is_fetched: bool = False,
    source: Source = Source.DESK,
    keeps_others: bool = False,
    by: Actor,
    now: datetime,
) -> Visit:
    """Keep a slot for some minutes, with technicians, bays, and a courtesy car or drivers where they are wanted.

    What the same person holds for the same customer is let go first: they look at another slot.

    Args:
        customer_id: None on the web, where a slot is held before anybody says who they are.
        is_fetched: the vehicle is fetched at home and brought back; where that is, confirming asks.
        technician_id: whose hands were shown; somebody else's where they are no longer free.
        keeps_others: what is held already stays held, for somebody who brings several vehicles.

    Raises:
        SlotTaken, NothingFree: it does not fit any more; with what is free next.
        PartsNotThere: it takes parts that come later.
        NotFetched: the workshop fetches no vehicles.
        VehicleElsewhere: the vehicle is in a workshop at that time.
        InThePast: it would begin before now.
    """
    demand(by, BOOK, unit_id)
    if starts_at < now:
        raise InThePast
    workshop = _workshop(unit_id)
    if is_fetched and not workshop.drivers:
        raise NotFetched
    customer = None if customer_id is None else Customer.objects.find(customer_id)
    vehicle = None if vehicle_id is None else Vehicle.objects.find(vehicle_id)
    case = None if case_id is None else Case.objects.find(case_id)
    lock_diaries([unit_id])
    if not keeps_others and customer is not None:
        mine = Visit.objects.filter(customer=customer, state=VisitState.HELD, made_by_id=by.id, source=source)
        let_go(mine, now=now)
    asked = Wish(
        unit_ids=(unit_id,),
        earliest=starts_at,
        vehicle_id=vehicle_id,
        is_waiting=is_waiting,
        wants_car=wants_car,
        is_fetched=is_fetched,
    )

    def write(place: Place) -> Visit:
        visit: Visit = Visit.objects.create(
            unit_id=unit_id,
            customer=customer,
            vehicle=vehicle,
            case=case,
            state=VisitState.HELD,
            source=source,
            wish=wish.strip(),
            is_waiting=is_waiting,
            drop_off_at=place.drop_off_at,
            promised_at=place.promised_at,
            held_until=now + timedelta(minutes=workshop.hold_minutes),
            made_by_id=by.id,
            made_at=now,
        )
        VisitJob.objects.bulk_create(
            VisitJob(
                visit=visit,
                job=line.job,
                package_id=line.package_id,
                position=number,
                price_cents=line.price_cents,
            )
            for number, line in enumerate(bundle.lines)
        )
        allocate(visit, place)
        return visit

    visit = fitted(workshop, bundle, asked, starts_at, technician_id, write, now=now)
    audit(visit, "slot_held", by=by, now=now, at=starts_at.isoformat())
    tell_plan(visit)
    return visit


@transaction.atomic
def confirm(*, visit_id: int, address: str = "", by: Actor, now: datetime) -> Visit:
    """Book the slot that is held.

    Args:
        address: where the vehicle is fetched, where it is.

    Raises:
        AddressMissing: the vehicle is to be fetched, and nobody can tell from what was written where.
        HoldLapsed: it was not confirmed in time, and let go.
        NobodyYet: it is held on the web by somebody who has not said who they are.
        NotBooked: it is something else than held.
    """
    visit = _locked(visit_id, by)
    if visit.state == VisitState.BOOKED:
        return visit
    if visit.state == VisitState.CANCELLED and visit.end_reason == LAPSED:
        raise HoldLapsed
    if visit.state != VisitState.HELD:
        raise NotBooked(state=visit.get_state_display())
    if visit.customer_id is None:
        raise NobodyYet
    if visit.fetches.exists():
        visit.fetches.update(address=cleaned(address))
    visit.state, visit.held_until = VisitState.BOOKED, None
    visit.save(update_fields=["state", "held_until"])
    parts.keep_for(visit, now=now)
    audit(
        visit, "visit_booked", by=by, now=now, at=visit.drop_off_at.isoformat(), promised=visit.promised_at.isoformat()
    )
    publish(facts.VisitBooked(**_told(visit, now), drop_off_at=visit.drop_off_at, promised_at=visit.promised_at))
    tell_plan(visit)
    return visit


@transaction.atomic
def move(
    *,
    visit_id: int,
    unit_id: int,
    starts_at: datetime,
    technician_id: int | None = None,
    by: Actor,
    now: datetime,
) -> Visit:
    """Let a booked visit begin at another instant, in the same workshop or another one.

    Raises:
        SlotTaken, NothingFree, VehicleElsewhere, InThePast: as for `hold`; the visit stays where it was.
        NotBooked: the vehicle is here already, or the visit is over.
        NotFetched: the vehicle is to be fetched, and the other workshop fetches none.
    """
    visit = _locked(visit_id, by)
    if visit.state != VisitState.BOOKED:
        raise NotBooked(state=visit.get_state_display())
    demand(by, BOOK, unit_id)
    if starts_at < now:
        raise InThePast
    workshop = _workshop(unit_id)
    lock_diaries([unit_id, visit.unit_id])
    had_car = Loan.objects.filter(visit=visit).exists()
    address = address_of(visit)
    if address is not None and not workshop.drivers:
        raise NotFetched
    left = visit.unit_id
    before = {"unit": left, "at": visit.drop_off_at.isoformat(), "promised": visit.promised_at.isoformat()}
    asked = Wish(
        unit_ids=(unit_id,),
        earliest=starts_at,
        vehicle_id=visit.vehicle_id,
        is_waiting=visit.is_waiting,
        wants_car=had_car,
        is_fetched=address is not None,
        but=visit.pk,
    )
    lines = list(visit.jobs.order_by("position"))
    bundle = bundle_of(visit)

    def write(place: Place) -> Visit:
        visit.unit_id, visit.drop_off_at, visit.promised_at = unit_id, place.drop_off_at, place.promised_at
        visit.reminded_at = None
        visit.save(update_fields=["unit", "drop_off_at", "promised_at", "reminded_at"])
        allocate(visit, place, lines=lines, address=address or "")
        return visit

    with transaction.atomic():
        free([visit.pk])
        fitted(workshop, bundle, asked, starts_at, technician_id, write, now=now)
        if left != unit_id:
            parts.release_for([visit.pk], now=now)
            parts.keep_for(visit, now=now)
    audit(visit, "visit_moved", by=by, now=now, before=before, at=visit.drop_off_at.isoformat(), unit=unit_id)
    publish(facts.VisitMoved(**_told(visit, now), drop_off_at=visit.drop_off_at, promised_at=visit.promised_at))
    tell_plan(visit, unit_id=left)
    tell_plan(visit)
    return visit


@transaction.atomic
def cancel(*, visit_id: int, reason: str, by: Actor, now: datetime) -> Visit:
    """Call a visit off; its hours are free again. A slot that is only held is let go.

    Raises:
        ReasonMissing: nobody said why.
        NotBooked: the vehicle is here already, or the visit is over.
    """
    visit = _locked(visit_id, by)
    if visit.state == VisitState.HELD:
        let_go(Visit.objects.filter(pk=visit.pk), now=now)
        visit.refresh_from_db()
        return visit
    if not reason.strip():
        raise ReasonMissing
    if visit.state != VisitState.BOOKED:
        raise NotBooked(state=visit.get_state_display())
    _end(visit, VisitState.CANCELLED, reason.strip(), now=now)
    audit(visit, "visit_cancelled", by=by, now=now, reason=visit.end_reason, at=visit.drop_off_at.isoformat())
    publish(facts.VisitCancelled(**_told(visit, now), reason=visit.end_reason))
    return visit


@transaction.atomic
def miss(*, visit_id: int, by: Actor, now: datetime) -> Visit:
    """Write down that the customer did not come; the hours are free for others.

    Raises:
        NotYet: they are expected later.
        NotBooked: the vehicle is here, or the visit is over.
    """
    visit = _locked(visit_id, by)
    if visit.state != VisitState.BOOKED:
        raise NotBooked(state=visit.get_state_display())
    if now < visit.drop_off_at:
        raise NotYet(at=said(visit.unit_id, visit.drop_off_at))
    _end(visit, VisitState.MISSED, "", now=now)
    audit(visit, "visit_missed", by=by, now=now, at=visit.drop_off_at.isoformat())
    return visit


@transaction.atomic
def lapse_holds(*, now: datetime) -> int:
    """Let go the slots that nobody confirmed in time, and return how many they were."""
    return let_go(Visit.objects.filter(state=VisitState.HELD, held_until__lte=now), now=now)


@transaction.atomic
def forget_lapsed(*, now: datetime) -> int:
    """Delete slots that were only looked at, a day after they lapsed, and all they say of somebody; count them."""
    gone = Visit.objects.filter(state=VisitState.CANCELLED, end_reason=LAPSED, ended_at__lt=now - _LAPSED_KEPT)
    ids = list(gone.order_by("pk").values_list("pk", flat=True)[:_AT_ONCE])
    Visit.objects.filter(pk__in=ids).delete()
    return len(ids)


def forget_changes() -> None:
    """Delete the traces of changes that no diary in memory is as old as."""
    last = DiaryChange.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    DiaryChange.objects.filter(pk__lte=last - _KEPT_CHANGES).delete()


def bundle_of(visit: Visit) -> Bundle:
    """Return what a visit is for as it was told: its jobs at their prices, with their steps and parts."""
    rows = list(visit.jobs.select_related("job").order_by("position"))
    steps: dict[int, list[JobStep]] = {row.job_id: [] for row in rows}
    for step in JobStep.objects.filter(job_id__in=steps).select_related("skill").order_by("job", "position"):
        steps[step.job_id].append(step)
    taken = parts_of(steps)
    return Bundle(
        lines=tuple(
            Line(
                job=row.job,
                package_id=row.package_id,
                steps=tuple(steps[row.job_id]),
                price_cents=row.price_cents,
                parts=tuple((code, quantity) for code, quantity, _cents in taken[row.job_id]),
            )
            for row in rows
        )
    )


def _workshop(unit_id: int) -> Workshop:
    found: Workshop | None = Workshop.objects.filter(unit_id=unit_id, is_active=True).first()
    if found is None:
        raise NotFound(kind=Workshop._meta.label)
    return found


def _locked(visit_id: int, by: Actor) -> Visit:
    visit: Visit = Visit.objects.lock(visit_id)
    demand(by, BOOK, visit.unit_id)
    return visit


def _end(visit: Visit, state: VisitState, reason: str, *, now: datetime) -> None:
    free([visit.pk])
    parts.release_for([visit.pk], now=now)
    visit.state, visit.ended_at, visit.end_reason = state, now, reason[:200]
    visit.save(update_fields=["state", "ended_at", "end_reason"])
    tell_plan(visit)


def _told(visit: Visit, now: datetime) -> dict[str, Any]:
    return {
        "unit_id": visit.unit_id,
        "customer_id": visit.customer_id,
        "vehicle_id": visit.vehicle_id,
        "visit_id": visit.pk,
        "occurred_at": now,
    }
