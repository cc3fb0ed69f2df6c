"""Talk among colleagues about a case or one of its exceptions. Customers never see a word of it."""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector
from django.db import models
from django.db.models import Q

from corsia.cases.models.case import Case
from corsia.cases.models.clock import Alarm
from corsia.cases.vocabulary import AlarmKind
from corsia.kernel.models import Blob, ScopedModel
from corsia.organisation.models import Person


class Discussion(ScopedModel):
    """A thread of short messages: one for the case itself, one more for each exception that people talk about."""

    unit_path = "case__unit_id"

    case = models.ForeignKey(Case, models.CASCADE, related_name="discussions")
    alarm = models.ForeignKey(Alarm, models.SET_NULL, null=True, blank=True, related_name="+")
    about = models.CharField(max_length=14, choices=AlarmKind, blank=True)  # the exception; empty for the case itself
    opened_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    opened_at = models.DateTimeField()
    last_line_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")
    summary = models.TextField(blank=True)  # what was decided, in one sentence or two

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case"], condition=Q(about=""), name="cases_discussion_of_case_once"),
            models.UniqueConstraint(
                fields=["alarm"], condition=Q(alarm__isnull=False), name="cases_discussion_of_alarm_once"
            ),
        ]
        indexes = [models.Index(fields=["-last_line_at", "-id"], name="cases_discussion_latest")]


class DiscussionLine(ScopedModel):
    """One thing said."""

    unit_path = "discussion__case__unit_id"

    discussion = models.ForeignKey(Discussion, models.CASCADE, related_name="lines", db_index=False)
    author = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    author_name = models.CharField(max_length=122)
    text = models.TextField(blank=True)  # empty where only files were sent
    at = models.DateTimeField()
    edited_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["discussion", "id"], name="cases_discussionline_order"),
            GinIndex(SearchVector("text", config="simple"), name="cases_discussionline_words"),
        ]


class DiscussionFile(ScopedModel):
    """A file sent with a line."""

    unit_path = "line__discussion__case__unit_id"

    line = models.ForeignKey(DiscussionLine, models.CASCADE, related_name="files")
    blob = models.ForeignKey(Blob, models.PROTECT, related_name="+")
    name = models.CharField(max_length=200)
    size = models.PositiveIntegerField()


class DiscussionMember(ScopedModel):
    """Somebody who takes part: wrote, was called by name, or was added. People of agencies see only these."""

    unit_path = "discussion__case__unit_id"

    discussion = models.ForeignKey(Discussion, models.CASCADE, related_name="members")
    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    since = models.DateTimeField()
    seen_at = models.DateTimeField(null=True, blank=True)  # of the last line they saw

    class Meta:
        constraints = [models.UniqueConstraint(fields=["discussion", "person"], name="cases_discussionmember_once")]
