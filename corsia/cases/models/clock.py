"""The clock with a culprit: segments of who held the case, deadlines that only our time spends, and alarms."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Q, Value

from corsia.cases.models.case import Case
from corsia.cases.models.process import Phase
from corsia.cases.vocabulary import AlarmKind, ClockKind, Holder
from corsia.kernel.models import ScopedModel
from corsia.kernel.ranges import Int8Range as Int8Range  # migrations name it here
from corsia.kernel.ranges import TstzRange as TstzRange
from corsia.organisation.models import Person, Unit


class Segment(ScopedModel):
    """A stretch of a case's life in one holder's hands. Segments join without gap: their sum is the elapsed time."""

    unit_path = "case__unit_id"

    case = models.ForeignKey(Case, models.CASCADE, related_name="segments")
    holder = models.CharField(max_length=12, choices=Holder)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    working_seconds = models.PositiveIntegerField(null=True, blank=True)  # of the unit's calendar, known once it ended
    reason = models.CharField(max_length=200, blank=True)
    # Under whose hours it counted, where the case has moved to another unit since.
    past_unit = models.ForeignKey(Unit, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="cases_segment_order", condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("started_at"))
            ),
            models.UniqueConstraint(fields=["case"], condition=Q(ended_at__isnull=True), name="cases_one_open_segment"),
            ExclusionConstraint(
                name="cases_segments_apart",
                expressions=[
                    (Int8Range("case_id", "case_id", Value("[]")), RangeOperators.OVERLAPS),
                    (TstzRange("started_at", "ended_at", Value("[)")), RangeOperators.OVERLAPS),
                ],
            ),
        ]


class Deadline(ScopedModel):
    """One promise: a clock started, its limit as it was then, and the instant it falls due while we hold the case.

    While somebody else holds it, `due_at` is empty and `left_seconds` keeps the working time we still have.
    """

    unit_path = "case__unit_id"

    case = models.ForeignKey(Case, models.CASCADE, related_name="deadlines")
    clock = models.CharField(max_length=12, choices=ClockKind)
    phase = models.ForeignKey(Phase, models.PROTECT, null=True, blank=True, related_name="+")
    limit_minutes = models.PositiveIntegerField()
    started_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True, blank=True)
    warn_at = models.DateTimeField(null=True, blank=True)
    left_seconds = models.PositiveIntegerField(null=True, blank=True)
    met_at = models.DateTimeField(null=True, blank=True)  # kept, in time or late
    dropped_at = models.DateTimeField(null=True, blank=True)  # became pointless, e.g. the case was merged
    warned_at = models.DateTimeField(null=True, blank=True)
    missed_at = models.DateTimeField(null=True, blank=True)  # the due instant at which it was found broken

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["case", "clock"],
                condition=Q(met_at__isnull=True, dropped_at__isnull=True),
                name="cases_one_running_deadline",
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                name="cases_deadline_due",
                condition=Q(met_at=None, dropped_at=None, missed_at=None, due_at__isnull=False),
            ),
            models.Index(
                fields=["warn_at"],
                name="cases_deadline_warn",
                condition=Q(met_at=None, dropped_at=None, warned_at=None, warn_at__isnull=False),
            ),
        ]

    @property
    def limit_seconds(self) -> int:
        return self.limit_minutes * 60


class Alarm(ScopedModel):
    """An exception found on a case: shown on the desk, told once to each level of the tree, cleared when it is over."""

    unit_path = "case__unit_id"

    case = models.ForeignKey(Case, models.CASCADE, related_name="alarms")
    kind = models.CharField(max_length=14, choices=AlarmKind)
    deadline = models.ForeignKey(Deadline, models.CASCADE, null=True, blank=True, related_name="+")
    raised_at = models.DateTimeField()
    level = models.PositiveSmallIntegerField(default=0)  # 0 assignee, then one unit higher each time
    escalate_at = models.DateTimeField(null=True, blank=True)
    told = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")  # the last one told
    cleared_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["case", "kind", "deadline"],
                condition=Q(cleared_at__isnull=True),
                nulls_distinct=False,
                name="cases_alarm_once",
            ),
        ]
        indexes = [
            models.Index(
                fields=["escalate_at"],
                name="cases_alarm_escalate",
                condition=Q(cleared_at=None, escalate_at__isnull=False),
            ),
            models.Index(fields=["kind", "case"], name="cases_alarm_open", condition=Q(cleared_at=None)),
        ]
