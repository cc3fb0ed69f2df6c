"""A customer told a channel that they want no more of something, or again some."""

from corsia.customers.services import record_consent
from corsia.customers.vocabulary import Purpose
from corsia.messaging.models import ChannelAccount, Correspondent
from corsia.messaging.rules.gate import consent_channel
from corsia.messaging.rules.happenings import Objected
from corsia.messaging.services.correspondents import CHANNELS


def objected(account: ChannelAccount, told: Objected) -> None:
    """Keep a "no" or a "yes" given on the channel itself: as a statement of consent where we know who it is."""
    row = Correspondent.objects.select_for_update().filter(account=account, external_id=told.external_id).first()
    if row is None:
        return
    if not told.purpose:
        row.opted_out_at = None if told.is_given else told.at
        row.save(update_fields=["opted_out_at"])
    if row.customer_id is None:
        return
    for purpose in [told.purpose] if told.purpose else [Purpose.MARKETING, Purpose.SURVEY]:
        record_consent(
            customer_id=row.customer_id,
            purpose=purpose,
            channel=consent_channel(account.channel),
            is_given=told.is_given,
            source=account.channel,
            by=CHANNELS,
            now=told.at,
        )
