"""A customer told a channel that they want no more of something, or again some."""

from corsia.customers.services import opt_out, record_consent, undo_opt_out, users_of_phone
from corsia.messaging.models import ChannelAccount, Correspondent
from corsia.messaging.rules.gate import consent_channel
from corsia.messaging.rules.happenings import Objected
from corsia.messaging.services.correspondents import CHANNELS
from corsia.organisation.queries import tree


def objected(account: ChannelAccount, told: Objected) -> None:
    """Keep a "no" or a "yes" given on the channel itself: as a statement of consent where we know who it is."""
    row = Correspondent.objects.select_for_update().filter(account=account, external_id=told.external_id).first()
    if row is not None and not told.purpose:
        row.opted_out_at = None if told.is_given else told.at
        row.save(update_fields=["opted_out_at"])
    for customer_id in _who(account, row, told):
        _state(account, told, customer_id)


def _who(account: ChannelAccount, row: Correspondent | None, told: Objected) -> list[int]:
    if row is not None and row.customer_id is not None:
        return [row.customer_id]
    phone = told.phone or (row.phone if row is not None else "")
    if not phone:
        return []
    group = tree().group(account.unit_id)
    return [customer.pk for customer in users_of_phone(group_id=group.pk, phone=phone)]


def _state(account: ChannelAccount, told: Objected, customer_id: int) -> None:
    channel, source = consent_channel(account.channel), f"{account.channel} {told.at:%Y-%m-%d %H:%M} UTC"[:80]
    if told.purpose:
        record_consent(
            customer_id=customer_id,
            purpose=told.purpose,
            channel=channel,
            is_given=told.is_given,
            source=source,
            by=CHANNELS,
            now=told.at,
        )
    elif told.is_given:
        undo_opt_out(customer_id=customer_id, channel=channel, source=source, now=told.at)
    else:
        opt_out(customer_id=customer_id, channel=channel, source=source, now=told.at)
