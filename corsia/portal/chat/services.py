"""Say where a web chat may stand, take what visitors send, mail them what was said."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from corsia.customers.identity import read_email
from corsia.kernel.access import demand
from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit
from corsia.kernel.errors import Invalid
from corsia.messaging.models import ChannelAccount, Correspondent
from corsia.messaging.queries.visits import conversation_of
from corsia.messaging.rules.visits import CHANNEL
from corsia.messaging.services.transcripts import mail_text
from corsia.messaging.services.visits import note_on_case
from corsia.organisation.queries import time_zone_of
from corsia.portal.chat.rules import NotADomain, read_domains
from corsia.portal.models import ChatSite
from corsia.portal.permissions import MANAGE_FORMS

_MOST = 400  # messages of a transcript


class DomainUnknown(Invalid):
    code = "portal.domain_unknown"
    message = gettext_lazy("“%(line)s” is not the name of a site. Write it like www.example.it, one a line.")


class AddressUnusable(Invalid):
    code = "portal.address_unusable"
    message = gettext_lazy("This is not an e-mail address. Correct it, then try again.")


class NothingSaid(Invalid):
    code = "portal.nothing_said"
    message = gettext_lazy("Nothing was said yet. Write to us first.")


@dataclass(frozen=True, kw_only=True)
class SiteDetails:
    """How a web chat looks and where it stands."""

    domains: str
    brand_color: str
    side: str
    title_it: str
    title_en: str
    intro_it: str
    intro_en: str
    privacy_url: str
    asks_name: bool


@transaction.atomic
def save_site(*, account_id: int, details: SiteDetails, by: Actor, now: datetime) -> ChatSite:
    """Say how the web chat of an account looks and where it may stand.

    Raises:
        DomainUnknown: a line is not the name of a site.
    """
    account: ChannelAccount = ChannelAccount.objects.filter(channel=CHANNEL).find(account_id)
    demand(by, MANAGE_FORMS, account.unit_id)
    try:
        domains = read_domains(details.domains)
    except NotADomain as error:
        raise DomainUnknown(line=str(error)[:80]) from error
    values = {**vars(details), "domains": "\n".join(domains), "unit_id": account.unit_id}
    site: ChatSite = ChatSite.unscoped.update_or_create(
        account=account,
        defaults=values,
        create_defaults={**values, "key": secrets.token_urlsafe(12), "identity_secret": secrets.token_hex(32)},
    )[0]
    audit(site, "chat_site_saved", by=by, now=now, domains=site.domains)
    return site


@transaction.atomic
def renew_secret(*, account_id: int, by: Actor, now: datetime) -> str:
    """Give a site a new secret and return it, this once: marks made with the old one are worth nothing any more."""
    account: ChannelAccount = ChannelAccount.objects.filter(channel=CHANNEL).find(account_id)
    site: ChatSite = ChatSite.objects.select_for_update(of=("self",)).get(account=account)
    demand(by, MANAGE_FORMS, site.unit_id)
    site.identity_secret = secrets.token_hex(32)
    site.save(update_fields=["identity_secret"])
    audit(site, "chat_secret_renewed", by=by, now=now)
    return str(site.identity_secret)


def end_visit(visitor: Correspondent, *, now: datetime) -> None:
    """Write on the case that the visitor has ended the chat; the case goes on."""
    case_id = conversation_of(visitor, limit=1).case_id
    if case_id is None:
        return
    with translation.override(visitor.account.unit.language or "it"):
        text = _("The visitor ended the chat.")
    note_on_case(case_id=case_id, unit_id=visitor.account.unit_id, text=text, name=visitor.account.name, now=now)


def mail_transcript(site: ChatSite, visitor: Correspondent, *, email: str, language: str, now: datetime) -> None:
    """Mail a visitor what was said, as plain words, through the outbox.

    Raises:
        AddressUnusable, NothingSaid: there is nowhere to send it, or nothing.
        messaging's MayNotContact: the unit has no mailbox.
    """
    address = read_email(email)
    if address.warning is not None or not address.value:
        raise AddressUnusable
    said = conversation_of(visitor, limit=_MOST).messages
    if not said:
        raise NothingSaid
    zone = time_zone_of(site.unit_id)
    with translation.override(language):
        title = site.title_en if language == "en" else site.title_it
        you = _("You")
        lines: Sequence[str] = [
            f"{one.at.astimezone(zone):%d/%m/%Y %H:%M} {you if one.is_theirs else one.author}:\n{one.text}"
            + "".join(f"\n[{file.name}]" for file in one.files)
            for one in said
        ]
        subject = _("Your chat with %(name)s") % {"name": title}
        body = "\n\n".join([_("As you asked, here is what was said."), *lines])
    mail_text(unit_id=site.unit_id, to=address.value, subject=subject, body=body, now=now)
