"""What of a message of several parts has left: a second attempt goes on where the first one stopped."""

from django.db import models

from corsia.kernel.models import ScopedModel
from corsia.messaging.models.outbox import Outgoing


class DeliveredPart(ScopedModel):
    """A part that a provider took, where it takes words and each file as messages of their own."""

    unit_path = "outgoing__unit_id"

    outgoing = models.ForeignKey(Outgoing, models.CASCADE, related_name="+", db_index=False)
    number = models.PositiveSmallIntegerField()
    provider_id = models.CharField(max_length=200)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["outgoing", "number"], name="messaging_part_once")]
        indexes = [models.Index(fields=["provider_id"], name="messaging_part_provider")]
