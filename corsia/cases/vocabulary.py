"""The words of cases: phases and ends, who holds the case, clocks, priorities, alarms."""

from datetime import UTC, datetime

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

# The due instant of a case without a running clock: later than any real one, so that lists sort and page by one column.
NEVER = datetime(9000, 1, 1, tzinfo=UTC)


class Origin(models.TextChoices):
    """The channel by which a case came in."""

    EMAIL = "email", _("E-mail")
    WEB_FORM = "web_form", _("Web form")
    COUNTER = "counter", _("Counter")
    PHONE = "phone", _("Phone")
    INTERNAL = "internal", _("Internal")


class Priority(models.IntegerChoices):
    LOW = 1, _("Low")
    NORMAL = 2, _("Normal")
    HIGH = 3, _("High")
    URGENT = 4, _("Urgent")


class Holder(models.TextChoices):
    """Who has the case in hand at the moment: only the time held by us counts against our limits (B6)."""

    US = "us", _("Us")
    CUSTOMER = "customer", _("Customer")
    PART = "part", _("Part")
    MANUFACTURER = "manufacturer", _("Manufacturer")
    INSURER = "insurer", _("Insurer")


class EndKind(models.TextChoices):
    """How a case ended. A phase with an end kind closes the case."""

    SOLVED = "solved", _("Solved")
    WON = "won", _("Won")
    LOST = "lost", _("Lost")
    CANCELLED = "cancelled", _("Cancelled")


class ClockKind(models.TextChoices):
    FIRST_ANSWER = "first_answer", _("First answer")
    NEXT_ANSWER = "next_answer", _("Next answer")
    SOLUTION = "solution", _("Solution")
    PHASE = "phase", _("Phase")


class AlarmKind(models.TextChoices):
    ABOUT_TO_BREAK = "about_to_break", _("Clock about to break")
    OVERDUE = "overdue", _("Overdue")
    NEGLECTED = "neglected", _("Neglected")


class ActionKind(models.TextChoices):
    """What entering a phase does by itself."""

    CREATE_TASK = "create_task", _("Create a task")
    SEND_TEMPLATE = "send_template", _("Send a template")
    START_CASE = "start_case", _("Start another case")


class RequiredField(models.TextChoices):
    """What must be filled in before a phase may be left."""

    CUSTOMER = "customer", _("Customer")
    VEHICLE = "vehicle", _("Vehicle")
    ASSIGNEE = "assignee", _("Assignee")
    ROOT_CAUSE = "root_cause", _("Root cause")
    REMEDY = "remedy", _("Remedy")
    REFERENCE = "reference", _("External reference")


class LinkKind(models.TextChoices):
    RELATED = "related", _("Related to")
    SPLIT_FROM = "split_from", _("Split from")
    FOLLOWS = "follows", _("Follows")  # opened by an answer that came too late to reopen


class VersionState(models.TextChoices):
    DRAFT = "draft", _("Draft")
    PUBLISHED = "published", _("In use")
    RETIRED = "retired", _("Retired")


class BulkVerb(models.TextChoices):
    """What can be done to many cases at once."""

    ASSIGN = "assign", _("Assign to")
    PRIORITY = "priority", _("Set priority")
    TAG = "tag", _("Add tag")
    SNOOZE = "snooze", _("Snooze until")


class Tab(models.TextChoices):
    """The tabs of the desk's list."""

    MINE = "mine", pgettext_lazy("list of cases", "Mine")
    UNIT = "unit", pgettext_lazy("list of cases", "My unit")
    UNASSIGNED = "unassigned", pgettext_lazy("list of cases", "Unassigned")
    OVERDUE = "overdue", pgettext_lazy("list of cases", "Overdue")
    NEGLECTED = "neglected", pgettext_lazy("list of cases", "Neglected")
    SNOOZED = "snoozed", pgettext_lazy("list of cases", "Snoozed")
    CLOSED = "closed", pgettext_lazy("list of cases", "Closed")
