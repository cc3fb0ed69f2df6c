"""By which ways the customer of a case can be written to, the one of their latest message first."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from corsia.cases.models import Case
from corsia.customers.models import ContactPoint
from corsia.customers.queries import family_ids
from corsia.customers.vocabulary import ContactKind, ContactState
from corsia.messaging.models import Correspondent, Thread
from corsia.messaging.ports import ReadyMade, adapter_of
from corsia.messaging.vocabulary import Channel, Objection
from corsia.ui.channels import channel_look

MOST = 8  # ways offered in the composer


@dataclass(frozen=True, kw_only=True)
class Way:
    """One way to a customer.

    Attributes:
        key: "email:<address>" or "chat:<correspondent id>", as the composer sends it back.
        shown: the address as people read it.
        objection: why free words cannot go this way now, a value of Objection; "" when they can.
        open_until: when the window for free words closes; None where there is none.
    """

    key: str
    channel: str
    label: Any
    shown: str
    objection: str = ""
    open_until: datetime | None = None
    correspondent_id: int | None = None
    address: str = ""

    @property
    def needs_ready_made(self) -> bool:
        """Whether only a text that the provider approved may go this way now."""
        return self.objection == Objection.WINDOW_CLOSED


def objection_to(row: Correspondent, *, has_content: bool, now: datetime) -> str:
    """Return why nothing may go to a correspondent now, a value of Objection; "" when it may.

    Args:
        has_content: it is a text that the provider approved: the window does not count for it.
    """
    adapter = adapter_of(row.account.channel)
    if adapter is None or not row.account.is_active:
        return Objection.NO_ACCOUNT
    if row.opted_out_at is not None and (row.last_in_at is None or row.last_in_at <= row.opted_out_at):
        return Objection.OPTED_OUT
    window = adapter.kind.window
    if window is not None and not has_content and (row.last_in_at is None or now >= row.last_in_at + window):
        return Objection.WINDOW_CLOSED
    return ""


def ways_to(case: Case, *, now: datetime) -> list[Way]:
    """Return the ways to the customer of a case: that of the conversation first, then the latest used, then mail."""
    thread: Thread | None = getattr(case, "thread", None)
    latest_id = thread.correspondent_id if thread else None
    is_chat = thread is not None and latest_id is not None and adapter_of(thread.channel) is not None
    chats = _chats(case, latest_id, now=now)
    mails = _mails(case, thread)
    if is_chat:
        chats.sort(key=lambda way: way.correspondent_id != latest_id)
        return [*chats[:1], *mails[:1], *chats[1:], *mails[1:]][:MOST]
    return [*mails, *chats][:MOST]


def _chats(case: Case, latest_id: int | None, *, now: datetime) -> list[Way]:
    rows = Correspondent.unscoped.select_related("account")
    if case.customer_id is not None:
        rows = rows.filter(customer_id__in=family_ids(case.customer_id))
    elif latest_id is not None:
        rows = rows.filter(pk=latest_id)
    else:
        return []
    ways = []
    for row in rows.order_by("-last_in_at", "-pk")[:MOST]:
        adapter, look = adapter_of(row.account.channel), channel_look(row.account.channel)
        if adapter is None or look is None:
            continue
        window = adapter.kind.window
        ways.append(
            Way(
                key=f"chat:{row.pk}",
                channel=row.account.channel,
                label=look.label,
                shown=row.phone or row.name or str(look.label),
                objection=objection_to(row, has_content=False, now=now),
                open_until=row.last_in_at + window if window and row.last_in_at else None,
                correspondent_id=row.pk,
                address=row.external_id,
            )
        )
    return ways


def _mails(case: Case, thread: Thread | None) -> list[Way]:
    addresses: dict[str, str] = {}
    if thread is not None and "@" in thread.reply_address:
        addresses[thread.reply_address] = ""
    if case.customer_id is not None:
        points = ContactPoint.objects.filter(customer_id__in=family_ids(case.customer_id), kind=ContactKind.EMAIL)
        for point in points.order_by("-is_primary", "pk")[:MOST]:
            is_barred = point.state in (ContactState.BOUNCING, ContactState.REFUSED)
            bar = Objection.BOUNCING if point.state == ContactState.BOUNCING else Objection.REFUSED_ADDRESS
            if is_barred and point.value in addresses:
                continue  # they wrote from it on this case: the gate decides
            addresses.setdefault(point.value, bar if is_barred else "")
    look = channel_look(Channel.EMAIL)
    return [
        Way(
            key=f"email:{address}",
            channel=Channel.EMAIL,
            label=look.label if look else "",
            shown=address,
            objection=objection,
            address=address,
        )
        for address, objection in addresses.items()
    ]


def ready_made_of(way: Way, *, language: str) -> list[ReadyMade]:
    """Return the approved texts that may go by a way, those in the case's language first."""
    if way.correspondent_id is None:
        return []
    row = Correspondent.unscoped.select_related("account").get(pk=way.correspondent_id)
    adapter = adapter_of(row.account.channel)
    found = list(adapter.ready_made(row.account, language=language)) if adapter else []
    return sorted(found, key=lambda text: (text.language != language, text.name))
