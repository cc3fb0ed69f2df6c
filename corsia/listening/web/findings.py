"""What was found about touchpoints, ranked; mystery visits, which leave findings."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from corsia.kernel.access import access, may
from corsia.kernel.http import StaffRequest, row_id
from corsia.listening import services
from corsia.listening.permissions import MANAGE_LISTENING, SEE_RESULTS
from corsia.listening.queries import branches_in_scope
from corsia.listening.queries.findings import findings, titles_in_use
from corsia.listening.queries.journey import touchpoints_in_order
from corsia.listening.queries.results import subtree
from corsia.listening.services import FindingData
from corsia.listening.vocabulary import Instrument, Sign
from corsia.listening.web.pages import Chosen, form_page, touchpoint_choices, unit_choices, units_of

_MOST_SETTLED = 500  # at once


class FindingForm(Chosen):
    """A finding as somebody writes it down."""

    title = forms.CharField(
        label=_("What was found"),
        max_length=160,
        help_text=_("The same words for the same matter: then they count together."),
        widget=forms.TextInput(attrs={"list": "ls-titles", "autocomplete": "off"}),
    )
    touchpoint = forms.TypedChoiceField(label=_("Touchpoint"), coerce=int)
    sign = forms.ChoiceField(label=_("Plus or minus"), choices=Sign.choices, initial=Sign.MINUS)
    severity = forms.TypedChoiceField(
        label=_("How much it matters to customers"),
        coerce=int,
        initial=3,
        choices=[(1, _("1 · hardly")), (2, "2"), (3, _("3 · noticeably")), (4, "4"), (5, _("5 · decides"))],
    )
    instrument = forms.ChoiceField(label=_("Found by"), choices=Instrument.choices)
    unit = forms.TypedChoiceField(label=_("Found at"), coerce=int)
    found_on = forms.DateField(label=_("Found on"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    quote = forms.CharField(
        label=_("In the words of whoever said it"),
        required=False,
        max_length=1000,
        help_text=_("Without names: whoever reads it must not recognise a customer."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def clean_found_on(self) -> Any:
        day = self.cleaned_data["found_on"]
        if day > timezone.localdate():
            raise forms.ValidationError(_("This day is still to come."))
        return day


@require_safe
@access(SEE_RESULTS)
def page(request: StaffRequest) -> HttpResponse:
    """Show the findings of all instruments, the heaviest first."""
    asked = {"sign": Sign.values, "instrument": Instrument.values}
    chosen = {name: request.GET.get(name, "") for name in asked}
    chosen = {name: value if value in asked[name] else "" for name, value in chosen.items()}
    branches, touchpoints = branches_in_scope(), touchpoints_in_order()
    branch = next((unit for unit in branches if unit.pk == row_id(request.GET.get("branch"))), None)
    touchpoint = next((row for row in touchpoints if row.pk == row_id(request.GET.get("touchpoint"))), None)
    context = {
        "findings": findings(
            now=request.received_at,
            touchpoint_id=touchpoint.pk if touchpoint else None,
            unit_ids=subtree(branch.pk) if branch else (),
            sign=chosen["sign"],
            instrument=chosen["instrument"],
        ),
        **chosen,
        "signs": Sign.choices,
        "instruments": Instrument.choices,
        "branches": branches,
        "branch": branch,
        "touchpoints": touchpoints,
        "touchpoint": touchpoint,
        "may_manage": may(request.actor, MANAGE_LISTENING),
    }
    return render(request, "listening/findings.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@access(MANAGE_LISTENING)
def add(request: StaffRequest) -> HttpResponse:
    """Write a finding down."""
    units = units_of(request)
    form = FindingForm(
        request.POST if request.method == "POST" else None,
        choices={"unit": unit_choices(units), "touchpoint": touchpoint_choices()},
        initial={
            "unit": units[0].pk,
            "touchpoint": row_id(request.GET.get("touchpoint")),
            "title": request.GET.get("title", "")[:160],
            "found_on": timezone.localdate(request.received_at),
            "instrument": Instrument.INTERVIEW,
        },
    )

    def act() -> int:
        names = set(FindingData.__dataclass_fields__) - {"touchpoint_id", "source_id"}
        found = services.add_finding(
            unit_id=form.cleaned_data["unit"],
            data=FindingData(
                touchpoint_id=form.cleaned_data["touchpoint"], **{name: form.cleaned_data[name] for name in names}
            ),
            by=request.actor,
            now=request.received_at,
        )
        return int(found.pk)

    back = reverse("listening:findings")
    return form_page(
        request,
        form,
        act=act,
        done=_("The finding was added."),
        back=back,
        title=_("New finding"),
        trail=[(back, _("Findings"))],
        suggestions=titles_in_use(),
    )


@require_POST
@access(MANAGE_LISTENING)
def settle(request: StaffRequest, finding_id: int) -> HttpResponse:
    """Say that what was found no longer holds."""
    services.settle_finding(finding_id=finding_id, by=request.actor, now=request.received_at)
    messages.success(request, str(_("Settled: it leaves the ranking and stays in the history.")))
    return redirect("listening:findings")


@require_POST
@access(MANAGE_LISTENING)
def settle_several(request: StaffRequest) -> HttpResponse:
    """Say that a matter no longer holds, in all the findings it was shown with."""
    asked = (row_id(value) for value in request.POST.getlist("finding")[:_MOST_SETTLED])
    ids = [pk for pk in asked if pk is not None]
    count = services.settle_findings(finding_ids=ids, by=request.actor, now=request.received_at)
    sentence = ngettext(
        "%(count)s finding is settled: it leaves the ranking and stays in the history.",
        "%(count)s findings are settled: they leave the ranking and stay in the history.",
        count,
    )
    messages.success(request, sentence % {"count": count})
    return redirect("listening:findings")
