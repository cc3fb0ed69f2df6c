"""The words of vehicles: plates, fuels, where a reading came from."""

from django.db import models
from django.utils.translation import gettext_lazy as _


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
