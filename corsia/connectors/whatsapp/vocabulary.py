"""The words of WhatsApp: in which state an approved text is, and how well it is received."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class TemplateStatus(models.TextChoices):
    """Meta's own words. One that is not listed here is kept and shown as it came."""

    APPROVED = "APPROVED", pgettext_lazy("template", "Approved")
    PENDING = "PENDING", pgettext_lazy("template", "Being reviewed")
    IN_APPEAL = "IN_APPEAL", pgettext_lazy("template", "Being reviewed again")
    REJECTED = "REJECTED", pgettext_lazy("template", "Rejected")
    PAUSED = "PAUSED", pgettext_lazy("template", "Paused: customers complained")
    FLAGGED = "FLAGGED", pgettext_lazy("template", "At risk of being paused")
    DISABLED = "DISABLED", pgettext_lazy("template", "Switched off by Meta")
    LIMIT_EXCEEDED = "LIMIT_EXCEEDED", pgettext_lazy("template", "Too many texts")
    ARCHIVED = "ARCHIVED", pgettext_lazy("template", "Archived")
    PENDING_DELETION = "PENDING_DELETION", pgettext_lazy("template", "Being deleted")
    DELETED = "DELETED", pgettext_lazy("template", "Deleted")


# A flagged text still goes out.
USABLE = frozenset({TemplateStatus.APPROVED, TemplateStatus.FLAGGED})
TONES = {
    TemplateStatus.APPROVED: "ok",
    TemplateStatus.PENDING: "warn",
    TemplateStatus.IN_APPEAL: "warn",
    TemplateStatus.FLAGGED: "warn",
    TemplateStatus.PAUSED: "warn",
    TemplateStatus.REJECTED: "bad",
    TemplateStatus.DISABLED: "bad",
    TemplateStatus.LIMIT_EXCEEDED: "bad",
}


class TemplateCategory(models.TextChoices):
    """What Meta bills it as."""

    MARKETING = "MARKETING", pgettext_lazy("template", "Marketing")
    UTILITY = "UTILITY", pgettext_lazy("template", "Service")
    AUTHENTICATION = "AUTHENTICATION", pgettext_lazy("template", "Sign-in code")


class Quality(models.TextChoices):
    """How customers receive it."""

    GREEN = "GREEN", pgettext_lazy("quality", "High")
    YELLOW = "YELLOW", pgettext_lazy("quality", "Medium")
    RED = "RED", pgettext_lazy("quality", "Low: change it before Meta pauses it")
    UNKNOWN = "UNKNOWN", pgettext_lazy("quality", "Not known yet")


class AccountNews(models.TextChoices):
    """What Meta did to our account, as far as somebody here should act on it."""

    ACCOUNT_RESTRICTION = "ACCOUNT_RESTRICTION", _("Meta restricts the account. Open WhatsApp Manager and see why.")
    ACCOUNT_VIOLATION = "ACCOUNT_VIOLATION", _("Meta reports a violation of its rules. Open WhatsApp Manager.")
    ACCOUNT_DELETED = "ACCOUNT_DELETED", _("The WhatsApp account was deleted at Meta. Nothing leaves any more.")
    ACCOUNT_OFFBOARDED = "ACCOUNT_OFFBOARDED", _("The WhatsApp account was taken off the Cloud API.")
    DISABLED_UPDATE = "DISABLED_UPDATE", _("Meta switched the account off or on again. Open WhatsApp Manager.")
    PARTNER_REMOVED = "PARTNER_REMOVED", _("The connection to the account was removed at Meta.")


def shown(words: type[models.TextChoices], stored: str) -> str:
    """Return a stored word of Meta's in the active language, itself where it is new to us."""
    return str(words(stored).label) if stored in words.values else stored
