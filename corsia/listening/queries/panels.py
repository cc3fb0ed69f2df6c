"""Panels: the list, and what one says: service by service, as answered and weighted by what was done."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from django.db.models import Count, F, Q

from corsia.listening.models import Invitation, Panel, PanelStratum, Response
from corsia.listening.queries.typical import service_names
from corsia.listening.rules.panels import Cell, Estimate, estimate
from corsia.listening.vocabulary import AnswerChannel, CancelReason, PanelSegment
from corsia.organisation.queries import tree

Key = TypeVar("Key")


@dataclass(frozen=True, kw_only=True)
class PanelRow:
    """A panel in the list."""

    panel: Panel
    place: str
    invited: int
    answered: int


@dataclass(frozen=True, kw_only=True)
class PanelService:
    """What the panel says of one typical service."""

    label: str
    volume: int
    asked: int
    said: Estimate


@dataclass(frozen=True, kw_only=True)
class Part:
    """How a part of the panel stands among what was done and among who answered, in per cent."""

    label: str
    volume_pct: float
    answers_pct: float | None  # None while nobody answered
    weight: float | None  # what an answer of this part counts, 1 where the parts are alike; None without answers


@dataclass(frozen=True, kw_only=True)
class PanelResult:
    """Everything the page of a panel shows.

    Attributes:
        services: the worst first, by the weighted score; those under the least number of answers come last.
        refused: why those who were drawn are not asked, the commonest reason first.
        sent: how many invitations left.
    """

    panel: Panel
    place: str
    said: Estimate
    services: Sequence[PanelService]
    parts: Sequence[tuple[str, Sequence[Part]]]
    volume: int
    wanted: int
    invited: int
    sent: int
    refused: Sequence[tuple[str, int]]

    @property
    def typical_pct(self) -> float:
        """Share of all that was done that the typical services with a known customer make."""
        return 100 * self.volume / self.panel.services_done if self.panel.services_done else 0.0


def panel_rows() -> list[PanelRow]:
    """Return the panels within the scope, the latest first."""
    panels = Panel.objects.select_related("plan").order_by("-asked_for_at", "-pk")[:100]
    plans = [panel.plan_id for panel in panels]
    invited = Invitation.objects.filter(plan_id__in=plans, cancelled_at=None).order_by()
    counted = dict(invited.values_list("plan_id").annotate(n=Count("pk")))
    answers = Response.objects.filter(plan_id__in=plans, invitation__stratum__isnull=False).order_by()
    answered = dict(answers.values_list("plan_id").annotate(n=Count("pk")))
    places = tree()
    return [
        PanelRow(
            panel=panel,
            place=places.label(panel.unit_id),
            invited=counted.get(panel.plan_id, 0),
            answered=answered.get(panel.plan_id, 0),
        )
        for panel in panels
    ]


def panel_result(panel_id: int) -> PanelResult:
    """Return what a panel says.

    Raises:
        NotFound: none such within the scope.
    """
    panel: Panel = Panel.objects.select_related("plan__touchpoint", "plan__questionnaire").find(panel_id)
    strata = list(PanelStratum.objects.filter(panel=panel).order_by("pk"))
    drawn = Invitation.objects.filter(plan_id=panel.plan_id, stratum__isnull=False).order_by()
    asked: dict[int, int] = {}
    sent = 0
    for pk, count, left in (
        drawn.filter(cancelled_at=None)
        .values_list("stratum_id")
        .annotate(n=Count("pk"), left=Count("pk", filter=Q(sent_at__isnull=False)))
    ):
        asked[pk], sent = count, sent + left
    refused = drawn.filter(cancelled_at__isnull=False).values_list("cancel_reason").annotate(n=Count("pk"))
    cells = _cells(panel, strata)
    names = service_names(stratum.service for stratum in strata)
    services = [
        PanelService(
            label=names[key],
            volume=sum(one.volume for one in mine),
            asked=sum(asked.get(one.pk, 0) for one in mine),
            said=estimate(cells[one.pk] for one in mine),
        )
        for key, mine in _by(strata, lambda one: one.service).items()
    ]
    places = tree()
    parts = (
        ("branch", _parts(strata, cells, lambda one: places.units[one.unit_id].name)),
        ("segment", _parts(strata, cells, lambda one: str(PanelSegment(one.segment).label))),
    )
    return PanelResult(
        panel=panel,
        place=places.label(panel.unit_id),
        said=estimate(cells.values()),
        services=sorted(services, key=_worst_first),
        parts=parts,
        volume=sum(one.volume for one in strata),
        wanted=sum(one.wanted for one in strata),
        invited=sum(asked.values()),
        sent=sent,
        refused=[
            (str(CancelReason(reason).label), count)
            for reason, count in sorted(refused, key=lambda row: (-row[1], row[0]))
        ],
    )


def _cells(panel: Panel, strata: Iterable[PanelStratum]) -> dict[int, Cell]:
    answers = Response.objects.filter(
        plan_id=panel.plan_id, score__isnull=False, invitation__stratum__isnull=False
    ).exclude(channel=AnswerChannel.IMPORT)
    scores: dict[int, dict[int, int]] = defaultdict(dict)
    counted = answers.order_by().values_list(F("invitation__stratum_id"), "score").annotate(n=Count("pk"))
    for stratum_id, score, count in counted:
        scores[stratum_id][score] = count
    return {one.pk: Cell(volume=one.volume, scores=scores.get(one.pk, {})) for one in strata}


def _by(strata: Iterable[PanelStratum], key: Callable[[PanelStratum], Key]) -> dict[Key, list[PanelStratum]]:
    found: dict[Key, list[PanelStratum]] = defaultdict(list)
    for one in strata:
        found[key(one)].append(one)
    return found


def _worst_first(one: PanelService) -> tuple[bool, float, int]:
    score = one.said.weighted
    return score is None, score.points if score else 0.0, -one.volume


def _parts(strata: Sequence[PanelStratum], cells: Mapping[int, Cell], key: Callable[[PanelStratum], str]) -> list[Part]:
    volume = sum(one.volume for one in strata)
    answers = sum(cell.answers for cell in cells.values())
    found = []
    for label, mine in _by(strata, key).items():
        here = sum(cells[one.pk].answers for one in mine)
        share = 100 * sum(one.volume for one in mine) / volume if volume else 0.0
        told = 100 * here / answers if answers else None
        found.append(Part(label=label, volume_pct=share, answers_pct=told, weight=share / told if told else None))
    return sorted(found, key=lambda part: (-part.volume_pct, part.label))
