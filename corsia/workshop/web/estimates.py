"""Estimates: the list, one with its lines, sent, answered at the desk, booked from."""

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy, override, pgettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from corsia.kernel.access import access
from corsia.kernel.errors import NotFound
from corsia.kernel.http import StaffRequest
from corsia.kernel.once import once
from corsia.organisation.queries import day_in, time_zone_of
from corsia.ui.forms import DayInput, accepted
from corsia.ui.paper import set_paper
from corsia.workshop.links import estimate_link
from corsia.workshop.models import Estimate, Workshop
from corsia.workshop.permissions import BOOK
from corsia.workshop.queries.catalogue import bundle
from corsia.workshop.queries.estimates import estimate_page, estimate_rows, paper_of_estimate
from corsia.workshop.queries.visits import workshops
from corsia.workshop.services import estimates as services
from corsia.workshop.services.estimates import Answer
from corsia.workshop.services.reception import LineData
from corsia.workshop.vocabulary import EstimateState, LineKind
from corsia.workshop.web.asked import Asked
from corsia.workshop.web.catalogue_forms import EurosField
from corsia.workshop.web.parts import QuantityField

SHOWS = (
    ("", pgettext_lazy("estimates", "Not answered yet")),
    ("expired", pgettext_lazy("estimates", "Expired")),
    ("answered", pgettext_lazy("estimates", "Answered")),
    ("all", pgettext_lazy("estimates", "All")),
)


class LineForm(forms.Form):
    """A line that is in no catalogue."""

    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=LineKind.choices)
    text = forms.CharField(label=gettext_lazy("Work"), max_length=200)
    quantity = QuantityField(label=gettext_lazy("Quantity"), initial="1")
    price = EurosField(label=gettext_lazy("Price of the line in euro, VAT included"))


class SendForm(forms.Form):
    """Until when it is valid, and what is written to the customer."""

    valid_until = forms.DateField(label=gettext_lazy("Valid until"), widget=DayInput())
    note = forms.CharField(
        label=gettext_lazy("Note to the customer"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


@require_safe
@access(BOOK, personal=True)
def index(request: StaffRequest) -> HttpResponse:
    """List estimates with their age."""
    show = request.GET.get("show", "")
    show = show if show in dict(SHOWS) else ""
    context = {"rows": estimate_rows(show=show, now=request.received_at), "show": show, "shows": SHOWS}
    return render(request, "workshop/estimates.html", context)


@require_POST
@access(BOOK)
def make(request: StaffRequest) -> HttpResponse:
    """Write down what the work that was chosen would cost."""
    asked = Asked.of(request.POST)
    unit_id = asked.unit_ids[0] if asked.unit_ids else next((one.unit_id for one, _name in workshops()), None)
    if asked.customer_id is None or unit_id is None:
        raise NotFound(kind=Workshop._meta.label)
    customer_id, place = asked.customer_id, unit_id

    def act() -> int:
        work = bundle(job_ids=asked.job_ids, package_id=asked.package_id) if asked.has_work else None
        return services.make_estimate(
            unit_id=place,
            customer_id=customer_id,
            vehicle_id=asked.vehicle_id,
            case_id=asked.case_id,
            bundle=work,
            by=request.actor,
            now=request.received_at,
        ).pk

    return redirect("workshop:estimate", once(request, door="workshop.estimate", act=act))


@require_safe
@access(BOOK, personal=True)
def show(request: StaffRequest, estimate_id: int) -> HttpResponse:
    """Show an estimate."""
    page = estimate_page(estimate_id, language=get_language() or "it", now=request.received_at)
    estimate = page.estimate
    is_booked_from = estimate.state == EstimateState.ACCEPTED and any(line.job_id for line in page.lines)
    context: dict[str, Any] = {
        "page": page,
        "estimate": estimate,
        "zone": time_zone_of(estimate.unit_id),
        "today": day_in(estimate.unit_id, request.received_at),
        "lines": list(zip(page.lines, page.shown["lines"], strict=True)),
        "is_draft": estimate.state == EstimateState.DRAFT,
        "is_open": estimate.state in (EstimateState.DRAFT, EstimateState.SENT),
        "link": estimate_link(estimate.pk) if estimate.sent_at else "",
        "kinds": LineKind.choices,
        "book_url": f"{reverse('workshop:book')}?{_wish(estimate)}" if is_booked_from else "",
    }
    return render(request, "workshop/estimate.html", context)


@require_POST
@access(BOOK)
def add_line(request: StaffRequest, estimate_id: int) -> HttpResponse:
    """Add a line that is in no catalogue."""
    Estimate.objects.find(estimate_id)
    said = accepted(LineForm(request.POST))
    data = LineData(
        kind=said["kind"], text=said["text"], quantity=Decimal(said["quantity"]), price_cents=said["price"] or 0
    )
    services.add_estimate_line(estimate_id=estimate_id, data=data, by=request.actor, now=request.received_at)
    return redirect("workshop:estimate", estimate_id)


@require_POST
@access(BOOK)
def drop_line(request: StaffRequest, line_id: int) -> HttpResponse:
    """Take a line out."""
    estimate = services.drop_estimate_line(line_id=line_id, by=request.actor, now=request.received_at)
    return redirect("workshop:estimate", estimate.pk)


@require_POST
@access(BOOK)
def send(request: StaffRequest, estimate_id: int) -> HttpResponse:
    """Send it to the customer."""
    Estimate.objects.find(estimate_id)
    said = accepted(SendForm(request.POST))
    services.send_estimate(estimate_id=estimate_id, **said, by=request.actor, now=request.received_at)
    messages.success(request, _("It is sent: from now on it stays as it is."))
    return redirect("workshop:estimate", estimate_id)


@require_POST
@access(BOOK)
def answer(request: StaffRequest, estimate_id: int) -> HttpResponse:
    """Write down what the customer said."""
    data = Answer(
        is_approved=request.POST.get("approved") == "yes",
        name=request.POST.get("name", "")[:200],
        language=get_language() or "it",
    )
    services.answer_estimate(estimate_id=estimate_id, data=data, by=request.actor, now=request.received_at)
    return redirect("workshop:estimate", estimate_id)


@require_POST
@access(BOOK)
def withdraw(request: StaffRequest, estimate_id: int) -> HttpResponse:
    """Take it back."""
    services.withdraw_estimate(estimate_id=estimate_id, by=request.actor, now=request.received_at)
    return redirect("workshop:estimate", estimate_id)


@require_safe
@access(BOOK, personal=True)
def paper(request: StaffRequest, estimate_id: int) -> HttpResponse:
    """Hand an estimate out as PDF in the customer's language."""
    language = Estimate.objects.select_related("customer").find(estimate_id).customer.language
    with override(language):
        page = estimate_page(estimate_id, language=language, now=request.received_at)
        today = day_in(page.estimate.unit_id, request.received_at)
        content = set_paper("workshop/estimate.typ", paper_of_estimate(page, today=today), at=request.received_at)
    reply = HttpResponse(content, content_type="application/pdf")
    name = page.row.number.replace("/", "-").replace(" ", "")
    reply.headers["Content-Disposition"] = f'attachment; filename="{name}.pdf"'
    return reply


def _wish(estimate: Estimate) -> str:
    vehicle = f"&vehicle={estimate.vehicle_id}" if estimate.vehicle_id else ""
    case = f"&case={estimate.case_id}" if estimate.case_id else ""
    place = f"&unit={estimate.unit_id}"
    return f"customer={estimate.customer_id}{vehicle}{case}{place}&estimate={estimate.pk}{_chosen(estimate)}"


def _chosen(estimate: Estimate) -> str:
    """Return the jobs as the booking page ticks them; their prices are those of the estimate."""
    lines = estimate.lines.exclude(job=None).order_by("position").values_list("job_id", "package_id")
    package = next((package for _job, package in lines if package), None)
    jobs = dict.fromkeys(job for job, of_package in lines if of_package is None)
    return "".join([f"&package={package}" if package else "", *(f"&job={pk}" for pk in jobs)])
