"""Forms about surveys."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from corsia.listening.vocabulary import AskedBy, Slot

HEX_COLOR = RegexValidator(r"^#[0-9a-fA-F]{6}\Z", _("Write the colour as # and six signs, such as #2450d8."))


class WaysForm(forms.Form):
    """By which ways people are asked, in order, and how often they are reminded."""

    way_1 = forms.ChoiceField(label=_("Asked by"), choices=AskedBy.choices, required=False)
    way_2 = forms.ChoiceField(label=_("If that cannot be, by"), required=False)
    way_3 = forms.ChoiceField(label=_("Else by"), required=False)
    reminders = forms.TypedChoiceField(
        label=_("Reminders"),
        coerce=int,
        required=False,
        empty_value=0,  # type: ignore[arg-type]
        choices=[(0, pgettext_lazy("reminders", "None")), (1, _("One")), (2, _("Two"))],
        help_text=_("To whoever did not answer to the end, by the same way, never after the time to answer."),
    )
    remind_after_days = forms.IntegerField(
        label=_("Days before a reminder"), min_value=1, max_value=60, required=False, initial=5
    )

    FIRST: tuple[tuple[str, Any], ...] = ()

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        choices = list(AskedBy.choices)
        self.fields["way_1"].choices = [*self.FIRST, *choices]  # type: ignore[attr-defined]
        for name in ("way_2", "way_3"):
            self.fields[name].choices = [("", _("Not at all")), *choices]  # type: ignore[attr-defined]

    def clean_remind_after_days(self) -> int:
        return self.cleaned_data["remind_after_days"] or 5

    @property
    def channels(self) -> tuple[str, ...]:
        """The ways in their order, each once."""
        named = (self.cleaned_data.get(name, "") for name in ("way_1", "way_2", "way_3"))
        return tuple(dict.fromkeys(way for way in named if way))


def ways_initial(channels: Sequence[str]) -> dict[str, str]:
    """Return the ways as `WaysForm` shows them."""
    return {f"way_{place}": way for place, way in enumerate(channels[:3], start=1)}


class SettingsForm(WaysForm):
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
    whatsapp_text = forms.ChoiceField(
        label=_("WhatsApp text that invites"),
        required=False,
        help_text=_(
            "Approved by WhatsApp. Its last hole takes the link, the one before it the place, one more the name."
        ),
    )
    whatsapp_reminder = forms.ChoiceField(label=_("WhatsApp text that reminds"), required=False)

    def __init__(self, *args: Any, approved: Sequence[str] = (), **kwargs: Any):
        super().__init__(*args, **kwargs)
        for name in ("whatsapp_text", "whatsapp_reminder"):
            kept = self.initial.get(name, "")
            names = sorted({*approved, *([kept] if kept else [])})
            self.fields[name].choices = [("", "—"), *((one, one) for one in names)]  # type: ignore[attr-defined]
        self.order_fields([*list(self.base_fields)[5:], *list(self.base_fields)[:5]])

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if AskedBy.WHATSAPP in self.channels and not data.get("whatsapp_text"):
            self.add_error("whatsapp_text", _("Without an approved text nothing can leave by WhatsApp. Choose one."))
        return data


class CallingForm(forms.Form):
    """When and how often people are called for a questionnaire."""

    most_attempts = forms.IntegerField(
        label=_("Attempts at most"),
        help_text=_("Whoever was reached, or declined, is not called again."),
        min_value=1,
        max_value=9,
    )
    hours_between = forms.IntegerField(label=_("Hours between attempts, at least"), min_value=1, max_value=72)
    ring_seconds = forms.IntegerField(label=_("Seconds it rings"), min_value=10, max_value=60)
    share_b_pct = forms.IntegerField(
        label=_("Share of calls with script B, %"),
        help_text=_("Drawn by number. With 50 both scripts are compared fastest; 0 switches script B off."),
        min_value=0,
        max_value=100,
    )
    slots = forms.MultipleChoiceField(
        label=_("Times of day"),
        help_text=_("Each further attempt is made in the next of them. Never on a Sunday, nor in the quiet hours."),
        choices=Slot.choices,
        widget=forms.CheckboxSelectMultiple,
    )


class WordsForm(forms.Form):
    """What a script says; an empty field is said as usual."""

    greeting = forms.CharField(required=False, max_length=600)
    reason = forms.CharField(required=False, max_length=600)
    privacy = forms.CharField(required=False, max_length=600)
    thanks = forms.CharField(required=False, max_length=600)
    opening = forms.CharField(required=False, max_length=600)
    statement = forms.CharField(required=False, max_length=600)
    closing = forms.CharField(required=False, max_length=600)
