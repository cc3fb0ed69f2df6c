"""What has left: the outbox is emptied first, as the worker does."""

from datetime import timedelta

from django.core import mail
from django.core.mail import EmailMessage
from django.utils import timezone

from corsia.messaging.services import send_due


def sent_mails() -> list[EmailMessage]:
    """Send what waits, as the worker would a moment later, and return all that ever left."""
    while send_due(now=timezone.now() + timedelta(seconds=1)):
        continue
    return list(mail.outbox)


def account_mails() -> list[EmailMessage]:
    """Return the mails about accounts among them."""
    return [one for one in sent_mails() if one.message()["X-Corsia-Reason"] == "account"]
