"""Contacts that follow from events: the rules, their editor with a preview, and what is planned."""

from functools import partial
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from corsia.cases.models import Process
from corsia.cases.vocabulary import VersionState
from corsia.kernel.access import access
from corsia.kernel.http import StaffRequest, row_id
from corsia.kernel.once import once
from corsia.messaging.models import EventRule
from corsia.messaging.occasions import OCCASIONS
from corsia.messaging.permissions import MANAGE_CONTACT_RULES
from corsia.messaging.queries import texts_for
from corsia.messaging.queries.planned import planned_rows, preview, rule_rows
from corsia.messaging.services import planned as services
from corsia.messaging.services.planned import RuleData
from corsia.messaging.services.ready_rules import CARRIER, ready_rules, use_ready_rules
from corsia.messaging.vocabulary import DelayKind, FollowUp, PlannedState
from corsia.organisation.models import Unit
from corsia.organisation.queries import tree
from corsia.ui.templatetags.ui import local_name

UNITS_OF_TIME = {"minutes": 1, "hours": 60, "days": 24 * 60}


class RuleForm(forms.Form):
    """A rule as a manager writes it."""

    name = forms.CharField(label=_("Name"), max_length=80)
    unit = forms.TypedChoiceField(label=_("Unit"), coerce=int)
    occasion = forms.ChoiceField(label=_("When this happens"))
    make = forms.CharField(label=_("Only vehicles of the make"), max_length=40, required=False)
    words = forms.CharField(
        label=_("Only if number or detail holds"),
        max_length=120,
        required=False,
        help_text=_("All these words, in any order. Empty for every event."),
    )
    wait = forms.IntegerField(label=_("After"), min_value=0, max_value=500, initial=0)
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
    max_age_days = forms.IntegerField(
        label=_("Not for events older than, in days"),
        min_value=0,
        max_value=366,
        initial=7,
        help_text=_("What is stated later than this is followed by nothing."),
    )
    follow_up = forms.ChoiceField(label=_("What follows"), choices=FollowUp.choices)
    template_key = forms.ChoiceField(label=_("Text of the message"), required=False)
    sms_key = forms.ChoiceField(
        label=_("Short text, by SMS"), required=False, help_text=_("For whoever has no e-mail address. Empty: no SMS.")
    )
    sms_first = forms.BooleanField(label=_("By SMS to whoever has both"), required=False)
    task_title = forms.CharField(label=_("Title of the task"), max_length=120, required=False)
    process_key = forms.ChoiceField(
        label=_("Case that carries it"), help_text=_("An answer of the customer lands on it.")
    )
    is_active = forms.BooleanField(label=_("In use"), required=False, initial=True)

    def __init__(self, *args: Any, choices: dict[str, list[tuple[Any, str]]], **kwargs: Any):
        super().__init__(*args, **kwargs)
        for name, options in choices.items():
            self.fields[name].choices = options  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        needed = {FollowUp.MESSAGE.value: "template_key", FollowUp.TASK.value: "task_title"}.get(
            data.get("follow_up", "")
        )
        if needed and not data.get(needed):
            self.add_error(needed, _("Say which: without it nothing can follow."))
        return data

    def data_of_rule(self) -> RuleData:
        """Return what was written."""
        data = self.cleaned_data
        names = set(RuleData.__dataclass_fields__) - {"delay_minutes"}
        minutes = data["wait"] * UNITS_OF_TIME[data["wait_unit"]]
        if data["delay_kind"] == DelayKind.WORKING and data["wait_unit"] == "days":
            minutes = data["wait"] * 8 * 60  # a working day
        return RuleData(delay_minutes=minutes, **{name: data[name] for name in names})


@require_safe
@access(MANAGE_CONTACT_RULES)
def rules(request: StaffRequest) -> HttpResponse:
    """List the rules, and those that ship and could be used."""
    unit_id = _highest(request)
    ready = [(OCCASIONS[data.occasion].title, data, data.delay_minutes * 60) for data in ready_rules(unit_id=unit_id)]
    context = {"rows": rule_rows(), "ready": ready, "place": tree().label(unit_id)}
    return render(request, "messaging/event_rules.html", context)


@require_POST
@access(MANAGE_CONTACT_RULES)
def use_ready(request: StaffRequest) -> HttpResponse:
    """Take the ticked rules that ship into use, in the highest unit the actor manages."""
    keys = request.POST.getlist("text")
    written = use_ready_rules(unit_id=_highest(request), keys=keys, by=request.actor, now=request.received_at)
    if written:
        said = ngettext("%(count)s rule is in use now.", "%(count)s rules are in use now.", len(written))
        messages.success(request, said % {"count": len(written)})
    else:
        messages.warning(request, _("Nothing was ticked, or a rule sends it already. Tick at least one rule."))
    return redirect("messaging:event_rules")


@require_http_methods(["GET", "HEAD", "POST"])
@access(MANAGE_CONTACT_RULES)
def edit_rule(request: StaffRequest, rule_id: int | None = None) -> HttpResponse:
    """Write a rule or change it."""
    rule: EventRule | None = EventRule.objects.find(rule_id) if rule_id else None
    form = _form(request, rule)
    if request.method == "POST" and form.is_valid():

        def act() -> int:
            saved = services.save_rule(
                rule_id=rule_id,
                unit_id=form.cleaned_data["unit"],
                data=form.data_of_rule(),
                by=request.actor,
                now=request.received_at,
            )
            return int(saved.pk)

        once(request, door="messaging.event_rule", act=act)
        messages.success(request, str(_("The rule was saved.")))
        return redirect("messaging:event_rules")
    return render(
        request, "messaging/event_rule.html", {"form": form, "rule": rule}, status=422 if form.errors else 200
    )


@require_POST
@access(MANAGE_CONTACT_RULES, personal=True)
def preview_rule(request: StaffRequest) -> HttpResponse:
    """Show what the rule in the form would have done in the last 30 days."""
    form = _form(request, None)
    if not form.is_valid():
        return render(request, "messaging/_event_preview.html", {"form": form}, status=422)
    data = form.data_of_rule()
    found = preview(
        occasion=data.occasion,
        unit_id=form.cleaned_data["unit"],
        filter_=data.filter,
        delay=data.delay,
        objection=partial(services.objection_today, rule=data, now=request.received_at)
        if data.follow_up == FollowUp.MESSAGE
        else None,
        now=request.received_at,
    )
    return render(request, "messaging/_event_preview.html", {"found": found})


@require_safe
@access(MANAGE_CONTACT_RULES, personal=True)
def planned(request: StaffRequest) -> HttpResponse:
    """List what is planned, was made, was not made and was cancelled, page by page."""
    state = request.GET.get("state", "")
    state = state if state in PlannedState.values else PlannedState.WAITING.value
    before = row_id(request.GET.get("before"))
    rows, older = planned_rows(state=state, before=before)
    context = {"rows": rows, "older": older, "state": state, "states": PlannedState.choices, "is_paged": bool(before)}
    return render(request, "messaging/planned.html", context)


@require_POST
@access(MANAGE_CONTACT_RULES)
def cancel(request: StaffRequest, planned_id: int) -> HttpResponse:
    """Take a planned contact back."""
    services.cancel_planned(planned_id=planned_id, by=request.actor, now=request.received_at)
    return redirect("messaging:planned")


def _managed(request: StaffRequest) -> list[Unit]:
    """Return the units for which the actor may write rules, highest first."""
    places = tree()
    mine = request.actor.units_with(MANAGE_CONTACT_RULES.roles)
    return sorted((places.unit(pk) for pk in mine if pk in places.units), key=lambda unit: unit.path)


def _highest(request: StaffRequest) -> int:
    return int(_managed(request)[0].pk)


def _form(request: StaffRequest, rule: EventRule | None) -> RuleForm:
    units, places = _managed(request), tree()
    in_use = Process.objects.filter(is_active=True, versions__state=VersionState.PUBLISHED)
    processes = {row.key: local_name(row) for row in in_use.order_by("position", "pk")}
    home = rule.unit_id if rule else units[0].pk
    texts = texts_for(unit_id=home, language=get_language() or "it")
    choices: dict[str, list[tuple[Any, str]]] = {
        "unit": [(unit.pk, places.label(unit.pk)) for unit in units if unit.is_active],
        "occasion": [(one.key, str(one.title)) for one in OCCASIONS.values()],
        "template_key": [("", "—"), *((text.key, local_name(text)) for text in texts)],
        "sms_key": [("", "—"), *((text.key, local_name(text)) for text in texts)],
        "process_key": list(processes.items()),
    }
    initial: dict[str, Any] = {"process_key": CARRIER if CARRIER in processes else next(iter(processes), "")}
    if rule is not None:
        initial = {name: getattr(rule, name) for name in RuleData.__dataclass_fields__} | {"unit": rule.unit_id}
        initial["wait"], initial["wait_unit"] = _said(rule)
    return RuleForm(request.POST if request.method == "POST" else None, choices=choices, initial=initial)


def _said(rule: EventRule) -> tuple[int, str]:
    """Return a delay in the largest unit of time that says it exactly."""
    day = 8 * 60 if rule.delay_kind == DelayKind.WORKING else 24 * 60
    for name, minutes in (("days", day), ("hours", 60)):
        if rule.delay_minutes and rule.delay_minutes % minutes == 0:
            return rule.delay_minutes // minutes, name
    return rule.delay_minutes, "minutes"
