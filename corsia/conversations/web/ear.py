"""What an open page may hear, and what it has not been sent yet."""

from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any

MOST_WAITING = 200  # events a slow page may be behind before it is told to read everything again
REREAD = b"event: reread\ndata: \n\n"
PING = b": ping\n\n"
FORGET = b"id: \n\n"  # the browser forgets how far it heard: its rights may be others, so it reads everything again

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


@dataclass(frozen=True)
class Ear:
    """What a page may hear, as its rights were when it asked.

    Attributes:
        units: ids of the units whose changes it hears.
        seconds: how long these rights may be relied on, unless something is heard about them.
    """

    person_id: int
    session_key: str
    units: frozenset[int]
    seconds: float


@dataclass(eq=False, slots=True)
class Listener:
    """An open page: what it may hear, and what it has not been sent yet."""

    ear: Ear
    send: Send
    ends_at: float = float("inf")  # by the clock of the event loop
    waiting: list[bytes] = field(default_factory=list)
    is_sending: bool = True  # until the head of the response is sent, events wait
    is_over: bool = False

    def hears(self, unit_id: int) -> bool:
        """Tell whether something of a unit is within this page's scope."""
        return unit_id in self.ear.units

    def push(self, lines: bytes) -> None:
        """Add an event; a page that is too far behind reads everything again instead."""
        if len(self.waiting) >= MOST_WAITING:
            self.waiting.clear()
            lines = REREAD
        self.waiting.append(lines)

    async def flush(self) -> None:
        """Send what waits, and the end of the response when the stream is over. One flush runs at a time."""
        self.is_sending = True
        try:
            while self.waiting or self.is_over:
                lines, is_last = b"".join(self.waiting), self.is_over
                self.waiting.clear()
                await self.send({"type": "http.response.body", "body": lines, "more_body": not is_last})
                if is_last:
                    return  # and never again: is_sending stays
        except OSError:
            return  # the page has gone; its coroutine hears of it
        self.is_sending = False
