"""Run the parts of Corsia as child processes and start each again when it ends: what `corsia serve` and `demo` do."""

import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

logger = logging.getLogger("corsia.supervisor")

CALM_SECONDS = 10.0  # a part that ran this long starts again at once; one that keeps falling waits longer each time
LONGEST_WAIT = 15.0
PATIENCE_SECONDS = 15.0  # for a part to end by itself before it is killed


@dataclass
class Part:
    """One child process.

    Attributes:
        name: shown in messages.
        command: arguments of `corsia`.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    wait: float = 0.0
    next_start: float = 0.0

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "corsia", *self.command],
            env={**os.environ, **self.environment},
            start_new_session=True,  # Ctrl+C reaches only the supervisor, which then ends the parts in order
        )
        self.started_at = time.monotonic()


class Supervisor:
    """Starts parts, restarts those that end, and stops all on SIGINT or SIGTERM.

    `tend` is called about once a second: it looks after what is no child of ours, such as the embedded database.
    """

    def __init__(self, parts: Sequence[Part], *, tend: Callable[[], None] = lambda: None) -> None:
        self.parts = list(parts)
        self.tend = tend
        self.is_stopping = False

    def run(self) -> None:
        """Run until told to stop."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._stop)
        try:
            tended_at = time.monotonic()
            while not self.is_stopping:
                for part in self.parts:
                    self._keep(part)
                time.sleep(0.3)
                if time.monotonic() - tended_at >= 1.0:
                    self.tend()
                    tended_at = time.monotonic()
        finally:
            self._end_all()

    def _keep(self, part: Part) -> None:
        now = time.monotonic()
        if part.process is None:
            if now >= part.next_start:
                part.start()
            return
        if part.process.poll() is None:
            return
        ran = now - part.started_at
        part.wait = 0.0 if ran >= CALM_SECONDS else min(LONGEST_WAIT, part.wait * 2 or 0.5)
        logger.warning("%s ended (%s); starting it again in %.1f s", part.name, part.process.returncode, part.wait)
        part.process, part.next_start = None, now + part.wait

    def _stop(self, *_: object) -> None:
        self.is_stopping = True

    def _end_all(self) -> None:
        running = [part.process for part in self.parts if part.process and part.process.poll() is None]
        for process in running:
            process.terminate()
        deadline = time.monotonic() + PATIENCE_SECONDS
        for process in running:
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
