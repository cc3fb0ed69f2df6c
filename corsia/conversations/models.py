"""What an agent has on the table: drafts, macros, who is looking at which case; and the dossiers made of cases."""

from django.db import models
from django.db.models import Q

from corsia.cases.models import Case
from corsia.conversations.bot.models import BotItem, BotMenu, BotTalk
from corsia.conversations.vocabulary import Audience, DossierState
from corsia.kernel.models import Blob, ScopedModel
from corsia.messaging.models import Message
from corsia.organisation.models import Person, UnitModel
from corsia.organisation.vocabulary import Language


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


class Dossier(ScopedModel):
    """One PDF that tells a whole case up to an instant: asked for, set by a job, kept as it was handed out.

    `content_digest` is that of its chronology: read again for the same instant, the log must still give it.
    """

    unit_path = "case__unit_id"

    case = models.ForeignKey(Case, models.PROTECT, related_name="dossiers")
    audience = models.CharField(max_length=10, choices=Audience)
    language = models.CharField(max_length=2, choices=Language)
    asked_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    asked_at = models.DateTimeField()  # it tells everything up to then
    state = models.CharField(max_length=8, choices=DossierState, default=DossierState.WAITING)
    ready_at = models.DateTimeField(null=True, blank=True)
    why_failed = models.CharField(max_length=300, blank=True)
    blob = models.ForeignKey(Blob, models.PROTECT, null=True, blank=True, related_name="+")
    size = models.PositiveIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)  # of the PDF
    entries = models.PositiveIntegerField(default=0)
    content_digest = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="conversations_dossier_ready_with_file",
                condition=~Q(state=DossierState.READY)
                | (Q(ready_at__isnull=False, blob__isnull=False) & ~Q(sha256="") & ~Q(content_digest="")),
            )
        ]
        indexes = [models.Index(fields=["case", "-id"], name="conversations_dossiers_of")]


__all__ = ["BotItem", "BotMenu", "BotTalk", "Dossier", "Draft", "Macro", "Mention", "Viewing"]
