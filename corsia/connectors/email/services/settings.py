"""Add and change the mailboxes of units. Secrets go in and never come out."""

from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from corsia.kernel.access import demand
from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit
from corsia.kernel.errors import Refused
from corsia.messaging.models import Mailbox
from corsia.messaging.permissions import MANAGE_MAILBOXES

SECRETS = ("imap_secret", "oauth_client_secret", "oauth_refresh_token")


class AddressTaken(Refused):
    code = "email.address_taken"
    message = _("%(address)s is a mailbox already. Choose another address, or change that mailbox.")


@dataclass(frozen=True, kw_only=True)
class MailboxDetails:
    """What a mailbox is. A secret that is "" keeps the stored one."""

    unit_id: int
    address: str
    name: str
    process_key: str
    acknowledges: bool
    is_active: bool
    is_mailing_group: bool = False
    imap_host: str = ""
    imap_port: int = 993
    imap_user: str = ""
    imap_secret: str = ""
    imap_is_oauth: bool = False
    imap_folder: str = "INBOX"
    oauth_provider: str = ""
    oauth_tenant: str = ""
    oauth_client_id: str = ""
    oauth_client_secret: str = ""
    oauth_refresh_token: str = ""


@transaction.atomic
def save_mailbox(*, mailbox_id: int | None, details: MailboxDetails, by: Actor, now: datetime) -> Mailbox:
    """Add a mailbox, or change one.

    Raises:
        AddressTaken: another mailbox has the address.
        NotAllowed: the actor may not manage mailboxes of the unit.
    """
    demand(by, MANAGE_MAILBOXES, details.unit_id)
    mailbox: Mailbox = Mailbox.objects.lock(mailbox_id) if mailbox_id else Mailbox()
    if mailbox_id:
        demand(by, MANAGE_MAILBOXES, mailbox.unit_id)
    client = _client(mailbox)
    source = (mailbox.imap_host, mailbox.imap_user, mailbox.imap_folder)
    for field in (
        "unit_id",
        "name",
        "process_key",
        "acknowledges",
        "is_mailing_group",
        "is_active",
        "imap_host",
        "imap_port",
        "imap_user",
        "imap_is_oauth",
        "imap_folder",
        "oauth_provider",
        "oauth_tenant",
        "oauth_client_id",
    ):
        setattr(mailbox, field, getattr(details, field))  # named fields of a frozen value, not of a request
    mailbox.address = details.address.strip().lower()
    given = [name for name in SECRETS if getattr(details, name)]
    for name in given:
        setattr(mailbox, name, getattr(details, name))
    if given or client != _client(mailbox):
        mailbox.oauth_access_token, mailbox.oauth_expires_at = None, None  # it was given to others
    if source != (mailbox.imap_host, mailbox.imap_user, mailbox.imap_folder):
        # Another server or folder numbers its mails anew.
        mailbox.imap_uid_validity, mailbox.imap_last_uid, mailbox.last_error = None, 0, ""
    try:
        with transaction.atomic():
            mailbox.save()
    except IntegrityError as error:
        raise AddressTaken(address=mailbox.address) from error
    verb = "changed" if mailbox_id else "added"
    audit(mailbox, verb, by=by, now=now, address=mailbox.address, secret_changed=bool(given))
    return mailbox


def _client(mailbox: Mailbox) -> tuple[str, ...]:
    """Return for whom an access token is."""
    return (mailbox.oauth_provider, mailbox.oauth_tenant, mailbox.oauth_client_id, mailbox.imap_user)
