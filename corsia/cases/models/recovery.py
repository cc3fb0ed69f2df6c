"""Recovery of a backlog: customers who were forgotten, in the order in which they are called, each to an end."""

from django.db import models
from django.db.models import Q

from corsia.cases.models.case import Case
from corsia.cases.vocabulary import AttemptResult, AttemptWay, LineReason, LineState, RecoveryOutcome
from corsia.customers.models import Customer
from corsia.kernel.models import ScopedModel
from corsia.organisation.models import Person, UnitModel


class Recovery(UnitModel):
    """A campaign against a backlog. Everybody below its unit works on it, each on the cases they see."""

    shared_with_descendants = True

    name = models.CharField(max_length=120)
    process_key = models.SlugField(max_length=40)  # of cases that are opened for customers who have none
    script_it = models.TextField(blank=True)  # what to say on the phone, with {{keys}}
    script_en = models.TextField(blank=True)
    max_attempts = models.PositiveSmallIntegerField(default=3)  # only after these is anybody unreachable
    retry_after_days = models.PositiveSmallIntegerField(default=2)
    started_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="cases_recovery_attempts",
                condition=Q(max_attempts__range=(1, 20), retry_after_days__range=(1, 60)),
            ),
        ]
        indexes = [models.Index(fields=["-started_at", "-id"], name="cases_recovery_latest")]

    def __str__(self) -> str:
        return self.name


class RecoveryItem(UnitModel):
    """One customer to win back, with their case. The unit is the case's.

    `rank_at` is the start of the wait, moved back by what makes it worse (rules/recovery.py): the earlier, the sooner
    their turn. All wait at the same pace, so the order of two never changes by itself, and one index walk gives it.
    """

    recovery = models.ForeignKey(Recovery, models.PROTECT, related_name="items")
    case = models.ForeignKey(Case, models.CASCADE, related_name="recoveries")
    waiting_since = models.DateTimeField()
    unanswered = models.PositiveSmallIntegerField(default=0)  # contacts of theirs since our last answer
    is_complaint = models.BooleanField(default=False)
    last_score = models.PositiveSmallIntegerField(null=True, blank=True)  # 0 to 10, of their last survey
    rank_at = models.DateTimeField()
    added_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    last_attempt_at = models.DateTimeField(null=True, blank=True)
    next_try_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=12, choices=RecoveryOutcome, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["recovery", "case"], name="cases_recovery_case_once"),
            models.UniqueConstraint(
                fields=["case"], condition=Q(ended_at__isnull=True), name="cases_recovery_one_open_item"
            ),
            models.CheckConstraint(
                name="cases_recovery_ended_iff_outcome",
                condition=Q(ended_at__isnull=True, outcome="") | (Q(ended_at__isnull=False) & ~Q(outcome="")),
            ),
            models.CheckConstraint(
                name="cases_recovery_score", condition=Q(last_score__isnull=True) | Q(last_score__lte=10)
            ),
        ]
        indexes = [
            models.Index(fields=["recovery", "rank_at", "id"], name="cases_recovery_turn", condition=Q(ended_at=None)),
            models.Index(
                fields=["recovery", "-ended_at", "-id"],
                name="cases_recovery_ended",
                condition=Q(ended_at__isnull=False),
            ),
            models.Index(
                fields=["next_try_at"],
                name="cases_recovery_next_try",
                condition=Q(ended_at=None, next_try_at__isnull=False),
            ),
        ]


class RecoveryAttempt(ScopedModel):
    """Somebody tried to reach the customer."""

    unit_path = "item__unit_id"

    item = models.ForeignKey(RecoveryItem, models.CASCADE, related_name="tries")
    way = models.CharField(max_length=8, choices=AttemptWay)
    result = models.CharField(max_length=14, choices=AttemptResult)
    note = models.CharField(max_length=300, blank=True)
    made_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField()


class RecoveryList(UnitModel):
    """A file of forgotten customers as it was handed in, until somebody says what becomes of it.

    Its unit is the recovery's; unlike that, it is seen from there and above only.
    """

    recovery = models.ForeignKey(Recovery, models.CASCADE, related_name="lists")
    file_name = models.CharField(max_length=200)
    encoding = models.CharField(max_length=20)
    separator = models.CharField(max_length=1)
    header = models.TextField()  # the first line as it was
    uploaded_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    uploaded_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True, blank=True)
    discarded_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="cases_recoverylist_one_end",
                condition=Q(confirmed_at__isnull=True) | Q(discarded_at__isnull=True),
            ),
        ]
        indexes = [models.Index(fields=["recovery", "-uploaded_at", "-id"], name="cases_recoverylist_latest")]


class RecoveryLine(ScopedModel):
    """One line of such a file, kept whatever becomes of it: what nobody could read can be put right and sent again."""

    unit_path = "list__unit_id"

    list = models.ForeignKey(RecoveryList, models.CASCADE, related_name="lines")
    number = models.PositiveIntegerField()  # as a spreadsheet counts, the header being 1
    text = models.TextField(blank=True)  # the line as it was, at most 4,000 characters of it
    digest = models.CharField(max_length=64)  # of what it says, spacing and capitals apart
    state = models.CharField(max_length=10, choices=LineState)
    reason = models.CharField(max_length=14, choices=LineReason, blank=True)
    customer = models.ForeignKey(Customer, models.SET_NULL, null=True, blank=True, related_name="+")
    item = models.ForeignKey(RecoveryItem, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["list", "number"], name="cases_recoveryline_once")]
        indexes = [models.Index(fields=["digest"], name="cases_recoveryline_digest")]
