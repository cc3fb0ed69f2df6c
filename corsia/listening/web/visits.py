"""Mystery visits: the list, one visit, and the page on which a visit is filled in, with or without a network."""

from typing import Any

from django import forms
from django.conf import settings
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from corsia.kernel.access import access
from corsia.kernel.blobs import content_of
from corsia.kernel.errors import NotFound
from corsia.kernel.http import StaffRequest
from corsia.listening import services
from corsia.listening.models import MysteryVisit, VisitItem
from corsia.listening.permissions import SEE_RESULTS
from corsia.listening.queries.journey import touchpoints_in_order
from corsia.listening.queries.visits import grids, visit_of, visits
from corsia.listening.rules.grids import YES_NO, Grid, Line, Seen
from corsia.listening.services import VisitData, VisitItemData
from corsia.listening.services.visits import photo_type
from corsia.listening.web.pages import Chosen, touchpoint_choices, unit_choices, units_of
from corsia.organisation.vocabulary import UnitKind
from corsia.ui.templatetags.ui import local_name


class VisitForm(Chosen):
    """A visit; the lines of its grid are fields of their own."""

    unit = forms.TypedChoiceField(label=_("Where"), coerce=int)
    touchpoint = forms.TypedChoiceField(label=_("Touchpoint"), coerce=int)
    visited_on = forms.DateField(label=_("Day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    summary = forms.CharField(
        label=_("In short"), required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 3})
    )
    key = forms.RegexField(r"^[0-9A-Za-z_-]{16,64}\Z", widget=forms.HiddenInput)

    def __init__(self, *args: Any, grid: Grid, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.grid = grid
        for line in grid.lines:
            self.fields[f"seen_{line.key}"] = forms.ChoiceField(
                label=local_name(line),
                required=False,
                choices=[("yes", _("Yes")), ("no", _("No"))]
                if line.kind == YES_NO
                else [(str(score), str(score)) for score in range(1, 6)],
                widget=forms.RadioSelect,
            )
            self.fields[f"note_{line.key}"] = forms.CharField(label=_("Note"), required=False, max_length=1000)
            self.fields[f"photo_{line.key}"] = forms.FileField(
                label=_("Photo"),
                required=False,
                widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png", "capture": "environment"}),
            )

    @property
    def head(self) -> list[forms.BoundField]:
        """The fields of the visit itself."""
        return [self[name] for name in ("unit", "touchpoint", "visited_on")]

    @property
    def lines(self) -> list[tuple[Line, forms.BoundField, forms.BoundField, forms.BoundField]]:
        """Each line with its answer, note and photo."""
        return [
            (line, self[f"seen_{line.key}"], self[f"note_{line.key}"], self[f"photo_{line.key}"])
            for line in self.grid.lines
        ]

    def data_of_visit(self) -> VisitData:
        """Return what was filled in."""
        data = self.cleaned_data
        return VisitData(
            key=data["key"],
            grid=self.grid.key,
            touchpoint_id=data["touchpoint"],
            visited_on=data["visited_on"],
            summary=data["summary"],
            items={line.key: self._item(line) for line in self.grid.lines},
        )

    def _item(self, line: Line) -> VisitItemData:
        given, photo = self.cleaned_data[f"seen_{line.key}"], self.cleaned_data[f"photo_{line.key}"]
        seen = Seen()
        if given:
            seen = Seen(yes=given == "yes") if line.kind == YES_NO else Seen(score=int(given))
        return VisitItemData(
            seen=seen, note=self.cleaned_data[f"note_{line.key}"], photo=photo.read() if photo else b""
        )


@require_safe
@access(SEE_RESULTS)
def page(request: StaffRequest) -> HttpResponse:
    """List the visits."""
    return render(request, "listening/visits.html", {"visits": visits(), "grids": grids().values()})


@require_safe
@access(SEE_RESULTS)
def visit(request: StaffRequest, visit_id: int) -> HttpResponse:
    """Show what was seen on one visit."""
    return render(request, "listening/visit.html", {"one": visit_of(visit_id)})


@require_safe
@access(SEE_RESULTS)
def photo(request: StaffRequest, visit_id: int, seen_id: int) -> HttpResponse:
    """Give a photo of a visit."""
    item = VisitItem.objects.filter(visit_id=visit_id, photo__isnull=False).find(seen_id)
    content = content_of(item.photo_id)
    media_type = photo_type(content)
    if media_type is None:
        raise NotFound
    response = HttpResponse(content, content_type=media_type)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-store"
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@access(SEE_RESULTS)
def add(request: StaffRequest) -> HttpResponse:
    """Fill in a visit. Sent again with its key it is the same visit; a script that asks gets its address as JSON."""
    grid = grids().get(request.GET.get("grid", "showroom"))
    if grid is None:
        raise Http404
    units = units_of(request, SEE_RESULTS)
    places = [unit for unit in units if unit.kind in (UnitKind.BRANCH, UnitKind.DEPARTMENT)] or units
    about = next((row.pk for row in touchpoints_in_order() if row.key == grid.touchpoint), None)
    form = VisitForm(
        request.POST if request.method == "POST" else None,
        request.FILES if request.method == "POST" else None,
        grid=grid,
        choices={"unit": unit_choices(places), "touchpoint": touchpoint_choices()},
        initial={"touchpoint": about, "visited_on": timezone.localdate(request.received_at)},
    )
    wants_json = request.headers.get("Accept") == "application/json"
    if request.method == "POST" and form.is_valid():
        saved: MysteryVisit = services.add_visit(
            unit_id=form.cleaned_data["unit"], data=form.data_of_visit(), by=request.actor, now=request.received_at
        )
        return (
            JsonResponse({"url": reverse("listening:visit", args=[saved.pk])})
            if wants_json
            else redirect("listening:visit", saved.pk)
        )
    context = {"form": form, "grid": grid, "grids": grids().values()}
    return render(request, "listening/visit_form.html", context, status=422 if form.errors else 200)


@require_safe
@access(None)
def worker(request: StaffRequest) -> HttpResponse:
    """Give the script that keeps the page of a visit for when there is no network."""
    response = render(
        request,
        "listening/visit_worker.js",
        {"base": settings.STATIC_URL},
        content_type="text/javascript; charset=utf-8",
    )
    response.headers["Cache-Control"] = "no-store"
    return response
