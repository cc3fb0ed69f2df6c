"""What owners are told of their vehicles' dues: all that come within a window at once, each due once."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import ngettext, pgettext

from corsia.customers.models import LONGEST_DETAIL, Customer, DueTold, Holding, Milestone
from corsia.customers.services.milestones import ROBOT, state_milestone
from corsia.customers.vocabulary import MilestoneKind, VehicleRole
from corsia.organisation.queries import day_in
from corsia.vehicles.models import Due
from corsia.vehicles.queries import DueRow, due_rows
from corsia.vehicles.vocabulary import DueKind, DueState

LEAD = timedelta(days=30)  # a due that is so near is a reason to write
WINDOW = timedelta(days=60)  # and takes along what else comes so soon
ONE_DAY = timedelta(days=1)
LATE = timedelta(days=30)  # what is overdue for longer was missed before we knew of it: a person decides


def state_dues_near(*, now: datetime) -> int:
    """State for every owner what their vehicles are due for soon, as one milestone; return for how many.

    Stated again, nothing happens: a due that was told to somebody is never told to them again, also where its day
    changed meanwhile. Who was merged is one owner.
    """
    stated = 0
    for customer_id, due_ids in owners_to_tell(now=now):
        stated += tell_owner(customer_id=customer_id, due_ids=due_ids, now=now)
    return stated


def owners_to_tell(*, now: datetime) -> Iterator[tuple[int, list[int]]]:
    """Yield owners to whom something is near, with the dues of the window they were not told of."""
    day = now.date()  # somewhere it is the day before or after
    who = Coalesce("customer__merged_into", "customer_id")
    owner = Holding.objects.filter(vehicle=OuterRef("vehicle"), role=VehicleRole.OWNER, until=None).annotate(who=who)
    told = DueTold.objects.annotate(who=who).filter(due=OuterRef("pk"), who=OuterRef("owner"))
    near = Q(kind=DueKind.RECALL) | Q(due_on__gte=day - LATE - ONE_DAY, due_on__lte=day + WINDOW + ONE_DAY)
    rows = (
        Due.objects.filter(near, state=DueState.OPEN)
        .annotate(owner=Subquery(owner.values("who")[:1]))
        .filter(~Exists(told), owner__isnull=False)
        .order_by("owner", "due_on", "pk")
        .values_list("owner", "pk", "kind", "due_on", "unit_id")
    )
    for customer_id, mine in groupby(list(rows), key=lambda row: row[0]):
        days = [(pk, _days(kind, due_on, day_in(unit_id, now))) for _owner, pk, kind, due_on, unit_id in mine]
        window = [(pk, left) for pk, left in days if -LATE <= left <= WINDOW]
        if any(left <= LEAD for _pk, left in window):
            yield customer_id, [pk for pk, _left in window]


def _days(kind: str, due_on: date, today: date) -> timedelta:
    """Return how long there is until a due; a recall is due now, however long it has been open."""
    return timedelta() if kind == DueKind.RECALL else due_on - today


@transaction.atomic
def tell_owner(*, customer_id: int, due_ids: Sequence[int], now: datetime) -> bool:
    """State some dues of an owner's vehicles as one milestone, in the owner's language; return whether it is new."""
    customer: Customer = Customer.objects.lock(customer_id)
    dues: Any = Due.objects.filter(pk__in=due_ids).select_related("vehicle", "recall__recall").order_by("due_on", "pk")
    unit_id = dues[0].place_id or dues[0].unit_id
    today = day_in(unit_id, now)
    with translation.override(customer.language):
        rows = due_rows(dues, on=today)
        detail = in_words(rows)
    vehicles = {row.vehicle.pk for row in rows}
    milestone: Milestone
    milestone, is_new = state_milestone(
        unit_id=unit_id,
        kind=MilestoneKind.DUES_NEAR,
        customer_id=customer.pk,
        vehicle_id=vehicles.pop() if len(vehicles) == 1 else None,
        reached_at=now,
        detail=detail,
        by=ROBOT,
        now=now,
    )
    DueTold.objects.bulk_create([DueTold(due_id=pk, customer=customer, milestone=milestone) for pk in due_ids])
    return is_new


def in_words(rows: Sequence[DueRow], *, most: int = LONGEST_DETAIL) -> str:
    """Return dues as a list in one line, vehicle by vehicle; what does not fit is counted."""
    parts: list[str] = []
    named: set[int] = set()
    ordered = sorted(rows, key=lambda row: (_first_day(row, rows), row.vehicle.pk))
    for number, row in enumerate(ordered):
        name = "" if row.vehicle.pk in named else " ".join(filter(None, [row.name, row.plate])) + ": "
        rest = len(ordered) - number
        more = ngettext("and %(count)s more", "and %(count)s more", rest) % {"count": rest}
        part = name + _one(row)
        if len("; ".join([*parts, part])) + len("; ") + len(more) > most:
            return "; ".join([*parts, more])
        named.add(row.vehicle.pk)
        parts.append(part)
    return "; ".join(parts)


def _first_day(row: DueRow, rows: Sequence[DueRow]) -> date:
    return min(one.due.due_on for one in rows if one.vehicle.pk == row.vehicle.pk)


def _one(row: DueRow) -> str:
    if row.kind == DueKind.RECALL:
        return row.title
    day = date_format(row.due.due_on, "SHORT_DATE_FORMAT")
    if row.kind == DueKind.WARRANTY:
        return pgettext("due", "%(what)s on %(day)s") % {"what": row.title, "day": day}
    return pgettext("due", "%(what)s by %(day)s") % {"what": row.title, "day": day}
