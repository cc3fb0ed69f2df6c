"""What people attach to answers: a photo of the damage, the invoice they mean."""

from django.db import models

from corsia.kernel.models import Blob
from corsia.listening.models.response import ResponseItem
from corsia.organisation.models import UnitModel


class AnswerAttachment(UnitModel):
    """A file that answers a question. Its type was read from the content; the item's text is its name."""

    item = models.OneToOneField(ResponseItem, models.CASCADE, related_name="attachment")
    blob = models.ForeignKey(Blob, models.PROTECT, related_name="+")
    name = models.CharField(max_length=200)
    media_type = models.CharField(max_length=100)
    size = models.PositiveIntegerField()
