"""Add, change, switch on and off the accounts through which units talk. Secrets go in and never come out."""

import secrets
from dataclasses import dataclass, fields
from datetime import datetime

from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from corsia.kernel.access import demand
from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit
from corsia.kernel.errors import Refused
from corsia.kernel.safe_fetch import FetchFailed
from corsia.messaging.models import ChannelAccount
from corsia.messaging.permissions import MANAGE_CHANNELS
from corsia.messaging.ports import Adapter, NotDelivered, adapter_of

SECRETS = ("token", "signing_secret", "hello_secret")


class AccountTaken(Refused):
    code = "messaging.account_taken"
    message = _("“%(name)s” is a channel already, here or at another unit. Change that one, or check the number.")


class ChannelUnknown(Refused):
    code = "messaging.channel_unknown"
    message = _("There is no channel of this kind here. Choose one of the list.")


class AccountIncomplete(Refused):
    code = "messaging.account_incomplete"
    message = _("The channel cannot be switched on yet: “%(field)s” is missing. Enter it, then try again.")


class ProviderRefused(Refused):
    code = "messaging.provider_refused"
    message = _("The provider does not take this channel yet: %(detail)s. Check what you entered, then try again.")


@dataclass(frozen=True, kw_only=True)
class AccountDetails:
    """What an account is. A secret that is "" keeps the stored one."""

    unit_id: int
    name: str
    external_id: str
    address: str = ""
    process_key: str = "information"
    queue_id: int | None = None
    calendar_id: int | None = None
    first_answer_minutes: int | None = None
    greeting_it: str = ""
    greeting_en: str = ""
    away_it: str = ""
    away_en: str = ""
    has_bot: bool = False
    token: str = ""
    signing_secret: str = ""
    hello_secret: str = ""


@transaction.atomic
def save_account(
    *, account_id: int | None, channel: str, details: AccountDetails, by: Actor, now: datetime
) -> ChannelAccount:
    """Add an account of a channel, switched off, or change one.

    Raises:
        ChannelUnknown: no connector has this channel.
        AccountTaken: the provider's name of it is in use.
    """
    if adapter_of(channel) is None:
        raise ChannelUnknown
    demand(by, MANAGE_CHANNELS, details.unit_id)
    if account_id is None:
        account = ChannelAccount(channel=channel, hook_key=secrets.token_urlsafe(32), created_at=now)
    else:
        account = ChannelAccount.objects.lock(account_id)
        demand(by, MANAGE_CHANNELS, account.unit_id)
    for field in fields(details):
        value = getattr(details, field.name)
        if field.name not in SECRETS:
            setattr(account, field.name, value)  # named fields of a frozen value, not of a request
        elif value:
            setattr(account, field.name, value)
    try:
        with transaction.atomic():
            account.save()
    except IntegrityError as error:
        raise AccountTaken(name=details.external_id) from error
    changed = [name for name in SECRETS if getattr(details, name)]
    audit(account, "channel_saved", by=by, now=now, channel=channel, secrets_changed=bool(changed))
    return account


def switch(*, account_id: int, is_on: bool, by: Actor, now: datetime) -> ChannelAccount:
    """Switch a channel of a unit on or off. Off, what comes in is still kept and filed; nothing leaves by it.

    Raises:
        AccountIncomplete: something the provider asks for is not entered.
        ProviderRefused: the provider does not accept the account, or could not be asked.
    """
    account: ChannelAccount = ChannelAccount.objects.find(account_id)
    demand(by, MANAGE_CHANNELS, account.unit_id)
    adapter = adapter_of(account.channel)
    if adapter is None:
        raise ChannelUnknown
    if is_on:
        for ask in adapter.kind.asks:
            if ask.is_required and not getattr(account, ask.field):
                raise AccountIncomplete(field=ask.label)
        _connect(adapter, account)  # before anything is locked: the provider takes its time
    with transaction.atomic():
        account = ChannelAccount.objects.lock(account_id)
        account.is_active = is_on
        account.save(update_fields=["is_active"])
        audit(account, "channel_switched", by=by, now=now, is_on=is_on)
    return account


def _connect(adapter: Adapter, account: ChannelAccount) -> None:
    if settings.SANDBOX and not adapter.kind.stays_in_house:
        return
    hook = settings.PUBLIC_URL + reverse("messaging:hook", args=[account.channel, account.hook_key])
    try:
        adapter.connect(account, hook=hook)
    except (NotDelivered, FetchFailed) as refused:
        raise ProviderRefused(detail=str(refused)[:200]) from refused
