"""The words of the e-mail connector: what can be wrong with a mailbox."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class MailboxProblem(models.TextChoices):
    """Why a mailbox cannot be read; stored with the server's own words after a colon."""

    UNREACHABLE = "unreachable", _("The server does not answer. Check its name and port.")
    BAD_CERTIFICATE = "bad_certificate", _("The server's certificate is not valid for its name. Check the name.")
    NO_ENCRYPTION = "no_encryption", _("The server offers no encryption. Use port 993.")
    LOGIN_FAILED = "login_failed", _("The server refuses the login. Check user and password, or renew the token.")
    TOKEN_REFUSED = (
        "token_refused",
        _("The provider no longer accepts what is stored. Authorise the mailbox again and enter the new values."),
    )
    TOKEN_UNREACHABLE = "token_unreachable", _("The provider gives no token at present. It is asked again each minute.")
    FOLDER_MISSING = "folder_missing", _("The folder does not exist on the server. Check its name.")
    BROKEN_OFF = "broken_off", _("The server broke off. It is tried again each minute.")
    TOO_LARGE = "too_large", _("Some mails are larger than the limit and were left on the server. Look at them there.")


def explained(stored: str) -> tuple[str, str]:
    """Return a stored problem as a sentence in the active language, and the server's own words behind it."""
    code, _colon, detail = stored.partition(": ")
    return (str(MailboxProblem(code).label), detail) if code in MailboxProblem.values else ("", stored)
