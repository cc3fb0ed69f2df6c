"""The words of messages: directions, channels, states of what came in and of what goes out."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Direction(models.TextChoices):
    IN = "in", _("Received")
    OUT = "out", _("Sent")
    NOTE = "note", _("Internal note")  # never leaves the house


class Channel(models.TextChoices):
    """The channels that need no provider. Those of connectors register themselves; see ports.py."""

    EMAIL = "email", _("E-mail")
    WEB_FORM = "web_form", _("Web form")
    COUNTER = "counter", _("Counter")
    PHONE = "phone", _("Phone")
    SOCIAL = "social", _("Social network")  # seen there and written down by hand
    NOTE = "note", _("Note")


class InboundSource(models.TextChoices):
    SMTP = "smtp", _("SMTP receiver")
    IMAP = "imap", _("IMAP mailbox")
    FILE = "file", _("File")
    WEB_FORM = "web_form", _("Web form")


class TokenProvider(models.TextChoices):
    """Who gives the access tokens of a mailbox, in place of a password."""

    GOOGLE = "google", _("Google")
    MICROSOFT = "microsoft", _("Microsoft 365, as its user")
    MICROSOFT_APP = "microsoft_app", _("Microsoft 365, as an application")


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
    RECEIPT = "receipt", _("Receipt of certified mail")


class CertifiedKind(models.TextChoices):
    """What a mail is in the Italian system of certified mail, in the words of its technical rules."""

    ENVELOPE = "messaggio", _("Certified mail")
    ANOMALY = "anomalia", _("Ordinary mail passed on by a certified provider")
    NOT_ACCEPTED = "non-accettazione", pgettext_lazy("certified mail", "Not accepted")
    ACCEPTED = "accettazione", pgettext_lazy("certified mail", "Accepted")
    TAKEN_OVER = "presa-in-carico", _("Taken over by the recipient's provider")
    DELIVERED = "avvenuta-consegna", pgettext_lazy("certified mail", "Delivered")
    LATE = "preavviso-errore-consegna", pgettext_lazy("certified mail", "Not delivered yet")
    NOT_DELIVERED = "errore-consegna", pgettext_lazy("certified mail", "Not delivered")
    VIRUS = "rilevazione-virus", _("Stopped: the provider found a virus")


RECEIPTS = frozenset(CertifiedKind.values) - {CertifiedKind.ENVELOPE, CertifiedKind.ANOMALY}
# Receipts that are about one recipient each.
DELIVERIES = frozenset({CertifiedKind.DELIVERED, CertifiedKind.LATE, CertifiedKind.NOT_DELIVERED})


class OutboxState(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    SENDING = "sending", _("Sending")
    SENT = "sent", _("Sent")
    BOUNCED = "bounced", _("Bounced")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", pgettext_lazy("mail", "Cancelled")
    BLOCKED = "blocked", _("Not sent")  # may_contact said no; the reason is kept


class ReceiptState(models.TextChoices):
    """How far a message of ours has come, as the channel's provider reports."""

    SENT = "sent", _("Sent")
    DELIVERED = "delivered", _("Delivered")
    READ = "read", _("Read")
    FAILED = "failed", _("Failed")


class SentReason(models.TextChoices):
    """Why we write: it decides which consent is needed."""

    REPLY = "reply", _("Answer to a case")
    ACKNOWLEDGEMENT = "acknowledgement", _("Acknowledgement")
    PROCESS = "process", _("Step of a process")
    SURVEY = "survey", _("Survey")
    ACCOUNT = "account", _("Account of a colleague")
    NOTICE = "notice", _("Notice to a colleague")


TO_COLLEAGUES = frozenset({SentReason.ACCOUNT, SentReason.NOTICE})  # no customer is written to: no gate


class Objection(models.TextChoices):
    """Why we may not write to somebody; stored with what was held back."""

    DECEASED = "deceased", _("The customer is marked as deceased.")
    DO_NOT_CONTACT = "do_not_contact", _("The customer asked not to be contacted.")
    DO_NOT_CALL = "do_not_call", _("The number is on the do-not-call register.")
    IN_DISPUTE = "in_dispute", _("The customer is in dispute with us: no surveys or marketing.")
    REFUSED_ADDRESS = "refused_address", _("The address is marked “do not use”. Choose another one.")
    BOUNCING = "bouncing", _("Mail to this address comes back. Ask the customer for another one, or call.")
    NO_CONSENT = "no_consent", _("The customer does not agree to this purpose on this channel.")
    NO_ADDRESS = "no_address", _("The customer has no e-mail address. Add one on the customer page, or call.")
    NO_NUMBER = "no_number", _("The customer has no mobile number. Add one on the customer page, or write a mail.")
    NO_MAILBOX = "no_mailbox", _("The unit has no mailbox to write from. Add one in the settings, then try again.")
    TOO_SOON = "too_soon", _("This address had an automatic mail within the last 24 hours.")
    TOO_MANY_MAILS = "too_many_mails", _("This address writes too often by itself: automatic answers are stopped.")
    OPTED_OUT = "opted_out", _("The customer asked for no more messages on this channel. Answers may still go out.")
    QUIET_HOURS = "quiet_hours", _("It is outside the hours in which customers may be disturbed.")
    BUDGET = "budget", _("The customer has been contacted often enough lately.")
    NO_ACCOUNT = "no_account", _("This channel is switched off for the unit. Choose another one, or ask a manager.")
    WINDOW_CLOSED = (
        "window_closed",
        _("The customer last wrote too long ago for free words here. Choose an approved text, or another way."),
    )
    TEXT_UNUSABLE = "text_unusable", _("The text cannot be filled in for this case.")


class SendProblem(models.TextChoices):
    """Why a mail did not leave; stored with the server's own words after a colon."""

    ADDRESS_REFUSED = "address_refused", _("The receiving server does not accept this address. Check it, or call.")
    MAIL_REFUSED = "mail_refused", _("The receiving server does not accept this mail. Shorten it or send fewer files.")
    SENDER_REFUSED = "sender_refused", _("Our mail server does not accept this sender. Tell your administrator.")
    LOGIN_FAILED = "login_failed", _("Our mail server refused our login. Tell your administrator.")
    UNREACHABLE = "unreachable", _("Our mail server could not be reached.")
    BOUNCED = "bounced", _("The mail came back: it could not be delivered.")
    NOT_TAKEN = "not_taken", _("The channel's provider did not accept this message.")
    PROVIDER_DOWN = "provider_down", _("The channel's provider could not be reached. It is tried again.")
    TOO_FAST = "too_fast", _("The channel's provider asks us to go slower. It is tried again.")
    TEXT_REFUSED = "text_refused", _("The provider does not take this approved text any more. Choose another one.")
    FILE_REFUSED = "file_refused", _("The provider does not take this file: its kind or its size. Send another one.")
    ACCOUNT_REFUSED = (
        "account_refused",
        _("The provider does not accept our account or its access. Tell your administrator: it is tried again."),
    )
    NUMBER_REFUSED = "number_refused", _("The provider cannot reach this number or name. Check it, or call.")
    NO_PROVIDER = "no_provider", _("This channel is not set up any more. Tell your administrator.")
    INTERRUPTED = "interrupted", _("Sending was interrupted; it may have left, so it was not sent again.")


class ReadProblem(models.TextChoices):
    """Why a message that came in could not become a case; stored with details after a colon."""

    NO_MAILBOX = "no_mailbox", _("None of its recipients is one of our mailboxes. Add the mailbox, then try again.")
    NO_ACCOUNT = (
        "no_account",
        _("No channel here has the number or page it is for. Add the channel, then try again."),
    )
    NOT_OF_CHANNEL = "not_of_channel", _("It is not what this channel sends. Look at the original.")
    NO_OWN_MESSAGE = "no_own_message", _("It reports on a message that did not leave from here.")
    NOT_FILED = "not_filed", _("It was read, but could not be added to a case. Look at the reason, then try again.")
    EMPTY = "empty", _("The message is empty: the sender's server delivered no content.")
    TOO_LARGE = "too_large", _("The message is larger than what can be read. Download the original.")
    TOO_MANY_PARTS = "too_many_parts", _("It has too many parts to be an ordinary mail. Check the sender first.")
    TOO_DEEP = "too_deep", _("It is nested too deeply to be an ordinary mail. Check the sender first.")
    TOO_MUCH_MEMORY = "too_much_memory", _("Reading it took too much memory. Try again, or download the original.")
    TOO_SLOW = "too_slow", _("Reading it took too long. Try again, or download the original.")
    CRASHED = "crashed", _("The reader stopped while reading it. Try again, or download the original.")
    UNREADABLE = "unreadable", _("It is built in a way that cannot be read. Download the original to see it.")


class DelayKind(models.TextChoices):
    ELAPSED = "elapsed", _("Days and hours as they pass")
    WORKING = "working", _("Working time of the unit")


class FollowUp(models.TextChoices):
    """What a rule lets follow an event."""

    MESSAGE = "message", _("Message to the customer")
    TASK = "task", _("Task for us")


class PlannedState(models.TextChoices):
    WAITING = "waiting", pgettext_lazy("planned contact", "Planned")
    MADE = "made", pgettext_lazy("planned contact", "Made")
    HELD = "held", pgettext_lazy("planned contact", "Not made")
    CANCELLED = "cancelled", pgettext_lazy("planned contact", "Cancelled")


class PlanProblem(models.TextChoices):
    """Why a planned contact was not made; stored with details after a colon."""

    TOO_OLD = "too_old", _("It was stated so long after it came to pass that nothing follows any more.")
    RULE_BROKEN = "rule_broken", _("The rule names a process or text that is not in use. Correct the rule.")
    FAILED = "failed", _("It could not be made just now and is tried again.")
    OVERTAKEN = "overtaken", _("Things went on before it was due: what it was to say no longer held.")


def explained(stored: str) -> tuple[str, str]:
    """Return a stored reason as a sentence in the active language, and the other side's own words behind it."""
    code, _colon, detail = stored.partition(": ")
    for kind in (Objection, SendProblem, ReadProblem, PlanProblem):
        if code in kind.values:
            return str(kind(code).label), detail
    return "", stored
