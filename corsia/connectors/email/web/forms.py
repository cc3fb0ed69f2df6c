"""What administrators may enter about mailboxes."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from corsia.connectors.email.services.settings import MailboxDetails
from corsia.messaging.models import Mailbox


class MailboxForm(forms.Form):
    """A mailbox; its secret can be written, never read."""

    address = forms.EmailField(max_length=254, label=_("E-mail address"))
    name = forms.CharField(
        max_length=80, label=_("Name of the sender"), help_text=_("Customers see it on our answers.")
    )
    unit = forms.TypedChoiceField(coerce=int, label=_("Unit"), help_text=_("New cases open here."))
    process_key = forms.ChoiceField(label=_("New cases start as"))
    acknowledges = forms.BooleanField(
        required=False, initial=True, label=_("Confirm the first mail of a case to its sender, once a day at most")
    )
    is_mailing_group = forms.BooleanField(
        required=False,
        label=_("This address receives through a mailing list"),
        help_text=_(
            "For a group address of Google or Microsoft 365, which marks each customer's mail as a list's. Leave it off"
            " elsewhere: newsletters would open cases."
        ),
    )
    is_active = forms.BooleanField(required=False, initial=True, label=_("In use"))
    imap_host = forms.CharField(
        max_length=120,
        required=False,
        label=_("IMAP server"),
        help_text=_("Empty when mail comes to our own receiver."),
    )
    imap_port = forms.IntegerField(min_value=1, max_value=65535, initial=993, label=_("Port"))
    imap_user = forms.CharField(max_length=120, required=False, label=_("User"))
    imap_secret = forms.CharField(
        max_length=4000,
        required=False,
        label=_("Password or token"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        strip=False,
    )
    imap_is_oauth = forms.BooleanField(required=False, label=_("It is an OAuth2 access token"))
    imap_folder = forms.CharField(max_length=80, initial="INBOX", label=_("Folder"))

    def __init__(
        self,
        data: Any = None,
        *,
        units: list[tuple[int, str]],
        processes: list[tuple[str, str]],
        mailbox: Mailbox | None = None,
    ) -> None:
        super().__init__(data, initial=_initial(mailbox))
        self.mailbox = mailbox
        self.fields["unit"].choices = units  # type: ignore[attr-defined]
        self.fields["process_key"].choices = processes  # type: ignore[attr-defined]
        if mailbox is not None and mailbox.imap_secret:
            self.fields["imap_secret"].help_text = _("One is stored. Leave this empty to keep it.")

    def clean_address(self) -> str:
        """Refuse an address that another mailbox has; it may belong to a unit that is not in sight."""
        address = str(self.cleaned_data["address"]).strip().lower()
        others = Mailbox.unscoped.filter(address=address)
        if others.exclude(pk=self.mailbox.pk if self.mailbox else 0).exists():
            sentence = _("%(address)s is a mailbox already. Choose another address, or change that mailbox.")
            raise forms.ValidationError(sentence, params={"address": address})
        return address

    def details(self) -> MailboxDetails:
        """Return what was entered."""
        data = dict(self.cleaned_data)
        return MailboxDetails(unit_id=data.pop("unit"), **data)


def _initial(mailbox: Mailbox | None) -> dict[str, Any]:
    if mailbox is None:
        return {}
    return {
        "address": mailbox.address,
        "name": mailbox.name,
        "unit": mailbox.unit_id,
        "process_key": mailbox.process_key,
        "acknowledges": mailbox.acknowledges,
        "is_mailing_group": mailbox.is_mailing_group,
        "is_active": mailbox.is_active,
        "imap_host": mailbox.imap_host,
        "imap_port": mailbox.imap_port,
        "imap_user": mailbox.imap_user,
        "imap_is_oauth": mailbox.imap_is_oauth,
        "imap_folder": mailbox.imap_folder,
    }
