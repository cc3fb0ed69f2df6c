"""Answers that another method collected: where they come from, the files they came in, what could not be taken in."""

from django.db import models
from django.db.models import Q

from corsia.kernel.models import Blob, ScopedModel
from corsia.listening.models.response import Response
from corsia.listening.vocabulary import NotTaken
from corsia.organisation.models import Person, UnitModel


class AnswerSource(UnitModel):
    """Another way of asking the same people: an institute that telephones, the survey of before.

    `columns` remembers how its files are read: the folded name of a column to what it holds (rules/collecting.py).
    """

    name = models.CharField(max_length=80)
    questionnaire = models.CharField(max_length=40)  # key of what is asked, so that answers are compared with ours
    columns = models.JSONField(default=dict, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["unit", "name"], name="listening_source_name")]


class AnswerFile(UnitModel):
    """One file of a source: kept as handed in, looked at, taken in once. What it would do stands in its counts."""

    source = models.ForeignKey(AnswerSource, models.CASCADE, related_name="files")
    file_name = models.CharField(max_length=200)
    content = models.ForeignKey(Blob, models.PROTECT, null=True, blank=True, related_name="+")  # until it is done with
    header = models.TextField()
    separator = models.CharField(max_length=1)
    encoding = models.CharField(max_length=10)
    month_first = models.BooleanField(default=False)  # its dates read month, day, year
    uploaded_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    uploaded_at = models.DateTimeField()
    lines = models.PositiveIntegerField(default=0)
    takes = models.PositiveIntegerField(default=0)  # answers that are taken in, or were
    twice = models.PositiveIntegerField(default=0)  # that were there already
    left_out = models.PositiveIntegerField(default=0)
    recognised = models.PositiveIntegerField(default=0)  # of those taken in, whose customer is known
    confirmed_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    discarded_at = models.DateTimeField(null=True, blank=True)  # put aside, or its answers taken back

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="listening_file_finished_after",
                condition=Q(finished_at__isnull=True) | Q(confirmed_at__isnull=False),
            )
        ]
        indexes = [
            models.Index(fields=["source", "-id"], name="listening_files_of"),
            models.Index(
                fields=["confirmed_at"],
                name="listening_file_waiting",
                condition=Q(confirmed_at__isnull=False, finished_at=None),
            ),
        ]


class LeftOutLine(ScopedModel):
    """A line that cannot be taken in, and why."""

    unit_path = "file__unit_id"

    file = models.ForeignKey(AnswerFile, models.CASCADE, related_name="left_out_lines")
    number = models.PositiveIntegerField()  # as a spreadsheet counts
    text = models.TextField()
    reason = models.CharField(max_length=16, choices=NotTaken)
    column = models.CharField(max_length=120, blank=True)
    cell = models.CharField(max_length=80, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["file", "number"], name="listening_left_out_once")]


class CollectedAnswer(UnitModel):
    """Where a response came from that we did not ask for ourselves. Its channel is "import"."""

    response = models.OneToOneField(Response, models.CASCADE, related_name="collected")
    source = models.ForeignKey(AnswerSource, models.PROTECT, related_name="+")
    file = models.ForeignKey(AnswerFile, models.PROTECT, related_name="+")
    key = models.CharField(max_length=64)  # hash of the number it had there, else of its whole line
    way = models.CharField(max_length=40, blank=True)  # how they were asked there, in the words of the file

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "key"], name="listening_collected_once")]
        indexes = [models.Index(fields=["file"], name="listening_collected_in")]
