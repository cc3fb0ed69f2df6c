"""The words of the inbox: its tabs."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Tab(models.TextChoices):
    MINE = "mine", pgettext_lazy("conversations", "Mine")
    UNASSIGNED = "unassigned", _("To assign")
    ALL = "all", pgettext_lazy("conversations", "All")
    MENTIONS = "mentions", _("Mentions")
