"""The words of the phone: states of a call, what became of it, what a key of the robot does."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

KEY = "voice"  # the channel; calls written down by hand are messaging's "phone"


class CallState(models.TextChoices):
    RINGING = "ringing", pgettext_lazy("call", "Ringing")  # until somebody of ours is on the line
    TALKING = "talking", pgettext_lazy("call", "In conversation")
    ENDED = "ended", pgettext_lazy("call", "Ended")


class CallResult(models.TextChoices):
    """What became of a call that ended."""

    OPEN = "", pgettext_lazy("call", "Not known yet")
    ANSWERED = "answered", pgettext_lazy("call", "Answered")
    SERVED = "served", _("Served by the robot")
    MISSED = "missed", pgettext_lazy("call", "Missed")


class CallDirection(models.TextChoices):
    IN = "in", pgettext_lazy("call", "Incoming")
    OUT = "out", pgettext_lazy("call", "Outgoing")


class Happened(models.TextChoices):
    """One thing that the provider told about a call. The state of the call follows from all of them, in any order."""

    RINGING = "ringing", _("The call came in")
    CHOICE = "choice", _("A key of the robot")
    PERSON = "person", _("A person is wanted")
    LEG_RINGING = "leg_ringing", _("A phone of ours rings")
    LEG_ANSWERED = "leg_answered", _("A phone of ours answered")
    DIALED = "dialed", _("Our phones rang")
    RECORDED = "recorded", _("A message was left")
    ENDED = "ended", pgettext_lazy("call", "The call ended")


class KeyAction(models.TextChoices):
    """What a key of the robot does. Key 0 is a person, always, and is no row."""

    HOURS = "hours", _("Says the opening hours")
    LINK = "link", _("Sends a link by SMS")
    SAY = "say", _("Says a text")
