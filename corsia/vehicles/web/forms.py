"""What people type about vehicles. Forms check shape; the services decide."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from corsia.ui.forms import DayInput
from corsia.vehicles.services import PlanData, RecallData, VehicleData
from corsia.vehicles.vocabulary import EventKind, Fuel

MOST_SIGNS = 1_500_000  # of a list of VINs


class VehicleForm(forms.Form):
    """What is known of a vehicle besides its plate."""

    vin = forms.CharField(label=_("VIN"), max_length=40, required=False)
    make = forms.CharField(label=_("Make"), max_length=40, required=False)
    model = forms.CharField(label=_("Model"), max_length=60, required=False)
    trim = forms.CharField(label=_("Version"), max_length=80, required=False)
    fuel = forms.ChoiceField(label=_("Fuel"), choices=[("", "–"), *Fuel.choices], required=False)
    model_year = forms.IntegerField(
        label=_("Model year"), min_value=1900, max_value=2100, required=False, localize=False
    )
    first_registered_on = forms.DateField(label=_("First registered on"), widget=DayInput, required=False)
    warranty_ends_on = forms.DateField(label=_("Warranty ends on"), widget=DayInput, required=False)

    def data_for_service(self) -> VehicleData:
        """Return the record as the services take it."""
        names = VehicleData.__dataclass_fields__.keys()
        return VehicleData(**{name: value for name, value in self.cleaned_data.items() if name in names})


class NewVehicleForm(VehicleForm):
    """A new vehicle with its plate."""

    plate = forms.CharField(label=_("Plate"), max_length=40, required=False)

    field_order = ("plate", "vin")


class PlateForm(forms.Form):
    """Another plate from a day on."""

    number = forms.CharField(label=_("Plate"), max_length=40, required=False)
    since = forms.DateField(label=_("Since"), widget=DayInput)


class OdometerForm(forms.Form):
    """What the odometer said."""

    km = forms.IntegerField(label=_("Kilometres"))
    read_on = forms.DateField(label=_("Read on"), widget=DayInput)


class ServiceForm(forms.Form):
    """What was done to a vehicle."""

    kind = forms.ChoiceField(label=_("What was done"), choices=EventKind.choices)
    done_on = forms.DateField(label=_("Done on"), widget=DayInput)
    km = forms.IntegerField(label=_("Kilometres"), required=False)
    reference = forms.CharField(label=_("Work order"), max_length=60, required=False)
    place = forms.TypedChoiceField(label=_("Done at"), coerce=int, required=False, empty_value=None)
    closes = forms.MultipleChoiceField(label=_("Recalls done"), required=False)

    def __init__(self, *args: Any, units: list[tuple[int, str]], recalls: list[tuple[str, str]], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["place"].choices = [("", _("Elsewhere")), *units]  # type: ignore[attr-defined]
        self.fields["closes"].choices = recalls  # type: ignore[attr-defined]


class PlanForm(forms.Form):
    """A service plan."""

    make = forms.CharField(label=_("Make"), max_length=40)
    model = forms.CharField(
        label=_("Model"), max_length=60, required=False, help_text=_("Empty for every model of the make.")
    )
    fuel = forms.ChoiceField(label=_("Fuel"), choices=[("", _("Every fuel")), *Fuel.choices], required=False)
    interval_km = forms.IntegerField(label=_("Every, in kilometres"), min_value=1000, max_value=200_000, required=False)
    interval_months = forms.IntegerField(label=_("or, in months"), min_value=1, max_value=120, required=False)

    def data_for_service(self) -> PlanData:
        """Return the plan as the services take it."""
        return PlanData(**self.cleaned_data)


class RecallForm(forms.Form):
    """A recall campaign as the maker announces it."""

    code = forms.CharField(label=_("The maker's code"), max_length=40)
    opened_on = forms.DateField(label=pgettext_lazy("recall", "Open since"), widget=DayInput)
    ended_on = forms.DateField(label=_("Ended on"), widget=DayInput, required=False)
    title_it = forms.CharField(label=_("Title in Italian"), max_length=120)
    title_en = forms.CharField(label=_("Title in English"), max_length=120, required=False)
    text_it = forms.CharField(
        label=_("What is to be done, in Italian"), required=False, max_length=4000, widget=forms.Textarea({"rows": 4})
    )
    text_en = forms.CharField(
        label=_("What is to be done, in English"), required=False, max_length=4000, widget=forms.Textarea({"rows": 4})
    )

    def data_for_service(self) -> RecallData:
        """Return the campaign as the services take it."""
        return RecallData(**self.cleaned_data)


class VinsForm(forms.Form):
    """The VINs of a campaign: pasted, or in a file."""

    text = forms.CharField(
        label=_("VINs, one a line"),
        required=False,
        max_length=MOST_SIGNS,
        widget=forms.Textarea({"rows": 5, "spellcheck": "false"}),
    )
    file = forms.FileField(label=_("or a CSV or text file"), required=False)

    def lines(self) -> str:
        """Return what was pasted and what the file holds."""
        file = self.cleaned_data.get("file")
        content = file.read(MOST_SIGNS).decode("utf-8", "replace") if file else ""
        return f"{self.cleaned_data['text']}\n{content}"
