"""The words of public pages."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Side(models.TextChoices):
    """The lower corner in which the chat stands."""

    RIGHT = "right", _("Right")
    LEFT = "left", _("Left")
