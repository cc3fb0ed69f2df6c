"""Planned contacts for the pages: what a rule would have done lately, what waits, and why something was not made."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q

from corsia.customers.models import Customer
from corsia.kernel.scope import current_scope
from corsia.messaging.models import EventRule, PlannedContact, Template
from corsia.messaging.occasions import OCCASIONS
from corsia.messaging.rules.planned import Delay, Filter, due_at, matches
from corsia.messaging.vocabulary import PlannedState, explained
from corsia.organisation.queries import tree
from corsia.vehicles.models import Vehicle

BACK = timedelta(days=30)
LOOKED_AT = 2000  # events of the last 30 days
SHOWN = 20
PAGE = 50


@dataclass(frozen=True, kw_only=True)
class Would:
    """One event of the last days and the contact that would have followed."""

    customer: str
    customer_id: int
    vehicle: str
    reference: str
    detail: str
    reached_at: datetime
    send_at: datetime
    why_not: str  # what the gate says today, "" when it may go


@dataclass(frozen=True, kw_only=True)
class Preview:
    """What a rule would have done.

    Attributes:
        looked_at: events of its kind within the scope; `is_capped` when there are more than were looked at.
        matching: of them, those the rule is about.
    """

    looked_at: int
    matching: int
    is_capped: bool
    rows: tuple[Would, ...]


def preview(
    *,
    occasion: str,
    unit_id: int,
    filter_: Filter,
    delay: Delay,
    objection: Callable[[int, int], str] | None,
    now: datetime,
) -> Preview:
    """Return what a rule would have done in the last 30 days, with what the gate says about each customer today.

    Args:
        objection: why a customer may not be written to by a unit, as a sentence; None for rules that do not write.
    """
    kind = OCCASIONS.get(occasion)
    found = list(kind.recent(now - BACK, now, LOOKED_AT + 1)) if kind else []
    places = tree()
    path = places.unit(unit_id).path
    mine = [one for one in found[:LOOKED_AT] if places.unit(one.unit_id).path.startswith(path)]
    cars = {car.pk: car for car in Vehicle.objects.filter(pk__in={one.vehicle_id for one in mine if one.vehicle_id})}
    fitting = [
        one
        for one in mine
        if matches(
            filter_,
            make=cars[one.vehicle_id].make if one.vehicle_id in cars else "",
            told=(one.reference, one.detail),
        )
    ]
    shown = fitting[:SHOWN]
    names = dict(Customer.objects.filter(pk__in={one.customer_id for one in shown}).values_list("pk", "display_name"))
    rows = [
        Would(
            customer=names.get(one.customer_id, ""),
            customer_id=one.customer_id,
            vehicle=str(cars[one.vehicle_id]) if one.vehicle_id in cars else "",
            reference=one.reference,
            detail=one.detail,
            reached_at=one.reached_at,
            send_at=due_at(one.reached_at, delay, hours=places.hours(one.unit_id), zone=places.time_zone(one.unit_id)),
            why_not=objection(one.customer_id, one.unit_id) if objection else "",
        )
        for one in shown
    ]
    return Preview(looked_at=len(mine), matching=len(fitting), is_capped=len(found) > LOOKED_AT, rows=tuple(rows))


@dataclass(frozen=True, kw_only=True)
class RuleRow:
    """A rule in the list, with what it has waiting; counts stop at 100."""

    rule: EventRule
    place: str
    occasion: str
    text: Template | None  # the one it sends
    waiting: int
    may_edit: bool


def rule_rows() -> list[RuleRow]:
    """Return the rules within the scope and those shared from above, by name."""
    places, scope = tree(), current_scope()
    rules = list(EventRule.objects.order_by("name", "pk"))
    counted = PlannedContact.objects.filter(state=PlannedState.WAITING).order_by().values_list("rule_id")
    waiting = dict(counted.annotate(n=Count("pk")))
    above = {unit.pk for rule in rules for unit in places.chain(rule.unit_id)}
    named = Template.unscoped.filter(unit_id__in=above, key__in={rule.template_key for rule in rules})
    texts = {(text.key, text.unit_id): text for text in named}

    def text_of(rule: EventRule) -> Template | None:
        """Return the text that the rule's unit itself would send: its own, else the nearest above it."""
        nearest = (texts.get((rule.template_key, unit.pk)) for unit in places.chain(rule.unit_id))
        return next((text for text in nearest if text), None)

    return [
        RuleRow(
            rule=rule,
            text=text_of(rule),
            place=places.label(rule.unit_id),
            occasion=str(OCCASIONS[rule.occasion].title) if rule.occasion in OCCASIONS else rule.occasion,
            waiting=min(100, waiting.get(rule.pk, 0)),
            may_edit=scope.everything or rule.unit_id in scope.units,
        )
        for rule in rules
    ]


@dataclass(frozen=True, kw_only=True)
class PlannedRow:
    """A planned contact in the list, and why it was not made as a sentence."""

    planned: PlannedContact
    place: str
    sentence: str
    detail: str


def planned_rows(*, state: str, before: int | None) -> tuple[Sequence[PlannedRow], int | None]:
    """Return a page of planned contacts in a state and the cursor of the next.

    Those that wait stand in the order in which they are due, all others with the latest first.

    Args:
        before: the last contact of the page before.
    """
    places = tree()
    rows = PlannedContact.objects.filter(state=state).select_related("rule", "customer", "vehicle", "case")
    last = PlannedContact.objects.filter(pk=before).first() if before else None
    if state == PlannedState.WAITING:
        rows = rows.order_by("send_after", "pk")
        if last:
            due = Q(send_after__gt=last.send_after) | Q(send_after=last.send_after, pk__gt=last.pk)
            rows = rows.filter(due, send_after__gte=last.send_after)
    else:
        rows = rows.order_by("-pk").filter(**({"pk__lt": before} if before else {}))
    found = list(rows[: PAGE + 1])
    older = found[PAGE - 1].pk if len(found) > PAGE else None
    shown = []
    for row in found[:PAGE]:
        sentence, detail = explained(row.why) if row.why else ("", "")
        shown.append(PlannedRow(planned=row, place=places.label(row.unit_id), sentence=sentence, detail=detail))
    return shown, older
