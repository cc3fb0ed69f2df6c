"""The visit link, derived from the order's id and the installation's key: nothing to store, nothing to leak."""

import re

from django.conf import settings
from django.urls import reverse

from corsia.kernel.tokens import is_signed, sign

VISIT, ESTIMATE = "workshop.visit_link", "workshop.estimate_link"
_LENGTH = 32  # 128 bits
_TOKEN = re.compile(r"([1-9][0-9]{0,18})-([0-9a-f]{32})", re.IGNORECASE)


def visit_token(order_id: int) -> str:
    """Return the token with which a customer follows an order."""
    return f"{order_id}-{sign(VISIT, str(order_id), length=_LENGTH)}"


def order_id_of(token: str) -> int | None:
    """Return the order that a token names, or None when it was not made here."""
    return _named(VISIT, token)


def estimate_token(estimate_id: int) -> str:
    """Return the token with which a customer sees an estimate."""
    return f"{estimate_id}-{sign(ESTIMATE, str(estimate_id), length=_LENGTH)}"


def estimate_id_of(token: str) -> int | None:
    """Return the estimate that a token names, or None when it was not made here."""
    return _named(ESTIMATE, token)


def estimate_link(estimate_id: int) -> str:
    """Return the whole address of the page at which a customer answers an estimate, for messages."""
    return settings.PUBLIC_URL.rstrip("/") + reverse("portal:estimate", args=[estimate_token(estimate_id)])


def visit_link(order_id: int) -> str:
    """Return the whole address of the page at which a customer follows an order, for messages."""
    return settings.PUBLIC_URL.rstrip("/") + reverse("portal:visit_link", args=[visit_token(order_id)])


def _named(purpose: str, token: str) -> int | None:
    found = _TOKEN.fullmatch(token)
    if found is None or not is_signed(purpose, found[1], found[2], length=_LENGTH) or int(found[1]) > 2**62:
        return None
    return int(found[1])
