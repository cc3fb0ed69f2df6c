"""The public web forms of the units, and the sites on which their web chats stand."""

from django.db import models

from corsia.kernel.secrets import EncryptedTextField
from corsia.messaging.models import ChannelAccount
from corsia.organisation.models import UnitModel
from corsia.portal.vocabulary import Side


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


class ChatSite(UnitModel):
    """How the web chat of one account looks and on which sites it may stand. Hours and greeting are the account's."""

    account = models.OneToOneField(ChannelAccount, models.CASCADE, related_name="+")
    key = models.CharField(max_length=24, unique=True)  # in the line that the site carries; not a secret
    domains = models.TextField(blank=True)  # one a line; the browser draws the chat on these alone
    brand_color = models.CharField(max_length=7, default="#2450d8")
    side = models.CharField(max_length=5, choices=Side, default=Side.RIGHT)
    title_it = models.CharField(max_length=60)
    title_en = models.CharField(max_length=60)
    intro_it = models.CharField(max_length=300, blank=True)
    intro_en = models.CharField(max_length=300, blank=True)
    privacy_url = models.URLField(blank=True)
    asks_name = models.BooleanField(default=False)  # before the first message; both fields may stay empty
    identity_secret = EncryptedTextField(null=True, blank=True)  # with it the site vouches for who is signed in

    def __str__(self) -> str:
        return self.title_it
