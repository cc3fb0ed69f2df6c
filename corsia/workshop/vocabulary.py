"""The words of the workshop: bays, kinds of job, states of a visit, stages and lines of an order."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class BayKind(models.TextChoices):
    LIFT = "lift", _("Lift")
    DIAGNOSIS = "diagnosis", _("Diagnosis bay")
    ALIGNMENT = "alignment", _("Wheel alignment bay")
    TYRES = "tyres", _("Tyre bay")
    HIGH_VOLTAGE = "high_voltage", _("High-voltage bay")
    BODY = "body", _("Body shop bay")
    WASH = "wash", _("Washing bay")


class JobGroup(models.TextChoices):
    SERVICE = "service", pgettext_lazy("jobs", "Scheduled service")
    REPAIR = "repair", pgettext_lazy("jobs", "Breakdown and repair")
    TYRES = "tyres", pgettext_lazy("jobs", "Tyres")
    BODY = "body", pgettext_lazy("jobs", "Bodywork")
    HIGH_VOLTAGE = "high_voltage", pgettext_lazy("jobs", "High voltage")
    INSPECTION = "inspection", pgettext_lazy("jobs", "Statutory inspection")
    RECALL = "recall", pgettext_lazy("jobs", "Recall")


class VisitState(models.TextChoices):
    HELD = "held", pgettext_lazy("visit", "Held for a few minutes")
    BOOKED = "booked", pgettext_lazy("visit", "Booked")
    HERE = "here", pgettext_lazy("visit", "In the workshop")
    DONE = "done", pgettext_lazy("visit", "Done")
    CANCELLED = "cancelled", pgettext_lazy("visit", "Cancelled")
    MISSED = "missed", pgettext_lazy("visit", "Did not come")


class FetchKind(models.TextChoices):
    FETCH = "fetch", pgettext_lazy("vehicle", "Fetch")
    RETURN = "return", pgettext_lazy("vehicle", "Bring back")


LAPSED = "lapsed"  # the reason of a cancelled visit that was only held: nobody shows it
PRESENT_STATES = (VisitState.HELD, VisitState.BOOKED, VisitState.HERE)  # they take room in the diary


class Source(models.TextChoices):
    DESK = "desk", pgettext_lazy("booked by", "At the desk")
    WEB = "web", pgettext_lazy("booked by", "By the customer on the web")
    IMPORT = "import", pgettext_lazy("booked by", "From another system")


class OrderStage(models.TextChoices):
    RECEIVED = "received", pgettext_lazy("order", "Received")
    WORKING = "working", pgettext_lazy("order", "In work")
    WAITING = "waiting", pgettext_lazy("order", "Waiting for the customer or for parts")
    CHECKING = "checking", pgettext_lazy("order", "Quality check")
    READY = "ready", pgettext_lazy("order", "Ready")
    CLOSED = "closed", pgettext_lazy("order", "Delivered and closed")


OPEN_STAGES = tuple(stage for stage in OrderStage if stage != OrderStage.CLOSED)


class LineKind(models.TextChoices):
    LABOUR = "labour", pgettext_lazy("order line", "Labour")
    PART = "part", pgettext_lazy("order line", "Part")
    OUTSIDE = "outside", pgettext_lazy("order line", "Outside work")


class LineState(models.TextChoices):
    PROPOSED = "proposed", pgettext_lazy("order line", "Waits for approval")
    APPROVED = "approved", pgettext_lazy("order line", "Approved")
    DECLINED = "declined", pgettext_lazy("order line", "Declined")
    DONE = "done", pgettext_lazy("order line", "Done")


class Cause(models.TextChoices):
    """Why a day is to be planned anew."""

    AWAY = "away", pgettext_lazy("re-plan", "Somebody is away")
    OVER = "over", pgettext_lazy("re-plan", "Work takes longer")
    PART = "part", pgettext_lazy("re-plan", "A part is late")
    NIGHT = "night", pgettext_lazy("re-plan", "Found by night")


class ProposalState(models.TextChoices):
    """How a proposal stands. FAILED: no worker finished it. LAPSED: its day or its time is over."""

    ASKED = "asked", pgettext_lazy("proposal", "Asked for")
    WORKING = "working", pgettext_lazy("proposal", "Being worked out")
    READY = "ready", pgettext_lazy("proposal", "Ready")
    NOTHING = "nothing", pgettext_lazy("proposal", "Nothing to move")
    FAILED = "failed", pgettext_lazy("proposal", "Not worked out")
    ACCEPTED = "accepted", pgettext_lazy("proposal", "Accepted")
    DISCARDED = "discarded", pgettext_lazy("proposal", "Discarded")
    UNDONE = "undone", pgettext_lazy("proposal", "Taken back")
    LAPSED = "lapsed", pgettext_lazy("proposal", "Lapsed")


UNSOLVED_STATES = (ProposalState.ASKED, ProposalState.WORKING)


class Verdict(models.TextChoices):
    """What a check says of one thing, as traffic lights in a workshop do."""

    GOOD = "good", pgettext_lazy("check", "In order")
    SOON = "soon", pgettext_lazy("check", "To be watched")
    BAD = "bad", pgettext_lazy("check", "To be repaired")


class MovementKind(models.TextChoices):
    COUNTED = "counted", pgettext_lazy("stock", "Counted")
    ARRIVED = "arrived", pgettext_lazy("stock", "Arrived")
    USED = "used", pgettext_lazy("stock", "Used in work")
    IMPORTED = "imported", pgettext_lazy("stock", "From a list")


class ReservationState(models.TextChoices):
    KEPT = "kept", pgettext_lazy("stock", "Kept for the visit")
    USED = "used", pgettext_lazy("stock", "Used")
    RELEASED = "released", pgettext_lazy("stock", "Free again")


class EstimateState(models.TextChoices):
    DRAFT = "draft", pgettext_lazy("estimate", "Draft")
    SENT = "sent", pgettext_lazy("estimate", "Waits for the customer")
    ACCEPTED = "accepted", pgettext_lazy("estimate", "Accepted")
    DECLINED = "declined", pgettext_lazy("estimate", "Declined")
    WITHDRAWN = "withdrawn", pgettext_lazy("estimate", "Taken back")


class ListKind(models.TextChoices):
    """What a list that is loaded holds."""

    JOBS = "jobs", pgettext_lazy("list", "Jobs")
    PACKAGES = "packages", pgettext_lazy("list", "Packages")
    STOCK = "stock", pgettext_lazy("list", "Parts in stock")
