"""Files: handed over, looked at row by row, taken in or put aside; what was left out goes back to be put right."""

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from corsia.connectors.dms.field_words import word_of
from corsia.connectors.dms.models import Delivery, Difference, Source
from corsia.connectors.dms.permissions import MANAGE_DMS
from corsia.connectors.dms.queries import deliveries as queries
from corsia.connectors.dms.services import deliveries as services
from corsia.connectors.dms.vocabulary import DeliveryState, Target, Way
from corsia.connectors.dms.web.forms import FileForm
from corsia.kernel.access import access
from corsia.kernel.http import StaffRequest
from corsia.kernel.once import once
from corsia.kernel.tables import Cell, as_download, form_of
from corsia.organisation.queries import time_zone_of, tree
from corsia.ui.forms import accepted

SHOWN = 200
SHOWN_LEFT_OUT = 50
_PAGES = {Target.CUSTOMERS: "customers:customer", Target.VEHICLES: "vehicles:vehicle", Target.ORDERS: "workshop:order"}


@require_POST
@access(MANAGE_DMS)
def add(request: StaffRequest, source_id: int) -> HttpResponse:
    """Keep a file and have it looked at."""
    Source.objects.find(source_id)
    file = accepted(FileForm(request.POST, request.FILES))["file"]

    def act() -> int:
        kept, _is_new = services.keep_delivery(
            source_id=source_id,
            file_name=file.name or "file",
            content=file.read(),
            way=Way.PAGE,
            by=request.actor,
            now=request.received_at,
        )
        return int(kept.pk)

    return redirect("dms:delivery", once(request, door="dms.delivery", act=act))


@require_safe
@access(MANAGE_DMS, personal=True)
def show(request: StaffRequest, delivery_id: int) -> HttpResponse:
    """Show a file: what it would change, or changed, row by row, and what was left out."""
    delivery: Delivery = Delivery.objects.select_related("source", "mapping", "received_by", "confirmed_by").find(
        delivery_id
    )
    differences = queries.differences(delivery, limit=SHOWN + 1)
    context: dict[str, Any] = {
        "delivery": delivery,
        "place": tree().label(delivery.unit_id),
        "is_running": delivery.state in (DeliveryState.RECEIVED, DeliveryState.CONFIRMED),
        "differences": [(one, word_of(one.field), _address(one)) for one in differences[:SHOWN]],
        "more": len(differences) > SHOWN,
        "left_out": [(one, queries.said(one)) for one in queries.left_out(delivery, limit=SHOWN_LEFT_OUT)],
        "writes": delivery.new + delivery.changed,
        "shown": SHOWN,
    }
    return render(request, "dms/delivery.html", context)


@require_POST
@access(MANAGE_DMS)
def confirm(request: StaffRequest, delivery_id: int) -> HttpResponse:
    """Have a file taken in."""
    services.confirm_delivery(delivery_id=delivery_id, by=request.actor, now=request.received_at)
    return redirect("dms:delivery", delivery_id)


@require_POST
@access(MANAGE_DMS)
def discard(request: StaffRequest, delivery_id: int) -> HttpResponse:
    """Put a file aside."""
    delivery = services.discard_delivery(delivery_id=delivery_id, by=request.actor, now=request.received_at)
    messages.info(request, _("The file was put aside. Nothing was changed."))
    return redirect("dms:source", delivery.source_id)


@require_POST
@access(MANAGE_DMS)
def again(request: StaffRequest, delivery_id: int) -> HttpResponse:
    """Look at a file once more, with the mapping of today."""

    def act() -> int:
        return int(services.replay(delivery_id=delivery_id, by=request.actor, now=request.received_at).pk)

    return redirect("dms:delivery", once(request, door="dms.again", act=act))


@require_safe
@access(MANAGE_DMS, personal=True)
def differences(request: StaffRequest, delivery_id: int) -> HttpResponse:
    """Hand out all that a file changes, as a table."""
    delivery: Delivery = Delivery.objects.find(delivery_id)
    rows: Iterator[list[Cell]] = (
        [one.number, str(one.get_kind_display()), one.external_id, word_of(one.field), one.before, one.after]
        for one in queries.differences(delivery)
    )
    return as_download(
        form_of(request.GET.get("form")),
        name=_("What %(name)s changes") % {"name": delivery.file_name},
        header=[_("Row"), _("What"), _("Number there"), _("Field"), _("Before"), _("After")],
        rows=rows,
        on=request.received_at.astimezone(time_zone_of(delivery.unit_id)).date(),
    )


@require_safe
@access(MANAGE_DMS, personal=True)
def left_out(request: StaffRequest, delivery_id: int) -> HttpResponse:
    """Hand out the rows that were left out, each with its reason, to be put right and loaded again."""
    name, content = queries.left_out_file(Delivery.objects.find(delivery_id))
    response = HttpResponse(content, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _address(one: Difference) -> str:
    name = _PAGES.get(Target(one.kind))
    return reverse(name, args=[one.local_id]) if name and one.local_id else ""
