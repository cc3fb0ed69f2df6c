"""The vision: promise, factors with their guidelines, and the register of what competitors do."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from corsia.kernel.access import access, may
from corsia.kernel.http import StaffRequest
from corsia.listening import services
from corsia.listening.models import Benchmark, Guideline, Promise
from corsia.listening.permissions import MANAGE_LISTENING, SEE_RESULTS
from corsia.listening.queries.vision import vision
from corsia.listening.services import BenchmarkData, GuidelineData
from corsia.listening.vocabulary import Factor, PointFormat, Service, Standing
from corsia.listening.web.pages import Chosen, edits, form_page, touchpoint_choices, unit_choices, units_of
from corsia.organisation.queries import tree


class PromiseForm(Chosen):
    """What a unit promises."""

    unit = forms.TypedChoiceField(label=_("Unit"), coerce=int)
    text_it = forms.CharField(label=_("In Italian"), max_length=300, widget=forms.Textarea(attrs={"rows": 3}))
    text_en = forms.CharField(
        label=_("In English"), max_length=300, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )


class GuidelineForm(Chosen):
    """What a factor means for a service and a kind of place."""

    factor = forms.ChoiceField(label=_("Factor"), choices=Factor.choices)
    unit = forms.TypedChoiceField(label=_("Unit"), coerce=int)
    service = forms.ChoiceField(
        label=_("Service"), choices=[("", _("Every service")), *Service.choices], required=False
    )
    point_format = forms.ChoiceField(
        label=_("Kind of place"), choices=[("", _("Every place")), *PointFormat.choices], required=False
    )
    text = forms.CharField(label=_("Guideline"), max_length=300, widget=forms.Textarea(attrs={"rows": 3}))
    question = forms.CharField(
        label=_("How we ask customers about it"),
        max_length=200,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class BenchmarkForm(Chosen):
    """What was seen at a competitor."""

    competitor = forms.CharField(label=_("Competitor"), max_length=80)
    touchpoint = forms.TypedChoiceField(label=_("Touchpoint"), coerce=int)
    unit = forms.TypedChoiceField(label=_("Unit"), coerce=int)
    standing = forms.ChoiceField(label=_("Where we are"), choices=Standing.choices)
    practice = forms.CharField(label=_("What they do"), max_length=300, widget=forms.Textarea(attrs={"rows": 3}))
    gap = forms.CharField(
        label=_("What we would have to change"),
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    source = forms.CharField(
        label=_("Source"), max_length=160, help_text=_("A visit, a page, an article: where others can check it.")
    )
    noted_on = forms.DateField(label=_("Seen on"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))


@require_safe
@access(SEE_RESULTS)
def page(request: StaffRequest) -> HttpResponse:
    """Show the vision as it holds at the topmost unit of the reader."""
    service, point = request.GET.get("service", ""), request.GET.get("format", "")
    service = service if service in Service.values else ""
    point = point if point in PointFormat.values else ""
    unit = units_of(request, SEE_RESULTS)[0]
    context = {
        "vision": vision(unit_id=unit.pk, service=service, point_format=point),
        "edits": edits(request),
        "may_manage": may(request.actor, MANAGE_LISTENING),
        "services": Service.choices,
        "formats": PointFormat.choices,
        "service": service,
        "format": point,
    }
    return render(request, "listening/vision.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@access(MANAGE_LISTENING)
def promise(request: StaffRequest) -> HttpResponse:
    """Write the promise of a unit."""
    units = units_of(request)
    row = Promise.objects.filter(unit=units[0]).first()
    initial = {"unit": units[0].pk} | ({"text_it": row.text_it, "text_en": row.text_en} if row else {})
    form = PromiseForm(
        request.POST if request.method == "POST" else None, choices={"unit": unit_choices(units)}, initial=initial
    )

    def act() -> int:
        saved = services.save_promise(
            unit_id=form.cleaned_data["unit"],
            text_it=form.cleaned_data["text_it"],
            text_en=form.cleaned_data["text_en"],
            by=request.actor,
            now=request.received_at,
        )
        return int(saved.pk)

    return _edit(request, form, act, done=_("The promise was saved."), title=_("Our promise"))


@require_http_methods(["GET", "HEAD", "POST"])
@access(MANAGE_LISTENING)
def edit_guideline(request: StaffRequest, guideline_id: int | None = None) -> HttpResponse:
    """Write a guideline or change it."""
    row: Guideline | None = Guideline.objects.find(guideline_id) if guideline_id else None
    units = [tree().unit(row.unit_id)] if row else units_of(request)
    initial: dict[str, Any] = {"unit": units[0].pk, "factor": request.GET.get("factor", "")}
    if row:
        initial |= {name: getattr(row, name) for name in GuidelineData.__dataclass_fields__}
    form = GuidelineForm(
        request.POST if request.method == "POST" else None, choices={"unit": unit_choices(units)}, initial=initial
    )

    def act() -> int:
        saved = services.save_guideline(
            guideline_id=guideline_id,
            unit_id=form.cleaned_data["unit"],
            data=GuidelineData(**{name: form.cleaned_data[name] for name in GuidelineData.__dataclass_fields__}),
            by=request.actor,
            now=request.received_at,
        )
        return int(saved.pk)

    remove = reverse("listening:remove_guideline", args=[row.pk]) if row else ""
    title = row.get_factor_display() if row else _("New guideline")
    return _edit(request, form, act, done=_("The guideline was saved."), title=title, remove=remove)


@require_POST
@access(MANAGE_LISTENING)
def remove_guideline(request: StaffRequest, guideline_id: int) -> HttpResponse:
    """Take a guideline away."""
    services.remove_guideline(guideline_id=guideline_id, by=request.actor, now=request.received_at)
    messages.success(request, str(_("The guideline was removed.")))
    return redirect("listening:vision")


@require_http_methods(["GET", "HEAD", "POST"])
@access(MANAGE_LISTENING)
def edit_benchmark(request: StaffRequest, benchmark_id: int | None = None) -> HttpResponse:
    """Note what a competitor does, or correct it."""
    row: Benchmark | None = Benchmark.objects.find(benchmark_id) if benchmark_id else None
    units = [tree().unit(row.unit_id)] if row else units_of(request)
    initial: dict[str, Any] = {"unit": units[0].pk, "noted_on": timezone.localdate(request.received_at)}
    if row:
        initial |= {name: getattr(row, name) for name in BenchmarkData.__dataclass_fields__}
        initial["touchpoint"] = row.touchpoint_id
    form = BenchmarkForm(
        request.POST if request.method == "POST" else None,
        choices={"unit": unit_choices(units), "touchpoint": touchpoint_choices()},
        initial=initial,
    )

    def act() -> int:
        data = {name: form.cleaned_data[name] for name in BenchmarkData.__dataclass_fields__ if name != "touchpoint_id"}
        saved = services.save_benchmark(
            benchmark_id=benchmark_id,
            unit_id=form.cleaned_data["unit"],
            data=BenchmarkData(touchpoint_id=form.cleaned_data["touchpoint"], **data),
            by=request.actor,
            now=request.received_at,
        )
        return int(saved.pk)

    remove = reverse("listening:remove_benchmark", args=[row.pk]) if row else ""
    title = row.competitor if row else _("What a competitor does")
    return _edit(request, form, act, done=_("The register was saved."), title=title, remove=remove)


@require_POST
@access(MANAGE_LISTENING)
def remove_benchmark(request: StaffRequest, benchmark_id: int) -> HttpResponse:
    """Take an entry of the register away."""
    services.remove_benchmark(benchmark_id=benchmark_id, by=request.actor, now=request.received_at)
    messages.success(request, str(_("The entry was removed.")))
    return redirect("listening:vision")


def _edit(
    request: StaffRequest, form: forms.Form, act: Any, *, done: Any, title: Any, remove: str = ""
) -> HttpResponse:
    back = reverse("listening:vision")
    return form_page(
        request, form, act=act, done=done, back=back, title=title, remove=remove, trail=[(back, _("Vision"))]
    )
