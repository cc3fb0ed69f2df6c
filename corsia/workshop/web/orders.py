"""Orders: the list, one order with everything on it, and what is done with it at the desk."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from corsia.kernel.access import access, may
from corsia.kernel.blobs import content_of
from corsia.kernel.http import StaffRequest, row_id
from corsia.kernel.once import once
from corsia.organisation.queries import time_zone_of
from corsia.ui.forms import accepted
from corsia.ui.paper import set_paper
from corsia.workshop.links import visit_link
from corsia.workshop.models import Order, OrderLine, Picture
from corsia.workshop.permissions import RECEIVE, SEE_WORKSHOP, WORK_ON_VEHICLES
from corsia.workshop.queries.orders import figures, order_page, order_rows, workshops
from corsia.workshop.queries.paper import paper_of
from corsia.workshop.services import approvals, delivery, reception, work
from corsia.workshop.services.approvals import Decision, Proposal
from corsia.workshop.services.reception import PictureData
from corsia.workshop.vocabulary import OrderStage
from corsia.workshop.web.forms import (
    CloseForm,
    DecisionForm,
    ExtraForm,
    LineForm,
    PhotoForm,
    PromiseForm,
)


@require_safe
@access(SEE_WORKSHOP, personal=True)
def index(request: StaffRequest) -> HttpResponse:
    """List the orders: the open ones by their promise."""
    stage = request.GET.get("stage", "")
    stage = stage if stage in OrderStage.values else ""
    unit_id, after = row_id(request.GET.get("unit")), row_id(request.GET.get("after"))
    rows, more = order_rows(now=request.received_at, stage=stage, unit_id=unit_id, after=after)
    context = {
        "rows": rows,
        "after": more,
        "is_first": after is None,
        "stage": stage,
        "stages": OrderStage.choices,
        "unit_id": unit_id,
        "units": workshops(),
        "figures": figures(now=request.received_at, unit_id=unit_id),
        "may_receive": may(request.actor, RECEIVE),
        "may_work": may(request.actor, WORK_ON_VEHICLES),
        "now": request.received_at,
    }
    return render(request, "workshop/orders.html", context)


@require_safe
@access(SEE_WORKSHOP, personal=True)
def show(request: StaffRequest, order_id: int) -> HttpResponse:
    """Show an order."""
    page = order_page(order_id, now=request.received_at)
    promised = timezone.localtime(page.order.promised_at, time_zone_of(page.order.unit_id))
    at = {"on": promised.date(), "at": f"{promised:%H}:{promised.minute // 15 * 15:02d}"}
    context: dict[str, Any] = {
        "page": page,
        "order": page.order,
        "is_open": page.order.stage != OrderStage.CLOSED,
        "may_receive": may(request.actor, RECEIVE, page.order.unit_id),
        "may_work": may(request.actor, WORK_ON_VEHICLES, page.order.unit_id),
        "steps": [stage for stage in OrderStage if stage != OrderStage.WAITING],
        "link": visit_link(order_id),
        "line_form": LineForm(prefix=None, auto_id="ln_%s"),
        "extra_form": ExtraForm(auto_id="ex_%s"),
        "promise_form": PromiseForm(initial=at, auto_id="pr_%s"),
        "photo_form": PhotoForm(auto_id="ph_%s"),
        "close_form": CloseForm(initial={"km": page.order.km}, auto_id="cl_%s"),
        "now": request.received_at,
    }
    return render(request, "workshop/order.html", context)


@require_POST
@access(RECEIVE)
def add_line(request: StaffRequest, order_id: int) -> HttpResponse:
    """Add what was agreed in person."""
    form = LineForm(request.POST)
    accepted(form)

    def add() -> int:
        return reception.add_line(order_id=order_id, data=form.line(), by=request.actor, now=request.received_at).pk

    once(request, door="workshop.line", act=add)
    return redirect("workshop:order", order_id)


@require_POST
@access(WORK_ON_VEHICLES)
def propose(request: StaffRequest, order_id: int) -> HttpResponse:
    """Propose extra work."""
    Order.objects.find(order_id)
    form = ExtraForm(request.POST, request.FILES)
    given = accepted(form)

    def act() -> int:
        data = Proposal(line=form.line(), reason=given["reason"], picture=form.picture())
        return approvals.propose_extra(order_id=order_id, data=data, by=request.actor, now=request.received_at).pk

    once(request, door="workshop.extra", act=act)
    messages.success(request, _("Proposed. The customer sees it on the visit link."))
    return redirect("workshop:order", order_id)


@require_POST
@access(RECEIVE)
def decide(request: StaffRequest, order_id: int) -> HttpResponse:
    """Write down what a customer said to proposed lines."""
    Order.objects.find(order_id)
    line_ids = list(OrderLine.objects.filter(order_id=order_id).values_list("pk", flat=True))
    given = accepted(DecisionForm(request.POST, line_ids=line_ids))
    data = Decision(
        line_ids=given["lines"],
        is_approved=given["approved"] == "yes",
        name=given["name"],
        signature=given["signature"],
        language=get_language() or "it",
    )
    approvals.decide(order_id=order_id, data=data, by=request.actor, now=request.received_at)
    return redirect("workshop:order", order_id)


@require_POST
@access(RECEIVE)
def promise(request: StaffRequest, order_id: int) -> HttpResponse:
    """Promise another hour."""
    order: Order = Order.objects.find(order_id)
    form = PromiseForm(request.POST)
    given = accepted(form)
    reception.change_promise(
        order_id=order_id,
        promised_at=form.moment(time_zone_of(order.unit_id)),
        reason=given["reason"],
        by=request.actor,
        now=request.received_at,
    )
    return redirect("workshop:order", order_id)


@require_POST
@access(WORK_ON_VEHICLES)
def add_picture(request: StaffRequest, order_id: int) -> HttpResponse:
    """Keep a photo."""
    Order.objects.find(order_id)
    given = accepted(PhotoForm(request.POST, request.FILES))

    def add() -> int:
        return reception.add_picture(
            order_id=order_id,
            data=PictureData(
                content=given["photo"].read(), note=given["note"], is_for_customer=given["is_for_customer"]
            ),
            by=request.actor,
            at=request.received_at,
            now=request.received_at,
        ).pk

    once(request, door="workshop.picture", act=add)
    return redirect("workshop:order", order_id)


@require_safe
@access(SEE_WORKSHOP, personal=True)
def picture(request: StaffRequest, picture_id: int) -> HttpResponse:
    """Give a photo or voice note."""
    return picture_answer(Picture.objects.find(picture_id))


@require_POST
@access(RECEIVE)
def show_picture(request: StaffRequest, picture_id: int) -> HttpResponse:
    """Show a picture on the visit link, or no longer."""
    shown = reception.show_picture(
        picture_id=picture_id,
        is_for_customer=request.POST.get("shown") == "1",
        by=request.actor,
        now=request.received_at,
    )
    return redirect("workshop:order", shown.order_id)


@require_POST
@access(WORK_ON_VEHICLES)
def finish_line(request: StaffRequest, line_id: int) -> HttpResponse:
    """Say that a line is done."""
    line = work.finish_line(line_id=line_id, at=request.received_at, by=request.actor, now=request.received_at)
    return redirect("workshop:order", line.order_id)


@require_POST
@access(RECEIVE)
def withdraw_line(request: StaffRequest, line_id: int) -> HttpResponse:
    """Take back a line nobody worked on."""
    line = approvals.withdraw_line(line_id=line_id, by=request.actor, now=request.received_at)
    return redirect("workshop:order", line.order_id)


@require_POST
@access(WORK_ON_VEHICLES)
def quality(request: StaffRequest, order_id: int) -> HttpResponse:
    """Hand over to the quality check."""
    delivery.to_quality(order_id=order_id, by=request.actor, now=request.received_at)
    return redirect("workshop:order", order_id)


@require_POST
@access(WORK_ON_VEHICLES)
def ready(request: StaffRequest, order_id: int) -> HttpResponse:
    """Say that the customer may come."""
    delivery.set_ready(order_id=order_id, by=request.actor, now=request.received_at)
    messages.success(request, _("Ready: the customer is told."))
    return redirect("workshop:order", order_id)


@require_POST
@access(RECEIVE)
def close(request: StaffRequest, order_id: int) -> HttpResponse:
    """Give the vehicle back."""
    Order.objects.find(order_id)
    given = accepted(CloseForm(request.POST))
    delivery.close_order(
        order_id=order_id,
        invoice_reference=given["invoice"],
        km=given["km"],
        by=request.actor,
        now=request.received_at,
    )
    messages.success(request, _("Delivered and closed."))
    return redirect("workshop:order", order_id)


@require_safe
@access(SEE_WORKSHOP, personal=True)
def paper(request: StaffRequest, order_id: int) -> HttpResponse:
    """Hand out an order, or its estimate while it waits for the customer, as PDF in the customer's language."""
    page = order_page(order_id, now=request.received_at)
    with override(page.order.customer.language):
        content = set_paper("workshop/order.typ", paper_of(page, at=request.received_at), at=request.received_at)
    answer = HttpResponse(content, content_type="application/pdf")
    answer.headers["Content-Disposition"] = f'attachment; filename="{page.number.replace("/", "-")}.pdf"'
    return answer


def picture_answer(found: Picture) -> HttpResponse:
    """Return a picture as an answer that no cache keeps."""
    response = HttpResponse(content_of(found.blob_id), content_type=found.media_type)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["Content-Disposition"] = "inline"
    return response
