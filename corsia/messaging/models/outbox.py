"""What is to leave the house: one row per message and recipient address, sent by a job, kept with its fate."""

from django.db import models
from django.db.models import Q

from corsia.customers.models import Customer
from corsia.kernel.secrets import EncryptedTextField
from corsia.messaging.models.message import Message
from corsia.messaging.vocabulary import OutboxState, SentReason
from corsia.organisation.models import UnitModel


class Outgoing(UnitModel):
    """One message to one customer. `send_after` is the undo window or the chosen later time: delay is data.

    `channel` "email" leaves by the mail server; the others are handed to their channel's adapter.
    """

    message = models.OneToOneField(Message, models.PROTECT, related_name="outgoing", null=True, blank=True)
    customer = models.ForeignKey(  # of a mail that belongs to no case; a message names its own
        Customer, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    language = models.CharField(max_length=2, blank=True, db_default="")  # of a mail that belongs to no case
    reason = models.CharField(max_length=16, choices=SentReason)
    mailbox = models.ForeignKey("messaging.Mailbox", models.PROTECT, null=True, related_name="+")
    channel = models.CharField(max_length=10, default="email", db_default="email")
    correspondent = models.ForeignKey(
        "messaging.Correspondent", models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    to_address = models.CharField(max_length=320)  # as the channel addresses them
    to_name = models.CharField(max_length=200, blank=True)
    cc_addresses = models.TextField(blank=True)
    subject = models.CharField(max_length=300)
    body = models.TextField()
    secret_body = EncryptedTextField(null=True, blank=True)  # in its place until it has left: links that open accounts
    header_id = models.CharField(
        max_length=320, unique=True
    )  # fixed before the first attempt: a repeat is recognisable
    in_reply_to = models.CharField(max_length=320, blank=True)
    references = models.TextField(blank=True)
    content = models.JSONField(null=True, blank=True)  # what the channel sends in place of plain text, its own way
    provider_id = models.CharField(max_length=200, blank=True, db_default="")  # by which the provider reports its fate
    unsubscribe_url = models.CharField(max_length=300, blank=True)
    idempotency_key = models.CharField(max_length=120, unique=True)
    state = models.CharField(max_length=10, choices=OutboxState, default=OutboxState.WAITING)
    send_after = models.DateTimeField()
    cancel_if_customer_writes = models.BooleanField(default=False)
    attempts = models.PositiveSmallIntegerField(default=0)
    claimed_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField()

    @property
    def to_customer_id(self) -> int | None:
        """Whose consent it needs; None where it is written to nobody whom we know."""
        return self.message.customer_id if self.message else self.customer_id

    class Meta:
        indexes = [
            models.Index(
                fields=["send_after"],
                name="messaging_outgoing_due",
                condition=Q(state__in=[OutboxState.WAITING, OutboxState.SENDING]),
            ),
            models.Index(fields=["unit", "-id"], name="messaging_outgoing_latest"),
            models.Index(fields=["to_address", "-id"], name="messaging_outgoing_to"),  # bounces name the recipient
            models.Index(  # what one visitor of the web chat was told
                fields=["correspondent", "id"],
                name="messaging_outgoing_of_corr",
                condition=Q(correspondent__isnull=False),
            ),
            models.Index(fields=["provider_id"], name="messaging_outgoing_provider", condition=~Q(provider_id="")),
            models.Index(fields=["customer"], name="messaging_outgoing_customer", condition=Q(customer__isnull=False)),
        ]


class AutomaticSend(models.Model):
    """The last automatic mail to an address: at most one a day, so that two robots never talk to each other."""

    address = models.CharField(max_length=320, unique=True)
    sent_at = models.DateTimeField()
