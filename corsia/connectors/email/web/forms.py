"""What administrators may enter about mailboxes."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from corsia.connectors.email.services.settings import SECRETS, MailboxDetails
from corsia.messaging.models import Mailbox
from corsia.messaging.vocabulary import TokenProvider

BY_HAND = "token"
NEEDED: dict[str, tuple[str, ...]] = {
    TokenProvider.GOOGLE: ("imap_user", "oauth_client_id", "oauth_client_secret", "oauth_refresh_token"),
    TokenProvider.MICROSOFT: ("imap_user", "oauth_client_id", "oauth_refresh_token"),
    TokenProvider.MICROSOFT_APP: ("imap_user", "oauth_tenant", "oauth_client_id", "oauth_client_secret"),
}


def _secret() -> forms.PasswordInput:
    return forms.PasswordInput(attrs={"autocomplete": "new-password"})


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
        widget=_secret(),
        strip=False,
    )
    sign_in = forms.ChoiceField(
        required=False,
        choices=[("", _("Password")), *TokenProvider.choices, (BY_HAND, _("Access token entered by hand"))],
        label=_("Signs in with"),
    )
    oauth_tenant = forms.RegexField(
        r"^[A-Za-z0-9][A-Za-z0-9.-]*$",
        max_length=120,
        required=False,
        label=_("Organisation at Microsoft"),
        help_text=_("Its directory ID or domain (“tenant”)."),
        error_messages={"invalid": _("Only letters, digits, dots and hyphens: copy it from the Microsoft portal.")},
    )
    oauth_client_id = forms.CharField(max_length=200, required=False, label=_("Client ID"))
    oauth_client_secret = forms.CharField(
        max_length=2000, required=False, label=_("Client secret"), widget=_secret(), strip=True
    )
    oauth_refresh_token = forms.CharField(
        max_length=8000, required=False, label=_("OAuth2 refresh token"), widget=_secret(), strip=True
    )
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
        for name in SECRETS:
            if getattr(mailbox, name, None):
                self.fields[name].help_text = _("One is stored. Leave this empty to keep it.")

    def clean_address(self) -> str:
        """Refuse an address that another mailbox has; it may belong to a unit that is not in sight."""
        address = str(self.cleaned_data["address"]).strip().lower()
        others = Mailbox.unscoped.filter(address=address)
        if others.exclude(pk=self.mailbox.pk if self.mailbox else 0).exists():
            sentence = _("%(address)s is a mailbox already. Choose another address, or change that mailbox.")
            raise forms.ValidationError(sentence, params={"address": address})
        return address

    def clean(self) -> dict[str, Any]:
        """Ask for what the chosen provider needs, unless it is stored already."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        for name in NEEDED.get(values.get("sign_in") or "", ()):
            if not values.get(name) and name not in self.errors and not self._is_stored(name):
                self.add_error(name, _("The provider asks for it. Copy it from the provider's page."))
        return values

    def _is_stored(self, name: str) -> bool:
        return name in SECRETS and bool(getattr(self.mailbox, name, None))

    def details(self) -> MailboxDetails:
        """Return what was entered."""
        data = dict(self.cleaned_data)
        chosen = data.pop("sign_in") or ""
        is_provider = chosen in TokenProvider.values
        return MailboxDetails(
            unit_id=data.pop("unit"),
            imap_is_oauth=chosen == BY_HAND,
            oauth_provider=chosen if is_provider else "",
            **data,
        )


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
        "sign_in": mailbox.oauth_provider or (BY_HAND if mailbox.imap_is_oauth else ""),
        "oauth_tenant": mailbox.oauth_tenant,
        "oauth_client_id": mailbox.oauth_client_id,
        "imap_folder": mailbox.imap_folder,
    }
