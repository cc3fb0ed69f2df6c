"""A ticket for the stream: an EventSource sends no headers, and a visitor's key belongs in no address."""

from datetime import datetime, timedelta

from corsia.kernel.tokens import is_signed, sign

GOOD_FOR = timedelta(minutes=10)
_PURPOSE, _LENGTH = "portal.chat_stream", 32


def ticket_for(visitor: str, *, now: datetime) -> str:
    """Return what lets a page of a visitor listen for some minutes."""
    value = f"{visitor}.{int((now + GOOD_FOR).timestamp())}"
    return f"{value}.{sign(_PURPOSE, value, length=_LENGTH)}"


def visitor_behind(ticket: str, *, at: float) -> tuple[str, float] | None:
    """Return whose ticket it is and how many seconds it is still good; None when it is not ours, or over.

    Args:
        at: seconds since 1970.
    """
    value, _dot, signature = ticket.rpartition(".")
    visitor, _dot, until = value.partition(".")
    if not (len(ticket) < 200 and until.isascii() and until.isdecimal() and len(until) < 12):
        return None
    if not is_signed(_PURPOSE, value, signature, length=_LENGTH) or int(until) <= at:
        return None
    return visitor, int(until) - at
