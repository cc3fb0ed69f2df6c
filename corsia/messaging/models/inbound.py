"""What came in, byte for byte, before anybody read it; and the mailboxes it comes from."""

from django.db import models
from django.db.models import Q

from corsia.kernel.secrets import EncryptedTextField
from corsia.messaging.vocabulary import InboundState, Outcome, TokenProvider
from corsia.organisation.models import Unit, UnitModel


class Mailbox(UnitModel):
    """An address at which a unit receives mail and from which it answers."""

    address = models.EmailField(unique=True)
    name = models.CharField(max_length=80)  # shown as the sender
    process_key = models.SlugField(max_length=40, default="information")  # what a new case from here starts as
    acknowledges = models.BooleanField(default=True)
    is_mailing_group = models.BooleanField(default=False, db_default=False)  # the marks of a list say nothing
    imap_host = models.CharField(max_length=120, blank=True)
    imap_port = models.PositiveIntegerField(default=993)
    imap_user = models.CharField(max_length=120, blank=True)
    imap_secret = EncryptedTextField(null=True, blank=True)  # password, or OAuth2 access token when `imap_is_oauth`
    imap_is_oauth = models.BooleanField(default=False)
    oauth_provider = models.CharField(max_length=20, choices=TokenProvider, blank=True, db_default="")
    oauth_tenant = models.CharField(max_length=120, blank=True, db_default="")  # the organisation's name at Microsoft
    oauth_client_id = models.CharField(max_length=200, blank=True, db_default="")
    oauth_client_secret = EncryptedTextField(null=True, blank=True)
    oauth_refresh_token = EncryptedTextField(null=True, blank=True)
    oauth_access_token = EncryptedTextField(null=True, blank=True)  # fetched with the others, valid for an hour or so
    oauth_expires_at = models.DateTimeField(null=True, blank=True)
    imap_folder = models.CharField(max_length=80, default="INBOX")
    imap_uid_validity = models.BigIntegerField(null=True, blank=True)
    imap_last_uid = models.BigIntegerField(default=0)
    last_polled_at = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=300, blank=True)
    is_active = models.BooleanField(default=True)


class Inbound(models.Model):
    """The raw journal. A row exists before "accepted" is said; it is read later, in a limited child process.

    It belongs to no unit until it is read, so it is not scoped: the quarantine page shows it to administrators only.
    """

    source = models.CharField(max_length=10)  # a value of InboundSource, or the key of a registered channel
    dedupe_key = models.BinaryField(max_length=32, unique=True)  # SHA-256 of mailbox, Message-ID and body
    raw = models.BinaryField()
    size = models.PositiveIntegerField()
    envelope_from = models.CharField(max_length=320, blank=True)
    envelope_to = models.TextField(blank=True)  # one address a line
    received_at = models.DateTimeField()
    state = models.CharField(max_length=12, choices=InboundState, default=InboundState.RECEIVED)
    outcome = models.CharField(max_length=12, choices=Outcome, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    opens_case = models.BooleanField(default=False, db_default=False)  # somebody of ours said that a customer wrote it
    claimed_at = models.DateTimeField(null=True, blank=True)  # somebody is reading it since; stale after a crash
    mailbox = models.ForeignKey(Mailbox, models.SET_NULL, null=True, blank=True, related_name="+")  # that received it
    unit = models.ForeignKey(Unit, models.PROTECT, null=True, blank=True, related_name="+")  # known from the address
    account = models.ForeignKey(  # whose webhook it came through
        "messaging.ChannelAccount", models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )

    class Meta:
        indexes = [
            models.Index(fields=["id"], name="messaging_inbound_waiting", condition=Q(state=InboundState.RECEIVED)),
            models.Index(fields=["-id"], name="messaging_inbound_bad", condition=Q(state=InboundState.QUARANTINED)),
        ]
