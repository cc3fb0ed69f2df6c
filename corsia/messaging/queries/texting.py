"""Which account of ours can text a number that never wrote to us."""

from corsia.customers.identity import PhoneKind, read_phone
from corsia.messaging.models import ChannelAccount
from corsia.messaging.ports import adapters
from corsia.organisation.queries import tree


def texting_account(unit_id: int, *, phone: str) -> ChannelAccount | None:
    """Return the account of a unit, or of the nearest above it, that reaches a number; None for numbers of no mobile.

    Args:
        phone: E.164.
    """
    # Italian mobiles begin with 3, also in ranges that the tables do not know yet.
    if not phone.startswith("+393") and read_phone(phone).kind is not PhoneKind.MOBILE:
        return None
    channels = [key for key, adapter in adapters().items() if adapter.kind.texts_numbers]
    chain = [unit.pk for unit in tree().chain(unit_id)]
    rows = ChannelAccount.unscoped.filter(channel__in=channels, is_active=True, unit_id__in=chain)
    return min(rows, key=lambda row: (chain.index(row.unit_id), row.pk), default=None)
