"""Keep what a provider's webhook delivers: verified over its bytes, on disk before it is acknowledged, once each."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
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
class Knock:
    """A call at the webhook of an account, signed or not."""

    channel: str
    hook_key: str
    call: Call


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
    [answer] = take_calls([Knock(channel, hook_key, call)], now=call.at)
    if isinstance(answer, NotTheProvider):
        raise answer
    return answer


def take_calls(knocks: Sequence[Knock], *, now: datetime) -> list[HookAnswer | NotTheProvider]:
    """Keep the events of all calls in one transaction; return the answer of each, or its refusal."""
    doors: dict[tuple[str, str], _Door | None] = {}
    let_in: list[_Door | None] = []
    items: list[RawItem] = []
    for knock in knocks:
        place = (knock.channel, knock.hook_key)
        if place not in doors:
            doors[place] = _door(*place)
        door = doors[place]
        if door is None or not door.adapter.verify(door.account, knock.call):
            let_in.append(None)
            continue
        let_in.append(door)
        items += _items(door, knock.call)
    store_inbound(items, now=now, wake=READ_EVENTS)
    return [
        door.adapter.answer(door.account, knock.call) if door else NotTheProvider()
        for door, knock in zip(let_in, knocks, strict=True)
    ]


def _items(door: _Door, call: Call) -> list[RawItem]:
    events = door.adapter.split(door.account, call)
    return [
        RawItem(
            source=account.channel,
            raw=event.raw,
            unit_id=account.unit_id,
            account_id=account.pk,
            dedupe_key=_dedupe_key(account, event.key, event.raw),
        )
        for event, account in (
            (event, door.adapter.account_meant(door.account, event.raw) or door.account) for event in events
        )
    ]


def greet(*, channel: str, hook_key: str, call: Call) -> HookAnswer:
    """Answer the call by which a provider makes sure that a webhook is ours.

    Raises:
        NotTheProvider: the channel knows no such call, or it does not know our secret.
    """
    door = _door(channel, hook_key)
    answer = door.adapter.hello(door.account, call) if door else None
    if answer is None:
        raise NotTheProvider
    return answer


def _door(channel: str, hook_key: str) -> _Door | None:
    adapter, account = adapter_of(channel), account_by_hook(channel, hook_key)
    return _Door(adapter, account) if adapter is not None and account is not None else None


def _dedupe_key(account: ChannelAccount, key: str, raw: bytes) -> bytes:
    """Return what recognises an event: the provider's name of it within the channel, or its bytes at this account."""
    if key:
        return hashlib.sha256(f"{account.channel}\x00{key}".encode()).digest()
    return hashlib.sha256(f"{account.channel}\x00{account.pk}\x00".encode() + raw).digest()
