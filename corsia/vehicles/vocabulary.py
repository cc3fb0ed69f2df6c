"""The words of vehicles: plates, fuels, what is done to them and what is due."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class PlateKind(models.TextChoices):
    CAR = "car", _("Car")
    MOTORCYCLE = "motorcycle", _("Motorcycle")
    MOPED = "moped", _("Moped")
    TRAILER = "trailer", _("Trailer")
    OLD = "old", _("Provincial, before 1994")
    OFFICIAL = "official", _("State body")
    TEMPORARY = "temporary", _("Temporary or test")
    OTHER = "other", _("Other or foreign")


class Fuel(models.TextChoices):
    PETROL = "petrol", _("Petrol")
    DIESEL = "diesel", _("Diesel")
    LPG = "lpg", _("LPG")
    METHANE = "methane", _("Methane")
    HYBRID = "hybrid", _("Hybrid")
    PLUG_IN = "plug_in", _("Plug-in hybrid")
    ELECTRIC = "electric", _("Electric")
    OTHER = "other", _("Other")


class EventKind(models.TextChoices):
    """What was done to a vehicle."""

    SERVICE = "service", pgettext_lazy("vehicle", "Service")
    INSPECTION = "inspection", pgettext_lazy("vehicle", "Inspection")
    TYRES = "tyres", _("Change of tyres")
    RECALL = "recall", pgettext_lazy("vehicle", "Recall work")


class DueKind(models.TextChoices):
    """What a vehicle is due for."""

    SERVICE = "service", pgettext_lazy("vehicle", "Service")
    INSPECTION = "inspection", pgettext_lazy("vehicle", "Inspection")
    TYRES = "tyres", _("Change of tyres")
    WARRANTY = "warranty", _("End of warranty")
    RECALL = "recall", pgettext_lazy("vehicle", "Recall")


class DueReason(models.TextChoices):
    """Which rule set the day."""

    KM = "km", _("the kilometres come first")
    DATE = "date", _("the date comes first")
    FIRST_INSPECTION = "first_inspection", _("four years after the first registration")
    INSPECTION = "inspection", _("two years after the last inspection")
    WINTER_TYRES = "winter_tyres", _("winter tyres from 15 November")
    SUMMER_TYRES = "summer_tyres", _("summer tyres again by 15 May")
    MAKER_WARRANTY = "maker_warranty", _("the warranty that came with the vehicle")
    LEGAL_WARRANTY = "legal_warranty", _("two years by law")
    RECALL = "recall", _("open until the work is done")


class DueState(models.TextChoices):
    OPEN = "open", pgettext_lazy("due", "Open")
    DONE = "done", pgettext_lazy("due", "Done")
    LAPSED = "lapsed", pgettext_lazy("due", "Lapsed")  # it passed, or was done elsewhere: nobody closed it
