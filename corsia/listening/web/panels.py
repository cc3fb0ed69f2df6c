"""Typical services: the few that make 80 % of what is done, panels drawn from them, and what they say."""

from datetime import timedelta
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from corsia.kernel.access import access, may
from corsia.kernel.http import StaffRequest, row_id
from corsia.listening import services
from corsia.listening.permissions import MANAGE_LISTENING, SEE_RESULTS
from corsia.listening.queries.panels import panel_result, panel_rows
from corsia.listening.queries.typical import volumes
from corsia.listening.rules.nps import SHOWN_FROM
from corsia.listening.services import PanelData
from corsia.listening.services.panels import LARGEST
from corsia.listening.web.pages import Chosen, form_page, touchpoint_choices, unit_choices, units_of
from corsia.listening.web.plans import day_field, questionnaire_choices

DAYS = (90, 180, 365)
LINES = 40  # of the services that are not typical, the commonest


class PanelForm(Chosen):
    """A panel as a manager asks for it."""

    name = forms.CharField(label=_("Name"), max_length=80)
    unit = forms.TypedChoiceField(label=_("Unit"), coerce=int)
    touchpoint = forms.TypedChoiceField(label=_("Touchpoint"), coerce=int)
    questionnaire = forms.TypedChoiceField(
        label=_("Questionnaire"), coerce=int, help_text=_("One that asks for a recommendation from 0 to 10.")
    )
    since = forms.DateField(label=_("Services since"), widget=day_field())
    until = forms.DateField(label=_("Services up to"), widget=day_field())
    size = forms.IntegerField(
        label=_("Customers to be asked"),
        min_value=1,
        max_value=LARGEST,
        initial=250,
        help_text=_("Shared out over services, branches, private customers and companies as they occur."),
    )
    seed = forms.IntegerField(
        label=_("Number of the draw"),
        min_value=0,
        max_value=2**31 - 1,
        required=False,
        help_text=_("Empty draws one. The same number draws the same customers again."),
    )
    aim = forms.CharField(
        label=_("What we want to know"), max_length=300, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        since, until = data.get("since"), data.get("until")
        if since and until and until < since:
            self.add_error("until", _("The last day comes before the first."))
        return data


@require_safe
@access(SEE_RESULTS)
def page(request: StaffRequest) -> HttpResponse:
    """Rank what is done, draw the line at 80 %, and list the panels."""
    units = units_of(request, SEE_RESULTS)
    unit = next((one for one in units if one.pk == row_id(request.GET.get("unit"))), units[0])
    asked = request.GET.get("days", "")
    days = int(asked) if asked in map(str, DAYS) else DAYS[-1]
    today = timezone.localdate(request.received_at)
    found = volumes(since=today - timedelta(days=days), until=today - timedelta(days=1), unit_id=unit.pk)
    context = {
        "found": found,
        "lines": found.lines[: len(found.typical) + LINES],
        "days": days,
        "all_days": [
            (90, pgettext_lazy("typical services", "90 days")),
            (180, pgettext_lazy("typical services", "6 months")),
            (365, pgettext_lazy("typical services", "12 months")),
        ],
        "unit": unit,
        "units": unit_choices(units),
        "panels": panel_rows(),
        "may_manage": may(request.actor, MANAGE_LISTENING),
    }
    return render(request, "listening/panels.html", context)


@require_safe
@access(SEE_RESULTS)
def show(request: StaffRequest, panel_id: int) -> HttpResponse:
    """Show what a panel says, service by service."""
    context = {
        "found": panel_result(panel_id),
        "shown_from": SHOWN_FROM,
        "may_manage": may(request.actor, MANAGE_LISTENING),
    }
    return render(request, "listening/panel.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@access(MANAGE_LISTENING)
def add(request: StaffRequest) -> HttpResponse:
    """Ask for a panel."""
    units = units_of(request)
    today = timezone.localdate(request.received_at)
    form = PanelForm(
        request.POST if request.method == "POST" else None,
        choices={
            "unit": unit_choices(units),
            "touchpoint": touchpoint_choices(),
            "questionnaire": questionnaire_choices(),
        },
        initial={
            "unit": row_id(request.GET.get("unit")) or units[0].pk,
            "since": today - timedelta(days=365),
            "until": today - timedelta(days=1),
        },
    )

    def act() -> int:
        data = form.cleaned_data
        renamed = {"touchpoint_id", "questionnaire_id"}
        panel = services.ask_for_panel(
            unit_id=data["unit"],
            data=PanelData(
                touchpoint_id=data["touchpoint"],
                questionnaire_id=data["questionnaire"],
                **{name: data[name] for name in set(PanelData.__dataclass_fields__) - renamed},
            ),
            by=request.actor,
            now=request.received_at,
        )
        return int(panel.pk)

    back = reverse("listening:panels")
    return form_page(
        request,
        form,
        act=act,
        done=_("The panel is being drawn. In a moment its page shows who is asked."),
        back=back,
        title=_("New panel"),
        trail=[(back, _("Typical services"))],
    )
