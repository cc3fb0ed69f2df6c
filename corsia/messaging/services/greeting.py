"""The first automatic words on a chat channel: a greeting within its hours, what to expect outside them."""

import uuid

from corsia.cases.models import Case
from corsia.messaging.models import ChannelAccount, Message, Outgoing
from corsia.messaging.ports import adapter_of
from corsia.messaging.rules.incoming import IncomingMessage
from corsia.messaging.services.acknowledging import Answer, is_first_today
from corsia.messaging.vocabulary import Direction, SentReason
from corsia.organisation.queries import tree
from corsia.organisation.working_time import is_open


def new_key(channel: str) -> str:
    """Return a fresh name for a message of ours, in the place where a mail has its Message-ID."""
    return f"{channel}:{uuid.uuid4().hex}"


def greeting(case: Case, *, account: ChannelAccount, correspondent_id: int, message: IncomingMessage) -> Answer | None:
    """Return the greeting of an account for the caller to store; None without one, or when they had one today."""
    adapter = adapter_of(account.channel)
    text = _words(account, case, message)
    if adapter is None or not text or not is_first_today(f"{account.pk}:{message.from_address}", now=message.at):
        return None
    key = new_key(account.channel)
    said = Message(
        case=case,
        unit_id=case.unit_id,
        direction=Direction.OUT,
        channel=account.channel,
        customer_id=case.customer_id,
        author_name=account.name,
        from_address=account.address,
        to_addresses=message.from_address,
        text=text,
        header_id=key,
        is_automatic=True,
        at=message.at,
    )
    outgoing = Outgoing(
        message=said,
        unit_id=case.unit_id,
        reason=SentReason.ACKNOWLEDGEMENT,
        channel=account.channel,
        correspondent_id=correspondent_id,
        to_address=message.from_address,
        to_name=message.from_name[:200],
        subject="",
        body=text,
        header_id=key,
        idempotency_key=f"received:{case.pk}",
        send_after=message.at,
        created_at=message.at,
    )
    return Answer(said, outgoing)


def _words(account: ChannelAccount, case: Case, message: IncomingMessage) -> str:
    organisation = tree()
    calendar = organisation.calendars.get(account.calendar_id) if account.calendar_id else None
    hours = organisation.hours_by(calendar, account.unit_id) if calendar else organisation.hours(account.unit_id)
    is_staffed = is_open(hours, message.at)
    in_italian, in_english = (
        (account.greeting_it, account.greeting_en) if is_staffed else (account.away_it, account.away_en)
    )
    words = in_english if case.language == "en" and in_english.strip() else in_italian
    return words.strip()
