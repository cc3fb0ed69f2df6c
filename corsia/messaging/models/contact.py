"""How often and when customers are contacted: the rules of units, the places taken, what was put off or held back."""

from django.db import models
from django.db.models import Q

from corsia.customers.models import Customer
from corsia.customers.vocabulary import ConsentChannel, Purpose
from corsia.kernel.models import ScopedModel
from corsia.messaging.models.outbox import Outgoing
from corsia.messaging.vocabulary import Objection
from corsia.organisation.models import Unit, UnitModel


class ContactRules(ScopedModel):
    """The contact budget and quiet hours of a unit and everything below it.

    Quiet hours are those of the nearest unit that has any; budgets add up: a unit can only be stricter than those above
    it, since the customer is the same person for all of them.
    """

    unit_path = "unit_id"
    shared_with_descendants = True

    unit = models.OneToOneField(Unit, models.PROTECT, related_name="+")
    days = models.PositiveSmallIntegerField()  # length of the rolling window
    total = models.PositiveSmallIntegerField()  # contacts of every purpose in the window
    kept_for_service = models.PositiveSmallIntegerField()  # of `total`, places for news of the customer's own case
    surveys = models.PositiveSmallIntegerField()
    marketing = models.PositiveSmallIntegerField()
    manufacturer = models.PositiveSmallIntegerField()
    patience_days = models.PositiveSmallIntegerField()  # how long something waits for a place
    answer_minutes = models.PositiveSmallIntegerField()  # after a customer's message: answers at any hour
    weekday_from = models.TimeField()  # wall clock of the unit
    weekday_until = models.TimeField()  # 00:00 means midnight at the end of the day
    saturday_from = models.TimeField(null=True, blank=True)  # none: quiet all day
    saturday_until = models.TimeField(null=True, blank=True)
    sunday_from = models.TimeField(null=True, blank=True)
    sunday_until = models.TimeField(null=True, blank=True)
    holidays_are_quiet = models.BooleanField()
    closures_are_quiet = models.BooleanField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="messaging_rules_window", condition=Q(days__range=(1, 90))),
            models.CheckConstraint(
                name="messaging_rules_service",
                condition=Q(kept_for_service__gte=1, kept_for_service__lte=models.F("total")),
            ),
            models.CheckConstraint(
                name="messaging_rules_weekday",
                condition=Q(weekday_until__gt=models.F("weekday_from")) | Q(weekday_until="00:00"),
            ),
            models.CheckConstraint(
                name="messaging_rules_saturday",
                condition=Q(saturday_from=None, saturday_until=None)
                | Q(saturday_until__gt=models.F("saturday_from"))
                | Q(saturday_from__isnull=False, saturday_until="00:00"),
            ),
            models.CheckConstraint(
                name="messaging_rules_sunday",
                condition=Q(sunday_from=None, sunday_until=None)
                | Q(sunday_until__gt=models.F("sunday_from"))
                | Q(sunday_from__isnull=False, sunday_until="00:00"),
            ),
        ]


class CountedContact(ScopedModel):
    """A place of a customer's contact budget that was taken. It belongs to the customer, whoever of us took it."""

    unit_path = "customer__unit_id"
    shared_with_descendants = True

    customer = models.ForeignKey(
        Customer, models.CASCADE, related_name="+"
    )  # the record at the time; families count as one
    taken_by = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    channel = models.CharField(max_length=8, choices=ConsentChannel)
    purpose = models.CharField(max_length=14, choices=Purpose)
    at = models.DateTimeField()
    key = models.CharField(max_length=120, unique=True)  # of what was sent: trying again takes no second place
    outgoing = models.OneToOneField(Outgoing, models.SET_NULL, null=True, blank=True, related_name="counted")

    class Meta:
        indexes = [
            models.Index(fields=["customer", "-at"], name="messaging_counted_latest"),
            models.Index(fields=["at"], name="messaging_counted_age"),
        ]


class HeldBack(UnitModel):
    """Something that was not sent, or not yet, and why. The unit is the one that wanted to write."""

    customer = models.ForeignKey(Customer, models.CASCADE, null=True, blank=True, related_name="+")
    channel = models.CharField(max_length=8, choices=ConsentChannel)
    purpose = models.CharField(max_length=14, choices=Purpose)
    reason = models.CharField(max_length=20, choices=Objection)
    at = models.DateTimeField()
    not_before = models.DateTimeField(null=True, blank=True)  # put off until then; with `is_final`: possible since then
    is_final = models.BooleanField()  # nothing will leave by itself any more
    key = models.CharField(max_length=120, unique=True)  # one row for each thing that was to leave
    outgoing = models.ForeignKey(Outgoing, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        indexes = [
            models.Index(fields=["customer", "-id"], name="messaging_held_of_customer"),
            models.Index(fields=["unit", "-id"], name="messaging_held_latest"),
        ]
