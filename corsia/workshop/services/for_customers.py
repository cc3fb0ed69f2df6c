"""What booking refuses, said to customers: they are addressed formally, and see below what is free instead."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.utils.translation import gettext_lazy as _

from corsia.kernel.errors import Refused
from corsia.workshop.services import booking, slots


class TakenMeanwhile(Refused):
    code = "workshop.taken_meanwhile"
    message = _("Somebody was quicker: this time was taken a moment ago. These are the next ones.")


class CarIsBooked(Refused):
    code = "workshop.car_is_booked"
    message = _("Your car is already booked at that time. Choose another day, or move that visit first.")


class TimeLapsed(Refused):
    code = "workshop.time_lapsed"
    message = _("The time we kept for you is free again. Please choose one more time.")


class NothingToChange(Refused):
    code = "workshop.nothing_to_change"
    message = _("This visit can no longer be changed here.")


@contextmanager
def said_to_customers() -> Iterator[None]:
    """Turn what booking refuses at the desk into what customers read."""
    try:
        yield
    except (slots.SlotTaken, slots.NothingFree, booking.InThePast) as refusal:
        raise TakenMeanwhile from refusal
    except slots.VehicleElsewhere as refusal:
        raise CarIsBooked from refusal
    except booking.HoldLapsed as refusal:
        raise TimeLapsed from refusal
    except booking.NotBooked as refusal:
        raise NothingToChange from refusal
