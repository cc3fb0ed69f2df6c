"""The words of messages: directions, channels, states of what came in and of what goes out."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Direction(models.TextChoices):
    IN = "in", _("Received")
    OUT = "out", _("Sent")
    NOTE = "note", _("Internal note")  # never leaves the house


class Channel(models.TextChoices):
    EMAIL = "email", _("E-mail")
    WEB_FORM = "web_form", _("Web form")
    COUNTER = "counter", _("Counter")
    PHONE = "phone", _("Phone")
    NOTE = "note", _("Note")


class InboundSource(models.TextChoices):
    SMTP = "smtp", _("SMTP receiver")
    IMAP = "imap", _("IMAP mailbox")
    FILE = "file", _("File")
    WEB_FORM = "web_form", _("Web form")


class InboundState(models.TextChoices):
    RECEIVED = "received", _("Received")  # stored, not read yet
    PARSED = "parsed", _("Read")
    QUARANTINED = "quarantined", _("In quarantine")


class Outcome(models.TextChoices):
    """What became of an inbound message."""

    NEW_CASE = "new_case", _("New case")
    THREADED = "threaded", _("Joined its case")
    AUTOMATIC = "automatic", _("Automatic")
    BOUNCE = "bounce", _("Bounce")
    DUPLICATE = "duplicate", _("Duplicate")
    QUARANTINED = "quarantined", _("In quarantine")


class OutboxState(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    SENDING = "sending", _("Sending")
    SENT = "sent", _("Sent")
    BOUNCED = "bounced", _("Bounced")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")
    BLOCKED = "blocked", _("Not sent")  # may_contact said no; the reason is kept


class SentReason(models.TextChoices):
    """Why we write: it decides which consent is needed."""

    REPLY = "reply", _("Answer to a case")
    ACKNOWLEDGEMENT = "acknowledgement", _("Acknowledgement")
    PROCESS = "process", _("Step of a process")
    SURVEY = "survey", _("Survey")
