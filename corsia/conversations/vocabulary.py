"""The words of the inbox: its tabs."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Tab(models.TextChoices):
    MINE = "mine", _("Mine")
    UNASSIGNED = "unassigned", _("To assign")
    ALL = "all", _("All")
    MENTIONS = "mentions", _("Mentions")
