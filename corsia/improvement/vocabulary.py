"""The words of improvement: meetings, segments, states of an action, quadrants, letters of the RACI."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

MEETINGS = (1, 2, 3, 4)
LEAST_PEOPLE, MOST_PEOPLE = 4, 6
AXIS = 10  # both matrices run from 0 to 10 in whole steps; what is above the middle is high


class Sign(models.TextChoices):
    MINUS = "minus", _("Criticality")
    PLUS = "plus", _("Strength")


class CustomerSegment(models.TextChoices):
    """Whom an action touches."""

    PRIVATE = "private", _("Private customers")
    FLEET_MANAGER = "fleet_manager", _("Fleet managers")
    FLEET_DRIVER = "fleet_driver", _("Drivers of company cars")
    NEW_CAR = "new_car", _("Buyers of new cars")
    USED_CAR = "used_car", _("Buyers of used cars")
    WORKSHOP = "workshop", _("Customers of the workshop")
    ELECTRIC = "electric", _("Drivers of electric cars")
    COMPLAINING = "complaining", _("Customers with a complaint")
    NETWORK = "network", _("Agents and resellers of the network")


class Letter(models.TextChoices):
    """RACI light: one who answers for it, those who do it, those asked before, those told after."""

    RESPONSIBLE = "R", _("Responsible: does it")
    ACCOUNTABLE = "A", _("Accountable: answers for it")
    CONSULTED = "C", _("Consulted: is asked before")
    INFORMED = "I", _("Informed: is told after")


class ActionState(models.TextChoices):
    """The pipeline, in order."""

    IDEA = "idea", pgettext_lazy("action", "Card")
    PLANNED = "planned", pgettext_lazy("action", "Planned")
    RUNNING = "running", pgettext_lazy("action", "Under way")
    CHECKING = "checking", pgettext_lazy("action", "Being checked")
    DONE = "done", pgettext_lazy("action", "Done")
    DROPPED = "dropped", pgettext_lazy("action", "Dropped")


OPEN_STATES = (ActionState.IDEA, ActionState.PLANNED, ActionState.RUNNING, ActionState.CHECKING)
ENDED_STATES = (ActionState.DONE, ActionState.DROPPED)


class Quadrant(models.TextChoices):
    """Where benefit and constraint put an action."""

    QUICK_WIN = "quick_win", _("Quick win")
    INVESTMENT = "investment", _("Investment")
    FILL_IN = "fill_in", _("When there is time")
    LEAVE = "leave", _("Leave it")


class Weight(models.TextChoices):
    """Where importance for the customer and for the company put a macro-action."""

    MATERIAL = "material", _("Material: act now")
    CUSTOMER = "customer", _("Customers want it: win the company over")
    COMPANY = "company", _("The company wants it: ask customers again")
    MINOR = "minor", _("Minor: watch")


class Direction(models.TextChoices):
    HIGHER = "higher", _("Higher is better")
    LOWER = "lower", _("Lower is better")


class Outcome(models.TextChoices):
    """What became of a practice in a branch."""

    WORKS = "works", _("It works")
    PARTLY = "partly", _("It works in part")
    FAILS = "fails", _("It does not work here")


class CultureKind(models.TextChoices):
    COMMUNICATION = "communication", _("Communication")
    TRAINING = "training", _("Training")
    WORKSHOP = "workshop", pgettext_lazy("culture", "Workshop with colleagues")
