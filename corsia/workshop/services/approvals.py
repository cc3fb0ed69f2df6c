"""Extra work is proposed with its reason and price; what the customer says to it is sealed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from corsia.events import workshop as facts
from corsia.kernel.access import demand
from corsia.kernel.actors import Actor, ActorKind
from corsia.kernel.audit import audit
from corsia.kernel.errors import Invalid, Refused
from corsia.kernel.facts import publish
from corsia.workshop.models import Approval, Order, OrderLine, Picture
from corsia.workshop.permissions import RECEIVE, WORK_ON_VEHICLES
from corsia.workshop.queries.extra_work import DESK, LINK, offer_of
from corsia.workshop.rules.sealing import digest_of_shown, seal
from corsia.workshop.services import parts
from corsia.workshop.services.reception import LineData, PictureData, keep_picture, new_line, told
from corsia.workshop.services.refusals import PriceUnusable, WordsMissing, kept_signature, open_order
from corsia.workshop.services.stages import settle_stage
from corsia.workshop.vocabulary import LineKind, LineState


class OfferChanged(Refused):
    code = "workshop.offer_changed"
    message = _("What is proposed has changed meanwhile. Please look at it again, then decide.")


class NameMissing(Invalid):
    code = "workshop.name_missing"
    message = _("Please write your first and last name: it stands for the decision.")


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """Extra work in words the customer understands, with its price and, if possible, a photo."""

    line: LineData
    reason: str
    picture: PictureData | None = None


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What was said to an offer. `shown` is the digest of what was on the page, or "" at the desk."""

    line_ids: Sequence[int]
    is_approved: bool
    name: str
    signature: bytes = b""
    shown: str = ""
    language: str = "it"


@transaction.atomic
def propose_extra(*, order_id: int, data: Proposal, by: Actor, now: datetime) -> OrderLine:
    """Propose work that was found necessary: it waits for the customer's yes.

    Raises:
        WordsMissing, PriceUnusable: the customer could not decide on it.
    """
    order = open_order(order_id, by=by, right=WORK_ON_VEHICLES)
    if not data.reason.strip():
        raise WordsMissing
    if data.line.price_cents == 0:
        raise PriceUnusable
    before = Picture.objects.filter(key=data.picture.key, order=order).first() if data.picture else None
    if before is not None and before.line is not None:
        sent_before: OrderLine = before.line
        return sent_before
    line = new_line(order, data.line, state=LineState.PROPOSED)
    line.is_extra, line.reason = True, data.reason.strip()[:2000]
    line.proposed_by_id, line.proposed_at = by.id, now
    line.save()
    if data.picture is not None:
        keep_picture(order, data.picture, by=by, at=now, line=line)
    audit(line, "extra_proposed", by=by, now=now, order=order.pk, cents=line.price_cents)
    settle_stage(order)
    return line


@transaction.atomic
def decide(*, order_id: int, data: Decision, by: Actor, now: datetime) -> Approval:
    """Write down what the customer said to proposed lines, and seal it with what was shown.

    By the link the customer acts; at the desk a person of ours writes down what was said.

    Raises:
        OfferChanged: a line is no longer proposed, or not as it was shown.
        NameMissing: nobody says whose decision it is.
    """
    order = open_order(order_id, by=by, right=RECEIVE)
    way = LINK if by.kind == ActorKind.CUSTOMER else DESK
    name = " ".join(data.name.split())[:120]
    if not name:
        raise NameMissing
    lines = list(
        OrderLine.objects.select_for_update(of=("self",))
        .filter(order=order, pk__in=data.line_ids, state=LineState.PROPOSED)
        .order_by("position")
    )
    if not lines or len(lines) != len(set(data.line_ids)):
        raise OfferChanged
    shown = offer_of(order, lines, language=data.language)
    if way == LINK and digest_of_shown(shown) != data.shown:
        raise OfferChanged
    approval: Approval = Approval.objects.create(
        order=order,
        shown=shown,
        is_approved=data.is_approved,
        name=name,
        signature_id=kept_signature(data.signature),
        decided_at=now,
        way=way,
        taken_by_id=by.id,
        digest=seal(
            shown=shown,
            is_approved=data.is_approved,
            name=name,
            signature=data.signature,
            decided_at=now,
            way=way,
            taken_by=by.id,
        ),
    )
    for line in lines:
        line.state = LineState.APPROVED if data.is_approved else LineState.DECLINED
        line.decided_at = now
        line.save(update_fields=["state", "decided_at"])
    total = sum(line.price_cents for line in lines)
    audit(approval, "extra_decided", by=by, now=now, order=order.pk, is_approved=data.is_approved, cents=total)
    publish(facts.ExtraWorkDecided(**told(order, now=now), is_approved=data.is_approved, total_cents=total))
    settle_stage(order)
    return approval


@transaction.atomic
def withdraw_line(*, line_id: int, by: Actor, now: datetime) -> OrderLine:
    """Take back a line nobody worked on: proposed or agreed by mistake.

    Raises:
        OfferChanged: it is done, declined, or somebody worked on it.
    """
    order: Order = Order.objects.lock(OrderLine.objects.find(line_id).order_id)
    demand(by, RECEIVE, order.unit_id)
    open_order(order.pk, by=by, right=RECEIVE)
    line: OrderLine = order.lines.get(pk=line_id)
    if line.state not in (LineState.PROPOSED, LineState.APPROVED) or line.clockings.exists():
        raise OfferChanged
    line.state, line.decided_at = LineState.DECLINED, now
    line.save(update_fields=["state", "decided_at"])
    if line.job_id is not None and order.visit_id is not None and line.kind == LineKind.LABOUR:
        parts.release_for([order.visit_id], now=now, job_ids=[line.job_id])
    audit(line, "line_withdrawn", by=by, now=now, order=order.pk)
    settle_stage(order)
    return line
