"""The words of the assistant."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class BotAction(models.TextChoices):
    """What a line of a menu does."""

    TEXT = "text", _("Say a text")
    MENU = "menu", _("Open another menu")
    HOURS = "hours", _("Say the opening hours")
    BOOK = "book", _("Book a service")
    CAR = "car", _("Where is my car")


class Asking(models.TextChoices):
    """What the assistant has asked and waits for."""

    NOTHING = "", _("Nothing")
    PLATE = "plate", _("The number plate")
    PERSON = "person", _("Whether to call a person")
