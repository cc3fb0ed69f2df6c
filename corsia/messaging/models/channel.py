"""Our accounts at the providers of chat channels, and the people who write to them as each channel knows them."""

from django.db import models
from django.db.models import Q

from corsia.cases.models import Queue
from corsia.customers.models import Customer
from corsia.kernel.models import ScopedModel
from corsia.kernel.secrets import EncryptedTextField
from corsia.organisation.models import Unit, UnitModel, WorkingCalendar


class ChannelAccount(UnitModel):
    """A number, page, bot or widget through which a unit talks: switched on, staffed and greeted by itself.

    What each of the provider's words means here (`external_id`, the secrets) is said by the channel's own adapter.
    """

    channel = models.CharField(max_length=10)  # key of a registered channel
    name = models.CharField(max_length=80)  # as our people call it
    address = models.CharField(max_length=120, blank=True)  # as customers see it: number, page, bot
    external_id = models.CharField(max_length=120)  # as the provider calls it
    hook_key = models.CharField(max_length=43, unique=True)  # the unguessable part of its webhook's address
    token = EncryptedTextField(null=True, blank=True)  # lets us send
    signing_secret = EncryptedTextField(null=True, blank=True)  # proves what comes in
    hello_secret = EncryptedTextField(null=True, blank=True)  # what the provider repeats when a webhook is set up
    process_key = models.SlugField(max_length=40, default="information")  # what a new case from here starts as
    queue = models.ForeignKey(Queue, models.SET_NULL, null=True, blank=True, related_name="+")  # else as everywhere
    calendar = models.ForeignKey(  # its own hours; else the unit's
        WorkingCalendar, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    first_answer_minutes = models.PositiveIntegerField(null=True, blank=True)  # working minutes; else the process's
    greeting_it = models.TextField(blank=True, max_length=1000)  # to a first message within the hours
    greeting_en = models.TextField(blank=True, max_length=1000)
    away_it = models.TextField(blank=True, max_length=1000)  # the same outside them
    away_en = models.TextField(blank=True, max_length=1000)
    has_bot = models.BooleanField(default=False)
    is_active = models.BooleanField(default=False)
    last_in_at = models.DateTimeField(null=True, blank=True)
    last_out_at = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=300, blank=True)
    last_error_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["channel", "external_id"], name="messaging_account_once"),
            models.CheckConstraint(name="messaging_account_named", condition=~Q(external_id="")),
        ]

    def __str__(self) -> str:
        return self.name


class Correspondent(ScopedModel):
    """Somebody as one account of ours knows them: a WhatsApp number, a Telegram chat, a visitor of the web chat.

    It belongs to the dealer group like the customer it stands for: the same person writes to several branches.
    """

    unit_path = "group_id"
    shared_with_descendants = True

    group = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    account = models.ForeignKey(ChannelAccount, models.PROTECT, related_name="+")
    external_id = models.CharField(max_length=120)  # the provider's name for them
    name = models.CharField(max_length=200, blank=True)  # as they call themselves there
    phone = models.CharField(max_length=20, blank=True)  # E.164, where the channel vouches for it
    language = models.CharField(max_length=2, blank=True)
    customer = models.ForeignKey(Customer, models.SET_NULL, null=True, blank=True, related_name="+")
    is_proven = models.BooleanField(default=False)  # the customer is theirs for sure: same number, or signed in
    first_seen_at = models.DateTimeField()
    last_in_at = models.DateTimeField(null=True, blank=True)  # opens the window for answers where there is one
    opted_out_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "external_id"], name="messaging_correspondent_once")]
        indexes = [
            models.Index(fields=["customer"], name="messaging_corr_customer", condition=Q(customer__isnull=False)),
        ]
