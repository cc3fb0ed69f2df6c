"""What people enter about sources, and the files they hand over."""

from datetime import datetime, time
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from corsia.connectors.dms.services.sources import SourceData
from corsia.organisation.queries import time_zone_of
from corsia.ui.forms import DayInput


class SourceForm(forms.Form):
    """A source."""

    name = forms.CharField(
        label=_("Name"), max_length=80, help_text=_("For instance the name of the system and of the branch.")
    )
    unit = forms.TypedChoiceField(label=_("For the unit and everything below it"), coerce=int)
    facts_since = forms.DateField(
        label=_("Tell customers what came to pass since"),
        widget=DayInput,
        help_text=_("Whatever lies before is history: no message and no survey follows from it."),
    )
    folder = forms.CharField(
        label=_("Folder"),
        max_length=80,
        required=False,
        help_text=_("Within the folder of deliveries on the server. Files put there come by themselves."),
    )
    is_automatic = forms.BooleanField(
        label=_("Take in what comes by itself without asking"),
        required=False,
        help_text=_("Files that you load on a page always wait for your yes."),
    )
    most_left_out_pct = forms.IntegerField(
        label=_("Unless more rows would be left out than, in percent"),
        min_value=0,
        max_value=100,
        initial=5,
        help_text=_("Such a file waits for somebody who looks."),
    )
    sftp_host = forms.CharField(label=_("Server (SFTP)"), max_length=253, required=False)
    sftp_port = forms.IntegerField(label=_("Port"), min_value=1, max_value=65535, initial=22, localize=False)
    sftp_user = forms.CharField(label=_("User name"), max_length=80, required=False)
    sftp_secret = forms.CharField(
        label=_("Password"),
        max_length=200,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("Empty keeps the stored one."),
    )
    sftp_folder = forms.CharField(label=_("Folder there"), max_length=200, required=False)
    sftp_host_key = forms.CharField(
        label=_("Key of the server"),
        max_length=4000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
        help_text=_("As “ssh-keyscan” prints it. No other server is spoken to."),
    )
    sftp_key = forms.CharField(
        label=_("Our private key"),
        max_length=8000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false", "autocomplete": "off"}),
        help_text=_("In the place of a password. Empty keeps the stored one."),
    )
    is_active = forms.BooleanField(label=_("In use"), required=False, initial=True)

    def __init__(self, *args: Any, units: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].choices = units  # type: ignore[attr-defined]

    def data_for_service(self, unit_id: int) -> SourceData:
        """Return the source as the services take it; its day begins where the unit is."""
        data = {name: value for name, value in self.cleaned_data.items() if name != "unit"}
        begins = datetime.combine(data.pop("facts_since"), time(), tzinfo=time_zone_of(unit_id))
        return SourceData(facts_since=begins, **data)


class FileForm(forms.Form):
    """A file of a source."""

    file = forms.FileField(
        label=_("File"),
        max_length=200,
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.txt,.xlsx,.xml,.json"}),
    )


class MappingForm(forms.Form):
    """What a source calls things."""

    text = forms.CharField(
        label=_("Mapping"),
        max_length=200_000,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 26, "spellcheck": "false", "class": "dc-code", "autocapitalize": "off"}),
    )
