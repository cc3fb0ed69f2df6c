"""The words of deliveries: what a table brings, how it is read, and how far a file has come."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Target(models.TextChoices):
    """What the rows of a table are here, in the order in which they are taken in: each may name those before it."""

    CUSTOMERS = "customers", _("Customers")
    CONTACTS = "contacts", _("Addresses and numbers of customers")
    ADDRESSES = "addresses", _("Postal addresses")
    VEHICLES = "vehicles", _("Vehicles")
    PLATES = "plates", _("Plates")
    HOLDINGS = "holdings", _("Owners and drivers")
    READINGS = "readings", _("Odometer readings")
    ORDERS = "orders", _("Work orders")
    LINES = "lines", _("Lines of work orders")


class DeliveryState(models.TextChoices):
    RECEIVED = "received", pgettext_lazy("delivery", "Received")  # waits to be looked at
    CHECKED = "checked", pgettext_lazy("delivery", "Looked at")  # waits for somebody's yes
    CONFIRMED = "confirmed", pgettext_lazy("delivery", "Being taken in")
    APPLIED = "applied", pgettext_lazy("delivery", "Taken in")
    FAILED = "failed", pgettext_lazy("delivery", "Not readable")
    DISCARDED = "discarded", pgettext_lazy("delivery", "Put aside")


class Way(models.TextChoices):
    """How a file came."""

    PAGE = "page", pgettext_lazy("delivery", "Loaded on the page")
    FOLDER = "folder", pgettext_lazy("delivery", "From the folder")
    SFTP = "sftp", pgettext_lazy("delivery", "By SFTP")
    COMMAND = "command", pgettext_lazy("delivery", "By the command")
    AGAIN = "again", pgettext_lazy("delivery", "Once more")


class Wrong(models.TextChoices):
    """Why a row is not taken in."""

    KEY_MISSING = "key_missing", _("It has no number of its own")
    KEY_TWICE = "key_twice", _("The file holds this number twice")
    NEEDED = "needed", _("Something that is needed is missing")
    UNREADABLE = "unreadable", _("This cannot be read")
    TOO_LONG = "too_long", _("This is too long")
    NOT_IN_CODES = "not_in_codes", _("The mapping does not know this code")
    REFERENCE = "reference", _("It belongs to something that was not taken in")
    UNNAMED = "unnamed", _("It has no name")
    ERASED = "erased", _("This customer was erased on request and is not taken in again")
    VIN_TAKEN = "vin_taken", _("Another vehicle has this VIN")
    PLATE_IN_USE = "plate_in_use", _("Another vehicle carries this plate")
    OWNED_SINCE = "owned_since", _("Somebody else has owned the vehicle since a later day")
    ENDS_BEFORE = "ends_before", _("It ends before it begins")
    IN_FUTURE = "in_future", _("The day has not come yet")
    OUT_OF_RANGE = "out_of_range", _("No such number is possible")
    NO_WORKSHOP = "no_workshop", _("This unit has no workshop")
    NUMBER_TAKEN = "number_taken", _("Another order of this workshop has this number")
    END_MISSING = "end_missing", _("A closed order needs the day on which it was closed")
    PLACE_TAKEN = "place_taken", _("Another line of the order has this place")
