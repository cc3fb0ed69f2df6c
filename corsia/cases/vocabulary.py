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


class PurchaseChannel(models.TextChoices):
    """Where the customer bought what the case is about: returns, warranty and parts go different ways for each."""

    ECOMMERCE = "ecommerce", _("Our web shop")
    MARKETPLACE = "marketplace", _("Marketplace")
    RESELLER = "reseller", _("Reseller")
    PARTNER = "partner", _("Partner")
    COUNTER = "counter", pgettext_lazy("purchase channel", "Counter")


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


VEHICLE_STATE = "vehicle-state"  # the kind of cause of who asks how their vehicle stands in the workshop


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
    PURCHASE_CHANNEL = "purchase_channel", _("Purchase channel")
    ASSIGNEE = "assignee", _("Assignee")
    CAUSE = "cause", _("Kind of cause")
    ROOT_CAUSE = "root_cause", _("Root cause")
    REMEDY = "remedy", _("Remedy")
    REFERENCE = "reference", _("External reference")


class TaskKind(models.TextChoices):
    TASK = "task", _("Task")
    CORRECTIVE = "corrective", _("Corrective action")  # somebody's, by a day
    CHECK = "check", _("Check that it worked")


class Part(models.TextChoices):
    """What a role has to do with a phase: the columns of the map of roles."""

    RESPONSIBLE = "responsible", pgettext_lazy("roles", "Responsible")
    DOES = "does", pgettext_lazy("roles", "Does it")
    CONSULTED = "consulted", pgettext_lazy("roles", "Consulted")
    INFORMED = "informed", pgettext_lazy("roles", "Informed")


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


class RecoveryOutcome(models.TextChoices):
    """How the attempt to win a forgotten customer back ended."""

    RECOVERED = "recovered", pgettext_lazy("customer", "Recovered")
    LOST = "lost", pgettext_lazy("customer", "Lost")
    UNREACHABLE = "unreachable", pgettext_lazy("customer", "Unreachable")


class AttemptWay(models.TextChoices):
    PHONE = "phone", _("Phone call")
    MAIL = "mail", _("E-mail")
    OTHER = "other", _("Another way")


class AttemptResult(models.TextChoices):
    """What came of an attempt to reach somebody."""

    REACHED = "reached", _("Spoke with them")
    NO_ANSWER = "no_answer", _("No answer")
    MESSAGE_LEFT = "message_left", _("Left a message")
    WRONG_CONTACT = "wrong_contact", _("Wrong number or address")


class LineState(models.TextChoices):
    """What becomes, or became, of a line in a list of customers."""

    KNOWN = "known", _("Known customer, their open case goes first")
    KNOWN_NEW = "known_new", _("Known customer, a case is opened")
    NEW = "new", _("New customer, a case is opened")
    TWICE = "twice", _("Already in this recovery")
    UNREADABLE = "unreadable", _("Cannot be read")


class LineReason(models.TextChoices):
    """Why a line cannot be used."""

    EMPTY = "empty", _("The line is empty.")
    COLUMNS = "columns", _("It has more columns than the first line.")
    NO_CONTACT = "no_contact", _("No e-mail, phone, plate or case number that can be read.")
    NO_NAME = "no_name", _("Nobody here has this contact, and without a name nobody can be added.")
    AMBIGUOUS = "ambiguous", _("Several customers have this contact: add the case of the right one by hand.")
    NO_CASE = "no_case", _("There is no open case with this number here.")
    BAD_DATE = "bad_date", _("The date cannot be read. Write it as 31/12/2025.")
    FUTURE = "future", _("The date lies in the future.")
    NO_UNIT = "no_unit", _("There is no such unit here.")
    OTHER_LIST = "other_list", _("Their case is part of another recovery that is still open.")


class HowOften(models.TextChoices):
    DAILY = "daily", pgettext_lazy("how often", "Every day")
    WEEKLY = "weekly", pgettext_lazy("how often", "Every week")
    MONTHLY = "monthly", pgettext_lazy("how often", "Every month")
    RARELY = "rarely", pgettext_lazy("how often", "Now and then")


class ProposalState(models.TextChoices):
    """Where a piece of work without a process stands."""

    PROPOSED = "proposed", pgettext_lazy("proposal", "Proposed")
    MAPPING = "mapping", pgettext_lazy("proposal", "Being mapped")
    MAPPED = "mapped", pgettext_lazy("proposal", "Mapped")
    DECLINED = "declined", pgettext_lazy("proposal", "Declined")
    JOINED = "joined", pgettext_lazy("proposal", "Joined with another")


class GoodwillState(models.TextChoices):
    """What became of a sum that somebody asked for a customer."""

    ASKED = "asked", pgettext_lazy("goodwill", "To decide")
    APPROVED = "approved", pgettext_lazy("goodwill", "Approved")
    REFUSED = "refused", pgettext_lazy("goodwill", "Refused")
    WITHDRAWN = "withdrawn", pgettext_lazy("goodwill", "Taken back")
