"""What a customer agreed to: the latest statement of any of their records counts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from corsia.customers.models import Consent
from corsia.customers.queries.family import family_ids
from corsia.customers.vocabulary import ConsentChannel, Purpose

MOST_STATEMENTS = 200


@dataclass(frozen=True, kw_only=True)
class ConsentState:
    """Where a customer stands on one purpose."""

    purpose: Purpose
    channel: ConsentChannel
    is_given: bool | None  # None: never asked, which is no consent
    stated_at: datetime | None
    source: str


def consent_of(customer_id: int, purpose: str, channel: str = ConsentChannel.ANY) -> ConsentState:
    """Return the latest statement about a purpose that covers a channel: one for the channel itself, or for any.

    Raises:
        NotFound: no such customer within the scope.
    """
    statements = Consent.objects.filter(
        customer_id__in=family_ids(customer_id), purpose=purpose, channel__in={channel, ConsentChannel.ANY}
    )
    latest = statements.order_by("-stated_at", "-id").first()
    return ConsentState(
        purpose=Purpose(purpose),
        channel=ConsentChannel(channel),
        is_given=latest.is_given if latest else None,
        stated_at=latest.stated_at if latest else None,
        source=latest.source if latest else "",
    )


def consents_of(record_ids: Sequence[int]) -> list[ConsentState]:
    """Return where a customer stands on each purpose but service, and on each channel that was spoken of apart.

    Args:
        record_ids: all records of the customer (`family_ids`).
    """
    latest = list(
        Consent.objects.filter(customer_id__in=record_ids)
        .order_by("purpose", "channel", "-stated_at", "-id")
        .distinct("purpose", "channel")
    )
    by_place = {(row.purpose, row.channel): row for row in latest}
    states = []
    for purpose in Purpose:
        if purpose is Purpose.SERVICE:
            continue  # answering somebody's own request rests on the contract
        general = by_place.get((purpose, ConsentChannel.ANY))
        states.append(_state(purpose, ConsentChannel.ANY, general))
        for channel in ConsentChannel:
            special = by_place.get((purpose, channel))
            if channel is ConsentChannel.ANY or special is None:
                continue
            if general is None or (special.stated_at, special.pk) > (general.stated_at, general.pk):
                states.append(_state(purpose, channel, special))
    return states


def statements_of(record_ids: Sequence[int]) -> list[Consent]:
    """Return everything a customer ever said about consent, the latest first: the proof."""
    rows = Consent.objects.filter(customer_id__in=record_ids).select_related("recorded_by")
    return list(rows.order_by("-stated_at", "-id")[:MOST_STATEMENTS])


def _state(purpose: Purpose, channel: ConsentChannel, row: Consent | None) -> ConsentState:
    return ConsentState(
        purpose=purpose,
        channel=channel,
        is_given=row.is_given if row else None,
        stated_at=row.stated_at if row else None,
        source=row.source if row else "",
    )
