"""What people may enter about cases."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from corsia.cases.models import Cause
from corsia.cases.queries import Startable
from corsia.cases.services import Details
from corsia.cases.services.naming import local_name
from corsia.cases.vocabulary import (
    EndKind,
    Holder,
    Origin,
    Priority,
    PurchaseChannel,
    RecoveryOutcome,
    RequiredField,
    TaskKind,
)
from corsia.organisation.models import Person
from corsia.organisation.vocabulary import Language
from corsia.ui.forms import DayInput
from corsia.vehicles.models import Vehicle

CHANNELS = [("", _("Unknown or none")), *PurchaseChannel.choices]


class PlainForm(forms.Form):
    """A form whose labels end without a colon."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)


class TimeChoice(forms.ChoiceField):
    """Half hours of the working day: a list reads the same in every browser language."""

    def __init__(self, **kwargs: Any) -> None:
        hours = [f"{hour:02d}:{minute:02d}" for hour in range(7, 21) for minute in (0, 30)]
        super().__init__(choices=[(value, value) for value in hours], **kwargs)


def people_choices(people: Iterable[Person], *, empty: Any) -> list[tuple[Any, Any]]:
    """Return people for a select, nobody first."""
    return [("", empty), *((person.pk, person.full_name) for person in people)]


def cause_choices(causes: Iterable[Cause], *, empty: Any) -> list[tuple[Any, Any]]:
    """Return kinds of cause for a select, none first."""
    return [("", empty), *((cause.pk, local_name(cause)) for cause in causes)]


class NewCaseForm(PlainForm):
    """A case by hand: somebody at the counter, on the phone, or our own doing."""

    process = forms.ChoiceField(label=_("What is it about?"), widget=forms.RadioSelect)
    subject = forms.CharField(label=_("Subject"), max_length=200)
    unit = forms.TypedChoiceField(label=_("Unit"), coerce=int)
    origin = forms.ChoiceField(
        label=_("How it came in"),
        choices=[(value, label) for value, label in Origin.choices if value != Origin.WEB_FORM],
        initial=Origin.PHONE,
    )
    priority = forms.TypedChoiceField(
        label=_("Priority"), choices=Priority.choices, coerce=int, initial=Priority.NORMAL
    )
    language = forms.ChoiceField(label=_("Language of the customer"), choices=Language, initial=Language.ITALIAN)
    purchase_channel = forms.ChoiceField(label=_("Bought through"), choices=CHANNELS, required=False)
    assignee = forms.TypedChoiceField(label=_("Assignee"), coerce=int, empty_value=None, required=False)
    customer_id = forms.IntegerField(required=False, widget=forms.HiddenInput)
    vehicle_id = forms.IntegerField(required=False, widget=forms.HiddenInput)
    linked_to = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        *args: Any,
        units: Iterable[tuple[int, str]],
        processes: list[Startable],
        people: Iterable[Person],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.processes = processes
        self.fields["unit"].choices = list(units)  # type: ignore[attr-defined]
        self.fields["process"].choices = [(one.key, local_name(one)) for one in processes]  # type: ignore[attr-defined]
        self.fields["assignee"].choices = people_choices(people, empty=_("As the queue decides"))  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        chosen = next((one for one in self.processes if one.key == given.get("process")), None)
        if chosen is not None and not chosen.is_internal and not given.get("customer_id"):
            self.add_error(None, _("Choose the customer this is about. Search by name, plate, phone or e-mail."))
        return given


class DetailsForm(PlainForm):
    """What describes a case."""

    subject = forms.CharField(label=_("Subject"), max_length=200)
    reference = forms.CharField(label=RequiredField.REFERENCE.label, max_length=60, required=False)
    purchase_channel = forms.ChoiceField(label=_("Bought through"), choices=CHANNELS, required=False)
    cause = forms.TypedChoiceField(label=RequiredField.CAUSE.label, coerce=int, empty_value=None, required=False)
    root_cause = forms.CharField(label=RequiredField.ROOT_CAUSE.label, max_length=200, required=False)
    remedy = forms.CharField(
        label=RequiredField.REMEDY.label, required=False, widget=forms.Textarea(attrs={"rows": 3}), max_length=4000
    )
    customer_id = forms.IntegerField(required=False, widget=forms.HiddenInput)
    vehicle_id = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, causes: Iterable[Cause], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["cause"].choices = cause_choices(causes, empty="–")  # type: ignore[attr-defined]

    def details(self) -> Details:
        given = self.cleaned_data
        return Details(
            subject=given["subject"],
            reference=given["reference"],
            purchase_channel=given["purchase_channel"],
            cause_id=given["cause"],
            root_cause=given["root_cause"],
            remedy=given["remedy"],
            customer_id=given["customer_id"],
            vehicle_id=given["vehicle_id"],
        )


class OutcomeField(forms.ChoiceField):
    """How it ended with a customer who was to be won back."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            label=_("How did it end with the customer?"),
            choices=[("", _("Choose")), *RecoveryOutcome.choices],
            help_text=_("This customer had been forgotten and is being won back."),
            **kwargs,
        )


class FillingForm(PlainForm):
    """Only what a phase asks for and the case does not have yet."""

    def __init__(
        self,
        *args: Any,
        fields: list[RequiredField],
        vehicles: list[Vehicle],
        people: Iterable[Person],
        causes: Iterable[Cause] = (),
        asks_outcome: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        made: dict[RequiredField, forms.Field] = {
            RequiredField.CUSTOMER: forms.IntegerField(
                label=RequiredField.CUSTOMER.label,
                widget=forms.HiddenInput,
                error_messages={"required": _("Choose the customer.")},
            ),
            RequiredField.VEHICLE: forms.TypedChoiceField(
                label=RequiredField.VEHICLE.label,
                coerce=int,
                choices=[("", _("Choose a vehicle")), *((vehicle.pk, _vehicle(vehicle)) for vehicle in vehicles)],
            ),
            RequiredField.PURCHASE_CHANNEL: forms.ChoiceField(
                label=_("Bought through"), choices=[("", _("Choose a channel")), *PurchaseChannel.choices]
            ),
            RequiredField.CAUSE: forms.TypedChoiceField(
                label=RequiredField.CAUSE.label,
                coerce=int,
                choices=cause_choices(causes, empty=_("Choose a kind of cause")),
            ),
            RequiredField.ASSIGNEE: forms.TypedChoiceField(
                label=RequiredField.ASSIGNEE.label,
                coerce=int,
                choices=people_choices(people, empty=_("Choose somebody")),
            ),
            RequiredField.ROOT_CAUSE: forms.CharField(label=RequiredField.ROOT_CAUSE.label, max_length=200),
            RequiredField.REMEDY: forms.CharField(
                label=RequiredField.REMEDY.label, max_length=4000, widget=forms.Textarea(attrs={"rows": 3})
            ),
            RequiredField.REFERENCE: forms.CharField(label=RequiredField.REFERENCE.label, max_length=60),
        }
        self.fields.update({f"fill_{field.value}": made[field] for field in fields})
        if asks_outcome:
            self.fields["fill_recovery_outcome"] = OutcomeField()

    def details(self) -> Details:
        given = self.cleaned_data
        return Details(
            customer_id=given.get("fill_customer"),
            vehicle_id=given.get("fill_vehicle"),
            assignee_id=given.get("fill_assignee"),
            purchase_channel=given.get("fill_purchase_channel"),
            cause_id=given.get("fill_cause"),
            root_cause=given.get("fill_root_cause"),
            remedy=given.get("fill_remedy"),
            reference=given.get("fill_reference"),
            recovery_outcome=given.get("fill_recovery_outcome"),
        )


class SnoozeForm(PlainForm):
    """Until when a case stays out of sight."""

    on = forms.DateField(label=_("Day"), widget=DayInput)
    at = TimeChoice(label=_("At what time"), initial="09:00")

    def until(self, zone: Any) -> datetime:
        day: date = self.cleaned_data["on"]
        hour, minute = self.cleaned_data["at"].split(":")
        return datetime.combine(day, time(int(hour), int(minute)), tzinfo=zone)


class TaskForm(PlainForm):
    """A task on a case."""

    title = forms.CharField(label=_("What is to be done"), max_length=200)
    kind = forms.ChoiceField(
        label=_("Kind"),
        choices=[(kind.value, kind.label) for kind in (TaskKind.TASK, TaskKind.CORRECTIVE)],
        initial=TaskKind.TASK,
        required=False,
    )
    assignee = forms.TypedChoiceField(label=_("For"), coerce=int, empty_value=None, required=False)
    on = forms.DateField(label=_("Due on"), widget=DayInput, required=False)
    at = TimeChoice(label=_("At what time"), initial="12:00", required=False)

    def __init__(self, *args: Any, people: Iterable[Person], **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "task_%s", **kwargs})
        self.fields["assignee"].choices = people_choices(people, empty=_("Whoever has the case"))  # type: ignore[attr-defined]

    def due_at(self, zone: Any) -> datetime | None:
        day = self.cleaned_data["on"]
        if day is None:
            return None
        hour, minute = (self.cleaned_data["at"] or "12:00").split(":")
        return datetime.combine(day, time(int(hour), int(minute)), tzinfo=zone)


class HoldForm(PlainForm):
    """Who has the case in hand, and why."""

    holder = forms.ChoiceField(label=_("In the hands of"), choices=Holder)
    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)


class CloseForm(PlainForm):
    """How a case ends."""

    end_kind = forms.ChoiceField(label=_("How did it end?"), choices=EndKind)


class ReasonForm(PlainForm):
    """Why."""

    reason = forms.CharField(
        label=_("Reason"), max_length=200, error_messages={"required": _("Say why in a few words.")}
    )


class MoveForm(PlainForm):
    """Where a case goes and why: a list by branch, or, where there are many places, a field that finds one by name."""

    MANY = 12

    unit = forms.CharField(label=_("Where to"), error_messages={"required": _("Choose where the case goes.")})
    reason = forms.CharField(
        label=_("Reason"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("Say in a few words why: it is the first thing they read there.")},
    )

    def __init__(self, *args: Any, places: Sequence[tuple[str, Sequence[tuple[int, str, str]]]], **kwargs: Any) -> None:
        """Take the places by branch, each unit with its id, its name there and its name anywhere."""
        super().__init__(*args, **kwargs)
        units = [unit for _name, units in places for unit in units]
        self.names = {whole.casefold(): pk for pk, _name, whole in units}
        self.ids = {str(pk): pk for pk, _name, _whole in units}
        # Two units of one name cannot be told apart in a field: then they stand in the list, under their branches.
        if len(units) > self.MANY and len(self.names) == len(units):
            self.offered = [whole for _pk, _name, whole in units]
            self.fields["unit"].widget.attrs |= {"list": "move-places", "autocomplete": "off"}
            self.fields["unit"].help_text = _("Type a part of the name.")
        else:
            self.offered = []
            groups = [(name, [(pk, unit) for pk, unit, _whole in units]) for name, units in places]
            self.fields["unit"].widget = forms.Select(choices=[("", _("Choose a department")), *groups])

    def clean_unit(self) -> int:
        given = " ".join(self.cleaned_data["unit"].split())
        unit_id = self.names.get(given.casefold()) or self.ids.get(given)
        if unit_id is None:
            raise forms.ValidationError(_("No department has this name. Choose one of the list."))
        return unit_id


class OtherCaseForm(PlainForm):
    """The number of another case, with or without its #."""

    other = forms.CharField(label=_("Number of the other case"), max_length=20)

    def clean_other(self) -> int:
        number = str(self.cleaned_data["other"]).strip().lstrip("#").strip()
        if not number.isdecimal() or len(number) > 18:
            raise forms.ValidationError(_("A case number looks like #1042. Copy it from the other case."))
        return int(number)


class SplitForm(PlainForm):
    """The second case that is split off."""

    subject = forms.CharField(label=_("Subject of the new case"), max_length=200)
    process = forms.ChoiceField(label=_("Process"))

    def __init__(self, *args: Any, processes: list[Startable], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["process"].choices = [(one.key, local_name(one)) for one in processes]  # type: ignore[attr-defined]


def tomorrow(now: datetime, zone: Any) -> date:
    """Return the next day in a time zone: where a snooze usually ends."""
    return now.astimezone(zone).date() + timedelta(days=1)


def _vehicle(vehicle: Vehicle) -> str:
    return " · ".join(part for part in (str(vehicle), vehicle.plate) if part)
