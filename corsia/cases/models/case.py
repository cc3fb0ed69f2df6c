"""The case itself, its tasks, watchers, links and tags."""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector
from django.db import models
from django.db.models import Q

from corsia.cases.models.process import Cause, Phase, ProcessVersion
from corsia.cases.vocabulary import NEVER, EndKind, Holder, LinkKind, Origin, Priority, PurchaseChannel, TaskKind
from corsia.customers.models import Customer
from corsia.kernel.models import ScopedModel
from corsia.organisation.models import Person, UnitModel
from corsia.organisation.vocabulary import Language, Role
from corsia.vehicles.models import Vehicle


class Case(UnitModel):
    """Anything somebody asks of the group. Its number is its primary key, shown as "#1042".

    `due_at` is the earliest running deadline (NEVER without one) and `neglected_from` the instant from which nobody
    will have touched it for too long: both are kept by the services so that every list is one index walk.
    """

    version = models.ForeignKey(ProcessVersion, models.PROTECT, related_name="+", db_index=False)
    phase = models.ForeignKey(Phase, models.PROTECT, related_name="+")
    customer = models.ForeignKey(Customer, models.PROTECT, null=True, blank=True, related_name="+")
    vehicle = models.ForeignKey(Vehicle, models.PROTECT, null=True, blank=True, related_name="+")
    queue = models.ForeignKey("cases.Queue", models.SET_NULL, null=True, blank=True, related_name="+")
    assignee = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")
    subject = models.CharField(max_length=200)
    origin = models.CharField(max_length=10, choices=Origin)
    priority = models.PositiveSmallIntegerField(choices=Priority, default=Priority.NORMAL)
    language = models.CharField(max_length=2, choices=Language, default=Language.ITALIAN)
    holder = models.CharField(max_length=12, choices=Holder, default=Holder.US)
    reference = models.CharField(max_length=60, blank=True)  # number in the maker's, insurer's or other party's system
    purchase_channel = models.CharField(max_length=12, choices=PurchaseChannel, blank=True, default="", db_default="")
    cause = models.ForeignKey(Cause, models.PROTECT, null=True, blank=True, related_name="+")
    root_cause = models.CharField(max_length=200, blank=True)
    remedy = models.TextField(blank=True)
    parent = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="children")
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="absorbed")
    merged_at = models.DateTimeField(null=True, blank=True)  # equal to closed_at when the merge closed it
    opened_at = models.DateTimeField()
    phase_entered_at = models.DateTimeField()
    last_activity_at = models.DateTimeField()
    snoozed_until = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(default=NEVER)
    neglected_from = models.DateTimeField(default=NEVER)
    closed_at = models.DateTimeField(null=True, blank=True)
    end_kind = models.CharField(max_length=10, choices=EndKind, blank=True)
    closed_from = models.ForeignKey(  # where work goes on when it is reopened
        Phase, models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    reopened_times = models.PositiveSmallIntegerField(default=0)
    # Set while a forgotten customer is to be won back and it is their turn: such cases go first, the earliest on top.
    recovery_rank_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="cases_closed_iff_end_kind",
                condition=Q(closed_at__isnull=True, end_kind="") | (Q(closed_at__isnull=False) & ~Q(end_kind="")),
            ),
            models.CheckConstraint(
                name="cases_merged_iff_merged_at",
                condition=Q(merged_into__isnull=True, merged_at__isnull=True)
                | Q(merged_into__isnull=False, merged_at__isnull=False, closed_at__isnull=False),
            ),
            models.CheckConstraint(name="cases_not_merged_into_itself", condition=~Q(merged_into=models.F("id"))),
            models.CheckConstraint(name="cases_not_own_parent", condition=~Q(parent=models.F("id"))),
        ]
        indexes = [
            # The desk and the inbox walk open cases by due instant, for a unit or for a person.
            models.Index(fields=["unit", "due_at", "id"], name="cases_open_by_due", condition=Q(closed_at=None)),
            models.Index(fields=["due_at", "id"], name="cases_all_open_by_due", condition=Q(closed_at=None)),
            models.Index(fields=["assignee", "due_at", "id"], name="cases_mine_by_due", condition=Q(closed_at=None)),
            models.Index(fields=["neglected_from"], name="cases_neglect_due", condition=Q(closed_at=None)),
            models.Index(
                fields=["snoozed_until"],
                name="cases_snoozed",
                condition=Q(closed_at=None, snoozed_until__isnull=False),
            ),
            models.Index(fields=["unit", "-last_activity_at", "-id"], name="cases_by_activity"),
            models.Index(fields=["-last_activity_at", "-id"], name="cases_all_by_activity"),
            models.Index(fields=["customer", "-opened_at"], name="cases_of_customer"),
            models.Index(
                fields=["unit", "-closed_at", "-id"], name="cases_closed", condition=Q(closed_at__isnull=False)
            ),
            models.Index(fields=["-closed_at", "-id"], name="cases_all_closed", condition=Q(closed_at__isnull=False)),
            models.Index(
                fields=["unit", "due_at", "id"],
                name="cases_unassigned",
                condition=Q(closed_at=None, assignee=None),
            ),
            models.Index(
                fields=["recovery_rank_at", "id"],
                name="cases_recovering",
                condition=Q(closed_at=None, recovery_rank_at__isnull=False),
            ),
            # The register counts what a process did lately.
            models.Index(fields=["version", "opened_at"], name="cases_of_version"),
            # Boards walk one phase; plain foreign-key indexes carry the same for closed cases.
            models.Index(fields=["phase", "due_at", "id"], name="cases_of_phase", condition=Q(closed_at=None)),
            GinIndex(SearchVector("subject", config="simple"), name="cases_subject_words"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.subject}"


class Task(ScopedModel):
    """A piece of work on a case with somebody's name on it."""

    unit_path = "case__unit_id"

    case = models.ForeignKey(Case, models.CASCADE, related_name="tasks")
    title = models.CharField(max_length=200)
    assignee = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")
    role = models.CharField(max_length=20, choices=Role, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")
    is_callback = models.BooleanField(default=False)
    kind = models.CharField(max_length=12, choices=TaskKind, default=TaskKind.TASK, db_default=TaskKind.TASK)

    class Meta:
        indexes = [models.Index(fields=["assignee", "due_at"], name="cases_task_open", condition=Q(done_at=None))]


class Watcher(ScopedModel):
    """Somebody who wants to know what happens to a case without being responsible for it."""

    unit_path = "case__unit_id"

    case = models.ForeignKey(Case, models.CASCADE, related_name="watchers")
    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    since = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "person"], name="cases_watcher_once")]


class CaseLink(ScopedModel):
    """Two cases that belong together without being one."""

    unit_path = "source__unit_id"

    source = models.ForeignKey(Case, models.CASCADE, related_name="links")
    target = models.ForeignKey(Case, models.CASCADE, related_name="backlinks")
    kind = models.CharField(max_length=10, choices=LinkKind, default=LinkKind.RELATED)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "target"], name="cases_link_once"),
            models.CheckConstraint(name="cases_link_two", condition=~Q(source=models.F("target"))),
        ]


class Tag(ScopedModel):
    """A short label on a case."""

    unit_path = "case__unit_id"

    case = models.ForeignKey(Case, models.CASCADE, related_name="tags")
    label = models.CharField(max_length=40)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "label"], name="cases_tag_once")]
        indexes = [models.Index(fields=["label", "case"], name="cases_by_tag")]
