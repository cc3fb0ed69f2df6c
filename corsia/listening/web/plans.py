"""Listening plans: the list with its progress, one plan, its form."""

from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from corsia.cases.models import Process
from corsia.kernel.access import access, may
from corsia.kernel.errors import NotFound
from corsia.kernel.http import StaffRequest, row_id
from corsia.listening import services
from corsia.listening.models import ListeningPlan, Questionnaire
from corsia.listening.permissions import MANAGE_LISTENING, SEE_RESULTS
from corsia.listening.queries.colleagues import asks_colleagues, wave_of
from corsia.listening.queries.invitations import rules_in_force
from corsia.listening.queries.plans import not_asked, open_links, plan_row, plan_rows
from corsia.listening.queries.sessions import session_rows
from corsia.listening.rules.colleagues import LEAST
from corsia.listening.rules.qr_codes import code_of
from corsia.listening.services import PlanData
from corsia.listening.services.plans import ASKS_BY_ITSELF
from corsia.listening.services.sessions import KINDS
from corsia.listening.vocabulary import AskedBy, Design, Instrument, PlanState, Population
from corsia.listening.web.forms import WaysForm, ways_initial
from corsia.listening.web.pages import Chosen, edits, form_page, touchpoint_choices, unit_choices, units_of
from corsia.messaging.occasions import OCCASIONS
from corsia.messaging.vocabulary import DelayKind
from corsia.organisation.queries import tree
from corsia.ui.forms import accepted
from corsia.ui.templatetags.ui import local_name

MINUTES = {"minutes": 1, "hours": 60, "days": 24 * 60}
WORKING_DAY = 8 * 60  # minutes


def day_field() -> forms.DateInput:
    """Return the field of a day as browsers know it."""
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class PlanForm(WaysForm, Chosen):
    """A plan as a manager writes it."""

    FIRST = (("", _("As the unit surveys")),)

    name = forms.CharField(label=_("Name"), max_length=80)
    unit = forms.TypedChoiceField(label=_("Unit"), coerce=int)
    touchpoint = forms.TypedChoiceField(label=_("Touchpoint"), coerce=int)
    aim = forms.CharField(
        label=_("What we want to know"), max_length=300, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    population = forms.ChoiceField(label=_("Whom we listen to"), choices=Population.choices)
    instrument = forms.ChoiceField(label=_("With what"), choices=Instrument.choices)
    questionnaire = forms.TypedChoiceField(label=_("Questionnaire"), coerce=int, required=False, empty_value=None)
    design = forms.ChoiceField(label=_("Whom we ask of them"), choices=Design.choices)
    sample_pct = forms.IntegerField(
        label=_("Share drawn, in per cent"),
        min_value=1,
        max_value=100,
        initial=100,
        help_text=_("Drawn by the number of the event: nobody can choose whom to ask."),
    )
    quota = forms.IntegerField(
        label=_("Answers wanted of each branch"),
        min_value=1,
        max_value=1_000_000,
        required=False,
        help_text=_("When a branch has them, nobody more is asked there. Empty for no end."),
    )
    expected_answers = forms.IntegerField(
        label=_("Answers expected in all"), min_value=1, max_value=10_000_000, required=False
    )
    starts_on = forms.DateField(label=pgettext_lazy("period", "From"), widget=day_field())
    ends_on = forms.DateField(
        label=pgettext_lazy("period", "To"),
        required=False,
        widget=day_field(),
    )
    occasion = forms.ChoiceField(label=_("After which event"), required=False)
    wait = forms.IntegerField(label=_("How long after"), min_value=0, max_value=500, initial=1)
    wait_unit = forms.ChoiceField(
        label=_("Unit of time"),
        choices=[("minutes", _("minutes")), ("hours", _("hours")), ("days", _("days"))],
        initial="days",
    )
    delay_kind = forms.ChoiceField(label=_("Counted in"), choices=DelayKind.choices)
    send_hour = forms.TypedChoiceField(
        label=_("At what hour"),
        coerce=int,
        required=False,
        empty_value=None,
        choices=[("", _("As it comes")), *((hour, f"{hour:02d}:00") for hour in range(24))],
    )
    make = forms.CharField(label=_("Only vehicles of the make"), max_length=40, required=False)
    words = forms.CharField(label=_("Only if number or detail holds"), max_length=120, required=False)
    excluded_processes = forms.MultipleChoiceField(
        label=_("Not whoever has an open case of"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        starts, ends = data.get("starts_on"), data.get("ends_on")
        if starts and ends and ends < starts:
            self.add_error("ends_on", _("The last day comes before the first."))
        if data.get("instrument") in ASKS_BY_ITSELF and not data.get("questionnaire"):
            self.add_error("questionnaire", _("Say which: without it nothing can be asked."))
        return data

    def data_of_plan(self) -> PlanData:
        """Return what was written."""
        data = self.cleaned_data
        minutes = data["wait"] * MINUTES[data["wait_unit"]]
        if data["delay_kind"] == DelayKind.WORKING and data["wait_unit"] == "days":
            minutes = data["wait"] * WORKING_DAY
        renamed = {"touchpoint_id", "questionnaire_id", "delay_minutes", "excluded_processes", "channels"}
        names = set(PlanData.__dataclass_fields__) - renamed
        return PlanData(
            touchpoint_id=data["touchpoint"],
            questionnaire_id=data["questionnaire"],
            delay_minutes=minutes,
            excluded_processes=tuple(data["excluded_processes"]),
            channels=self.channels,
            **{name: data[name] for name in names},
        )


class SinceForm(forms.Form):
    """From which day on those whom an event reached are asked too."""

    since = forms.DateField(label=_("Since"), widget=day_field())


@require_safe
@access(SEE_RESULTS)
def page(request: StaffRequest) -> HttpResponse:
    """List the plans with their progress."""
    state = request.GET.get("state", "")
    state = state if state in PlanState.values else ""
    rows = plan_rows(now=request.received_at, edits=edits(request), state=state)
    context = {
        "rows": rows,
        "state": state,
        "states": PlanState.choices,
        "may_manage": may(request.actor, MANAGE_LISTENING),
    }
    return render(request, "listening/plans.html", context)


@require_safe
@access(SEE_RESULTS)
def plan(request: StaffRequest, plan_id: int) -> HttpResponse:
    """Show one plan: what it wants, how far it is, why people were not asked."""
    row = plan_row(plan_id, now=request.received_at, edits=edits(request))
    excluded = Process.objects.filter(key__in=row.plan.excluded_processes).order_by("position", "pk")
    reasons = not_asked(plan_id)
    context = {
        "row": row,
        "asks_colleagues": asks_colleagues(row.plan),
        "wave": wave_of(row.plan) if asks_colleagues(row.plan) and row.may_edit else None,
        "least": LEAST,
        "has_sessions": row.plan.instrument in KINDS,
        "sessions": session_rows(actor=request.actor, now=request.received_at, plan_id=plan_id)
        if row.plan.instrument in KINDS
        else [],
        "reasons": reasons,
        "most": max((reason.count for reason in reasons), default=1),
        "excluded": [local_name(process) for process in excluded],
        "wait": _said(row.plan),
        "since": timezone.localdate(request.received_at) - timedelta(days=30),
        "ways": [AskedBy(way).label for way in row.plan.channels],
        "links": open_links(row.plan) if row.plan.questionnaire_id and row.plan.instrument == Instrument.SURVEY else (),
    }
    return render(request, "listening/plan.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@access(MANAGE_LISTENING)
def edit(request: StaffRequest, plan_id: int | None = None) -> HttpResponse:
    """Write a plan or change it."""
    row: ListeningPlan | None = ListeningPlan.objects.find(plan_id) if plan_id else None
    units = [tree().unit(row.unit_id)] if row else units_of(request)
    form = PlanForm(
        request.POST if request.method == "POST" else None,
        choices={
            "unit": unit_choices(units),
            "touchpoint": touchpoint_choices(),
            "questionnaire": [("", "—"), *questionnaire_choices()],
            "occasion": [
                ("", str(_("None: by link, list or visit"))),
                *((one.key, str(one.title)) for one in OCCASIONS.values()),
            ],
            "excluded_processes": [
                (process.key, local_name(process))
                for process in Process.objects.filter(is_active=True).order_by("position", "pk")
            ],
        },
        initial=_initial(request, row, units[0].pk),
    )

    def act() -> int:
        saved = services.save_plan(
            plan_id=plan_id,
            unit_id=form.cleaned_data["unit"],
            data=form.data_of_plan(),
            by=request.actor,
            now=request.received_at,
        )
        return int(saved.pk)

    return form_page(
        request,
        form,
        act=act,
        done=_("The plan was saved."),
        back=reverse("listening:plan", args=[row.pk]) if row else reverse("listening:plans"),
        template="listening/plan_form.html",
        plan=row,
    )


@require_safe
@access(SEE_RESULTS)
def poster(request: StaffRequest, plan_id: int, unit_id: int) -> HttpResponse:
    """Show a sheet to be printed for the counter of a branch, with the code that opens the survey."""
    row: ListeningPlan = ListeningPlan.objects.find(plan_id)
    link = next(iter(open_links(row, unit_id=unit_id)), None)
    if link is None or row.questionnaire_id is None:
        raise NotFound(kind=ListeningPlan._meta.label)
    context = {
        "plan": row,
        "one": link,
        "code": code_of(link.scan),
        "group": tree().group(unit_id).name,
        "color": rules_in_force(unit_id).brand_color,
        "other": "it" if get_language() == "en" else "en",
    }
    return render(request, "listening/poster.html", context)


@require_POST
@access(MANAGE_LISTENING)
def set_state(request: StaffRequest, plan_id: int) -> HttpResponse:
    """Start, pause or end a plan."""
    services.set_plan_state(
        plan_id=plan_id, state=request.POST.get("state", ""), by=request.actor, now=request.received_at
    )
    return redirect("listening:plan", plan_id)


@require_POST
@access(MANAGE_LISTENING)
def ask_since(request: StaffRequest, plan_id: int) -> HttpResponse:
    """Ask those too whom the plan's event reached before."""
    row: ListeningPlan = ListeningPlan.objects.find(plan_id)
    day = accepted(SinceForm(request.POST))["since"]
    since = datetime.combine(day, time(), tzinfo=tree().time_zone(row.unit_id))
    services.ask_since(plan_id=plan_id, since=since, by=request.actor)
    messages.success(request, _("The invitations are being prepared. In a moment this page counts them."))
    return redirect("listening:plan", plan_id)


def questionnaire_choices() -> list[tuple[int, str]]:
    """Return the questionnaires within reach, each key once."""
    rows = Questionnaire.objects.filter(is_active=True).order_by("name_it", "pk")
    return [(row.pk, local_name(row)) for row in {row.key: row for row in rows}.values()]


def _initial(request: StaffRequest, row: ListeningPlan | None, unit_id: int) -> dict[str, Any]:
    if row is None:
        return {
            "unit": unit_id,
            "touchpoint": row_id(request.GET.get("touchpoint")),
            "starts_on": timezone.localdate(request.received_at),
        }
    initial = {name: getattr(row, name) for name in PlanData.__dataclass_fields__}
    wait, unit_of_time = _said(row)
    return initial | {
        "unit": row.unit_id,
        "touchpoint": row.touchpoint_id,
        "questionnaire": row.questionnaire_id,
        "wait": wait,
        "wait_unit": unit_of_time,
        **ways_initial(row.channels),
    }


def _said(row: ListeningPlan) -> tuple[int, str]:
    """Return a delay in the largest unit of time that says it exactly."""
    day = WORKING_DAY if row.delay_kind == DelayKind.WORKING else MINUTES["days"]
    for name, minutes in (("days", day), ("hours", 60)):
        if row.delay_minutes and row.delay_minutes % minutes == 0:
            return row.delay_minutes // minutes, name
    return row.delay_minutes, "minutes"
