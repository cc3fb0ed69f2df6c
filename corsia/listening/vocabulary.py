"""The words of surveys: why an invitation was not sent, what a customer finds behind the link."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class CancelReason(models.TextChoices):
    """Why an invitation that was due will not go out. The row stays, so that "why not?" has an answer."""

    RECENTLY_ASKED = "recently_asked", _("Asked recently")
    NOT_ALLOWED = "not_allowed", _("May not be contacted")
    REOPENED = "reopened", _("Case reopened")
    SWITCHED_OFF = "switched_off", _("Surveys switched off")
    CANNOT_SEND = "cannot_send", _("Could not be written")
    BY_HAND = "by_hand", _("Cancelled by hand")
    QUOTA_FULL = "quota_full", _("Enough answers already")
    PLAN_ENDED = "plan_ended", _("The plan no longer runs")
    NOT_IN_SAMPLE = "not_in_sample", _("Not drawn")
    EXCLUDED_CASE = "excluded_case", _("Has an open case of a reason left out")
    EMPLOYEE = "employee", _("Works for us")


class SurveyState(models.TextChoices):
    """What the link of an invitation opens."""

    OPEN = "open", _("Waiting for the answer")
    ANSWERED = "answered", _("Answered")
    EXPIRED = "expired", _("Expired")
    UNKNOWN = "unknown", _("Unknown")


class VersionState(models.TextChoices):
    """What a wording of a questionnaire is used for. In force it never changes: an edit makes the next one."""

    DRAFT = "draft", _("Draft")
    IN_FORCE = "in_force", _("In force")
    RETIRED = "retired", _("Replaced")


class Stage(models.TextChoices):
    """The stages of a customer's journey with us, in their order."""

    BRAND = "brand", _("Knowing the brand")
    BUY = "buy", _("Buying")
    OWN = "own", _("Owning")
    SERVICE = "service", _("Service")
    CARE = "care", _("Contact with customer care")
    COMPLAINT = "complaint", _("Complaint")
    REPLACE = "replace", _("Replacing")


class LifeState(models.TextChoices):
    """Where a touchpoint is in its life."""

    PLANNED = "planned", pgettext_lazy("touchpoint", "Planned")
    ACTIVE = "active", _("Active")
    REVIEW = "review", _("Under review")
    RETIRED = "retired", pgettext_lazy("listening", "Retired")


class Population(models.TextChoices):
    """Whom a plan listens to."""

    RETAIL = "retail", _("Private customers")
    FLEET_MANAGER = "fleet_manager", _("Fleet managers")
    FLEET_DRIVER = "fleet_driver", _("Drivers of fleets")
    AGENT = "agent", _("Agents of the network")
    CUSTOMERS = "customers", _("Private and corporate customers")


class Instrument(models.TextChoices):
    """How somebody is listened to."""

    SURVEY = "survey", _("Survey")
    IVR = "ivr", _("Interview by keypad")
    PHONE = "phone", _("Interview by telephone")
    MYSTERY = "mystery", _("Mystery visit")
    WORKSHOP = "workshop", _("Workshop with customers")
    FOCUS = "focus", _("Focus group")
    INTERVIEW = "interview", _("One-to-one interview")
    COMMUNITY = "community", _("Online community")


class PanelSegment(models.TextChoices):
    """For whom a service was done: what a record in the register of customers says of itself."""

    RETAIL = "retail", _("Private")
    CORPORATE = "corporate", _("Companies")


class Design(models.TextChoices):
    """Whether everybody is asked."""

    CENSUS = "census", _("Everybody")
    SAMPLE = "sample", _("A sample")


class PlanState(models.TextChoices):
    """Whether a plan invites."""

    DRAFT = "draft", _("In preparation")
    RUNNING = "running", pgettext_lazy("listening", "Running")
    PAUSED = "paused", _("Paused")
    ENDED = "ended", pgettext_lazy("listening", "Ended")


class AnswerChannel(models.TextChoices):
    """By which way an answer came."""

    EMAIL = "email", pgettext_lazy("listening", "Mail")
    SMS = "sms", _("SMS")
    WHATSAPP = "whatsapp", _("WhatsApp")
    WEB = "web", pgettext_lazy("listening", "Link")
    QR = "qr", _("QR code at the counter")
    KIOSK = "kiosk", _("Kiosk")
    IVR = "ivr", _("Keypad")
    PHONE = "phone", _("Telephone")
    IMPORT = "import", _("Imported")
    STAFF = "staff", _("Link of a colleague")


class Band(models.TextChoices):
    """Where a recommendation from 0 to 10 stands."""

    PROMOTER = "promoter", _("Promoter")
    PASSIVE = "passive", _("Passive")
    DETRACTOR = "detractor", _("Detractor")


class LoopOutcome(models.TextChoices):
    """How it ended with an unhappy customer."""

    RECOVERED = "recovered", _("Recovered")
    PARTLY = "partly", _("Partly recovered")
    LOST = "lost", pgettext_lazy("listening", "Lost")
    UNREACHABLE = "unreachable", _("Could not be reached")


class Sign(models.TextChoices):
    """Whether a finding speaks for us or against us."""

    PLUS = "plus", _("Plus")
    MINUS = "minus", _("Minus")


class Factor(models.TextChoices):
    """What makes the experience with us unlike that with others."""

    CERTAINTY = "certainty", _("Certainty")
    FREEDOM = "freedom", _("Freedom")
    INNOVATION = "innovation", _("Innovation")
    STATUS = "status", _("Status")
    CONTROL = "control", _("Control")
    BELONGING = "belonging", _("Belonging")


class Service(models.TextChoices):
    """For which of our services a guideline holds."""

    SALES = "sales", _("Sales")
    WORKSHOP = "workshop", _("Workshop")
    PARTS = "parts", pgettext_lazy("service", "Parts")
    RENTAL = "rental", _("Rental and replacement cars")
    CARE = "care", _("Customer care")


class PointFormat(models.TextChoices):
    """For which kind of place a guideline holds."""

    SHOWROOM = "showroom", _("Showroom")
    WORKSHOP = "workshop", _("Service point")
    COUNTER = "counter", _("Counter")
    AGENCY = "agency", _("Agency of the network")
    PHONE = "phone", _("Telephone")
    ONLINE = "online", _("Web and app")


class Standing(models.TextChoices):
    """Where we are beside a competitor."""

    AHEAD = "ahead", _("We are ahead")
    LEVEL = "level", pgettext_lazy("benchmark", "Level")
    BEHIND = "behind", _("We are behind")


class Slot(models.TextChoices):
    """When on a day somebody is called, in local time."""

    MORNING = "morning", _("Morning, 9–12")
    NOON = "noon", _("Noon, 12–14")
    AFTERNOON = "afternoon", _("Afternoon, 14–18")
    EVENING = "evening", _("Evening, 18–20")
    SATURDAY = "saturday", _("Saturday, 10–13")


class InterviewWay(models.TextChoices):
    """How somebody came to be interviewed on the phone."""

    TRANSFER = "transfer", _("Transferred at the end of a call")
    CALLBACK = "callback", _("Called by us")
    OPERATOR = "operator", _("Interviewed by one of us")


class InterviewOutcome(models.TextChoices):
    """What became of one attempt."""

    OPEN = "", pgettext_lazy("interview", "Not over yet")
    DONE = "done", pgettext_lazy("interview", "Done")
    PARTIAL = "partial", _("Left in the middle")
    DECLINED = "declined", pgettext_lazy("interview", "Declined")
    LEFT = "left", _("Left before agreeing")
    NO_ANSWER = "no_answer", pgettext_lazy("interview", "No answer")
    MACHINE = "machine", _("Answering machine")
    BUSY = "busy", pgettext_lazy("interview", "Busy")
    FAILED = "failed", pgettext_lazy("interview", "No connection")
    LATER = "later", _("Wants to be called at another time")
    LANGUAGE = "language", _("No language in common")
    WRONG = "wrong", _("Wrong number")
    GONE = "gone", _("No customer any more")
    DECEASED = "deceased", pgettext_lazy("interview", "Deceased")
    CANCELLED = "cancelled", pgettext_lazy("interview", "Not called")


class AskedBy(models.TextChoices):
    """By which way somebody is asked to answer a survey."""

    EMAIL = "email", pgettext_lazy("listening", "Mail")
    SMS = "sms", _("SMS")
    WHATSAPP = "whatsapp", _("WhatsApp")


class ReminderWhy(models.TextChoices):
    """Why no reminder follows; what messaging's gate says is kept as its own code."""

    ANSWERED = "answered", pgettext_lazy("reminder", "Answered")
    EXPIRED = "expired", pgettext_lazy("reminder", "The time to answer is over")
    PLAN_OVER = "plan_over", pgettext_lazy("reminder", "Nobody more is asked")
    REOPENED = "reopened", pgettext_lazy("reminder", "The case was opened again")
    NO_TEXT = "no_text", pgettext_lazy("reminder", "There is no text for it")


class CallPurpose(models.TextChoices):
    """What somebody had called us for: the first key of the interview."""

    UNKNOWN = "", _("Not said")
    INFORMATION = "information", _("Information")
    COMPLAINT = "complaint", _("Complaint")


class NotTaken(models.TextChoices):
    """Why a line of a file is not taken in."""

    EMPTY = "empty", _("The line is empty")
    COLUMNS = "columns", _("The line has more cells than the first line has names")
    NO_DATE = "no_date", _("This is no date")
    FUTURE = "future", _("This day is still to come")
    NOT_ON_SCALE = "not_on_scale", _("This number is not on the scale of the question")
    NOT_OFFERED = "not_offered", _("The question has no such answer")
    TOO_LONG = "too_long", _("This is too long")
    NO_UNIT = "no_unit", _("We have no branch or department of this name or code here")
    NO_ANSWER = "no_answer", _("Nothing is answered in this line")


class Doubt(models.TextChoices):
    """Why answers are doubtful."""

    FROZEN = "frozen", _("Fewer are asked than usual")
    CONTACT = "contact", _("Address changed just before")
    DEVICE = "device", _("Many from one device")
    STAFF = "staff", _("Address of our own people")
    BEGGING = "begging", _("A score was begged for")
    BURST = "burst", _("Many at once")


class Decision(models.TextChoices):
    """What a person decided about doubtful answers."""

    OPEN = "", pgettext_lazy("doubt", "To be decided")
    VALID = "valid", pgettext_lazy("doubt", "Valid")
    ASIDE = "aside", pgettext_lazy("doubt", "Set aside")


class SessionState(models.TextChoices):
    """Where a workshop, a focus group, an interview or a community is."""

    PLANNED = "planned", pgettext_lazy("session", "Planned")
    HELD = "held", pgettext_lazy("session", "Held")
    CANCELLED = "cancelled", pgettext_lazy("session", "Cancelled")


class ParticipantState(models.TextChoices):
    """How far somebody is who is to take part in a session."""

    LISTED = "listed", _("To be invited")
    INVITED = "invited", pgettext_lazy("participant", "Invited")
    ACCEPTED = "accepted", pgettext_lazy("participant", "Accepted")
    DECLINED = "declined", pgettext_lazy("participant", "Declined")
    CAME = "came", pgettext_lazy("participant", "Came")
    ABSENT = "absent", _("Did not come")


class NoteKind(models.TextChoices):
    """What a line of the notes is."""

    REMARK = "remark", _("Remark")
    QUOTE = "quote", pgettext_lazy("note", "Quote")
