"""The words of the inbox: its tabs, and what a dossier tells to whom."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Tab(models.TextChoices):
    MINE = "mine", pgettext_lazy("conversations", "Mine")
    UNASSIGNED = "unassigned", _("To assign")
    ALL = "all", pgettext_lazy("conversations", "All")
    MENTIONS = "mentions", _("Mentions")


class Audience(models.TextChoices):
    """Who a dossier is for. Only the internal copy has notes and what colleagues wrote for each other."""

    OUTSIDE = "outside", _("Customer or lawyer")
    INTERNAL = "internal", _("Internal copy")


class DossierState(models.TextChoices):
    WAITING = "waiting", _("Being made")
    READY = "ready", _("Ready")
    FAILED = "failed", _("Not made")


class EntryKind(models.TextChoices):
    """What an entry of a dossier is; in this order where two bear the same instant."""

    RECEIVED = "received", _("Received")
    SENT = "sent", _("Sent")
    RECEIPT = "receipt", _("Certified mail")
    SURVEY = "survey", _("Survey")
    NOTE = "note", _("Note")
    STEP = "step", _("Step")
