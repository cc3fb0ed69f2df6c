"""The kernel's tables: facts and their reactions, the audit trail, blobs, use counts."""

from django.db import models

from corsia.kernel import prefixes as prefixes  # registers `__begins`
from corsia.kernel.scope import ScopedModel as ScopedModel  # the base of every business table


class FactRecord(models.Model):
    """One fact as it was told. Never changed, but for the unit that sees it; the snapshot is authoritative."""

    kind = models.CharField(max_length=80)  # "cases.CaseClosed"
    payload = models.JSONField()  # the dataclass, field by field
    unit_id = models.BigIntegerField()
    subject_id = models.BigIntegerField(null=True)  # the customer whose story it belongs to
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField(db_default=models.functions.Now())
    caused_by = models.ForeignKey("self", models.PROTECT, null=True, related_name="+", db_index=False)
    depth = models.PositiveSmallIntegerField(default=0)

    class Meta:
        indexes = [
            models.Index(
                fields=["subject_id", "-occurred_at", "-id"],
                name="kernel_fact_story",
                condition=models.Q(subject_id__isnull=False),
            ),
        ]


class ReactionReceipt(models.Model):
    """A reaction to a fact took effect: inserted first in its transaction, so that it happens once."""

    fact = models.ForeignKey(FactRecord, models.CASCADE, related_name="+", db_index=False)
    reaction = models.CharField(max_length=120)
    done_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["fact", "reaction"], name="kernel_reaction_once")]


class ReactionFailure(models.Model):
    """A reaction that did not succeed yet: visible, with its error, until it does."""

    fact = models.ForeignKey(FactRecord, models.CASCADE, related_name="+")
    reaction = models.CharField(max_length=120)
    error = models.TextField()
    attempts = models.PositiveIntegerField(default=1)
    first_failed_at = models.DateTimeField()
    last_failed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["fact", "reaction"], name="kernel_failure_per_reaction")]


class AuditEntry(models.Model):
    """Who did what to which row, when. The database refuses to change or delete it; seals chain it."""

    at = models.DateTimeField()
    actor_kind = models.CharField(max_length=10)
    actor_id = models.BigIntegerField(null=True)  # a plain id: deleting a person keeps the history
    actor_name = models.CharField(max_length=200)
    verb = models.CharField(max_length=60)
    object_kind = models.CharField(max_length=60)
    object_id = models.BigIntegerField(null=True)
    unit_id = models.BigIntegerField(null=True)
    data = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=["object_kind", "object_id", "id"], name="kernel_audit_object"),
            models.Index(fields=["actor_id", "id"], name="kernel_audit_actor"),
        ]


class AuditSeal(models.Model):
    """The hash of a run of audit entries and of the seal before it: a changed or missing entry breaks the chain."""

    first_id = models.BigIntegerField()
    last_id = models.BigIntegerField(unique=True)
    entries = models.PositiveIntegerField()
    digest = models.BinaryField(max_length=32)
    previous = models.OneToOneField("self", models.PROTECT, null=True, related_name="+")
    sealed_at = models.DateTimeField()


class Blob(models.Model):
    """Bytes kept once, whoever sends them how often: attachments, originals, uploads."""

    sha256 = models.BinaryField(max_length=32, unique=True)
    size = models.PositiveBigIntegerField()
    content = models.BinaryField()


class UseCount(models.Model):
    """Uses of a limited door within a window; see limits.py."""

    door = models.CharField(max_length=40)
    key = models.BinaryField(max_length=32)
    window_start = models.BigIntegerField()  # seconds since 1970
    uses = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["door", "key", "window_start"], name="kernel_usecount_window")]


class DoneOnce(models.Model):
    """What a page did, under the key that the page carries; see once.py. Kept for two days."""

    door = models.CharField(max_length=40)
    actor_id = models.BigIntegerField()
    key = models.CharField(max_length=64)
    content = models.BinaryField(max_length=32)  # SHA-256 of what was sent
    result = models.BigIntegerField()  # id of what came of it
    done_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["door", "actor_id", "key"], name="kernel_doneonce_key")]
        indexes = [models.Index(fields=["done_at"], name="kernel_doneonce_old")]


class Reading(models.Model):
    """Somebody of ours got a page with personal data; see reading.py. Ids only, never what was found."""

    at = models.DateTimeField()
    minute = models.BigIntegerField()  # since 1970: one row a minute for one person, page and row
    actor_id = models.BigIntegerField()
    actor_name = models.CharField(max_length=200)
    door = models.CharField(max_length=80)  # "customers:customer"
    row_kind = models.CharField(max_length=40, blank=True)  # "customer": the address's own word
    row_id = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["actor_id", "minute", "door", "row_kind", "row_id"],
                name="kernel_reading_once",
                nulls_distinct=False,
            )
        ]
        indexes = [
            models.Index(fields=["row_kind", "row_id", "-id"], name="kernel_reading_row"),
            models.Index(fields=["at"], name="kernel_reading_old"),
        ]


class CacheEntry(models.Model):
    """A small value that all processes share for a while; see cache.py."""

    key = models.CharField(max_length=250, primary_key=True)
    value = models.TextField()  # JSON
    expires_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["expires_at"], name="kernel_cache_expired")]
