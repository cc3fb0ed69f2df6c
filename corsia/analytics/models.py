"""What the warehouse must know of the database: which rows changed, and how far it has read."""

from django.db import models


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
