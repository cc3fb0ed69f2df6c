"""The four meetings: what each is for, its agenda, its instruments, what it leaves, and the bridge after it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How one meeting is run.

    Attributes:
        agenda: item and minutes.
        outputs: key of what must be there at the end, and its words; queries.meetings says which are.
    """

    title: Any
    goal: Any
    agenda: Sequence[tuple[Any, int]]
    instruments: Sequence[Any]
    outputs: Mapping[str, Any]
    bridge: Any

    @property
    def minutes(self) -> int:
        return sum(length for _item, length in self.agenda)


PLANS: Mapping[int, Plan] = {
    1: Plan(
        title=_("The perimeter"),
        goal=_("Agree on what hurts whom, and collect what could be done."),
        agenda=(
            (_("Read the criticalities together, with customers' words"), 20),
            (_("Pains: which are within the perimeter, which are missing"), 30),
            (_("Segments: whom each pain hits"), 15),
            (_("Candidate macro-actions"), 40),
            (_("Bridge work: who does what"), 15),
        ),
        instruments=(_("Ranked list of criticalities"), _("Customers' words"), _("List of segments")),
        outputs={
            "pains": _("Pains within the perimeter"),
            "segments": _("Segments hit"),
            "macros": _("At least two candidate macro-actions"),
        },
        bridge=_("Quick survey: everybody rates the priority of each macro-action."),
    ),
    2: Plan(
        title=_("Materiality and roles"),
        goal=_("Choose what matters to customers and to the company, and say who does it."),
        agenda=(
            (_("Results of the quick survey"), 15),
            (_("Materiality matrix"), 45),
            (_("RACI light"), 40),
            (_("Bridge work: who writes which card"), 20),
        ),
        instruments=(_("Quick survey"), _("Materiality matrix"), _("RACI light")),
        outputs={
            "survey": _("Quick survey answered by all"),
            "materiality": _("Every macro-action on the materiality matrix"),
            "raci": _("Somebody answers for each material macro-action"),
        },
        bridge=_("Whoever answers for a macro-action writes its action cards."),
    ),
    3: Plan(
        title=_("Action cards"),
        goal=_("Tell quick wins from investments, and say how each action is measured."),
        agenda=(
            (_("Cards, one by one"), 45),
            (_("Benefit and constraint matrix"), 45),
            (_("Metrics: baseline and target of each action"), 30),
        ),
        instruments=(_("Action cards"), _("Benefit and constraint matrix")),
        outputs={
            "cards": _("Action cards with segments hit"),
            "classified": _("Every card a quick win or an investment, or left"),
            "metrics": _("A measure with a target on every card kept"),
        },
        bridge=_("Owners measure where they stand, and check the days."),
    ),
    4: Plan(
        title=_("Pipeline, KPIs, golden rules"),
        goal=_("Start the actions, agree how they are watched, and promise customers something."),
        agenda=(
            (_("Pipeline: owner, begin and due day of each action"), 40),
            (_("KPI set: who reads what, how often"), 30),
            (_("Golden rules for the customer"), 40),
            (_("How it is told: communication, training, next listening"), 10),
        ),
        instruments=(_("Pipeline of actions"), _("KPI set"), _("Golden rules")),
        outputs={
            "pipeline": _("Every card kept is planned"),
            "kpis": _("A KPI set with baselines"),
            "rules": _("Golden rules for the customer"),
        },
        bridge=_("The actions run; their effect is read after the period of the KPI."),
    ),
}
