"""Links for customers, derived from a row's id and the installation's key: nothing to store, nothing to leak."""

import re
from datetime import date, timedelta

from django.conf import settings
from django.urls import reverse

from corsia.kernel.tokens import is_signed, sign

VISIT = "workshop.visit_link"
BOOKING = "workshop.booking_link"
CAR = "workshop.car_link"
CAR_LINK_DAYS = 400  # a link in a message outlives the year until the next due
_LENGTH = 32  # 128 bits
_TOKEN = re.compile(r"([1-9][0-9]{0,18})-([0-9a-f]{32})", re.IGNORECASE)
_DATED = re.compile(r"([1-9][0-9]{0,18})-([1-9][0-9]{5})-([0-9a-f]{32})", re.IGNORECASE)
_LARGEST = 2**62


def visit_token(order_id: int) -> str:
    """Return the token with which a customer follows an order."""
    return _token(VISIT, order_id)


def order_id_of(token: str) -> int | None:
    """Return the order that a token names, or None when it was not made here."""
    return _id_of(VISIT, token)


def visit_link(order_id: int) -> str:
    """Return the whole address of the page at which a customer follows an order, for messages."""
    return _address("portal:visit_link", visit_token(order_id))


def booking_token(visit_id: int) -> str:
    """Return the token with which a customer sees, moves and cancels a booked visit."""
    return _token(BOOKING, visit_id)


def visit_id_of(token: str) -> int | None:
    """Return the visit that a token names, or None when it was not made here."""
    return _id_of(BOOKING, token)


def booking_link(visit_id: int) -> str:
    """Return the whole address of the page of a booked visit, for messages."""
    return _address("portal:visit", booking_token(visit_id))


def car_token(holding_id: int, *, until: date) -> str:
    """Return the token with which a customer sees a vehicle of theirs, up to and including a day.

    It names who holds the vehicle, not the vehicle: it ends when the vehicle is sold.
    """
    value = f"{holding_id}-{until.toordinal()}"
    return f"{value}-{sign(CAR, value, length=_LENGTH)}"


def holding_id_of(token: str, *, today: date) -> int | None:
    """Return the holding that a token names, or None when it was not made here or its time is over."""
    found = _DATED.fullmatch(token)
    if found is None or not is_signed(CAR, f"{found[1]}-{found[2]}", found[3], length=_LENGTH):
        return None
    return int(found[1]) if int(found[2]) >= today.toordinal() and int(found[1]) <= _LARGEST else None


def expiry_of(token: str) -> date:
    """Return the last day of a token that was checked before, so that links made from it live no longer."""
    return date.fromordinal(int(token.split("-")[1]))


def car_link(holding_id: int, *, today: date) -> str:
    """Return the whole address of the page of a customer's vehicle, for messages."""
    return _address("portal:car", car_token(holding_id, until=today + timedelta(days=CAR_LINK_DAYS)))


def confirm_link(token: str) -> str:
    """Return the whole address at which a booking is confirmed, for the message that proves the contact."""
    return _address("portal:book_confirm", token)


def _token(purpose: str, row_id: int) -> str:
    return f"{row_id}-{sign(purpose, str(row_id), length=_LENGTH)}"


def _id_of(purpose: str, token: str) -> int | None:
    found = _TOKEN.fullmatch(token)
    if found is None or not is_signed(purpose, found[1], found[2], length=_LENGTH) or int(found[1]) > _LARGEST:
        return None
    return int(found[1])


def _address(view: str, token: str) -> str:
    return settings.PUBLIC_URL.rstrip("/") + reverse(view, args=[token])
