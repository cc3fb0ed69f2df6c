"""What people may enter about improvement."""

from collections.abc import Iterable
from datetime import datetime, time
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from corsia.improvement.models import Action
from corsia.improvement.ports import outcomes
from corsia.improvement.queries.people import Candidate
from corsia.improvement.services.actions import Card
from corsia.improvement.vocabulary import CultureKind, CustomerSegment, Direction, Outcome
from corsia.ui.forms import DayInput

MOST_CENTS = 10**11  # a thousand million euro
MOST_EURO = Decimal(MOST_CENTS // 100)

Choices = Iterable[tuple[Any, Any]]


class PlainForm(forms.Form):
    """A form whose labels end without a colon."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)

    def offer(self, **choices: Choices) -> None:
        """Fill selects with what may be chosen here."""
        for name, offered in choices.items():
            self.fields[name].choices = list(offered)  # type: ignore[attr-defined]


def _text(label: Any, *, most: int, required: bool = True, rows: int = 0, help_text: Any = "") -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": rows}) if rows else None
    return forms.CharField(label=label, max_length=most, required=required, widget=widget, help_text=help_text)


def _day(label: Any, *, required: bool = False, help_text: Any = "") -> forms.DateField:
    return forms.DateField(label=label, required=required, widget=DayInput(), help_text=help_text)


def _euro(label: Any, help_text: Any = "") -> forms.DecimalField:
    return forms.DecimalField(
        label=label, required=False, min_value=0, max_value=MOST_EURO, decimal_places=2, help_text=help_text
    )


def _number(label: Any, *, required: bool = False) -> forms.DecimalField:
    return forms.DecimalField(label=label, required=required, max_digits=10, decimal_places=2)


def _whom(label: Any, *, required: bool = False) -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label=label, required=required, widget=forms.CheckboxSelectMultiple, choices=CustomerSegment.choices
    )


def _half_hours() -> list[tuple[str, str]]:
    hours = [f"{hour:02d}:{minute:02d}" for hour in range(7, 21) for minute in (0, 30)]
    return [(value, value) for value in hours]


def people_choices(people: Iterable[Candidate]) -> list[tuple[Any, Any]]:
    """Return people by function, for a select with groups."""
    groups: dict[str, list[tuple[int, str]]] = {}
    for one in people:
        groups.setdefault(one.function, []).append((one.person.pk, f"{one.person.full_name} · {one.place}"))
    return list(groups.items())


class MomentForm(PlainForm):
    """A day and a half hour of it."""

    on = _day(_("Day"), required=True)
    at = forms.ChoiceField(label=_("Hour"), choices=_half_hours)

    def moment(self, zone: ZoneInfo) -> datetime:
        hour, minute = map(int, self.cleaned_data["at"].split(":"))
        return datetime.combine(self.cleaned_data["on"], time(hour, minute), tzinfo=zone)


class GroupForm(MomentForm):
    """A new group."""

    name = _text(_("Name"), most=120)
    goal = _text(_("What shall be different for customers?"), most=1000, required=False, rows=2)
    process_key = forms.ChoiceField(
        label=_("Flow to design anew"),
        required=False,
        help_text=_("With it the group is told whose work the flow is, so that they are asked too."),
    )
    people = forms.MultipleChoiceField(label=_("People"), widget=forms.CheckboxSelectMultiple)
    on = _day(_("First meeting"), required=True)

    field_order = ("name", "goal", "process_key", "on", "at", "people")


class MinutesForm(MomentForm):
    """What happened at a meeting; the minutes of presence are read beside it."""

    on = _day(_("Held on"), required=True)
    notes = _text(_("What was said and decided"), most=8000, required=False, rows=5)
    bridge = _text(_("Bridge work: who does what until the next meeting"), most=4000, required=False, rows=3)


class PainForm(PlainForm):
    """A pain that no count shows."""

    label = _text(_("What hurts"), most=200)
    segments = _whom(_("Whom it hits"))


class PerimeterForm(PlainForm):
    """Whether a pain is worked on, and whom it hits."""

    is_inside = forms.BooleanField(label=_("Within the perimeter"), required=False)
    segments = _whom(_("Whom it hits"))


class MacroForm(PlainForm):
    """A candidate macro-action."""

    title = _text(_("Macro-action"), most=160)
    description = _text(_("In a few words"), most=1000, required=False)


class PlaceForm(PlainForm):
    """A place on a matrix."""

    x = forms.IntegerField(min_value=0, max_value=10)
    y = forms.IntegerField(min_value=0, max_value=10)


class CardForm(PlainForm):
    """An action card."""

    title = _text(_("Action"), most=160)
    description = _text(_("What is done, and what is different then"), most=4000, required=False, rows=3)
    owner = forms.TypedChoiceField(label=pgettext_lazy("action", "Owner"), coerce=int, empty_value=None, required=False)
    begins_on = _day(_("Begins on"), help_text=_("What is measured before that day is “before”."))
    due_on = _day(_("Due on"))
    touchpoint = forms.ChoiceField(
        label=_("Touchpoint"),
        required=False,
        help_text=_("What customers will notice. When the action is done, the next listening there begins."),
    )
    segments = _whom(_("Whom it touches"))
    units = forms.TypedMultipleChoiceField(
        label=_("Where it is done"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )
    cost = _euro(_("Cost in euro"))
    worth = _euro(_("Worth of one point in euro"), _("Of its first measure, for all its units together."))
    worth_because = _text(_("Where that figure comes from"), most=300, required=False)

    @staticmethod
    def initial_of(action: Action) -> dict[str, Any]:
        return {
            "title": action.title,
            "description": action.description,
            "owner": action.owner_id,
            "begins_on": action.begins_on,
            "due_on": action.due_on,
            "touchpoint": action.touchpoint,
            "segments": action.segments,
            "units": list(action.units.values_list("unit_id", flat=True)),
            "cost": _in_euro(action.cost_cents),
            "worth": _in_euro(action.cents_per_point),
            "worth_because": action.worth_because,
        }

    def card(self) -> Card:
        given = self.cleaned_data
        return Card(
            title=given["title"],
            description=given["description"],
            owner_id=given["owner"],
            unit_ids=given["units"],
            segments=given["segments"],
            begins_on=given["begins_on"],
            due_on=given["due_on"],
            touchpoint=given["touchpoint"],
            cents_per_point=_in_cents(given["worth"]),
            worth_because=given["worth_because"],
            cost_cents=_in_cents(given["cost"]),
        )


class MeasureForm(PlainForm):
    """A KPI of an action: one that is measured everywhere, or one that people read."""

    key = forms.ChoiceField(label=_("Measure"), required=False)
    name = _text(_("Name, if people read it"), most=120, required=False)
    measure = _text(_("In"), most=20, required=False, help_text=_("For example: days, %"))
    better = forms.ChoiceField(label=_("Direction"), choices=Direction.choices)
    baseline = _number(_("Baseline"))
    target = _number(_("Target"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer(key=[("", _("People read it")), *((kpi.key, kpi.name) for kpi in outcomes().kpis())])

    def clean(self) -> dict[str, Any]:
        """Ask for a name where nothing is measured by itself."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors and not values["key"] and not values["name"]:
            self.add_error("name", _("Name what people read."))
        return values


class ReadingForm(PlainForm):
    """What was read of a KPI."""

    on = _day(_("Day"), required=True)
    value = _number(_("Value"), required=True)


class EvidenceForm(PlainForm):
    """What shows that something was done."""

    text = _text(_("Note"), most=4000, required=False, rows=2)
    file = forms.FileField(label=_("File"), required=False)


class RuleForm(PlainForm):
    """A golden rule."""

    text = _text(_("What every customer can count on"), most=200)
    reason = _text(_("Why"), most=300, required=False)
    process_key = forms.ChoiceField(label=_("Shown in the playbook of"), required=False)
    unit = forms.TypedChoiceField(label=_("For the unit and everything below it"), coerce=int)


class GroupRuleForm(PlainForm):
    """A golden rule that a group proposes."""

    text = _text(_("What every customer can count on"), most=200)
    reason = _text(_("Why"), most=300, required=False)


class PracticeForm(PlainForm):
    """A good practice."""

    title = _text(_("Practice"), most=160)
    origin = forms.TypedChoiceField(label=_("Where it comes from"), coerce=int)
    action = forms.TypedChoiceField(label=_("Action it came from"), coerce=int, empty_value=None, required=False)
    what = _text(_("What is done"), most=4000, rows=3)
    how = _text(_("How to take it over, step by step"), most=4000, required=False, rows=4)
    result = _text(_("What it brought there"), most=300, required=False)


class AdoptForm(PlainForm):
    """A branch takes a practice over."""

    unit = forms.TypedChoiceField(label=_("Branch"), coerce=int)
    on = _day(_("From"), required=True)


class JudgeForm(PlainForm):
    """What came of a practice."""

    outcome = forms.ChoiceField(label=_("Result"), choices=Outcome.choices)
    note = _text(_("What came of it"), most=300, required=False)


class AgentForm(PlainForm):
    """A change agent."""

    unit = forms.TypedChoiceField(label=_("Unit"), coerce=int)
    person = forms.TypedChoiceField(label=_("Person"), coerce=int)


class CultureForm(PlainForm):
    """A piece of communication or training."""

    kind = forms.ChoiceField(label=_("Kind"), choices=CultureKind.choices)
    title = _text(_("What"), most=160)
    audience = _text(pgettext_lazy("audience", "For whom"), most=160)
    planned_on = _day(_("Planned on"), required=True)
    unit = forms.TypedChoiceField(label=_("Unit"), coerce=int)
    owner = forms.TypedChoiceField(label=_("Who does it"), coerce=int, empty_value=None, required=False)
    action = forms.TypedChoiceField(label=_("Action it explains"), coerce=int, empty_value=None, required=False)


class ReachedForm(PlainForm):
    """How many people something reached."""

    people_reached = forms.IntegerField(label=_("People reached"), required=False, min_value=0, max_value=1_000_000)


def _in_euro(cents: int | None) -> Decimal | None:
    return Decimal(cents) / 100 if cents is not None else None


def _in_cents(euro: Decimal | None) -> int | None:
    return int(euro * 100) if euro is not None else None
