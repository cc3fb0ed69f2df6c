"""The words of privacy."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class ErasureReason(models.TextChoices):
    """Why a customer is erased (Art. 17(1) GDPR). Chosen, never typed: the record must name nobody."""

    REQUEST = "request", _("The person asked for it")
    OBJECTION = "objection", _("The person objected to the processing")
    NOT_NEEDED = "not_needed", _("The data is no longer needed")
    UNLAWFUL = "unlawful", _("It should never have been recorded")
    TERM = "term", _("The term is over")


class RunState(models.TextChoices):
    WAITING = "waiting", _("In preparation")
    READY = "ready", _("Ready")
    TAKEN = "taken", _("Downloaded")
    EXPIRED = "expired", _("Time is over")
