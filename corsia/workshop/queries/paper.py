"""The words of an order on paper: estimate while the customer decides, order afterwards."""

from datetime import datetime
from typing import Any

from django.utils import formats, timezone
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from corsia.organisation.queries import time_zone_of, tree
from corsia.ui.money import euros
from corsia.ui.templatetags.ui import local_name
from corsia.workshop.queries.orders import ApprovalRow, OrderPage
from corsia.workshop.vocabulary import LineState


def paper_of(page: OrderPage, *, at: datetime) -> dict[str, Any]:
    """Return what the paper of an order says, in the active language."""
    order, zone = page.order, time_zone_of(page.order.unit_id)

    def moment(instant: datetime) -> str:
        return str(formats.date_format(timezone.localtime(instant, zone), "SHORT_DATETIME_FORMAT"))

    shown = [row for row in page.lines if row.line.state != LineState.DECLINED]
    findings = [row for row in page.checks if row.finding is not None]
    is_estimate = bool(page.proposed)
    title = _("Estimate %(number)s") if is_estimate else _("Work order %(number)s")
    return {
        "title": title % {"number": page.number},
        "language": get_language() or "it",
        "footer": f"{tree().group(order.unit_id).name} · {page.number} · {moment(at)}",
        "page": _("Page {n} of {all}"),
        "mark": "",
        "place": page.place,
        "facts": [
            [_("Customer"), order.customer.display_name],
            [_("Vehicle"), " ".join(filter(None, [str(order.vehicle), order.vehicle.plate]))],
            [_("VIN"), order.vehicle.vin or "–"],
            [_("Kilometres"), formats.number_format(order.km) if order.km is not None else "–"],
            [pgettext("level", "Fuel"), f"{order.fuel_pct} %" if order.fuel_pct is not None else "–"],
            [_("Received"), moment(order.received_at)],
            [_("Promised for"), moment(order.promised_at)],
            *([[_("Invoice"), order.invoice_reference]] if order.invoice_reference else []),
        ],
        "wish_title": _("What the customer asked for"),
        "wish": order.wish,
        "lines_title": _("Work and parts"),
        "lines_head": [_("Work"), _("Quantity"), pgettext("order line", "State"), _("Price, VAT included")],
        "lines": [
            [
                row.line.local_text,
                formats.number_format(row.line.quantity.normalize(), use_l10n=True),
                row.line.get_state_display(),
                euros(row.line.price_cents),
            ]
            for row in shown
        ],
        "totals": [
            [_("Agreed"), euros(page.agreed_cents)],
            *([[_("Proposed, waiting for your approval"), euros(page.proposed_cents)]] if page.proposed else []),
        ],
        "damages_title": _("Damages found at reception"),
        "no_damage": _("None was found."),
        "damages": [{"x": one.x_pct, "y": one.y_pct, "note": one.note} for one in page.damages],
        "front": _("Front"),
        "checks_title": _("What we looked at"),
        "checks": [
            [local_name(row.check), row.finding.get_verdict_display(), row.finding.note]
            for row in findings
            if row.finding
        ],
        "approvals_title": _("Decisions of the customer"),
        "approvals": [_decision(row, moment) for row in page.approvals],
        "signed_title": _("Signed by"),
        "signed_name": order.signed_name,
        "signature_note": _("Signed on the screen at reception") if order.signature_id else "",
    }


def _decision(row: ApprovalRow, moment: Any) -> dict[str, Any]:
    one = row.approval
    said = _("%(name)s approved on %(at)s") if one.is_approved else _("%(name)s declined on %(at)s")
    return {
        "said": said % {"name": one.name, "at": moment(one.decided_at)},
        "lines": [f"{line['text']}: {euros(line['price_cents'])}" for line in one.shown["lines"]],
        "seal": bytes(one.digest).hex(),
        "seal_title": _("Seal (SHA-256)"),
    }
