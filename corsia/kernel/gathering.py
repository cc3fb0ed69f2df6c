"""What waits at one moment is taken together, in one thread: while some is worked on, more gathers.

For doors in front of Django whose requests cost little by themselves and much by what stands around each of them: a
thread, middleware, a commit.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

Visit = TypeVar("Visit")
Reply = TypeVar("Reply")


class Full(Exception):
    """So much waits already that nothing more is let in."""


class Desk(Generic[Visit, Reply]):
    """Takes what waits, again and again."""

    def __init__(
        self, take: Callable[[Sequence[Visit]], Sequence[Reply]], *, name: str, most_at_once: int, most_waiting: int
    ) -> None:
        """Make a desk.

        Args:
            take: called in the desk's thread; returns one reply for each visit, in their order.
            most_waiting: in the unit of the weights that `reply_to` is told.
        """
        self._take_all = take
        self._most_at_once, self._most_waiting = most_at_once, most_waiting
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)
        self._waiting: list[tuple[Visit, int, asyncio.Future[Reply]]] = []
        self._weight = 0
        self._taking: asyncio.Task[None] | None = None

    async def reply_to(self, visit: Visit, *, weight: int = 1) -> Reply:
        """Return the reply to a visit once it was taken.

        Raises:
            Full: it was not let in.
        """
        if self._weight + weight > self._most_waiting:
            raise Full
        loop = asyncio.get_running_loop()
        reply: asyncio.Future[Reply] = loop.create_future()
        self._waiting.append((visit, weight, reply))
        self._weight += weight
        if self._taking is None or self._taking.done():
            self._taking = loop.create_task(self._take())
        return await reply

    async def _take(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            turn, self._waiting = self._waiting[: self._most_at_once], self._waiting[self._most_at_once :]
            try:
                replies = await loop.run_in_executor(self._thread, self._take_all, [visit for visit, _, _ in turn])
            except Exception as error:  # noqa: BLE001  (whoever waits hears of it, and the next turn goes on)
                for _visit, weight, reply in turn:
                    self._weight -= weight
                    if not reply.done():
                        reply.set_exception(error)
                continue
            for (_visit, weight, reply), said in zip(turn, replies, strict=True):
                self._weight -= weight
                if not reply.done():  # whoever asked may have gone
                    reply.set_result(said)
