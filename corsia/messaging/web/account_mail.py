"""The door through which mails about accounts come in: a mail backend for the library that writes them."""

from collections.abc import Sequence

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone

from corsia.messaging.services.account_mail import queue_account_mail


class OutboxBackend(BaseEmailBackend):
    """Puts each mail into the outbox, once for each recipient, instead of handing it to a mail server."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Return how many mails were put there."""
        queued = 0
        for mail in email_messages:
            rows = [
                queue_account_mail(address=address, subject=str(mail.subject), text=str(mail.body), now=timezone.now())
                for address in mail.to
            ]
            queued += any(rows)
        return queued
