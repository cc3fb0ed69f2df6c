"""Keep what a provider's webhook delivers: verified over its bytes, on disk before it is acknowledged, once each."""

import hashlib
from dataclasses import dataclass
from typing import Any

from corsia.kernel.errors import NotAllowed
from corsia.messaging.models import ChannelAccount
from corsia.messaging.ports import Adapter, Call, HookAnswer, adapter_of
from corsia.messaging.queries.accounts import account_by_hook
from corsia.messaging.services.journal import READ_EVENTS, RawItem, store_inbound


class NotTheProvider(NotAllowed):
    """The same answer for an unknown address, a missing signature and a wrong one."""

    code = "messaging.not_the_provider"
    message: Any = "Not signed by the provider."  # read by programs
    status = 401


@dataclass(frozen=True)
class _Door:
    adapter: Adapter
    account: ChannelAccount


def take_call(*, channel: str, hook_key: str, call: Call) -> HookAnswer:
    """Keep every event of a call and return the answer for the provider.

    A second copy of an event is known by the provider's name of it, or by its bytes, and acknowledged all the same.

    Raises:
        NotTheProvider: nothing was kept.
    """
    door = _door(channel, hook_key)
    if not door.adapter.verify(door.account, call):
        raise NotTheProvider
    events = door.adapter.split(door.account, call)
    store_inbound(
        [
            RawItem(
                source=channel,
                raw=event.raw,
                unit_id=account.unit_id,
                account_id=account.pk,
                dedupe_key=_dedupe_key(account, event.key, event.raw),
            )
            for event, account in (
                (event, door.adapter.account_meant(door.account, event.raw) or door.account) for event in events
            )
        ],
        now=call.at,
        wake=READ_EVENTS,
    )
    return door.adapter.answer(door.account, call)


def greet(*, channel: str, hook_key: str, call: Call) -> HookAnswer:
    """Answer the call by which a provider makes sure that a webhook is ours.

    Raises:
        NotTheProvider: the channel knows no such call, or it does not know our secret.
    """
    door = _door(channel, hook_key)
    answer = door.adapter.hello(door.account, call)
    if answer is None:
        raise NotTheProvider
    return answer


def _door(channel: str, hook_key: str) -> _Door:
    adapter, account = adapter_of(channel), account_by_hook(channel, hook_key)
    if adapter is None or account is None:
        raise NotTheProvider
    return _Door(adapter, account)


def _dedupe_key(account: ChannelAccount, key: str, raw: bytes) -> bytes:
    """Return what recognises an event: the provider's name of it within the channel, or its bytes at this account."""
    if key:
        return hashlib.sha256(f"{account.channel}\x00{key}".encode()).digest()
    return hashlib.sha256(f"{account.channel}\x00{account.pk}\x00".encode() + raw).digest()
