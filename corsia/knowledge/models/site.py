"""The public help site of a unit."""

from django.db import models

from corsia.organisation.models import UnitModel


class HelpSite(UnitModel):
    """Where customers of a unit read its public articles and those of the units above. Off until a manager opens it."""

    shared_with_descendants = True

    slug = models.SlugField(max_length=60, unique=True)  # in the address
    title_it = models.CharField(max_length=120)
    title_en = models.CharField(max_length=120)
    intro_it = models.TextField(blank=True)
    intro_en = models.TextField(blank=True)
    contact_url = models.URLField(blank=True)  # where to write when nothing helps
    brand_color = models.CharField(max_length=7, default="#2450d8")
    is_on = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["unit"], name="knowledge_site_once")]

    def __str__(self) -> str:
        return self.title_it
