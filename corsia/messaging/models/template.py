"""Texts that are written once and sent often."""

from django.db import models

from corsia.kernel.models import ScopedModel
from corsia.messaging.vocabulary import SentReason
from corsia.organisation.models import UnitModel
from corsia.organisation.vocabulary import Language


class Template(UnitModel):
    """A text with allow-listed {{keys}}, shared by its unit with everything below."""

    shared_with_descendants = True

    key = models.SlugField(max_length=60)
    name_it = models.CharField(max_length=80)
    name_en = models.CharField(max_length=80)
    reason = models.CharField(max_length=16, choices=SentReason, default=SentReason.REPLY)
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["unit", "key"], name="messaging_template_key")]


class TemplateText(ScopedModel):
    """The wording of a template in one language."""

    unit_path = "template__unit_id"
    shared_with_descendants = True

    template = models.ForeignKey(Template, models.CASCADE, related_name="texts")
    language = models.CharField(max_length=2, choices=Language)
    subject = models.CharField(max_length=200, blank=True)
    body = models.TextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["template", "language"], name="messaging_template_language")]
