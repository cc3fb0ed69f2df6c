"""How jobs are declared: a stable name, a queue, a retry, ids only as arguments."""

from datetime import UTC, datetime

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app as app

# Waits 4, 16, 64 ... seconds between attempts: a restarted database or mail server is back by then.
TRANSIENT = RetryStrategy(max_attempts=8, exponential_wait=4)
NO_RETRY = RetryStrategy(max_attempts=1)

FACTS = "facts"  # reactions to facts
MAIL = "mail"  # parsing and sending messages
PLAN = "plan"  # plans of workshops, which keep a processor busy for seconds
DUE = "due"  # work found by its due instant, each minute


def instant(timestamp: int) -> datetime:
    """Return the aware instant of a periodic job's timestamp."""
    return datetime.fromtimestamp(timestamp, tz=UTC)
