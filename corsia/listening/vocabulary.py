"""The words of surveys: why an invitation was not sent, what a customer finds behind the link."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class CancelReason(models.TextChoices):
    """Why an invitation that was due will not go out. The row stays, so that "why not?" has an answer."""

    RECENTLY_ASKED = "recently_asked", _("Asked recently")
    NOT_ALLOWED = "not_allowed", _("May not be contacted")
    REOPENED = "reopened", _("Case reopened")
    SWITCHED_OFF = "switched_off", _("Surveys switched off")
    CANNOT_SEND = "cannot_send", _("Could not be written")
    BY_HAND = "by_hand", _("Cancelled by hand")


class SurveyState(models.TextChoices):
    """What the link of an invitation opens."""

    OPEN = "open", _("Waiting for the answer")
    ANSWERED = "answered", _("Answered")
    EXPIRED = "expired", _("Expired")
    UNKNOWN = "unknown", _("Unknown")
