"""Put a number together from parts, with a preview before it is kept."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from corsia.analytics import queries
from corsia.analytics.permissions import BUILD_METRICS
from corsia.analytics.queries.built import built_row, metric_of
from corsia.analytics.rules.parts import AMOUNTS, CONDITIONS, SOURCES
from corsia.analytics.services import building
from corsia.analytics.vocabulary import BUILT_STATISTICS, Better, Statistic
from corsia.analytics.web import drawing
from corsia.analytics.web.asked import Asked
from corsia.kernel.access import access
from corsia.kernel.errors import CorsiaError
from corsia.kernel.http import StaffRequest
from corsia.kernel.scope import current_scope
from corsia.organisation.queries import tree
from corsia.ui.forms import told_in

DAYS = {
    "opened_on": gettext_lazy("the day the case was opened"),
    "closed_on": gettext_lazy("the day the case was closed"),
    "ended_on": gettext_lazy("the day it ended"),
    "said_on": gettext_lazy("the day of the message"),
    "sent_on": gettext_lazy("the day it was sent"),
    "answered_on": gettext_lazy("the day it was answered"),
    "added_on": gettext_lazy("the day it was added"),
    "day": gettext_lazy("the day"),
    "received_on": gettext_lazy("the day the vehicle was received"),
    "ready_on": gettext_lazy("the day the vehicle was ready"),
    "drop_off_on": gettext_lazy("the day it was booked for"),
}


class MetricForm(forms.Form):
    """The parts of a number; which there are depends on what is counted."""

    unit = forms.TypedChoiceField(
        label=gettext_lazy("Unit"), coerce=int, help_text=gettext_lazy("Offered here and in everything below.")
    )
    name_it = forms.CharField(label=gettext_lazy("Name in Italian"), max_length=80)
    name_en = forms.CharField(label=gettext_lazy("Name in English"), max_length=80, required=False)
    dataset = forms.ChoiceField(label=gettext_lazy("What is counted"))
    day = forms.ChoiceField(label=gettext_lazy("It belongs to the period by"))
    statistic = forms.ChoiceField(label=gettext_lazy("How"), choices=BUILT_STATISTICS)
    amount = forms.ChoiceField(label=gettext_lazy("Of which amount"), required=False)
    of = forms.ChoiceField(label=gettext_lazy("Share of those that are"), required=False)
    rows = forms.MultipleChoiceField(
        label=gettext_lazy("Only those that are"), required=False, widget=forms.CheckboxSelectMultiple
    )
    better = forms.ChoiceField(label=gettext_lazy("Which way is good"), choices=Better.choices)
    minimum_n = forms.IntegerField(
        label=gettext_lazy("Shown from this many on"), min_value=0, max_value=10_000, initial=5
    )

    def __init__(self, data: Any, *, units: list[tuple[int, str]], dataset: str) -> None:
        super().__init__(data, initial={"dataset": dataset, "statistic": Statistic.COUNT, "better": Better.NEITHER})
        source = SOURCES[dataset]
        conditions = [(one.key, str(one.name)) for one in CONDITIONS.values() if one.dataset == dataset]
        amounts = [(one.key, str(one.name)) for one in AMOUNTS.values() if one.dataset == dataset]
        choices: dict[str, list[Any]] = {
            "unit": units,
            "dataset": [(one.dataset, str(one.name)) for one in SOURCES.values()],
            "day": [(day, str(DAYS.get(day, day))) for day in source.days],
            "amount": [("", "–"), *amounts],
            "of": [("", "–"), *conditions],
            "rows": conditions,
        }
        for name, options in choices.items():
            self.fields[name].choices = options  # type: ignore[attr-defined]

    def plan(self) -> building.Plan:
        """Return what was entered."""
        data = dict(self.cleaned_data)
        statistic = data["statistic"]
        with_amount = statistic in (Statistic.SUM, Statistic.MEAN, Statistic.MEDIAN, Statistic.P90, Statistic.SCORE)
        return building.Plan(
            unit_id=data["unit"],
            name_it=data["name_it"],
            name_en=data["name_en"],
            dataset=data["dataset"],
            day=data["day"],
            statistic=statistic,
            rows=tuple(data["rows"]),
            amount=data["amount"] if with_amount else "",
            of=data["of"] if statistic == Statistic.SHARE else "",
            better=data["better"],
            minimum_n=data["minimum_n"],
        )


@require_http_methods(["GET", "HEAD", "POST"])
@access(BUILD_METRICS)
def edit(request: StaffRequest) -> HttpResponse:
    """Build a number; the preview shows what it would say now."""
    form = MetricForm(request.POST or None, units=_units(), dataset=_dataset(request.POST.get("dataset", "")))
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            if "preview" in request.POST:
                return _shown(request, form, preview=_preview(request, form))
            row = building.build_metric(plan=form.plan(), by=request.actor, now=request.received_at)
            messages.success(request, _("The number was kept. It is here like every other one."))
            return redirect("analytics:metric", key=row.key)
    return _shown(request, form, preview=None)


def _shown(request: StaffRequest, form: MetricForm, *, preview: dict[str, Any] | None) -> HttpResponse:
    context = {"form": form, "preview": preview}
    return render(request, "analytics/build.html", context, status=422 if form.errors else 200)


def _preview(request: StaffRequest, form: MetricForm) -> dict[str, Any]:
    """Return what the number would say about the last thirty days.

    Raises:
        PartsDoNotFit: its parts make no number.
    """
    metric = metric_of(building.planned(form.plan()))
    asked = Asked.of(request)
    try:
        figure = queries.figure(
            metric, period=asked.period, filters=asked.filters(metric), actor=request.actor, today=asked.today
        )
    except CorsiaError as refused:
        return {"metric": metric, "refusal": str(refused)}
    return {"metric": metric, "words": drawing.spoken(figure), "figure": figure, "why": drawing.reason(figure)}


@require_safe
@access(BUILD_METRICS)
def parts(request: StaffRequest) -> HttpResponse:
    """Show the parts that fit what is counted."""
    form = MetricForm(None, units=_units(), dataset=_dataset(request.GET.get("dataset", "")))
    return render(request, "analytics/_parts.html", {"form": form})


@require_POST
@access(BUILD_METRICS)
def retire(request: StaffRequest, key: str) -> HttpResponse:
    """Take a built number out of sight."""
    row = built_row(key)
    building.retire_metric(metric_id=row.pk, by=request.actor, now=request.received_at)
    messages.success(request, _("“%(name)s” is not offered any more.") % {"name": row.name_it})
    return redirect("analytics:metrics")


def _dataset(asked: str) -> str:
    return asked if asked in SOURCES else next(iter(SOURCES))


def _units() -> list[tuple[int, str]]:
    organisation, scope = tree(), current_scope()
    mine = [unit for unit in organisation.units.values() if unit.pk in scope.units and unit.is_active]
    return [(unit.pk, organisation.label(unit.pk)) for unit in sorted(mine, key=lambda unit: unit.path)]
