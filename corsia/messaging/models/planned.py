"""Contacts that follow from events: the rules managers write, and each contact as a row that waits for its hour."""

from django.db import models
from django.db.models import Q

from corsia.cases.models import Case
from corsia.customers.models import LONGEST_DETAIL, Customer
from corsia.messaging.vocabulary import DelayKind, FollowUp, PlannedState
from corsia.organisation.models import Person, UnitModel
from corsia.vehicles.models import Vehicle


class EventRule(UnitModel):
    """Which event is followed by which contact, after how long. Holds for its unit and everything below it."""

    shared_with_descendants = True

    name = models.CharField(max_length=80)
    occasion = models.CharField(max_length=40)  # key of messaging.occasions
    make = models.CharField(max_length=40, blank=True)  # only vehicles of this make
    words = models.CharField(max_length=120, blank=True)  # all of them must stand in number or detail
    delay_kind = models.CharField(max_length=8, choices=DelayKind, default=DelayKind.ELAPSED)
    delay_minutes = models.PositiveIntegerField(default=0)
    send_hour = models.PositiveSmallIntegerField(null=True, blank=True)  # local; None leaves the instant as it is
    max_age_days = models.PositiveSmallIntegerField(default=7)  # what was reached longer ago is not followed up
    follow_up = models.CharField(max_length=8, choices=FollowUp)
    process_key = models.SlugField(max_length=40)  # of the case that carries message or task
    template_key = models.SlugField(max_length=60, blank=True)
    sms_key = models.SlugField(max_length=60, blank=True)  # the same in short, as text message; "" is never sent so
    sms_first = models.BooleanField(default=False)  # whoever has both is texted
    task_title = models.CharField(max_length=120, blank=True)
    is_active = models.BooleanField(default=True)
    changed_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="messaging_rule_says_what",
                condition=Q(follow_up=FollowUp.MESSAGE) & ~Q(template_key="")
                | Q(follow_up=FollowUp.TASK) & ~Q(task_title=""),
            ),
            models.CheckConstraint(
                name="messaging_rule_hour", condition=Q(send_hour__isnull=True) | Q(send_hour__lte=23)
            ),
        ]
        indexes = [models.Index(fields=["occasion"], name="messaging_rule_of", condition=Q(is_active=True))]

    @property
    def delay_span(self) -> int:
        """Return the delay in seconds."""
        return self.delay_minutes * 60


class PlannedContact(UnitModel):
    """One contact that is to follow from one event: visible, cancellable, asked about again when it is due."""

    rule = models.ForeignKey(EventRule, models.PROTECT, related_name="planned")
    occasion_id = models.BigIntegerField()  # the row the event is about: a milestone
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="+")
    vehicle = models.ForeignKey(Vehicle, models.SET_NULL, null=True, blank=True, related_name="+")
    reached_at = models.DateTimeField()
    reference = models.CharField(max_length=60, blank=True)
    detail = models.CharField(max_length=LONGEST_DETAIL, blank=True)
    send_after = models.DateTimeField()
    state = models.CharField(max_length=10, choices=PlannedState, default=PlannedState.WAITING)
    why = models.CharField(max_length=300, blank=True)  # code of an Objection or PlanProblem, and details
    way = models.CharField(max_length=12, blank=True)  # by which it was made, a channel
    case = models.ForeignKey(Case, models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)
    cancelled_by = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["rule", "occasion_id"], name="messaging_planned_once")]
        indexes = [
            models.Index(fields=["send_after"], name="messaging_planned_due", condition=Q(state=PlannedState.WAITING)),
            models.Index(fields=["unit", "-id"], name="messaging_planned_latest"),
            models.Index(fields=["customer", "-id"], name="messaging_planned_of"),
        ]
