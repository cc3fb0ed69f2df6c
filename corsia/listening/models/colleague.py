"""Colleagues who were asked in a survey of the network: that they were asked, never what they said."""

from django.db import models

from corsia.listening.models.plan import ListeningPlan
from corsia.organisation.models import Person, UnitModel


class StaffInvitation(UnitModel):
    """One colleague asked by one plan, at the unit where they worked then.

    Nothing leads from here to an answer, nor back. Each answer writes all rows of its plan anew (see
    services.colleagues), so that neither a day nor the order in which rows were written tells whose it was.
    """

    plan = models.ForeignKey(  # found by listening_colleague_once
        ListeningPlan, models.CASCADE, related_name="colleagues", db_index=False
    )
    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    sent_at = models.DateTimeField()
    reminded_at = models.DateTimeField(null=True, blank=True)  # the plan's reminder, also where none was needed
    answered_on = models.DateField(null=True, blank=True)  # the day of the plan's latest answer, the same for all

    class Meta:
        constraints = [models.UniqueConstraint(fields=["plan", "person"], name="listening_colleague_once")]
