"""Which account of ours can text a number that never wrote to us, and with which approved text."""

from collections.abc import Collection, Sequence

from corsia.customers.identity import PhoneKind, read_phone
from corsia.customers.models import ContactPoint
from corsia.customers.queries import family_ids
from corsia.customers.vocabulary import ContactKind, ContactState
from corsia.messaging.models import ChannelAccount
from corsia.messaging.ports import ReadyMade, adapter_of, adapters
from corsia.organisation.queries import tree


def texting_account(unit_id: int, *, phone: str) -> ChannelAccount | None:
    """Return the account of a unit, or of the nearest above it, that reaches a number; None for numbers of no mobile.

    Args:
        phone: E.164.
    """
    if not is_mobile(phone):
        return None
    return _nearest(unit_id, [key for key, adapter in adapters().items() if adapter.kind.texts_numbers])


def is_mobile(phone: str) -> bool:
    """Tell whether a number (E.164) is one of a mobile phone."""
    # Italian mobiles begin with 3, also in ranges that the tables do not know yet.
    return phone.startswith("+393") or read_phone(phone).kind is PhoneKind.MOBILE


def account_for(unit_id: int, channel: str) -> ChannelAccount | None:
    """Return the account of a channel of a unit, or of the nearest above it; None where none is switched on."""
    return _nearest(unit_id, [channel])


def _nearest(unit_id: int, channels: Sequence[str]) -> ChannelAccount | None:
    chain = [unit.pk for unit in tree().chain(unit_id)]
    rows = ChannelAccount.unscoped.filter(channel__in=channels, is_active=True, unit_id__in=chain)
    return min(rows, key=lambda row: (chain.index(row.unit_id), row.pk), default=None)


def mobile_of(customer_id: int) -> str:
    """Return the mobile number at which a customer is written to, "" without one that may be used."""
    points = ContactPoint.objects.filter(
        customer_id__in=family_ids(customer_id), kind=ContactKind.PHONE, value__startswith="+"
    ).exclude(state__in=(ContactState.REFUSED, ContactState.BOUNCING))
    numbers = points.order_by("-is_primary", "pk").values_list("value", flat=True)
    return next((number for number in numbers if is_mobile(number)), "")


def approved_text(account: ChannelAccount, name: str, *, language: str) -> ReadyMade | None:
    """Return the approved text of a name, in a language or else in Italian; None where none may go out."""
    adapter = adapter_of(account.channel)
    found = [text for text in adapter.ready_made(account, language=language) if text.name == name] if adapter else []
    return min(found, key=lambda text: (text.language != language, text.language != "it"), default=None)


def approved_names(unit_ids: Collection[int]) -> list[str]:
    """Return the names of the approved texts that accounts of these units may send, in order."""
    names: set[str] = set()
    for account in ChannelAccount.objects.filter(unit_id__in=unit_ids, is_active=True):
        adapter = adapter_of(account.channel)
        if adapter is not None:
            names.update(text.name for text in adapter.ready_made(account, language="it"))
    return sorted(names)
