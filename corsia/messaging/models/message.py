"""What was said on a case, by whom, on which channel; its attachments; the head of the thread for lists."""

from typing import Any

from django.db import models
from django.db.models import Lookup, Q

from corsia.cases.models import Case
from corsia.customers.models import Customer
from corsia.kernel.models import Blob, ScopedModel
from corsia.messaging.models.inbound import Inbound
from corsia.messaging.vocabulary import Direction
from corsia.organisation.models import Person, UnitModel


class OfConversation(Lookup):
    """`case__conversation=id`: of the case and of those merged into it, walked as one range of the index."""

    lookup_name = "conversation"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        left, left_params = self.process_lhs(compiler, connection)
        family = "ARRAY(SELECT f.id FROM cases_case f WHERE f.id = %s OR f.merged_into_id = %s)"
        return f"{left} = ANY({family})", (*left_params, self.rhs, self.rhs)


models.ForeignKey.register_lookup(OfConversation)


class Message(UnitModel):
    """One thing said on a case. The unit is the case's, and follows it when it moves."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="messages")
    direction = models.CharField(max_length=4, choices=Direction)
    channel = models.CharField(max_length=10)  # key of a registered channel
    customer = models.ForeignKey(Customer, models.PROTECT, null=True, blank=True, related_name="+")
    author = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")
    author_name = models.CharField(max_length=200, blank=True)  # as they called themselves
    from_address = models.CharField(max_length=320, blank=True)
    to_addresses = models.TextField(blank=True)  # one a line
    cc_addresses = models.TextField(blank=True)
    subject = models.CharField(max_length=300, blank=True)
    text = models.TextField()  # what is shown: the new text, without quotes and signature
    full_text = models.TextField(blank=True)  # when it differs from `text`
    html = models.TextField(blank=True)  # sanitised; shown only in a sandboxed frame
    header_id = models.CharField(max_length=320, blank=True)  # Message-ID, without brackets
    in_reply_to = models.CharField(max_length=320, blank=True)
    inbound = models.ForeignKey(Inbound, models.PROTECT, null=True, blank=True, related_name="+")
    is_automatic = models.BooleanField(default=False)
    is_sender_unproven = models.BooleanField(
        default=False
    )  # joined by token from an address that is not the customer's
    flags = models.CharField(max_length=120, blank=True)  # "pec calendar list": what the parser saw
    at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["case", "id"], name="messaging_of_case"),
            models.Index(fields=["header_id"], name="messaging_header_id", condition=~Q(header_id="")),
            models.Index(fields=["customer", "-at"], name="messaging_of_customer", condition=Q(customer__isnull=False)),
        ]


class Attachment(ScopedModel):
    """A file of a message. Its bytes are a blob; its type was read from the content."""

    unit_path = "message__unit_id"

    message = models.ForeignKey(Message, models.CASCADE, related_name="attachments")
    blob = models.ForeignKey(Blob, models.PROTECT, related_name="+")
    name = models.CharField(max_length=200)
    media_type = models.CharField(max_length=100)
    size = models.PositiveIntegerField()
    content_id = models.CharField(max_length=200, blank=True)  # of an inline image
    is_inline = models.BooleanField(default=False)


class Thread(ScopedModel):
    """The head of a case's conversation, kept beside the case so that the inbox reads no messages."""

    unit_path = "case__unit_id"

    case = models.OneToOneField(Case, models.CASCADE, primary_key=True, related_name="thread")
    channel = models.CharField(max_length=10)  # of the customer's latest message
    last_message_at = models.DateTimeField()
    last_direction = models.CharField(max_length=4, choices=Direction)
    preview = models.CharField(max_length=160)
    messages = models.PositiveIntegerField(default=0)
    unread = models.PositiveIntegerField(default=0)  # from the customer, since somebody of ours last looked
    waiting_since = models.DateTimeField(null=True, blank=True)  # first unanswered message of the customer
    reply_address = models.CharField(max_length=320, blank=True)  # the customer's address on this case
    mailbox = models.ForeignKey("messaging.Mailbox", models.SET_NULL, null=True, blank=True, related_name="+")
    correspondent = models.ForeignKey(  # whoever wrote last by a chat channel
        "messaging.Correspondent", models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )

    class Meta:
        indexes = [
            models.Index(
                fields=["correspondent", "-last_message_at"],
                name="messaging_thread_of_corr",
                condition=Q(correspondent__isnull=False),
            ),
        ]
