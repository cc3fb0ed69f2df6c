"""The legal warranty and goodwill: a panel on the page of a case; the page where goodwill is decided and budgeted."""

from decimal import Decimal
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from corsia.cases.models import Case, LegalWarranty
from corsia.cases.permissions import APPROVE_GOODWILL, ASK_GOODWILL, SET_GOODWILL, WORK_CASES
from corsia.cases.queries.redress import budget_rows, goodwill_of, limit_rows, waiting_goodwill, warranty_of
from corsia.cases.services import redress as services
from corsia.cases.services.redress import SaleDetails
from corsia.kernel.access import access, may
from corsia.kernel.blobs import content_of
from corsia.kernel.errors import NotFound
from corsia.kernel.http import StaffRequest
from corsia.kernel.once import once
from corsia.organisation.queries import tree
from corsia.organisation.vocabulary import MANAGER_ROLES, Role
from corsia.ui.forms import accepted

MAX_DOCUMENT = 20 * 1024 * 1024


class SaleForm(forms.Form):
    """What is known about the sale of the vehicle."""

    delivered_on = forms.DateField(label=_("Delivered to the customer on"))
    is_used = forms.TypedChoiceField(
        label=_("Vehicle"), coerce=lambda value: value == "used", choices=[("new", _("New")), ("used", _("Used"))]
    )
    is_consumer = forms.TypedChoiceField(
        label=_("Sold to"),
        coerce=lambda value: value == "consumer",
        choices=[("consumer", _("Consumer")), ("business", _("Business"))],
    )
    defect_on = forms.DateField(label=_("The defect showed on"), required=False)
    is_reduced = forms.BooleanField(label=_("Twelve months agreed in writing"), required=False)
    document = forms.FileField(label=_("The agreement"), required=False)

    def details(self) -> SaleDetails:
        """Return what was stated."""
        data = self.cleaned_data
        file = data.pop("document")
        content = file.read(MAX_DOCUMENT + 1) if file else b""
        return SaleDetails(**data, document=content, document_name=file.name if file else "")

    def clean_document(self) -> Any:
        file = self.cleaned_data["document"]
        if file and file.size > MAX_DOCUMENT:
            raise forms.ValidationError(_("The document is larger than 20 MB. Send a smaller scan."))
        return file


def _amount(label: Any) -> forms.DecimalField:
    # Written as people do, with a comma in Italian.
    return forms.DecimalField(
        label=label,
        max_digits=11,
        decimal_places=2,
        min_value=Decimal(0),
        localize=True,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        validators=[MaxValueValidator(Decimal(100_000_000))],
    )


class AskForm(forms.Form):
    """A sum for the customer, and why."""

    amount = _amount(_("Amount in euro"))
    reason = forms.CharField(label=_("What for"), max_length=300)


class BudgetForm(forms.Form):
    """What a unit may give away in a year."""

    unit = forms.TypedChoiceField(label=_("Unit"), coerce=int)
    year = forms.IntegerField(label=_("Year"), min_value=2000, max_value=2200)
    amount = _amount(_("Amount in euro"))


class LimitForm(forms.Form):
    """Up to how much a role may approve at once."""

    unit = forms.TypedChoiceField(label=_("Unit"), coerce=int)
    role = forms.ChoiceField(label=_("Role"), choices=[(role.value, role.label) for role in MANAGER_ROLES])
    amount = _amount(_("Amount in euro"))


@require_safe
@access(WORK_CASES, personal=True)
def panel(request: StaffRequest, case_id: int) -> HttpResponse:
    """Show warranty and goodwill of a case: a panel of its page."""
    return _panel(request, Case.objects.select_related("vehicle").find(case_id))


@require_POST
@access(WORK_CASES, personal=True)
def state_sale(request: StaffRequest, case_id: int) -> HttpResponse:
    """Write down what is known about the sale."""
    case = Case.objects.find(case_id)
    form = SaleForm(request.POST, request.FILES)
    accepted(form)
    services.state_sale(case_id=case.pk, sale=form.details(), by=request.actor, now=request.received_at)
    return _answer(request, case_id)


@require_safe
@access(WORK_CASES, personal=True)
def agreement(request: StaffRequest, case_id: int) -> HttpResponse:
    """Hand out the paper in which twelve months were agreed; it is downloaded, never shown by the browser."""
    warranty = LegalWarranty.objects.filter(case_id=case_id).first()
    if warranty is None or warranty.document_id is None:
        raise NotFound(kind=LegalWarranty._meta.label)
    response = HttpResponse(content_of(warranty.document_id), content_type="application/octet-stream")
    name = warranty.document_name or "document"
    response.headers["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


@require_POST
@access(ASK_GOODWILL, personal=True)
def ask(request: StaffRequest, case_id: int) -> HttpResponse:
    """Ask for a sum for the customer."""
    Case.objects.find(case_id)
    data = accepted(AskForm(request.POST))

    def act() -> int:
        asked = services.ask_goodwill(
            case_id=case_id,
            amount_cents=int(data["amount"] * 100),
            reason=data["reason"],
            by=request.actor,
            now=request.received_at,
        )
        return int(asked.pk)

    once(request, door="cases.goodwill", act=act)
    return _answer(request, case_id)


@require_POST
@access(APPROVE_GOODWILL, personal=True)
def decide(request: StaffRequest, goodwill_id: int) -> HttpResponse:
    """Approve a sum or refuse it."""
    note = request.POST.get("note", "")
    verb = services.approve_goodwill if request.POST.get("decision") == "approve" else services.refuse_goodwill
    decided = verb(goodwill_id=goodwill_id, note=note, by=request.actor, now=request.received_at)
    return _answer(request, decided.case_id)


@require_POST
@access(ASK_GOODWILL, personal=True)
def withdraw(request: StaffRequest, goodwill_id: int) -> HttpResponse:
    """Take back what oneself asked for."""
    taken = services.withdraw_goodwill(goodwill_id=goodwill_id, by=request.actor, now=request.received_at)
    return _answer(request, taken.case_id)


@require_safe
@access(APPROVE_GOODWILL, personal=True)
def goodwill(request: StaffRequest) -> HttpResponse:
    """Show what waits for a decision, and what the budgets of the year have left."""
    return render(request, "cases/goodwill.html", _page(request))


@require_POST
@access(SET_GOODWILL)
def set_budget(request: StaffRequest) -> HttpResponse:
    """Set a budget."""
    form = BudgetForm(request.POST)
    form.fields["unit"].choices = _units(request)  # type: ignore[attr-defined]
    data = accepted(form)
    services.set_budget(
        unit_id=data["unit"],
        year=data["year"],
        amount_cents=int(data["amount"] * 100),
        by=request.actor,
        now=request.received_at,
    )
    return redirect("cases:goodwill")


@require_POST
@access(SET_GOODWILL)
def set_limit(request: StaffRequest) -> HttpResponse:
    """Set a limit."""
    form = LimitForm(request.POST)
    form.fields["unit"].choices = _units(request)  # type: ignore[attr-defined]
    data = accepted(form)
    services.set_limit(
        unit_id=data["unit"],
        role=data["role"],
        limit_cents=int(data["amount"] * 100),
        by=request.actor,
        now=request.received_at,
    )
    return redirect("cases:goodwill")


def _page(request: StaffRequest) -> dict[str, Any]:
    year = request.received_at.year
    context: dict[str, Any] = {
        "year": year,
        "waiting": waiting_goodwill(),
        "budgets": budget_rows(year=year),
        "limits": limit_rows(),
        "me": request.actor.id,
    }
    if may(request.actor, SET_GOODWILL):
        budget, limit = BudgetForm(initial={"year": year}, auto_id="b_%s"), LimitForm(auto_id="l_%s")
        for form in (budget, limit):
            form.fields["unit"].choices = _units(request)  # type: ignore[attr-defined]
        context |= {"budget_form": budget, "limit_form": limit}
    return context


def _units(request: StaffRequest) -> list[tuple[int, str]]:
    mine, places = request.actor.units_with(frozenset({Role.ADMINISTRATOR})), tree()
    units = sorted((places.unit(pk) for pk in mine if pk in places.units), key=lambda unit: unit.path)
    return [(unit.pk, places.label(unit.pk)) for unit in units if unit.is_active]


def _answer(request: StaffRequest, case_id: int) -> HttpResponse:
    if not request.htmx:
        return redirect("cases:case", case_id)
    return _panel(request, Case.objects.select_related("vehicle").find(case_id))


def _panel(request: StaffRequest, case: Case) -> HttpResponse:
    warranty = warranty_of(case, now=request.received_at)
    context = {
        "case": case,
        "warranty": warranty,
        "goodwill": goodwill_of(case),
        "me": request.actor.id,
        "may_ask": may(request.actor, ASK_GOODWILL, case.unit_id) and case.closed_at is None,
        "may_decide": may(request.actor, APPROVE_GOODWILL, case.unit_id),
    }
    return render(request, "cases/_redress.html", context)
