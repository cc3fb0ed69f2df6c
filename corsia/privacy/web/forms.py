"""Forms about privacy."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from corsia.kernel.privacy import terms
from corsia.privacy.vocabulary import ErasureReason

LONGEST_DAYS = 36_525  # a hundred years


class EraseForm(forms.Form):
    """Why a customer is erased, and the word that says it is meant."""

    reason = forms.ChoiceField(
        label=_("Why"),
        choices=[choice for choice in ErasureReason.choices if choice[0] != ErasureReason.TERM],
    )
    confirmation = forms.CharField(
        label=_("To confirm, write the customer's number"),
        help_text=_("There is no undo, and no copy is kept here."),
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric"}),
    )

    def __init__(self, *args: Any, number: int, **kwargs: Any) -> None:
        self.number = number
        super().__init__(*args, **kwargs)

    def clean_confirmation(self) -> str:
        typed: str = self.cleaned_data["confirmation"].strip().lstrip("#")
        if typed != str(self.number):
            raise ValidationError(
                _("This is not the number of the customer: write %(number)s."), params={"number": self.number}
            )
        return typed


class TermsForm(forms.Form):
    """How many days each kind of data is kept, and whether the nightly job enforces it."""

    is_on = forms.BooleanField(label=_("Erase every night what is past its term"), required=False)

    def __init__(self, *args: Any, days: dict[str, int] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for term in terms():
            self.fields[term.key] = forms.IntegerField(
                label=str(term.title),
                help_text=_("Days, counted from %(what)s. Default: %(days)s.")
                % {"what": term.counts_from, "days": term.days},
                min_value=1,
                max_value=LONGEST_DAYS,
                initial=(days or {}).get(term.key, term.days),
            )

    @property
    def days(self) -> dict[str, int]:
        return {term.key: self.cleaned_data[term.key] for term in terms()}
