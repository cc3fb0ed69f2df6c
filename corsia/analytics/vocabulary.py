"""The words of analytics."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Statistic(models.TextChoices):
    """How one number comes out of many rows."""

    COUNT = "count", _("Count")
    SUM = "sum", _("Sum")
    MEAN = "mean", _("Average")
    MEDIAN = "median", _("Median")
    P90 = "p90", _("9 out of 10 within")
    SHARE = "share", _("Share")
    SCORE = "score", _("Net Promoter Score")
    RATIO = "ratio", _("Ratio of two sums")


BUILT_STATISTICS = [(one.value, one.label) for one in Statistic if one is not Statistic.RATIO]  # of one amount alone


class Measure(models.TextChoices):
    """What a figure is a number of."""

    COUNT = "count", _("number")
    SECONDS = "seconds", _("time")
    SHARE = "share", _("share")  # from 0 to 1
    DAYS = "days", _("days")
    POINTS = "points", _("points")
    WORK = "work", _("time of work")  # seconds; said in hours, however many
    CENTS = "cents", _("amount of money")
    TIMES = "times", pgettext_lazy("measure", "times")  # how often, on average: 1.4
    PER_HUNDRED = "per_hundred", _("in 100")  # from 0 up, in one


class Better(models.TextChoices):
    """Which way is good."""

    UP = "up", _("more is better")
    DOWN = "down", _("less is better")
    NEITHER = "neither", _("neither is better")


class Dimension(models.TextChoices):
    """By what figures can be told apart."""

    UNIT = "unit", _("Unit")
    TEAM = "team", _("Team")
    AGENT = "agent", _("Person")
    CHANNEL = "channel", _("Channel")
    SOURCE = "source", _("Source")
    PROCESS = "process", _("Process")
    PHASE = "phase", _("Phase")
    COMPLAINT = "complaint", _("Information or complaint")
    CAUSE = "cause", _("Root cause")
    REASON = "reason", _("Reason")  # process and root cause
    TAG = "tag", _("Tag")
    MAKE = "make", _("Make")
    MODEL = "model", _("Model")
    PRIORITY = "priority", _("Priority")
    LANGUAGE = "language", _("Language")
    PURCHASE = "purchase", _("Purchase channel")
    HOLDER = "holder", _("In whose hands")
    CLOCK = "clock", _("Clock")
    END = "end", _("How it ended")
    OUTCOME = "outcome", _("Outcome")
    ARTICLE = "article", _("Article")
    QUESTIONNAIRE = "questionnaire", _("Questionnaire")
    TOUCHPOINT = "touchpoint", _("Touchpoint")
    INSTRUMENT = "instrument", _("Instrument")
    JOB = "job", pgettext_lazy("workshop", "Job")
    JOB_GROUP = "job_group", _("Kind of job")
    BAY_KIND = "bay_kind", _("Kind of bay")
    BOOKED_BY = "booked_by", _("How it was booked")


class Step(models.TextChoices):
    """The steps of a trend."""

    DAY = "day", _("Day")
    WEEK = "week", _("Week")
    MONTH = "month", _("Month")


class Withheld(models.TextChoices):
    """Why a figure is not shown."""

    FEW = "few", _("Too few to tell")
    SMALL_GROUP = "small_group", _("Fewer than five people: this needs an agreement with the staff")
    SEVERAL = "several", _("Answers to several questionnaires are not one population: tell them apart by questionnaire")
