"""The request as our views receive it."""

from datetime import datetime

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from corsia.kernel.actors import Actor


class StaffRequest(HttpRequest):
    """A request after the middleware: who acts, when it arrived, and htmx's details. For type checking only."""

    actor: Actor
    received_at: datetime
    htmx: HtmxDetails


def row_id(text: object) -> int | None:
    """Return the number that an address or form names, or None for anything that no row can have as its id."""
    digits = str(text or "")
    return int(digits) if digits.isdecimal() and len(digits) < 19 else None
