"""What was handed out and erased, and how long things are kept."""

from django.db import models
from django.db.models import Q

from corsia.customers.models import Customer
from corsia.kernel.models import Blob
from corsia.organisation.models import Person, UnitModel
from corsia.privacy.vocabulary import ErasureReason, RunState


class Export(UnitModel):
    """A copy of a customer's data on its way to them. The bytes go when it was downloaded, or after its days."""

    shared_with_descendants = True

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+")
    asked_by = models.ForeignKey(Person, models.PROTECT, related_name="+")  # the only one who may download it
    asked_at = models.DateTimeField()
    ready_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    taken_at = models.DateTimeField(null=True, blank=True)
    blob = models.ForeignKey(Blob, models.PROTECT, null=True, blank=True, related_name="+")
    size = models.PositiveBigIntegerField(default=0)

    class Meta:
        indexes = [
            models.Index(fields=["customer", "-id"], name="privacy_exports_of"),
            models.Index(fields=["expires_at"], name="privacy_export_ends", condition=Q(blob__isnull=False)),
        ]

    @property
    def state(self) -> RunState:
        if self.blob_id is not None:
            return RunState.READY
        if self.taken_at is not None:
            return RunState.TAKEN
        return RunState.WAITING if self.ready_at is None else RunState.EXPIRED


class Erasure(UnitModel):
    """That a customer was erased: when, by whom and why, with how much; never what it was."""

    shared_with_descendants = True

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+")
    asked_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")  # nobody: the term was over
    reason = models.CharField(max_length=12, choices=ErasureReason)
    asked_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)
    rows = models.JSONField(default=dict)  # table -> how many rows

    class Meta:
        indexes = [
            models.Index(fields=["customer", "-id"], name="privacy_erasures_of"),
            models.Index(fields=["id"], name="privacy_erasure_due", condition=Q(done_at=None)),
        ]


class RetentionSettings(UnitModel):
    """Whether terms are enforced in a unit and everything below it, unless a lower unit has its own."""

    shared_with_descendants = True

    is_on = models.BooleanField(default=False)
    changed_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["unit"], name="privacy_settings_once")]


class RetentionTerm(UnitModel):
    """How many days a unit keeps something, where it differs from the default."""

    shared_with_descendants = True

    key = models.CharField(max_length=20)
    days = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["unit", "key"], name="privacy_term_once")]


class RetentionRun(models.Model):
    """What one night's run erased."""

    ran_at = models.DateTimeField()
    rows = models.JSONField(default=dict)  # table -> how many rows

    class Meta:
        indexes = [models.Index(fields=["-ran_at"], name="privacy_run_latest")]
