"""The visitors' own door to the web chat: what they send is kept, then filed at once; what they have read is noted."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from corsia.kernel.live import tell
from corsia.messaging.models import ChannelAccount, Correspondent, Inbound, Message, Outgoing
from corsia.messaging.rules.visits import CHANNEL, Visit
from corsia.messaging.services.events import read_events
from corsia.messaging.services.journal import RawItem, store_inbound
from corsia.messaging.services.threads import note_of_ours


@dataclass(frozen=True)
class Taken:
    """What became of something a visitor sent: on disk in any case, on a case as soon as it could be filed."""

    inbound_id: int
    case_id: int | None


def take_visit(account: ChannelAccount, visit: Visit, *, now: datetime) -> Taken:
    """Keep what a visitor sent, then file it.

    It is on disk before it is filed. If filing fails or this process dies, it is tried again each minute, and after
    five times it waits on the quarantine page. The same thing sent twice is one.
    """
    key = hashlib.sha256(f"{CHANNEL}\x00{account.pk}\x00{visit.visitor}\x00{visit.key}".encode()).digest()
    item = RawItem(source=CHANNEL, raw=visit.to_bytes(), unit_id=account.unit_id, account_id=account.pk, dedupe_key=key)
    [inbound_id] = store_inbound([item], now=now, wake="")
    if inbound_id is None:
        inbound_id = Inbound.objects.values_list("pk", flat=True).get(dedupe_key=key)
    else:
        read_events(now=now, ids=[inbound_id])
    case_id = Message.unscoped.filter(inbound_id=inbound_id).values_list("case_id", flat=True).first()
    return Taken(inbound_id, case_id)


@transaction.atomic
def read_there(correspondent: Correspondent, *, up_to: int, now: datetime) -> int:
    """Note that a visitor saw our messages up to one; return how many were new to them."""
    rows = Outgoing.objects.filter(correspondent=correspondent, state="sent", read_at=None, message_id__lte=up_to)
    told = list(rows.values_list("message__case_id", "unit_id").distinct())
    count: int = rows.update(read_at=now, delivered_at=now)
    for case_id, unit_id in told:
        tell("messaging.message", unit_id=unit_id, case=case_id)
    return count


def typing_there(correspondent: Correspondent) -> None:
    """Show whoever has the conversation open that its customer is typing. Nothing is kept of it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT t.case_id, c.unit_id FROM messaging_thread t JOIN cases_case c ON c.id = t.case_id"
            " WHERE t.correspondent_id = %s ORDER BY t.last_message_at DESC LIMIT 1",
            [correspondent.pk],
        )
        row = cursor.fetchone()
    if row:
        tell("messaging.typing", unit_id=row[1], case=row[0])


@transaction.atomic
def note_on_case(*, case_id: int, unit_id: int, text: str, name: str, now: datetime) -> Message:
    """Add a line that no person of ours wrote to a conversation: the visitor left, the assistant handed over."""
    message = note_of_ours(case_id, unit_id=unit_id, text=text, author_id=None, name=name, at=now)
    message.is_automatic = True
    message.save(update_fields=["is_automatic"])
    tell("messaging.message", unit_id=unit_id, case=case_id, message=message.pk)
    return message
