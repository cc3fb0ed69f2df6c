"""The journey map, its touchpoints, and the personas."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from corsia.kernel.access import access, may
from corsia.kernel.errors import Invalid
from corsia.kernel.http import StaffRequest, row_id
from corsia.listening import services
from corsia.listening.models import Persona, PersonaMoment, Touchpoint
from corsia.listening.permissions import MANAGE_LISTENING, SEE_RESULTS
from corsia.listening.queries.findings import findings
from corsia.listening.queries.journey import card_of, journey_map, personas, touchpoints_in_order
from corsia.listening.queries.plans import plans_of_touchpoint
from corsia.listening.services import PersonaData, TouchpointData
from corsia.listening.vocabulary import LifeState, Population, Stage
from corsia.listening.web.pages import Choices, Chosen, edits, form_page, unit_choices, units_of
from corsia.organisation.queries import people_with_roles, tree
from corsia.ui.templatetags.ui import local_name


class StageUnknown(Invalid):
    code = "listening.stage_unknown"
    message = _("The journey has no such stage. Reload the page.")


class TouchpointForm(Chosen):
    """A touchpoint as a manager writes it."""

    name_it = forms.CharField(label=_("Name in Italian"), max_length=80)
    name_en = forms.CharField(label=_("Name in English"), max_length=80)
    stage = forms.ChoiceField(label=_("Stage of the journey"), choices=Stage.choices)
    unit = forms.TypedChoiceField(label=_("Unit"), coerce=int)
    state = forms.ChoiceField(label=_("State of life"), choices=LifeState.choices)
    owner = forms.TypedChoiceField(
        label=pgettext_lazy("touchpoint", "Owner"), coerce=int, required=False, empty_value=None
    )
    review_months = forms.IntegerField(
        label=_("Looked at anew every, in months"),
        min_value=1,
        max_value=36,
        initial=12,
        help_text=_("From 6 to 12 months for most. The owner is reminded when the day comes."),
    )
    is_digital = forms.BooleanField(label=_("Digital: nobody comes to us for it"), required=False)
    is_moment_of_truth = forms.BooleanField(label=_("Moment of truth: here a customer is won or lost"), required=False)


class PersonaForm(Chosen):
    """A persona as a manager writes it; its moments are fields of their own."""

    name = forms.CharField(label=_("Name"), max_length=60)
    unit = forms.TypedChoiceField(label=_("Unit"), coerce=int)
    population = forms.ChoiceField(label=_("Stands for"), choices=Population.choices)
    portrait = forms.CharField(label=_("Who this is, in a line"), max_length=200, required=False)
    goals = forms.CharField(
        label=_("Goals"),
        help_text=_("One a line."),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    frustrations = forms.CharField(
        label=_("Frustrations"),
        help_text=_("One a line."),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def __init__(self, *args: Any, touchpoints: list[Touchpoint], expected: dict[int, str], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.moments = {f"moment_{row.pk}": row for row in touchpoints}
        for name, row in self.moments.items():
            self.fields[name] = forms.CharField(
                label=local_name(row), max_length=200, required=False, initial=expected.get(row.pk, "")
            )

    @property
    def own_fields(self) -> list[forms.BoundField]:
        """The fields of the persona itself."""
        return [self[name] for name in self.base_fields]

    @property
    def stages(self) -> list[tuple[str, list[forms.BoundField]]]:
        """The fields of the moments, stage by stage."""
        found: dict[str, list[forms.BoundField]] = {}
        for name, row in self.moments.items():
            found.setdefault(str(row.get_stage_display()), []).append(self[name])
        return list(found.items())

    def expectations(self) -> dict[int, str]:
        """Return what the persona expects at which touchpoint, "" where nothing was written."""
        return {row.pk: self.cleaned_data[name] for name, row in self.moments.items()}


@require_safe
@access(SEE_RESULTS)
def journey(request: StaffRequest) -> HttpResponse:
    """Show the corridor with its touchpoints."""
    with_retired = request.GET.get("all") == "1"
    found = journey_map(now=request.received_at, with_retired=with_retired, edits=edits(request))
    context = {
        "map": found,
        "with_retired": with_retired,
        "stages": Stage.choices,
        "may_manage": may(request.actor, MANAGE_LISTENING),
    }
    return render(request, "listening/journey.html", context)


@require_safe
@access(SEE_RESULTS)
def touchpoint(request: StaffRequest, touchpoint_id: int) -> HttpResponse:
    """Show what is known of one touchpoint."""
    card = card_of(touchpoint_id, now=request.received_at, edits=edits(request))
    context = {
        "card": card,
        "findings": findings(now=request.received_at, touchpoint_id=touchpoint_id),
        "moments": PersonaMoment.objects.filter(touchpoint_id=touchpoint_id)
        .select_related("persona")
        .order_by("persona__position", "pk"),
        "plans": plans_of_touchpoint(touchpoint_id),
        "may_manage": may(request.actor, MANAGE_LISTENING),
    }
    return render(request, "listening/touchpoint.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@access(MANAGE_LISTENING)
def edit_touchpoint(request: StaffRequest, touchpoint_id: int | None = None) -> HttpResponse:
    """Write a touchpoint or change it."""
    row: Touchpoint | None = Touchpoint.objects.find(touchpoint_id) if touchpoint_id else None
    units = units_of(request)
    home = tree().unit(row.unit_id) if row else units[0]
    people = people_with_roles(home.pk, SEE_RESULTS.roles, today=timezone.localdate(request.received_at))
    owners: Choices = [("", "—"), *((person.pk, person.full_name) for person in people)]
    if row and row.owner and row.owner_id not in {person.pk for person in people}:
        owners.append((row.owner_id, row.owner.full_name))
    initial: dict[str, Any] = {"unit": home.pk, "stage": request.GET.get("stage", ""), "state": LifeState.ACTIVE}
    if row:
        initial = {name: getattr(row, name) for name in TouchpointData.__dataclass_fields__}
        initial |= {"unit": row.unit_id, "owner": row.owner_id}
    form = TouchpointForm(
        request.POST if request.method == "POST" else None,
        choices={"unit": unit_choices([home] if row else units), "owner": owners},
        initial=initial,
    )

    def act() -> int:
        data = {name: form.cleaned_data[name] for name in TouchpointData.__dataclass_fields__ if name != "owner_id"}
        saved = services.save_touchpoint(
            touchpoint_id=touchpoint_id,
            unit_id=form.cleaned_data["unit"],
            data=TouchpointData(owner_id=form.cleaned_data["owner"], **data),
            by=request.actor,
            now=request.received_at,
        )
        return int(saved.pk)

    return form_page(
        request,
        form,
        act=act,
        done=_("The touchpoint was saved."),
        back=reverse("listening:touchpoint", args=[row.pk]) if row else reverse("listening:journey"),
        title=local_name(row) if row else _("New touchpoint"),
        trail=[(reverse("listening:journey"), _("Customer journey"))],
        here="journey",
    )


@require_POST
@access(MANAGE_LISTENING)
def move(request: StaffRequest, touchpoint_id: int) -> HttpResponse:
    """Put a touchpoint into a stage, before another one or at its end."""
    stage = request.POST.get("stage", "")
    if stage not in Stage.values:
        raise StageUnknown
    services.move_touchpoint(
        touchpoint_id=touchpoint_id,
        stage=stage,
        before_id=row_id(request.POST.get("before")),
        by=request.actor,
        now=request.received_at,
    )
    return HttpResponse(status=204) if request.htmx else redirect("listening:journey")


@require_POST
@access(MANAGE_LISTENING)
def reviewed(request: StaffRequest, touchpoint_id: int) -> HttpResponse:
    """Write down that a touchpoint was looked at anew today."""
    services.review_touchpoint(touchpoint_id=touchpoint_id, by=request.actor, now=request.received_at)
    messages.success(request, str(_("Noted: looked at anew today.")))
    return redirect("listening:touchpoint", touchpoint_id)


@require_safe
@access(SEE_RESULTS)
def persona_list(request: StaffRequest) -> HttpResponse:
    """Show the personas."""
    context = {"personas": personas(edits=edits(request)), "may_manage": may(request.actor, MANAGE_LISTENING)}
    return render(request, "listening/personas.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@access(MANAGE_LISTENING)
def edit_persona(request: StaffRequest, persona_id: int | None = None) -> HttpResponse:
    """Write a persona or change it."""
    row: Persona | None = Persona.objects.find(persona_id) if persona_id else None
    units = units_of(request)
    initial: dict[str, Any] = {"unit": row.unit_id if row else units[0].pk}
    if row:
        initial |= {name: getattr(row, name) for name in PersonaData.__dataclass_fields__}
    expected = dict(PersonaMoment.objects.filter(persona=row).values_list("touchpoint_id", "expects")) if row else {}
    form = PersonaForm(
        request.POST if request.method == "POST" else None,
        choices={"unit": unit_choices([tree().unit(row.unit_id)] if row else units)},
        touchpoints=touchpoints_in_order(),
        expected=expected,
        initial=initial,
    )

    def act() -> int:
        saved = services.save_persona(
            persona_id=persona_id,
            unit_id=form.cleaned_data["unit"],
            data=PersonaData(**{name: form.cleaned_data[name] for name in PersonaData.__dataclass_fields__}),
            moments=form.expectations(),
            by=request.actor,
            now=request.received_at,
        )
        return int(saved.pk)

    return form_page(
        request,
        form,
        act=act,
        done=_("The persona was saved."),
        back=reverse("listening:personas"),
        template="listening/persona.html",
        persona=row,
    )


@require_POST
@access(MANAGE_LISTENING)
def remove_persona(request: StaffRequest, persona_id: int) -> HttpResponse:
    """Take a persona away."""
    services.remove_persona(persona_id=persona_id, by=request.actor, now=request.received_at)
    messages.success(request, str(_("The persona was removed.")))
    return redirect("listening:personas")
