"""Lists of the catalogue and of parts that are loaded from a file: looked at first, taken in once."""

from django.db import models

from corsia.kernel.models import Blob, ScopedModel
from corsia.organisation.models import Person, UnitModel
from corsia.workshop.vocabulary import ListKind


class ListColumns(UnitModel):
    """What the columns of a unit's lists hold: the folded name of a column to a field (rules/lists.py)."""

    kind = models.CharField(max_length=10, choices=ListKind)
    columns = models.JSONField(default=dict, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["unit", "kind"], name="workshop_list_columns_once")]


class ListFile(UnitModel):
    """One file: kept as handed in, looked at, taken in once or put aside. The counts are of what it holds."""

    kind = models.CharField(max_length=10, choices=ListKind)
    file_name = models.CharField(max_length=200)
    content = models.ForeignKey(Blob, models.PROTECT, null=True, blank=True, related_name="+")  # until it is done with
    header = models.TextField()
    separator = models.CharField(max_length=1)
    encoding = models.CharField(max_length=10)
    uploaded_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    uploaded_at = models.DateTimeField()
    added = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    taken_at = models.DateTimeField(null=True, blank=True)
    discarded_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["unit", "-id"], name="workshop_lists_of")]


class RefusedLine(ScopedModel):
    """A line that cannot be taken in, and why, in the words of who loaded it."""

    unit_path = "file__unit_id"

    file = models.ForeignKey(ListFile, models.CASCADE, related_name="refused_lines")
    number = models.PositiveIntegerField()  # as a spreadsheet counts
    text = models.TextField()
    reason = models.CharField(max_length=300)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["file", "number"], name="workshop_refused_line_once")]
