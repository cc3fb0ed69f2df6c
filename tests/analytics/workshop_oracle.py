"""What the workshop's metrics ought to say, counted by loops over the tables; no SQL, nothing of the datasets."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from fractions import Fraction
from functools import cache

from corsia.messaging.models import Message
from corsia.workshop.models import Allocation, CapacityDay, Clocking, Loan, Order, OrderLine, Technician, Visit
from tests.analytics.oracle import ROME, Counted, rome, whole_seconds, working_seconds

MONTH = timedelta(days=30)


@cache
def orders() -> list[Order]:
    """Return every order with what belongs to it, read once for a filled world; see `forget`."""
    found = Order.objects.select_related("vehicle", "visit", "customer")
    return list(found.prefetch_related("lines__job", "lines__clockings__technician"))


def seconds_of(clocking: Clocking) -> int:
    return whole_seconds(clocking.ended_at - clocking.started_at)


def lines_of(order: Order) -> list[OrderLine]:
    return sorted(order.lines.all(), key=lambda line: line.position)


def in_place(unit_id: int, **told: str) -> dict[str, str]:
    return {"team": str(unit_id), **told}


def labelled(order: Order) -> dict[str, str]:
    group = next((line.job.group for line in lines_of(order) if line.job), "")
    booked = order.visit.source if order.visit else ""
    return in_place(order.unit_id, job_group=group, make=order.vehicle.make, booked_by=booked)


def row(day: datetime | date, unit_id: int, told: dict[str, str], **values: int) -> Counted:
    on = rome(day) if isinstance(day, datetime) else day
    return Counted(on, None, unit_id, values.pop("agent_id", None), told=told, **values)


# --- hours -----------------------------------------------------------------------------------------------------------


@cache
def people() -> dict[int, int]:
    return dict(Technician.objects.values_list("pk", "person_id"))


def pieces() -> Iterator[tuple[Order, OrderLine, int | None, int, int]]:
    """Yield what each technician sold and worked on each line of closed orders, by exact fractions."""
    for order in filter(is_closed, orders()):
        for line in lines_of(order):
            worked: dict[int, int] = {}
            for clocking in line.clockings.all():
                if clocking.ended_at is not None:
                    worked[clocking.technician_id] = worked.get(clocking.technician_id, 0) + seconds_of(clocking)
            sold = line.minutes * 60 if line.state == "done" and line.kind == "labour" else 0
            yield from _shared(order, line, worked, sold)


def _shared(
    order: Order, line: OrderLine, worked: dict[int, int], sold: int
) -> Iterator[tuple[Order, OrderLine, int | None, int, int]]:
    together, given = sum(worked.values()), 0
    if not worked and sold:
        yield order, line, None, sold, 0
    for place, technician_id in enumerate(sorted(worked)):
        so_far = sum(worked[one] for one in sorted(worked)[: place + 1])
        until = int(sold * Fraction(so_far, together)) if together else sold
        yield order, line, people()[technician_id], until - given, worked[technician_id]
        given = until


def of_pieces() -> list[Counted]:
    rows = []
    for order, line, person_id, sold, spent in pieces():
        told = in_place(
            order.unit_id,
            job=line.job.code if line.job else "",
            job_group=line.job.group if line.job else "",
            make=order.vehicle.make,
        )
        rows.append(row(order.closed_at, order.unit_id, told, agent_id=person_id, amount=sold, under=spent))
    return rows


def of_technician_days() -> list[Counted]:
    rows = []
    clockings = list(Clocking.objects.exclude(ended_at=None))
    for day in CapacityDay.objects.exclude(technician=None).select_related("technician"):
        mine = [one for one in clockings if one.technician_id == day.technician_id and rome(one.started_at) == day.day]
        told = in_place(day.unit_id, job="", job_group="", make="")
        person_id, worked = day.technician.person_id, sum(map(seconds_of, mine))
        rows.append(row(day.day, day.unit_id, told, agent_id=person_id, amount=worked, under=day.open_seconds))
    return rows


def utilised() -> list[Counted]:
    sold, attended = of_pieces(), of_technician_days()
    for one in sold:
        one.under = 0
    for one in attended:
        one.amount = 0
    return sold + attended


def attended() -> list[Counted]:
    rows = of_technician_days()
    for one in rows:
        one.amount = one.under
    return rows


# --- orders ----------------------------------------------------------------------------------------------------------


def of_orders(
    when: str, keep: Callable[[Order], bool] = lambda order: True, **values: Callable[[Order], int | bool]
) -> list[Counted]:
    rows = []
    for order in orders():
        at = getattr(order, when)
        if at is not None and keep(order):
            found = {name: value(order) for name, value in values.items()}
            rows.append(row(at, order.unit_id, labelled(order), **found))
    return rows


def agreed(order: Order, what: str) -> int:
    return sum(getattr(line, what) for line in lines_of(order) if not line.is_extra and line.state != "declined")


def done(order: Order, what: str) -> int:
    return sum(getattr(line, what) for line in lines_of(order) if line.state == "done")


def is_right(order: Order, what: str) -> bool:
    return abs(Fraction(done(order, what) - agreed(order, what), agreed(order, what))) <= Fraction(1, 10)


def off(order: Order, what: str) -> int:
    return abs(done(order, what) - agreed(order, what))


def extra(order: Order, *states: str) -> list[OrderLine]:
    return [line for line in lines_of(order) if line.is_extra and line.state in states]


DECIDED, SAID_YES = ("approved", "declined", "done"), ("approved", "done")


def groups(order: Order, *states: str) -> set[str]:
    return {line.job.group for line in lines_of(order) if line.job and line.state in states}


def follows(later: Order, earlier: Order) -> bool:
    """Tell whether a vehicle came back: for what was done before, within thirty days."""
    if later.pk == earlier.pk or later.vehicle_id != earlier.vehicle_id or earlier.closed_at is None:
        return False
    if not timedelta() <= later.received_at - earlier.closed_at < MONTH:
        return False
    return bool(groups(earlier, "done") & groups(later, "done", "approved", "proposed"))


def is_comeback(order: Order) -> bool:
    return any(follows(order, other) for other in orders())


def has_come_back(order: Order) -> bool:
    return any(follows(other, order) for other in orders())


@cache
def messages() -> list[Message]:
    return list(Message.objects.filter(direction="in", is_automatic=False).select_related("case__cause"))


def contacts(order: Order, *, about_state: bool) -> int:
    """Count what the customer said while this was the last order received of those that were open."""
    found = 0
    for message in messages():
        if message.customer_id != order.customer_id:
            continue
        cause = message.case.cause
        if about_state and (cause is None or cause.key != "vehicle-state"):
            continue
        there = [
            (one.received_at, one.pk)
            for one in orders()
            if one.customer_id == order.customer_id
            and one.received_at <= message.at
            and (one.closed_at is None or message.at < one.closed_at)
        ]
        found += bool(there) and max(there)[1] == order.pk
    return found


# --- visits and capacity ---------------------------------------------------------------------------------------------


def of_visits(keep: Callable[[Visit], bool], **values: Callable[[Visit], int | bool]) -> list[Counted]:
    rows = []
    for visit in Visit.objects.select_related("vehicle"):
        lapsed = visit.state == "cancelled" and visit.end_reason == "lapsed"
        if visit.state == "held" or lapsed or not keep(visit):
            continue
        jobs = list(visit.jobs.select_related("job").order_by("position"))
        told = in_place(
            visit.unit_id,
            job_group=jobs[0].job.group if jobs else "",
            make=visit.vehicle.make if visit.vehicle else "",
            booked_by=visit.source,
        )
        found = {name: value(visit) for name, value in values.items()}
        rows.append(row(visit.drop_off_at, visit.unit_id, told, **found))
    return rows


def lead(visit: Visit) -> int:
    return max(0, whole_seconds(visit.drop_off_at - visit.made_at))


def is_cancelled_late(visit: Visit) -> bool:
    return visit.state == "cancelled" and visit.drop_off_at - visit.ended_at < timedelta(hours=24)


def of_capacity(what: str, *, turns: bool = False) -> list[Counted]:
    """Return the days of technicians, bays or cars, and each use of them, cut at midnight."""
    rows = []
    uses = list(Loan.objects.all()) if what == "car" else list(Allocation.objects.all())
    for day in CapacityDay.objects.filter(**{f"{what}__isnull": False}).select_related("bay"):
        told = in_place(day.unit_id, bay_kind=day.bay.kind if day.bay else "")
        under = int(day.open_seconds > 0) if turns else day.open_seconds
        rows.append(row(day.day, day.unit_id, told, under=under))
        begins, ends = midnight(day.day), midnight(day.day + timedelta(days=1))
        for use in uses:
            if getattr(use, f"{what}_id") != getattr(day, f"{what}_id"):
                continue
            since, until = max(use.starts_at, begins), min(use.ends_at, ends)
            if since < until:
                took = int(since == use.starts_at) if turns else working_seconds(day.unit_id, since, until)
                rows.append(row(day.day, day.unit_id, told, amount=took))
    return rows


def midnight(on: date) -> datetime:
    return datetime(on.year, on.month, on.day, tzinfo=ROME)


def is_closed(order: Order) -> bool:
    return order.closed_at is not None


def closed(keep: Callable[[Order], bool] = is_closed, **values: Callable[[Order], int | bool]) -> list[Counted]:
    return of_orders("closed_at", keep, **values)


def ready(**values: Callable[[Order], int | bool]) -> list[Counted]:
    return of_orders("ready_at", **values)


def in_shop(order: Order) -> int:
    return whole_seconds(order.ready_at - order.received_at)


ROWS: dict[str, Callable[[], list[Counted]]] = {
    "workshop_efficiency": of_pieces,
    "workshop_productivity": of_technician_days,
    "workshop_utilisation": utilised,
    "workshop_hours_sold": of_pieces,
    "workshop_hours_worked": of_technician_days,
    "workshop_hours_attended": attended,
    "workshop_orders": lambda: of_orders("received_at"),
    "workshop_promise_share": lambda: of_orders(
        "ready_at", lambda o: o.first_promised_at is not None, has=lambda o: o.ready_at <= o.first_promised_at
    ),
    "workshop_first_fix_share": lambda: closed(has=lambda o: not has_come_back(o)),
    "workshop_comebacks": lambda: of_orders("received_at", is_comeback),
    "workshop_comeback_share": lambda: of_orders("received_at", has=is_comeback),
    "workshop_shop_median": lambda: ready(amount=in_shop),
    "workshop_shop_p90": lambda: ready(amount=in_shop),
    "workshop_shop_working_median": lambda: ready(
        amount=lambda o: working_seconds(o.unit_id, o.received_at, o.ready_at)
    ),
    "workshop_pick_up_median": lambda: closed(amount=lambda o: whole_seconds(o.closed_at - o.ready_at)),
    "workshop_estimate_share": lambda: closed(
        lambda o: agreed(o, "price_cents") > 0, has=lambda o: is_right(o, "price_cents")
    ),
    "workshop_estimate_time_share": lambda: closed(
        lambda o: agreed(o, "minutes") > 0, has=lambda o: is_right(o, "minutes")
    ),
    "workshop_estimate_off": lambda: closed(
        lambda o: agreed(o, "price_cents") > 0,
        amount=lambda o: off(o, "price_cents"),
        under=lambda o: agreed(o, "price_cents"),
    ),
    "workshop_estimate_time_off": lambda: closed(
        lambda o: agreed(o, "minutes") > 0,
        amount=lambda o: off(o, "minutes"),
        under=lambda o: agreed(o, "minutes"),
    ),
    "workshop_extra_share": lambda: closed(
        lambda o: bool(extra(o, *DECIDED)),
        amount=lambda o: len(extra(o, *SAID_YES)),
        under=lambda o: len(extra(o, *DECIDED)),
    ),
    "workshop_extra_amount": lambda: closed(
        lambda o: bool(extra(o, *DECIDED)), amount=lambda o: sum(line.price_cents for line in extra(o, *SAID_YES))
    ),
    "workshop_status_contacts": lambda: closed(amount=lambda o: contacts(o, about_state=True)),
    "workshop_contacts": lambda: closed(amount=lambda o: contacts(o, about_state=False)),
    "workshop_lead_median": lambda: of_visits(lambda v: v.state != "cancelled", amount=lead),
    "workshop_lead_p90": lambda: of_visits(lambda v: v.state != "cancelled", amount=lead),
    "workshop_no_show_share": lambda: of_visits(
        lambda v: v.state in ("here", "done", "missed"), has=lambda v: v.state == "missed"
    ),
    "workshop_late_cancel_share": lambda: of_visits(lambda v: True, has=is_cancelled_late),
    "workshop_booked_load": lambda: of_capacity("technician"),
    "workshop_bay_occupancy": lambda: of_capacity("bay"),
    "workshop_bay_turns": lambda: of_capacity("bay", turns=True),
    "workshop_car_use": lambda: of_capacity("car"),
}


@cache
def rows_of_workshop(key: str) -> list[Counted]:
    """Return all rows that count for a metric of the workshop, whenever they were."""
    return ROWS[key]()


def forget() -> None:
    """Forget the world that was read: another one is filled."""
    for kept in (orders, messages, people, rows_of_workshop):
        kept.cache_clear()
