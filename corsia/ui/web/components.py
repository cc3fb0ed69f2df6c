"""The living style page: every component once, with its states, for whoever builds the next page."""

from datetime import timedelta

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from corsia.kernel.access import access
from corsia.kernel.http import StaffRequest
from corsia.ui.permissions import SEE_COMPONENTS


class SampleForm(forms.Form):
    """One field of each kind."""

    name = forms.CharField(label=_("Name"), help_text=_("As on the papers."))
    plate = forms.CharField(label=_("Plate"), required=False)
    kind = forms.ChoiceField(label=_("Kind"), choices=[("a", _("Repair")), ("b", _("Sale"))])
    day = forms.DateField(label=_("Day"), widget=forms.DateInput(attrs={"type": "date"}), required=False)
    text = forms.CharField(label=_("Text"), widget=forms.Textarea(attrs={"rows": 2}), required=False)
    agrees = forms.BooleanField(label=_("Send a copy to the branch manager"), required=False)
    channel = forms.ChoiceField(
        label=_("Channel"), choices=[("mail", _("E-mail")), ("phone", _("Phone"))], widget=forms.RadioSelect
    )


@require_safe
@access(SEE_COMPONENTS)
def index(request: StaffRequest) -> HttpResponse:
    """Show the components."""
    clocks = [timedelta(hours=3), timedelta(minutes=14), timedelta(minutes=-18)]
    context = {
        "empty_form": SampleForm(),
        "wrong_form": SampleForm({"wrong-name": "", "wrong-kind": "z", "wrong-channel": "mail"}, prefix="wrong"),
        "clocks": [request.received_at + left for left in clocks],
        "tones": ["", "t-ok", "t-warn", "t-bad", "t-blue", "t-violet", "t-teal"],
        "numbers": [4, 6, 5, 9, 7, 11, 10, 14],
    }
    return render(request, "ui/components.html", context)
