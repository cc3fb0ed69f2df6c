"""The words of knowledge: who may read an article, in which state a version is, where it was read."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Audience(models.TextChoices):
    PUBLIC = "public", _("Customers and colleagues")
    INTERNAL = "internal", _("Colleagues only")


class Kind(models.TextChoices):
    QUESTION = "question", _("Question and answer")
    GUIDE = "guide", _("Guide")
    NOTICE = "notice", _("Notice")
    RULE = "rule", _("House rule")


class VersionState(models.TextChoices):
    DRAFT = "draft", _("Draft")
    WAITING = "waiting", _("Waiting for approval")
    PUBLISHED = "published", _("Published")
    REPLACED = "replaced", _("Replaced")


OPEN_STATES = (VersionState.DRAFT, VersionState.WAITING)


class Source(models.TextChoices):
    """Where an article was read or judged."""

    SITE = "site", _("Public site")
    DESK = "desk", _("Desk")
    CHAT = "chat", _("Chat")


class Complaint(models.TextChoices):
    """Why an article did not help. A choice and no free text: what strangers type may name somebody."""

    UNCLEAR = "unclear", _("Hard to understand")
    INCOMPLETE = "incomplete", _("Something is missing")
    OUTDATED = "outdated", _("No longer right")
    OTHER_TOPIC = "other_topic", _("Not what I was looking for")


class PlaybookState(models.TextChoices):
    DRAFT = "draft", _("Draft")
    PUBLISHED = "published", _("In force")
    REPLACED = "replaced", _("Replaced")


class Hint(models.TextChoices):
    """What helps with a step of a playbook."""

    ARTICLE = "article", _("Article of the knowledge base")
    TEMPLATE = "template", _("Template of a message")


class Asks(models.TextChoices):
    """What whoever ticks a step of a playbook must write beside it."""

    NOTE = "note", _("A note")
    PROMISE = "promise", _("What was promised to the customer, and by when")
