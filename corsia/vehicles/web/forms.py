"""What people type about vehicles. Forms check shape; the services decide."""

from django import forms
from django.utils.translation import gettext_lazy as _

from corsia.ui.forms import DayInput
from corsia.vehicles.services import VehicleData
from corsia.vehicles.vocabulary import Fuel


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
