"""What the Italian system of certified mail (PEC) says about a message: its envelope, or the receipts it got."""

from django.db import models

from corsia.kernel.models import ScopedModel
from corsia.messaging.models.inbound import Inbound
from corsia.messaging.models.message import Message
from corsia.messaging.vocabulary import CertifiedKind


class CertifiedRecord(ScopedModel):
    """One envelope or receipt. A receipt is about a message of ours that left; a delivery is about one recipient.

    Anybody can write such a mail: it is kept as the provider's word, with the original beside it in the journal.
    """

    unit_path = "message__unit_id"

    message = models.ForeignKey(Message, models.CASCADE, related_name="certified")
    kind = models.CharField(max_length=30, choices=CertifiedKind)
    recipient = models.CharField(max_length=320, blank=True)
    provider = models.CharField(max_length=120, blank=True)
    identifier = models.CharField(max_length=200, blank=True)  # the provider's own number
    stated_at = models.DateTimeField(null=True, blank=True)  # by the provider; None where it states none
    received_at = models.DateTimeField()
    envelope_from = models.CharField(max_length=320, blank=True)
    envelope_subject = models.CharField(max_length=300, blank=True)
    inbound = models.ForeignKey(Inbound, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["message", "kind", "recipient", "identifier"], name="messaging_certified_once"
            )
        ]
