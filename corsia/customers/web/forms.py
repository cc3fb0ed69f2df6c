"""What people type about customers. Forms check shape; the services decide."""

from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from corsia.customers.queries import advisor_text, advisors
from corsia.customers.services import CustomerData
from corsia.customers.vocabulary import (
    ConsentChannel,
    ContactKind,
    ContactState,
    CustomerKind,
    Flag,
    Purpose,
    VehicleRole,
)
from corsia.organisation.models import Person
from corsia.organisation.vocabulary import Language
from corsia.ui.forms import DayInput


class CustomerForm(forms.Form):
    """A customer's record."""

    kind = forms.ChoiceField(label=_("Kind"), choices=CustomerKind, widget=forms.RadioSelect)
    title = forms.CharField(label=_("Title"), max_length=20, required=False)
    first_name = forms.CharField(label=_("First name"), max_length=80, required=False)
    last_name = forms.CharField(label=_("Last name"), max_length=80, required=False)
    company_name = forms.CharField(label=_("Name of the company or household"), max_length=160, required=False)
    tax_code = forms.CharField(label=_("Tax code"), max_length=40, required=False)
    vat_number = forms.CharField(label=_("VAT number"), max_length=40, required=False)
    born_on = forms.DateField(label=_("Born on"), widget=DayInput({"class": "inp"}), required=False)
    language = forms.ChoiceField(label=_("Language"), choices=Language, initial=Language.ITALIAN)
    owner_advisor = forms.CharField(
        label=_("Own advisor"),
        max_length=400,
        required=False,
        help_text=_("Type a name and choose. Queues that prefer the own advisor give this customer's cases to them."),
        widget=forms.TextInput(attrs={"list": "cust-advisors", "autocomplete": "off"}),
    )
    note = forms.CharField(label=_("Note"), required=False, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args: Any, advisor: Person | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.advisor = advisor
        if advisor is not None:
            self.initial["owner_advisor"] = advisor_text(advisor)
        # Who typed without choosing has the choice offered by the page again.
        self.fields["owner_advisor"].widget.attrs |= {
            "hx-get": reverse("customers:advisors"),
            "hx-trigger": "input changed delay:200ms",
            "hx-target": "#cust-advisors",
            "hx-swap": "innerHTML",
        }

    def clean_owner_advisor(self) -> int | None:
        text = str(self.cleaned_data["owner_advisor"]).strip()
        if not text:
            return None
        if self.advisor is not None and text == advisor_text(self.advisor):
            return self.advisor.pk
        found = advisors(text)
        if len(found) != 1:
            raise forms.ValidationError(
                _("This is not one person of your units. Type a name and choose from the list.")
            )
        return found[0].pk

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("kind") == CustomerKind.PERSON:
            if not (cleaned.get("first_name") or cleaned.get("last_name") or self.has_other_name()):
                self.add_error("last_name", _("A person needs a first or a last name."))
        elif cleaned.get("kind") and not cleaned.get("company_name"):
            self.add_error("company_name", _("A company or household needs a name."))
        return cleaned

    def has_other_name(self) -> bool:
        """Whether the customer can be called by an address or number."""
        return False

    def data_for_service(self) -> CustomerData:
        """Return the record as the services take it."""
        names = CustomerData.__dataclass_fields__.keys()
        given = {name: value for name, value in self.cleaned_data.items() if name in names}
        return CustomerData(**given, owner_advisor_id=self.cleaned_data["owner_advisor"])


class NewCustomerForm(CustomerForm):
    """A new customer with how to reach them; more contacts are added on their page."""

    email = forms.CharField(label=_("E-mail"), max_length=254, required=False)
    phone = forms.CharField(label=_("Phone"), max_length=60, required=False)
    add_anyway = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def has_other_name(self) -> bool:
        return bool(self.cleaned_data.get("email") or self.data.get("email") or self.data.get("phone"))


class ContactForm(forms.Form):
    """One way to reach a customer."""

    kind = forms.ChoiceField(label=_("Kind"), choices=ContactKind)
    value = forms.CharField(label=_("Address or number"), max_length=254)
    label = forms.CharField(label=_("Label"), max_length=40, required=False)


class ContactStateForm(forms.Form):
    """Whether an address or number may be used."""

    state = forms.ChoiceField(label=_("State"), choices=ContactState)


class AddressForm(forms.Form):
    """A postal address."""

    street = forms.CharField(label=_("Street and number"), max_length=160)
    postcode = forms.CharField(label=_("Postcode"), max_length=10, required=False)
    city = forms.CharField(label=_("Town"), max_length=80)
    province = forms.CharField(label=_("Province"), max_length=4, required=False)
    country = forms.CharField(label=_("Country"), max_length=2, required=False)
    label = forms.CharField(label=_("Label"), max_length=40, required=False)


class ConsentForm(forms.Form):
    """A statement of the customer about one purpose."""

    purpose = forms.ChoiceField(
        label=_("Purpose"), choices=[choice for choice in Purpose.choices if choice[0] != Purpose.SERVICE]
    )
    channel = forms.ChoiceField(label=_("Channel"), choices=ConsentChannel, initial=ConsentChannel.ANY)
    answer = forms.ChoiceField(label=_("The customer"), choices=[("yes", _("agrees")), ("no", _("refuses"))])
    source = forms.CharField(label=_("Where it was said or signed"), max_length=80)
    text_version = forms.CharField(label=_("Version of the text"), max_length=40, required=False)


class FlagForm(forms.Form):
    """A flag set or taken off."""

    flag = forms.ChoiceField(label=_("Flag"), choices=Flag)
    is_set = forms.BooleanField(required=False)


class HoldingForm(forms.Form):
    """A vehicle that a customer owns, drives or pays for."""

    vehicle = forms.CharField(label=_("Plate or VIN"), max_length=40)
    role = forms.ChoiceField(label=_("Role"), choices=VehicleRole, initial=VehicleRole.OWNER)
    since = forms.DateField(label=_("Since"), widget=DayInput({"class": "inp"}), required=False)
    make = forms.CharField(label=_("Make, if it is new here"), max_length=40, required=False)
    model = forms.CharField(label=_("Model"), max_length=60, required=False)


class EndForm(forms.Form):
    """The first day on which something no longer holds."""

    until = forms.DateField(label=_("Until"), widget=DayInput({"class": "inp"}))


class MemberForm(forms.Form):
    """A person of a household or company."""

    member = forms.IntegerField(label=_("Customer number"))
    job = forms.CharField(label=_("Job"), max_length=80, required=False)


class SurvivorForm(forms.Form):
    """Whose record lives on."""

    other = forms.IntegerField(label=_("Other customer"))
    survivor = forms.IntegerField(label=_("Record that lives on"))


class DecisionForm(forms.Form):
    """What a person decided about a pair."""

    answer = forms.ChoiceField(label=_("Answer"), choices=[("same", _("Same customer")), ("other", _("Different"))])
    survivor = forms.IntegerField(label=_("Record that lives on"), required=False)
