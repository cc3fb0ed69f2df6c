"""Sessions: workshops, focus groups, one-to-one interviews and online communities, with whoever takes part."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower

from corsia.customers.models import Customer
from corsia.kernel.models import ScopedModel
from corsia.listening.models.journey import Finding, Touchpoint
from corsia.listening.models.plan import ListeningPlan
from corsia.listening.vocabulary import Instrument, NoteKind, ParticipantState, Population, SessionState, Sign
from corsia.organisation.models import Person, UnitModel
from corsia.organisation.vocabulary import Language


class Session(UnitModel):
    """People are listened to together, one by one, or for a week on the web."""

    instrument = models.CharField(max_length=10, choices=Instrument)
    title = models.CharField(max_length=120)
    aim = models.CharField(max_length=300, blank=True)
    plan = models.ForeignKey(ListeningPlan, models.PROTECT, null=True, blank=True, related_name="sessions")
    touchpoint = models.ForeignKey(Touchpoint, models.PROTECT, related_name="sessions")
    population = models.CharField(max_length=16, choices=Population, default=Population.RETAIL)
    starts_at = models.DateTimeField()  # of a community: its first day
    ends_on = models.DateField(null=True, blank=True)  # the last day of a community, which then ends by itself
    place = models.CharField(max_length=160, blank=True)
    moderator = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")
    quota = models.PositiveSmallIntegerField()  # people wanted
    state = models.CharField(max_length=10, choices=SessionState, default=SessionState.PLANNED)
    changed_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="listening_session_instrument",
                condition=Q(instrument__in=["workshop", "focus", "interview", "community"]),
            ),
            models.CheckConstraint(
                name="listening_session_ends",
                condition=Q(instrument="community", ends_on__isnull=False)
                | (~Q(instrument="community") & Q(ends_on__isnull=True)),
            ),
            models.CheckConstraint(name="listening_session_quota", condition=Q(quota__gte=1, quota__lte=500)),
        ]
        indexes = [models.Index(fields=["unit", "-starts_at", "-id"], name="listening_sessions_latest")]


class SessionBlock(ScopedModel):
    """One part of the outline; in a community, the prompt of one day."""

    unit_path = "session__unit_id"

    session = models.ForeignKey(Session, models.CASCADE, related_name="blocks", db_index=False)
    position = models.PositiveSmallIntegerField()
    name_it = models.CharField(max_length=160)
    name_en = models.CharField(max_length=160, blank=True)
    text_it = models.TextField(blank=True)  # the questions
    text_en = models.TextField(blank=True)
    minutes = models.PositiveSmallIntegerField(default=0)
    touchpoint = models.ForeignKey(Touchpoint, models.PROTECT, null=True, blank=True, related_name="+")  # None: as all
    day = models.DateField(null=True, blank=True)  # on which members see it

    class Meta:
        constraints = [
            models.CheckConstraint(name="listening_block_minutes", condition=Q(minutes__lte=480)),
        ]
        indexes = [models.Index(fields=["session", "position", "id"], name="listening_outline")]


class SessionParticipant(ScopedModel):
    """Somebody who is, or will be, listened to. On whatever leaves the session they are "P" and their number."""

    unit_path = "session__unit_id"

    session = models.ForeignKey(Session, models.CASCADE, related_name="participants")
    number = models.PositiveSmallIntegerField()
    customer = models.ForeignKey(Customer, models.PROTECT, null=True, blank=True, related_name="+")
    name = models.CharField(max_length=120, blank=True)  # of a guest; a customer has their own
    email = models.EmailField(max_length=254, blank=True)  # of a guest
    language = models.CharField(max_length=2, choices=Language, default=Language.ITALIAN)
    state = models.CharField(max_length=10, choices=ParticipantState, default=ParticipantState.LISTED)
    added_at = models.DateTimeField()
    invited_at = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    not_invited = models.CharField(max_length=40, blank=True)  # why no mail left: a CancelReason or an Objection

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["session", "number"], name="listening_participant_number"),
            models.UniqueConstraint(
                fields=["session", "customer"],
                name="listening_participant_customer",
                condition=Q(customer__isnull=False),
            ),
            models.UniqueConstraint(
                F("session"), Lower("email"), name="listening_participant_email", condition=~Q(email="")
            ),
        ]
        indexes = [
            models.Index(
                fields=["customer", "invited_at"],
                name="listening_participant_asked",
                condition=Q(invited_at__isnull=False),
            ),
            models.Index(fields=["email"], name="listening_participant_guest", condition=~Q(email="")),
        ]

    @property
    def pseudonym(self) -> str:
        """What they are called wherever their words are shown."""
        return f"P{self.number}"


class Post(ScopedModel):
    """What a member, or whoever moderates, wrote under a prompt of a community."""

    unit_path = "block__session__unit_id"

    block = models.ForeignKey(SessionBlock, models.CASCADE, related_name="posts", db_index=False)
    participant = models.ForeignKey(SessionParticipant, models.CASCADE, null=True, blank=True, related_name="posts")
    author = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")  # who moderates
    parent = models.ForeignKey("self", models.CASCADE, null=True, blank=True, related_name="replies")
    text = models.TextField()
    at = models.DateTimeField()
    hidden_at = models.DateTimeField(null=True, blank=True)
    hidden_by = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")
    hidden_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="listening_post_hidden_for_a_reason",
                condition=Q(hidden_at__isnull=True) | ~Q(hidden_reason=""),
            ),
        ]
        indexes = [models.Index(fields=["block", "-id"], name="listening_thread")]


class Note(ScopedModel):
    """One line written down while a session is held: a remark, or words of somebody. It may have become a finding."""

    unit_path = "session__unit_id"

    session = models.ForeignKey(Session, models.CASCADE, related_name="notes", db_index=False)
    block = models.ForeignKey(SessionBlock, models.SET_NULL, null=True, blank=True, related_name="notes")
    key = models.CharField(max_length=64)  # made where it is typed: sent twice it is one line
    kind = models.CharField(max_length=6, choices=NoteKind, default=NoteKind.REMARK)
    text = models.TextField()
    participant = models.ForeignKey(SessionParticipant, models.SET_NULL, null=True, blank=True, related_name="notes")
    touchpoint = models.ForeignKey(Touchpoint, models.PROTECT, null=True, blank=True, related_name="+")
    sign = models.CharField(max_length=5, choices=Sign, blank=True)
    severity = models.PositiveSmallIntegerField(null=True, blank=True)
    tags = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    finding = models.OneToOneField(Finding, models.SET_NULL, null=True, blank=True, related_name="note")
    post = models.OneToOneField(Post, models.SET_NULL, null=True, blank=True, related_name="note")
    noted_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["session", "key"], name="listening_note_once"),
            models.CheckConstraint(
                name="listening_note_severity", condition=Q(severity__isnull=True) | Q(severity__gte=1, severity__lte=5)
            ),
        ]
        indexes = [models.Index(fields=["session", "id"], name="listening_notes_of")]
