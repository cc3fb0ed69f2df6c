"""What an agent has on the table: drafts, macros, and who is looking at which case."""

from django.db import models

from corsia.cases.models import Case
from corsia.kernel.models import ScopedModel
from corsia.messaging.models import Message
from corsia.organisation.models import Person, UnitModel


class Draft(ScopedModel):
    """What somebody typed and did not send yet; one per person, case and kind."""

    unit_path = "case__unit_id"

    case = models.ForeignKey(Case, models.CASCADE, related_name="drafts")
    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    is_note = models.BooleanField(default=False)
    text = models.TextField()
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "person", "is_note"], name="conversations_draft_once")]


class Macro(UnitModel):
    """Several steps in one click: a template text, a phase, a tag, an assignment."""

    shared_with_descendants = True

    name_it = models.CharField(max_length=80)
    name_en = models.CharField(max_length=80)
    template_key = models.SlugField(max_length=60, blank=True)
    phase_key = models.SlugField(max_length=40, blank=True)
    tag = models.CharField(max_length=40, blank=True)
    assigns_to_me = models.BooleanField(default=False)
    position = models.PositiveSmallIntegerField(default=0)


class Mention(ScopedModel):
    """Somebody was called by name in an internal note; open until they have looked."""

    unit_path = "case__unit_id"

    case = models.ForeignKey(Case, models.CASCADE, related_name="+")
    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    message = models.ForeignKey(Message, models.CASCADE, related_name="+")
    at = models.DateTimeField()
    seen_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["message", "person"], name="conversations_mention_once")]
        indexes = [models.Index(fields=["person", "case"], name="conversations_mention_of")]


class Viewing(models.Model):
    """Somebody has a case open, perhaps typing: ephemeral, shown to colleagues on the same case only, never kept."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="+")
    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    is_typing = models.BooleanField(default=False)
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "person"], name="conversations_viewing_once")]
