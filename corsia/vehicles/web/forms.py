"""What people type about vehicles. Forms check shape; the services decide."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from corsia.kernel.errors import Invalid
from corsia.vehicles.services import VehicleData
from corsia.vehicles.vocabulary import Fuel


def _day(label: Any, **options: Any) -> forms.DateField:
    # type=date sends ISO whatever the language.
    return forms.DateField(label=label, widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}), **options)


def accepted(form: forms.Form) -> dict[str, Any]:
    """Return what a small form holds.

    Raises:
        Invalid: with the first thing that is wrong, named by its field; the page keeps what was typed.
    """
    if form.is_valid():
        return form.cleaned_data
    name, problems = next(iter(form.errors.items()))
    raise Invalid(f"{form.fields[name].label}: {problems[0]}" if name in form.fields else problems[0])


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
    first_registered_on = _day(_("First registered on"), required=False)
    warranty_ends_on = _day(_("Warranty ends on"), required=False)

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
    since = _day(_("Since"))


class OdometerForm(forms.Form):
    """What the odometer said."""

    km = forms.IntegerField(label=_("Kilometres"))
    read_on = _day(_("Read on"))
