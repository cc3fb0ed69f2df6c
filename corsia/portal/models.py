"""The public web forms of the units."""

from django.db import models

from corsia.organisation.models import UnitModel


class WebForm(UnitModel):
    """A form on the web at which a customer of a unit can write without signing in."""

    slug = models.SlugField(max_length=60, unique=True)
    title_it = models.CharField(max_length=120)
    title_en = models.CharField(max_length=120)
    intro_it = models.TextField(blank=True)
    intro_en = models.TextField(blank=True)
    process_keys = models.CharField(max_length=200, default="information complaint")  # what the customer may choose
    brand_color = models.CharField(max_length=7, default="#2450d8")
    privacy_url = models.URLField(blank=True)
    is_active = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.title_it

    @property
    def topics(self) -> list[str]:
        """The keys of the processes a customer may choose from, in order."""
        return self.process_keys.split()
