"""What a customer sees of an order behind the visit link: nothing of other customers, nothing internal."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from corsia.kernel.errors import NotFound
from corsia.organisation.models import Unit
from corsia.organisation.queries import tree
from corsia.workshop.links import order_id_of
from corsia.workshop.models import Approval, Order, OrderLine, Picture
from corsia.workshop.queries.extra_work import offer_of, proposed_lines
from corsia.workshop.queries.numbers import number_of
from corsia.workshop.rules.sealing import digest_of_shown
from corsia.workshop.vocabulary import LineState, OrderStage

KEPT_FOR = timedelta(days=60)  # after the vehicle was given back
STEPS = (OrderStage.RECEIVED, OrderStage.WORKING, OrderStage.CHECKING, OrderStage.READY, OrderStage.CLOSED)


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step of the way; `state` is "done", "now" or "to_come"."""

    stage: OrderStage
    state: str


@dataclass(frozen=True, kw_only=True)
class Offer:
    """One proposed line with its photos, and the digest of what is shown."""

    line: OrderLine
    shown: dict[str, Any]
    digest: str
    pictures: Sequence[Picture]


@dataclass(frozen=True, kw_only=True)
class VisitPage:
    """The page of one order."""

    order: Order
    number: str
    unit: Unit
    phone: str
    steps: Sequence[Step]
    looked_after_by: str
    offers: Sequence[Offer]
    lines: Sequence[OrderLine]
    total_cents: int
    pictures: Sequence[Picture]
    decisions: Sequence[Approval]


def order_behind(token: str, *, now: datetime) -> Order:
    """Return the order that a visit link is about.

    Raises:
        NotFound: the link was not made here, or the vehicle was given back long ago.
    """
    order_id = order_id_of(token)
    order: Order | None = (
        Order.objects.select_related("customer", "vehicle", "received_by").filter(pk=order_id).first()
        if order_id
        else None
    )
    if order is None or (order.closed_at is not None and order.closed_at + KEPT_FOR < now):
        raise NotFound(kind=Order._meta.label)
    return order


def version_behind(token: str, *, now: datetime) -> str:
    """Return a word that changes with anything the page of a visit link shows. Four statements.

    Raises:
        NotFound: as for `order_behind`.
    """
    order = order_behind(token, now=now)
    lines = order.lines.values_list("pk", "state", "text", "price_cents").order_by("pk")
    counts = (order.approvals.count(), order.pictures.filter(is_for_customer=True).count())
    told = (order.stage, order.promised_at, order.invoice_reference, order.received_by_id, *counts, *lines)
    return sha256(repr(told).encode()).hexdigest()[:16]


def visit_page(order: Order, *, language: str) -> VisitPage:
    """Return what the customer sees of an order."""
    places = tree()
    unit = places.unit(order.unit_id)
    group = places.group(order.unit_id)
    branch = places.unit(unit.parent_id) if unit.parent_id else unit
    pictures = list(order.pictures.filter(is_for_customer=True, media_type__startswith="image/").order_by("taken_at"))
    lines = list(order.lines.filter(state__in=(LineState.APPROVED, LineState.DONE)).order_by("position"))
    return VisitPage(
        order=order,
        number=number_of(order),
        unit=unit,
        phone=unit.phone or branch.phone or group.phone,
        steps=steps_of(order.stage),
        looked_after_by=order.received_by.full_name if order.received_by else "",
        offers=[_offer(order, line, pictures, language) for line in proposed_lines(order)],
        lines=lines,
        total_cents=sum(line.price_cents for line in lines),
        pictures=[picture for picture in pictures if picture.line_id is None],
        decisions=list(order.approvals.order_by("decided_at", "pk")),
    )


def steps_of(stage: str) -> list[Step]:
    """Return the way of an order; while it waits it stands at the work."""
    here = STEPS.index(OrderStage.WORKING if stage == OrderStage.WAITING else OrderStage(stage))
    ends = stage == OrderStage.CLOSED
    return [
        Step(
            stage=step,
            state="done" if place < here or (ends and place == here) else "now" if place == here else "to_come",
        )
        for place, step in enumerate(STEPS)
    ]


def picture_behind(token: str, picture_id: int, *, now: datetime) -> Picture:
    """Return a picture that the customer may see.

    Raises:
        NotFound: it is not shown, or belongs to another order.
    """
    order = order_behind(token, now=now)
    picture: Picture = Picture.objects.filter(order=order, is_for_customer=True, media_type__startswith="image/").find(
        picture_id
    )
    return picture


def _offer(order: Order, line: OrderLine, pictures: Sequence[Picture], language: str) -> Offer:
    shown = offer_of(order, [line], language=language)
    return Offer(
        line=line,
        shown=shown,
        digest=digest_of_shown(shown),
        pictures=[picture for picture in pictures if picture.line_id == line.pk],
    )
