"""Forms about surveys."""

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

HEX_COLOR = RegexValidator(r"^#[0-9a-fA-F]{6}\Z", _("Write the colour as # and six signs, such as #2450d8."))


class SettingsForm(forms.Form):
    """How a unit surveys."""

    is_on = forms.BooleanField(label=_("Ask customers when a case is solved"), required=False)
    send_after_minutes = forms.IntegerField(
        label=_("Minutes after closing"),
        help_text=_("How long after the closing the invitation leaves. 1440 is a day."),
        min_value=0,
        max_value=43_200,
    )
    pause_days = forms.IntegerField(
        label=_("Days of peace"),
        help_text=_("A customer who was asked is not asked again for so many days, whatever else is closed."),
        min_value=0,
        max_value=730,
    )
    expires_after_days = forms.IntegerField(
        label=_("Days to answer"),
        help_text=_("After so many days the link says that the time is over."),
        min_value=1,
        max_value=180,
    )
    detractor_at_most = forms.IntegerField(
        label=_("Call back up to score"),
        help_text=_("An answer up to this score reopens the case with a callback for the person in charge."),
        min_value=0,
        max_value=10,
    )
    brand_color = forms.CharField(
        label=_("Colour of the public page"),
        help_text=_("Buttons and links of the survey page take it; the text on it stays readable."),
        validators=[HEX_COLOR],
        widget=forms.TextInput(attrs={"type": "color"}),
    )
