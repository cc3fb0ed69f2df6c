"""Plans: whom we listen to about a touchpoint, with what, after which event, until how many have answered."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from corsia.listening.models.journey import Touchpoint
from corsia.listening.models.questionnaire import Questionnaire
from corsia.listening.vocabulary import AskedBy, Design, Instrument, PlanState, Population
from corsia.messaging.vocabulary import DelayKind
from corsia.organisation.models import Person, UnitModel


class ListeningPlan(UnitModel):
    """One design of listening at a unit and below it."""

    shared_with_descendants = True

    name = models.CharField(max_length=80)
    aim = models.CharField(max_length=300, blank=True)
    touchpoint = models.ForeignKey(Touchpoint, models.PROTECT, related_name="plans")
    questionnaire = models.ForeignKey(Questionnaire, models.PROTECT, null=True, blank=True, related_name="+")
    population = models.CharField(max_length=16, choices=Population, default=Population.RETAIL)
    instrument = models.CharField(max_length=10, choices=Instrument, default=Instrument.SURVEY)
    design = models.CharField(max_length=8, choices=Design, default=Design.CENSUS)
    sample_pct = models.PositiveSmallIntegerField(default=100)  # of those who could be asked
    quota = models.PositiveIntegerField(null=True, blank=True)  # answers wanted from each branch; None: no end
    expected_answers = models.PositiveIntegerField(null=True, blank=True)  # hoped for, in all
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)  # the last day
    occasion = models.CharField(max_length=40, blank=True)  # key of messaging.occasions; "": links and lists only
    delay_kind = models.CharField(max_length=8, choices=DelayKind, default=DelayKind.ELAPSED)
    delay_minutes = models.PositiveIntegerField(default=0)
    send_hour = models.PositiveSmallIntegerField(null=True, blank=True)  # local; None leaves the instant as it is
    make = models.CharField(max_length=40, blank=True)  # only vehicles of this make
    words = models.CharField(max_length=120, blank=True)  # all of them must stand in number or detail
    excluded_processes = ArrayField(models.SlugField(max_length=40), default=list, blank=True)  # contact reasons
    channels = ArrayField(  # tried in this order; empty: as the unit surveys
        models.CharField(max_length=10, choices=AskedBy), default=list, blank=True
    )
    reminders = models.PositiveSmallIntegerField(default=0, db_default=0)  # to whoever did not answer to the end
    remind_after_days = models.PositiveSmallIntegerField(default=5, db_default=5)
    state = models.CharField(max_length=8, choices=PlanState, default=PlanState.DRAFT)
    changed_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="listening_plan_sample", condition=Q(sample_pct__gte=1, sample_pct__lte=100)),
            models.CheckConstraint(
                name="listening_plan_days", condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on"))
            ),
            models.CheckConstraint(
                name="listening_plan_reminders", condition=Q(reminders__lte=2, remind_after_days__range=(1, 60))
            ),
            models.CheckConstraint(
                name="listening_plan_hour", condition=Q(send_hour__isnull=True) | Q(send_hour__lte=23)
            ),
        ]
        indexes = [models.Index(fields=["occasion"], name="listening_plan_of", condition=Q(state=PlanState.RUNNING))]
