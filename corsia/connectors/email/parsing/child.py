"""Mails from outside are read in child processes: one that dies, hangs or eats memory costs one mail, not the queue."""

import atexit
import os
import queue
import selectors
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from corsia.connectors.email.parsing import wire
from corsia.connectors.email.parsing.parsed import ParsedMail, Reason, quarantined
from corsia.connectors.email.parsing.parts import MAX_BYTES
from corsia.connectors.email.parsing.worker import LENGTH, LENGTHS

WALL_LIMIT = 10.0  # seconds for one mail, waiting included
_MAX_ANSWER = 4 * MAX_BYTES
_RENEW_AFTER = 2_000  # mails, so that a slow leak in a library never becomes ours
_RENEW_AFTER_BYTES = 8 * 1024 * 1024  # one mail so large leaves its memory behind in pieces
_IMPORT_ROOT = Path(__file__).resolve().parents[4]


class _Died(Exception):
    """The child closed its pipe or sent nonsense."""


class _TooSlow(Exception):
    """The child did not answer in time."""


class _Child:
    def __init__(self) -> None:
        self.handled = 0
        # An environment of its own: the child reads hostile bytes and needs none of our secrets.
        self.process = subprocess.Popen(
            [sys.executable, "-m", "corsia.connectors.email.parsing.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=_IMPORT_ROOT,
            env={"PYTHONPATH": str(_IMPORT_ROOT), "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "0"},
            close_fds=True,
        )
        if self.process.stdin is None or self.process.stdout is None:
            raise RuntimeError("the parser child was started without pipes")
        self.into, self.out = self.process.stdin.fileno(), self.process.stdout.fileno()
        os.set_blocking(self.into, False)
        os.set_blocking(self.out, False)

    def alive(self) -> bool:
        return self.process.poll() is None

    def close(self) -> None:
        self.process.kill()
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                try:
                    stream.close()
                except BrokenPipeError:
                    continue  # buffered bytes for a child that is gone
        self.process.wait()

    def parse(self, raw: bytes, *, seconds: float) -> ParsedMail:
        deadline = time.monotonic() + seconds
        self._write(LENGTH.pack(len(raw)), deadline)
        self._write(raw, deadline)
        record_size, contents_size = LENGTHS.unpack(self._read(LENGTHS.size, deadline))
        if record_size + contents_size > _MAX_ANSWER:
            raise _Died
        record = bytes(self._read(record_size, deadline))
        contents = self._read(contents_size, deadline)
        self.handled += 1 if len(raw) < _RENEW_AFTER_BYTES else _RENEW_AFTER
        try:
            return wire.decode(record, memoryview(contents))
        except (ValueError, KeyError, TypeError) as error:
            raise _Died from error

    def _wait(self, descriptor: int, event: int, deadline: float) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(descriptor, event)
            if not selector.select(max(0.0, deadline - time.monotonic())):
                raise _TooSlow

    def _write(self, data: bytes, deadline: float) -> None:
        view = memoryview(data)
        while view:
            try:
                view = view[os.write(self.into, view[: 1 << 20]) :]
            except BlockingIOError:
                self._wait(self.into, selectors.EVENT_WRITE, deadline)
            except BrokenPipeError as error:
                raise _Died from error

    def _read(self, size: int, deadline: float) -> bytearray:
        data = bytearray(size)
        view, position = memoryview(data), 0
        while position < size:
            try:
                count = os.readv(self.out, [view[position:]])
            except BlockingIOError:
                self._wait(self.out, selectors.EVENT_READ, deadline)
                continue
            if count == 0:
                raise _Died
            position += count
        view.release()
        return data


class ParserPool:
    """A fixed number of children that parse mails; safe to share between threads.

    Args:
        size: children at most; they start when they are needed (about 100 ms each).
        seconds: wall clock for one mail.
    """

    def __init__(self, *, size: int = 1, seconds: float = WALL_LIMIT) -> None:
        self.seconds = seconds
        # Last in, first out: with little to do one warm child does it all.
        self._idle: queue.LifoQueue[_Child | None] = queue.LifoQueue()
        for _ in range(size):
            self._idle.put(None)
        self._lock = threading.Lock()
        self._living: set[_Child] = set()
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def parse(self, raw: bytes) -> ParsedMail:
        """Return what a mail says. Never raises for any bytes; a child that fails costs this mail alone."""
        if len(raw) > MAX_BYTES:
            return quarantined(Reason.TOO_LARGE)
        with self._borrowed() as child:
            try:
                return child.parse(raw, seconds=self.seconds)
            except _TooSlow:
                self._end(child)
                return quarantined(Reason.TOO_SLOW, detail=f"no answer in {self.seconds:g} s")
            except _Died:
                code = self._end(child)
                # SIGXCPU: its seconds of processor time were spent.
                reason = Reason.TOO_SLOW if code == -24 else Reason.CRASHED
                return quarantined(reason, detail=f"child ended with {code}")

    def close(self) -> None:
        """End all children. Mails being parsed in other threads come back quarantined, to be tried again."""
        with self._lock:
            self._closed = True
            living, self._living = self._living, set()
        for child in living:
            child.close()

    def processes(self) -> tuple[int, ...]:
        """Return the process ids of the living children, for the doctor's page."""
        with self._lock:
            return tuple(child.process.pid for child in self._living)

    def _start(self) -> _Child:
        child = _Child()
        with self._lock:
            if self._closed:
                child.close()
                raise RuntimeError("the parser pool is closed")
            self._living.add(child)
        return child

    def _end(self, child: _Child) -> int:
        try:
            child.process.wait(timeout=0.2)  # a child that died by itself tells how; one that hangs is killed
        except subprocess.TimeoutExpired:
            child.process.kill()
        with self._lock:
            self._living.discard(child)
        child.close()
        return child.process.returncode

    @contextmanager
    def _borrowed(self) -> Iterator[_Child]:
        child = self._idle.get()
        try:
            if child is None or not child.alive():
                if child is not None:
                    self._end(child)
                    child = None
                child = self._start()
            yield child
        finally:
            if child is not None and child.alive() and child.handled >= _RENEW_AFTER:
                self._end(child)
            keep = child is not None and child.process.returncode is None and not self._closed
            self._idle.put(child if keep else None)


_shared: tuple[int, ParserPool] | None = None
_shared_lock = threading.Lock()


def shared_pool() -> ParserPool:
    """Return this process's pool, started on first use. A forked process gets its own: pipes cannot be shared."""
    global _shared
    with _shared_lock:
        if _shared is None or _shared[0] != os.getpid():
            pool = ParserPool(size=max(1, min(4, os.cpu_count() or 1)))
            _shared = (os.getpid(), pool)
            atexit.register(pool.close)
        return _shared[1]


def parse_in_child(raw: bytes) -> ParsedMail:
    """Return what a mail says, read in a limited child process. Never raises for any bytes."""
    return shared_pool().parse(raw)
