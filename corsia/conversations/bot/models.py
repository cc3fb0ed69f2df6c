"""The menus of the assistant, and how far it has come on a case."""

from django.db import models

from corsia.cases.models import Case
from corsia.conversations.bot.vocabulary import Asking, BotAction
from corsia.kernel.models import ScopedModel
from corsia.organisation.models import UnitModel


class BotMenu(UnitModel):
    """What the assistant of a unit, and of the units below it without one of their own, offers first."""

    shared_with_descendants = True

    name = models.CharField(max_length=40)  # as customers see it
    welcome_it = models.CharField(max_length=500)
    welcome_en = models.CharField(max_length=500)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["unit"], name="conversations_bot_menu_once")]


class BotItem(ScopedModel):
    """A line of a menu."""

    unit_path = "menu__unit_id"
    shared_with_descendants = True

    menu = models.ForeignKey(BotMenu, models.CASCADE, related_name="items")
    parent = models.ForeignKey("self", models.CASCADE, null=True, blank=True, related_name="+")
    position = models.PositiveSmallIntegerField(default=0)
    label_it = models.CharField(max_length=40)
    label_en = models.CharField(max_length=40)
    action = models.CharField(max_length=8, choices=BotAction, default=BotAction.TEXT)
    text_it = models.TextField(blank=True, max_length=2000)
    text_en = models.TextField(blank=True, max_length=2000)
    link = models.URLField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["menu", "position", "id"], name="conversations_bot_items")]


class BotTalk(ScopedModel):
    """How far the assistant has come on a case: what it asked, where in the menu, how often it did not know."""

    unit_path = "case__unit_id"

    case = models.OneToOneField(Case, models.CASCADE, primary_key=True, related_name="+")
    item = models.ForeignKey(BotItem, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False)
    asking = models.CharField(max_length=8, choices=Asking, blank=True, default="")
    misses = models.PositiveSmallIntegerField(default=0)
    told = models.TextField(blank=True)  # what happened, one a line, for whoever takes over: never shown to customers
    began_at = models.DateTimeField()
    handed_over_at = models.DateTimeField(null=True, blank=True)
    silenced_at = models.DateTimeField(null=True, blank=True)  # a person of ours wrote
