"""The queue of likely duplicates, merging by hand, and taking a merge back."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from corsia.customers import queries, services
from corsia.customers.likeness import LikenessReason
from corsia.customers.permissions import MERGE_CUSTOMERS
from corsia.customers.web.forms import DecisionForm, SurvivorForm
from corsia.kernel.access import access
from corsia.kernel.http import StaffRequest
from corsia.ui.forms import accepted

REASONS = {
    LikenessReason.TAX_CODE: gettext_lazy("Same tax code"),
    LikenessReason.VAT_NUMBER: gettext_lazy("Same VAT number"),
    LikenessReason.EMAIL: gettext_lazy("Same e-mail"),
    LikenessReason.PHONE: gettext_lazy("Same phone"),
    LikenessReason.BIRTH_DATE: gettext_lazy("Same birth date"),
    LikenessReason.VEHICLE: gettext_lazy("Same vehicle"),
    LikenessReason.ADDRESS: gettext_lazy("Same address"),
    LikenessReason.SAME_NAME: gettext_lazy("Same name"),
    LikenessReason.SIMILAR_NAME: gettext_lazy("Similar name"),
    LikenessReason.SWAPPED_NAMES: gettext_lazy("First and last name swapped"),
}
LINES = {
    "name": gettext_lazy("Name"),
    "tax_code": gettext_lazy("Tax code"),
    "vat_number": gettext_lazy("VAT number"),
    "born_on": gettext_lazy("Born on"),
    "emails": gettext_lazy("E-mail"),
    "phones": gettext_lazy("Phone"),
    "addresses": gettext_lazy("Address"),
    "vehicles": gettext_lazy("Vehicles"),
    "since": gettext_lazy("Customer since"),
}


@require_GET
@access(MERGE_CUSTOMERS, personal=True)
def queue(request: StaffRequest) -> HttpResponse:
    """Show the pairs that wait for a decision, the likeliest first."""
    score, _bar, pk = request.GET.get("after", "").partition("-")
    after = (int(score), int(pk)) if score.isdecimal() and pk.isdecimal() and len(score + pk) < 19 else None
    pairs = queries.open_duplicates(after=after, limit=queries.DUPLICATES_PAGE + 1)
    more = pairs[queries.DUPLICATES_PAGE - 1] if len(pairs) > queries.DUPLICATES_PAGE else None
    context = {
        "pairs": [(pair, _reasons(pair.reasons)) for pair in pairs[: queries.DUPLICATES_PAGE]],
        "more": f"{more.score_pct}-{more.id}" if more else "",
    }
    return render(request, "customers/duplicates.html", context)


@require_GET
@access(MERGE_CUSTOMERS, personal=True)
def pair(request: StaffRequest, duplicate_id: int) -> HttpResponse:
    """Show a pair side by side."""
    row = queries.duplicate_pair(duplicate_id)
    compared = queries.side_by_side(first_id=row.first_id, second_id=row.second_id)
    if compared.first.id == compared.second.id:
        return redirect("customers:customer", customer_id=compared.first.id)
    return render(
        request, "customers/compare.html", _compared(compared) | {"pair": row, "reasons": _reasons(row.reasons.split())}
    )


@require_POST
@access(MERGE_CUSTOMERS, personal=True)
def decide(request: StaffRequest, duplicate_id: int) -> HttpResponse:
    """Take down that a pair is one customer, or two."""
    fields = accepted(DecisionForm(request.POST))
    row = services.decide_duplicate(
        duplicate_id=duplicate_id,
        is_same=fields["answer"] == "same",
        survivor_id=fields["survivor"],
        by=request.actor,
        now=request.received_at,
    )
    if row.is_same:
        survivor = queries.survivor_id(row.first_id)
        messages.success(request, _("The two records are one customer now. You can separate them again on this page."))
        return redirect("customers:customer", customer_id=survivor)
    messages.success(request, _("Noted: two different customers. They will not be proposed again."))
    return redirect("customers:duplicates")


@require_http_methods(["GET", "POST"])
@access(MERGE_CUSTOMERS, personal=True)
def merge(request: StaffRequest, customer_id: int) -> HttpResponse:
    """Choose another record of the same customer, compare, and merge."""
    if request.method == "POST":
        fields = accepted(SurvivorForm(request.POST))
        pair_ids = {customer_id, fields["other"]}
        survivor = fields["survivor"] if fields["survivor"] in pair_ids else customer_id
        absorbed = next(iter(pair_ids - {survivor}), survivor)
        services.merge_customers(survivor_id=survivor, absorbed_id=absorbed, by=request.actor, now=request.received_at)
        messages.success(request, _("The two records are one customer now. You can separate them again on this page."))
        return redirect("customers:customer", customer_id=queries.survivor_id(survivor))
    other = request.GET.get("other", "")
    if other.isdecimal() and len(other) < 19:
        compared = queries.side_by_side(first_id=customer_id, second_id=int(other))
        if compared.first.id != compared.second.id:
            return render(request, "customers/compare.html", _compared(compared))
    card = queries.customer_card(customer_id)
    return render(request, "customers/merge.html", {"card": card})


@require_POST
@access(MERGE_CUSTOMERS, personal=True)
def undo(request: StaffRequest, merge_id: int) -> HttpResponse:
    """Take a merge back."""
    separated = services.unmerge(merge_id=merge_id, by=request.actor, now=request.received_at)
    messages.success(request, _("%(name)s is a customer of its own again.") % {"name": separated.display_name})
    return redirect("customers:customer", customer_id=separated.pk)


def _reasons(codes: tuple[str, ...] | list[str]) -> list[str]:
    return [str(REASONS[LikenessReason(code)]) for code in codes]


def _compared(compared: queries.SideBySide) -> dict[str, object]:
    return {"compared": compared, "lines": [(LINES[line.label_key], line) for line in compared.lines]}
