"""Questionnaires as data: versions that never change once they are in force."""

from django.db import models
from django.db.models import Q

from corsia.kernel.models import ScopedModel
from corsia.listening.vocabulary import VersionState
from corsia.organisation.models import Person, UnitModel


class Questionnaire(UnitModel):
    """What is asked on one kind of occasion, shared by its unit with everything below it."""

    shared_with_descendants = True

    key = models.SlugField(max_length=40)  # shipped questionnaires keep theirs
    name_it = models.CharField(max_length=80)
    name_en = models.CharField(max_length=80)
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["unit", "key"], name="listening_questionnaire_key")]


class QuestionnaireVersion(ScopedModel):
    """One wording. `definition` is read by rules.questionnaires.read_definition.

    `series` numbers the series of figures that each question belongs to: another wording begins another one.
    """

    unit_path = "questionnaire__unit_id"
    shared_with_descendants = True

    questionnaire = models.ForeignKey(Questionnaire, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=VersionState, default=VersionState.DRAFT)
    definition = models.JSONField()
    series = models.JSONField(default=dict)  # key of a question to the number of its series, from 1
    note = models.CharField(max_length=200, blank=True)  # what changed, for whoever reads the trend
    saved_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True, blank=True)
    published_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["questionnaire", "number"], name="listening_version_number"),
            models.UniqueConstraint(
                fields=["questionnaire"], condition=Q(state=VersionState.IN_FORCE), name="listening_one_in_force"
            ),
            models.UniqueConstraint(
                fields=["questionnaire"], condition=Q(state=VersionState.DRAFT), name="listening_one_draft"
            ),
        ]
