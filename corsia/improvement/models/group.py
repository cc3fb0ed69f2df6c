"""The improvement group: its people, four meetings, pains, candidate macro-actions, ratings and responsibilities."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from corsia.improvement.vocabulary import AXIS, CustomerSegment, Letter, Sign
from corsia.kernel.scope import ScopedModel
from corsia.organisation.models import Person, UnitModel
from corsia.organisation.vocabulary import Role


class Group(UnitModel):
    """Four to six people of several functions who meet four times about some criticalities.

    Units below see the row, so that their people can take part; only participants and leaders open it.
    """

    shared_with_descendants = True

    name = models.CharField(max_length=120)
    goal = models.TextField(blank=True)
    process_key = models.SlugField(max_length=40, blank=True, db_index=False)  # the flow designed anew, if one is
    begun_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    begun_at = models.DateTimeField()
    survey_opened_at = models.DateTimeField(null=True, blank=True)  # the bridge between first and second meeting
    survey_closed_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="improvement_survey_order",
                condition=Q(survey_closed_at__isnull=True) | Q(survey_opened_at__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["unit", "-begun_at", "-id"], name="improvement_group_latest")]

    def __str__(self) -> str:
        return self.name


class Participant(ScopedModel):
    """Somebody in a group, and the function they bring to it."""

    unit_path = "group__unit_id"
    shared_with_descendants = True

    group = models.ForeignKey(Group, models.CASCADE, related_name="participants")
    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    function = models.CharField(max_length=20, choices=Role)
    rated_at = models.DateTimeField(null=True, blank=True)  # answered the quick survey

    class Meta:
        constraints = [models.UniqueConstraint(fields=["group", "person"], name="improvement_participant_once")]


class Meeting(ScopedModel):
    """One of the four meetings. Held when minutes were written."""

    unit_path = "group__unit_id"
    shared_with_descendants = True

    group = models.ForeignKey(Group, models.CASCADE, related_name="meetings")
    number = models.PositiveSmallIntegerField()
    planned_at = models.DateTimeField()
    held_at = models.DateTimeField(null=True, blank=True)
    notes = models.TextField(blank=True)  # what was said and decided
    bridge = models.TextField(blank=True)  # who does what until the next one

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["group", "number"], name="improvement_meeting_once"),
            models.CheckConstraint(name="improvement_meeting_of_four", condition=Q(number__range=(1, 4))),
        ]


class Attendance(ScopedModel):
    """How long somebody was at a meeting; without a row they were not."""

    unit_path = "meeting__group__unit_id"
    shared_with_descendants = True

    meeting = models.ForeignKey(Meeting, models.CASCADE, related_name="attendances")
    participant = models.ForeignKey(Participant, models.CASCADE, related_name="attendances")
    minutes = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["meeting", "participant"], name="improvement_attendance_once"),
            models.CheckConstraint(name="improvement_attendance_some", condition=Q(minutes__range=(1, 600))),
        ]


class Pain(ScopedModel):
    """Something that hurts: a criticality as it was counted that day, or what the group itself added.

    Customers' words are not copied: the page asks for them anew, so that what was erased is gone here too.
    """

    unit_path = "group__unit_id"
    shared_with_descendants = True

    group = models.ForeignKey(Group, models.CASCADE, related_name="pains")
    key = models.CharField(max_length=80, blank=True)  # of the criticality; "" where the group added it
    label = models.CharField(max_length=200)
    sign = models.CharField(max_length=5, choices=Sign, default=Sign.MINUS)
    volume = models.PositiveIntegerField(null=True, blank=True)
    severity = models.PositiveSmallIntegerField(null=True, blank=True)
    source = models.CharField(max_length=200, blank=True)
    segments = ArrayField(models.CharField(max_length=20, choices=CustomerSegment), default=list, blank=True)
    is_inside = models.BooleanField(default=True)  # within the perimeter

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["group", "key"], condition=~Q(key=""), name="improvement_pain_once"),
        ]


class MacroAction(ScopedModel):
    """A candidate: what the group could do. Its importance is judged in the second meeting."""

    unit_path = "group__unit_id"
    shared_with_descendants = True

    group = models.ForeignKey(Group, models.CASCADE, related_name="macros")
    title = models.CharField(max_length=160)
    description = models.TextField(blank=True)
    customer_importance = models.PositiveSmallIntegerField(null=True, blank=True)  # 0 to 10
    company_importance = models.PositiveSmallIntegerField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="improvement_macro_on_the_axes",
                condition=Q(customer_importance__isnull=True, company_importance__isnull=True)
                | Q(customer_importance__lte=AXIS, company_importance__lte=AXIS),
            ),
        ]


class Rating(ScopedModel):
    """How urgent one participant finds one candidate, from 1 to 5. Shown to nobody one by one."""

    unit_path = "macro__group__unit_id"
    shared_with_descendants = True

    macro = models.ForeignKey(MacroAction, models.CASCADE, related_name="ratings")
    participant = models.ForeignKey(Participant, models.CASCADE, related_name="ratings")
    value = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["macro", "participant"], name="improvement_rating_once"),
            models.CheckConstraint(name="improvement_rating_range", condition=Q(value__range=(1, 5))),
        ]


class Responsibility(ScopedModel):
    """One letter of the RACI. At most one person answers for a macro-action."""

    unit_path = "macro__group__unit_id"
    shared_with_descendants = True

    macro = models.ForeignKey(MacroAction, models.CASCADE, related_name="responsibilities")
    participant = models.ForeignKey(Participant, models.CASCADE, related_name="+")
    letter = models.CharField(max_length=1, choices=Letter)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["macro", "participant"], name="improvement_letter_once"),
            models.UniqueConstraint(
                fields=["macro"], condition=Q(letter=Letter.ACCOUNTABLE), name="improvement_one_accountable"
            ),
        ]
