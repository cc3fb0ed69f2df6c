"""What the warehouse must know of the database: which rows changed, and how far it has read."""

from django.db import models

from corsia.analytics.vocabulary import BUILT_STATISTICS, Better
from corsia.organisation.models import Person, UnitModel


class ChangedRow(models.Model):
    """A row of a followed table was written or deleted. Triggers write it, in the transaction of the change.

    `xid` is the number of that transaction. Rows with an `xid` below `pg_snapshot_xmin` will not grow in number any
    more: every transaction that could write one has ended. Reading up to there misses nothing, however late somebody
    commits.
    """

    source = models.CharField(max_length=60)  # the table
    key = models.BigIntegerField()  # the row's key in the datasets that follow the table
    xid = models.BigIntegerField()

    class Meta:
        indexes = [models.Index(fields=["xid", "source"], name="analytics_changed_since")]


class Build(models.Model):
    """The warehouse that belongs to this database. Another one, or one behind what was forgotten, is built anew."""

    token = models.UUIDField(unique=True)
    forgotten_before = models.BigIntegerField()  # changes of earlier transactions are no longer known
    began_at = models.DateTimeField()


class BuiltMetric(UnitModel):
    """A number that a manager put together from parts; offered at its unit and in everything below."""

    shared_with_descendants = True

    key = models.SlugField(max_length=40, unique=True)
    name_it = models.CharField(max_length=80)
    name_en = models.CharField(max_length=80, blank=True)
    dataset = models.CharField(max_length=60)
    day = models.CharField(max_length=30)
    statistic = models.CharField(max_length=8, choices=BUILT_STATISTICS)
    rows = models.CharField(max_length=300, blank=True)  # keys of conditions that all must hold, by blanks
    amount = models.CharField(max_length=40, blank=True)
    of = models.CharField(max_length=40, blank=True)
    better = models.CharField(max_length=8, choices=Better, default=Better.NEITHER)
    minimum_n = models.PositiveIntegerField(default=5)
    is_retired = models.BooleanField(default=False)
    made_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField()


class WeeklyPack(UnitModel):
    """The numbers of a week were mailed to the managers of a unit: once, on the Monday after it."""

    monday = models.DateField()  # the day after the week, on the unit's calendar
    sent_at = models.DateTimeField()
    people = models.PositiveIntegerField()  # how many were written to

    class Meta:
        constraints = [models.UniqueConstraint(fields=["unit", "monday"], name="analytics_pack_once")]
