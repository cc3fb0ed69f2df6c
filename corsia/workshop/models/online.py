"""Visits that customers book on the web, from the slot somebody looks at to the contact that was confirmed."""

from django.db import models

from corsia.kernel.models import ScopedModel
from corsia.organisation.vocabulary import Language
from corsia.workshop.models.visit import Visit


class OnlineRequest(ScopedModel):
    """What was typed for a visit on the web: who somebody claims to be. Only a confirmed contact makes a customer.

    Who looks at a slot is a random token that their browser alone keeps: here stands its hash. Requests that were not
    confirmed are deleted after a day.
    """

    unit_path = "visit__unit_id"

    visit = models.OneToOneField(Visit, models.CASCADE, related_name="online")
    page_code = models.SlugField(max_length=40, db_index=False)  # of the unit whose page it was
    language = models.CharField(max_length=2, choices=Language)
    holder = models.BinaryField(max_length=32, unique=True)  # SHA-256 of the browser's token
    origin = models.BinaryField(max_length=32)  # keyed hash of the network address: who holds too many is stopped
    name = models.CharField(max_length=120, blank=True)
    email = models.CharField(max_length=254, blank=True)
    phone = models.CharField(max_length=20, blank=True)  # E.164
    plate = models.CharField(max_length=12, blank=True)
    address = models.CharField(max_length=200, blank=True)  # where the vehicle is fetched
    wish = models.TextField(blank=True)
    proof = models.BinaryField(max_length=32, unique=True, null=True, blank=True)  # SHA-256 of the token that was sent
    messages_sent = models.PositiveSmallIntegerField(default=0)
    made_at = models.DateTimeField()
    asked_at = models.DateTimeField(null=True, blank=True)  # when the link was sent
    confirmed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["origin"], name="workshop_online_open", condition=models.Q(confirmed_at__isnull=True)),
            models.Index(fields=["made_at"], name="workshop_online_latest"),
        ]
