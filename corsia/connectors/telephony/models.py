"""Phone lines, the robot that answers on them, and calls with everything the provider told about each."""

from django.db import models
from django.db.models import Q

from corsia.cases.models import Case, Task
from corsia.connectors.telephony.vocabulary import CallDirection, CallResult, CallState, Happened, KeyAction
from corsia.customers.models import Customer
from corsia.kernel.models import ScopedModel
from corsia.messaging.models import ChannelAccount, Message
from corsia.organisation.models import Person, UnitModel


class Line(ScopedModel):
    """How calls to one number of ours are received. Nothing is recorded but a message that a caller wants to leave."""

    unit_path = "account__unit_id"

    account = models.OneToOneField(ChannelAccount, models.CASCADE, related_name="+")
    has_robot = models.BooleanField(default=True)
    asks_language = models.BooleanField(default=True)  # whoever is known is spoken to in their language at once
    takes_messages = models.BooleanField(default=True)
    ring_seconds = models.PositiveSmallIntegerField(default=25)
    callback_minutes = models.PositiveSmallIntegerField(default=60)  # working minutes to call a missed caller back

    class Meta:
        constraints = [models.CheckConstraint(name="telephony_ring_seconds", condition=Q(ring_seconds__range=(5, 120)))]


class Extension(ScopedModel):
    """A phone that rings when a caller wants a person: all of a line ring at once."""

    unit_path = "line__account__unit_id"

    line = models.ForeignKey(Line, models.CASCADE, related_name="extensions", db_index=False)
    number = models.CharField(max_length=20)  # E.164
    person = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")  # None: a switchboard

    class Meta:
        constraints = [models.UniqueConstraint(fields=["line", "number"], name="telephony_extension_once")]


class RobotKey(ScopedModel):
    """A key of the robot's menu, 1 to 9."""

    unit_path = "line__account__unit_id"

    line = models.ForeignKey(Line, models.CASCADE, related_name="keys", db_index=False)
    digit = models.PositiveSmallIntegerField()
    action = models.CharField(max_length=8, choices=KeyAction)
    label_it = models.CharField(max_length=80)  # as spoken: "per prenotare un tagliando"
    label_en = models.CharField(max_length=80)
    text_it = models.TextField(blank=True, max_length=400)  # said, or the words of the SMS before its link
    text_en = models.TextField(blank=True, max_length=400)
    link = models.URLField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["line", "digit"], name="telephony_key_once"),
            models.CheckConstraint(name="telephony_key_digit", condition=Q(digit__range=(1, 9))),
        ]


class Call(UnitModel):
    """One call, as far as it is known. Everything up to `menu` follows from its events, in whatever order they came."""

    account = models.ForeignKey(ChannelAccount, models.PROTECT, related_name="+", db_index=False)
    provider_id = models.CharField(max_length=64)
    direction = models.CharField(max_length=3, choices=CallDirection, default=CallDirection.IN)
    from_number = models.CharField(max_length=40, blank=True)  # E.164; "" for a withheld one
    to_number = models.CharField(max_length=40, blank=True)
    state = models.CharField(max_length=8, choices=CallState, default=CallState.RINGING)
    result = models.CharField(max_length=8, choices=CallResult, blank=True, default="")
    began_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    seconds = models.PositiveIntegerField(null=True, blank=True)  # of conversation with a person of ours
    answered_number = models.CharField(max_length=40, blank=True)
    recording_url = models.URLField(max_length=500, blank=True)  # of a message that the caller left
    recording_seconds = models.PositiveSmallIntegerField(null=True, blank=True)
    menu = models.CharField(max_length=200, blank=True)  # keys the caller pressed, in order: "1 2"
    customer = models.ForeignKey(Customer, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False)
    case = models.ForeignKey(Case, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False)
    person = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")  # who spoke to them
    notes = models.TextField(blank=True)
    callback = models.ForeignKey(Task, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False)
    voicemail = models.ForeignKey(Message, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False)
    settled_at = models.DateTimeField(null=True, blank=True)  # what follows from its end was done

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "provider_id"], name="telephony_call_once")]
        indexes = [
            models.Index(fields=["unit", "-id"], name="telephony_call_list"),
            models.Index(
                fields=["customer", "-id"], name="telephony_call_customer", condition=Q(customer__isnull=False)
            ),
            models.Index(fields=["case"], name="telephony_call_case", condition=Q(case__isnull=False)),
            models.Index(fields=["began_at"], name="telephony_call_unsettled", condition=Q(settled_at=None)),
            models.Index(fields=["unit", "began_at"], name="telephony_call_live", condition=~Q(state=CallState.ENDED)),
        ]


class CallEvent(ScopedModel):
    """One thing that the provider told about a call, once."""

    unit_path = "call__unit_id"

    call = models.ForeignKey(Call, models.CASCADE, related_name="events", db_index=False)
    key = models.CharField(max_length=120)  # the provider's name of it within the call
    kind = models.CharField(max_length=12, choices=Happened)
    value = models.CharField(max_length=500, blank=True)  # the key pressed, the number that rang, how it ended
    seconds = models.PositiveIntegerField(null=True, blank=True)
    at = models.DateTimeField()
    is_stated = models.BooleanField(default=False)  # `at` is the provider's own time, not that of arrival

    class Meta:
        constraints = [models.UniqueConstraint(fields=["call", "key"], name="telephony_event_once")]
