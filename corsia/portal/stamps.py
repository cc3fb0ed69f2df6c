"""Marks that only we can make: when a form was opened, and which case a thank-you page may name."""

import re
import secrets
from datetime import datetime, timedelta

from corsia.kernel.tokens import is_signed, sign

FASTEST = timedelta(seconds=3)  # nobody fills a form faster; programs do
_STAMP = re.compile(r"([0-9]{10})-([0-9a-f]{16})-([0-9a-f]{16})")
_PURPOSE = "portal.form_opened"
_THANKS = "portal.thanks"


def new_stamp(form_slug: str, *, now: datetime) -> str:
    """Return the mark of a freshly opened form: the instant, some randomness, our signature."""
    value = f"{int(now.timestamp())}-{secrets.token_hex(8)}"
    return f"{value}-{sign(_PURPOSE, f'{form_slug}|{value}')}"


def is_stamp(stamp: str, form_slug: str) -> bool:
    """Tell whether we made the mark for this form."""
    found = _STAMP.fullmatch(stamp)
    return found is not None and is_signed(_PURPOSE, f"{form_slug}|{found[1]}-{found[2]}", found[3])


def was_too_fast(stamp: str, *, now: datetime) -> bool:
    """Tell whether the form came back faster than a person types."""
    opened = int(stamp.split("-", 1)[0])
    return now.timestamp() - opened < FASTEST.total_seconds()


def thanks_token(inbound_id: int) -> str:
    """Return the part of a thank-you address that names a submission and cannot be guessed."""
    return f"{inbound_id}-{sign(_THANKS, str(inbound_id))}"


def inbound_id_of(token: str) -> int | None:
    """Return the submission that a thank-you address names; None when we did not make it."""
    number, dash, signature = token.partition("-")
    if not dash or not (number.isascii() and number.isdigit()) or not is_signed(_THANKS, number, signature):
        return None
    return int(number)
