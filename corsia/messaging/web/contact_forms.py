"""Forms about contacting customers."""

from dataclasses import fields
from datetime import datetime, time
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from corsia.customers.vocabulary import ConsentChannel, Purpose
from corsia.kernel.errors import CorsiaError
from corsia.messaging.queries.contact_page import CHANNELS, PURPOSES
from corsia.messaging.queries.contact_preview import Situation
from corsia.messaging.rules.contact_rules import RuleSet
from corsia.messaging.services.contact_rules import check_rules

BUDGET = ("days", "total", "kept_for_service", "surveys", "marketing", "manufacturer", "patience_days")
DAYS = ("weekday", "saturday", "sunday")
SWITCHES = ("answer_minutes", "holidays_are_quiet", "closures_are_quiet")
_MANY = 500


def _number(label: Any, help_text: Any = "", *, least: int = 0, most: int = _MANY) -> forms.IntegerField:
    return forms.IntegerField(label=label, help_text=help_text, min_value=least, max_value=most)


def _hour(label: Any, *, required: bool = False) -> forms.TimeField:
    widget = forms.TimeInput(format="%H:%M", attrs={"type": "time"})
    return forms.TimeField(label=label, required=required, widget=widget, input_formats=["%H:%M", "%H:%M:%S"])


class ContactRulesForm(forms.Form):
    """How often and when the customers of a unit are contacted."""

    days = _number(_("Days that are counted"), _("Contacts older than this count no more."), least=1, most=90)
    total = _number(_("Contacts in all"), _("Of every purpose together, from every branch."), least=1)
    kept_for_service = _number(
        _("Of these only for news of their own case"), _("So that advertising never keeps such news waiting."), least=1
    )
    surveys = _number(_("Surveys at most"))
    marketing = _number(_("Advertisements at most"))
    manufacturer = _number(_("Contacts of the manufacturer at most"))
    patience_days = _number(
        _("Days to wait for a place"), _("What would have to wait longer is not sent at all."), most=90
    )
    weekday_from = _hour(_("Monday to Friday from"), required=True)
    weekday_until = _hour(_("Monday to Friday until"), required=True)
    saturday_from = _hour(_("Saturday from"))
    saturday_until = _hour(_("Saturday until"))
    sunday_from = _hour(_("Sunday from"))
    sunday_until = _hour(_("Sunday until"))
    holidays_are_quiet = forms.BooleanField(label=_("Quiet on public holidays"), required=False)
    closures_are_quiet = forms.BooleanField(label=_("Quiet on the days the unit is closed"), required=False)
    answer_minutes = _number(
        _("Minutes after a customer's message"),
        _("For so long an answer may leave at any hour."),
        most=24 * 60,
    )

    @classmethod
    def initial_of(cls, rules: RuleSet) -> dict[str, Any]:
        return {field.name: getattr(rules, field.name) for field in fields(RuleSet)}

    def clean(self) -> dict[str, Any]:
        """Say where rules contradict themselves."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors:
            try:
                check_rules(RuleSet(**values))
            except CorsiaError as refusal:
                raise forms.ValidationError(str(refusal)) from refusal
        return values

    @property
    def rules(self) -> RuleSet:
        return RuleSet(**self.cleaned_data)

    @property
    def windows(self) -> list[tuple[Any, Any]]:
        return [(self[f"{day}_from"], self[f"{day}_until"]) for day in DAYS]

    @property
    def budget_fields(self) -> list[Any]:
        return [self[name] for name in BUDGET]

    @property
    def switch_fields(self) -> list[Any]:
        return [self[name] for name in SWITCHES]


class TryForm(forms.Form):
    """A situation to try the rules on."""

    prefix = "try"

    on = forms.DateField(label=_("Day"), widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}))
    at = _hour(_("Hour"), required=True)
    channel = forms.ChoiceField(label=_("Channel"), choices=[(one.value, one.label) for one in CHANNELS])
    purpose = forms.ChoiceField(label=_("About"), choices=[(one.value, one.label) for one in PURPOSES])
    had = forms.IntegerField(label=_("Such contacts so far"), min_value=0, max_value=60)
    just_wrote = forms.BooleanField(label=_("As an answer: they wrote a minute ago"), required=False)

    def situation(self, zone: Any) -> Situation:
        day, hour = self.cleaned_data["on"], self.cleaned_data["at"] or time(0)
        return Situation(
            at=datetime.combine(day, hour, tzinfo=zone),
            channel=ConsentChannel(self.cleaned_data["channel"]),
            purpose=Purpose(self.cleaned_data["purpose"]),
            had=self.cleaned_data["had"],
            just_wrote=self.cleaned_data["just_wrote"],
        )
