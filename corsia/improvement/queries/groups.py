"""What the pages of a group show: its people and hours, its meetings with their outputs, its survey and matrices."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, Q, Sum

from corsia.cases.models import PhaseRole
from corsia.improvement.agenda import PLANS, Plan
from corsia.improvement.models import (
    Action,
    Attendance,
    GoldenRule,
    Group,
    MacroAction,
    Meeting,
    Pain,
    Participant,
    Rating,
    Responsibility,
)
from corsia.improvement.ports import Criticality, criticalities
from corsia.improvement.rules.hours import hours_of
from corsia.improvement.rules.matrices import Dot, dots, quadrant_of, weight_of
from corsia.improvement.rules.priorities import Priority, ranked
from corsia.improvement.vocabulary import (
    ActionState,
    CustomerSegment,
    Letter,
    Quadrant,
    Sign,
    Weight,
)
from corsia.organisation.queries import tree
from corsia.organisation.vocabulary import Role

HEARD_BEFORE = timedelta(days=365)  # criticalities are counted over a year


@dataclass(frozen=True, kw_only=True)
class GroupLine:
    """A group in a list."""

    group: Group
    place: str
    people: int
    held: int
    next_meeting: Meeting | None
    hours: float
    actions: int
    actions_done: int


def group_lines(groups: Sequence[Group]) -> list[GroupLine]:
    """Return groups with how far each is: four statements, however many they are."""
    ids = [group.pk for group in groups]
    meetings: dict[int, list[Meeting]] = defaultdict(list)
    for meeting in Meeting.objects.filter(group_id__in=ids).order_by("number"):
        meetings[meeting.group_id].append(meeting)
    people = dict(Participant.objects.filter(group_id__in=ids).values_list("group_id").annotate(n=Count("pk")))
    given = dict(
        Attendance.objects.filter(meeting__group_id__in=ids)
        .values_list("meeting__group_id")
        .annotate(minutes=Sum("minutes"))
    )
    cards = {
        row["group_id"]: row
        for row in Action.objects.filter(group_id__in=ids)
        .values("group_id")
        .annotate(all=Count("pk"), done=Count("pk", filter=Q(state=ActionState.DONE)))
    }
    places = tree()
    return [
        GroupLine(
            group=group,
            place=places.label(group.unit_id),
            people=people.get(group.pk, 0),
            held=sum(1 for one in meetings[group.pk] if one.held_at),
            next_meeting=next((one for one in meetings[group.pk] if one.held_at is None), None),
            hours=hours_of([given.get(group.pk, 0)]),
            actions=cards.get(group.pk, {}).get("all", 0),
            actions_done=cards.get(group.pk, {}).get("done", 0),
        )
        for group in groups
    ]


@dataclass(frozen=True, kw_only=True)
class Member:
    """Somebody of the group, and the hours they gave."""

    participant: Participant
    hours: float
    meetings: int


def members_of(group: Group) -> list[Member]:
    """Return the people of a group, by name."""
    rows = group.participants.select_related("person").annotate(
        given=Sum("attendances__minutes"), there=Count("attendances")
    )
    return [
        Member(participant=row, hours=hours_of([row.given or 0]), meetings=row.there)
        for row in rows.order_by("person__last_name", "person__first_name", "pk")
    ]


@dataclass(frozen=True, kw_only=True)
class MeetingLine:
    """A meeting with its plan, and which of its outputs are there."""

    meeting: Meeting
    plan: Plan
    outputs: Sequence[tuple[str, object, bool]]

    @property
    def ready(self) -> int:
        return sum(1 for _key, _words, is_there in self.outputs if is_there)


def meeting_lines(group: Group) -> list[MeetingLine]:
    """Return the four meetings of a group."""
    there = _outputs(group)
    return [
        MeetingLine(
            meeting=meeting,
            plan=PLANS[meeting.number],
            outputs=[(key, words, there[key]) for key, words in PLANS[meeting.number].outputs.items()],
        )
        for meeting in group.meetings.order_by("number")
    ]


def _outputs(group: Group) -> Mapping[str, bool]:
    pains = list(group.pains.filter(is_inside=True))
    macros = list(group.macros.all())
    answering = set(
        Responsibility.objects.filter(macro__group=group, letter=Letter.ACCOUNTABLE).values_list("macro_id", flat=True)
    )
    kept = list(
        group.actions.exclude(state=ActionState.DROPPED).annotate(
            aims=Count("kpis", filter=Q(kpis__target__isnull=False), distinct=True),
            bases=Count("kpis", filter=Q(kpis__baseline__isnull=False), distinct=True),
        )
    )
    placed = [macro for macro in macros if macro.customer_importance is not None]
    material = [macro for macro in placed if weight_of_macro(macro) == Weight.MATERIAL]
    worth = [action for action in kept if quadrant_of_action(action) not in (None, Quadrant.LEAVE)]
    people = group.participants.count()
    return {
        "pains": bool(pains),
        "segments": bool(pains) and all(pain.segments for pain in pains),
        "macros": len(macros) >= 2,
        "survey": people > 0 and group.participants.filter(rated_at__isnull=False).count() == people,
        "materiality": bool(macros) and len(placed) == len(macros),
        "raci": bool(material) and all(macro.pk in answering for macro in material),
        "cards": bool(kept) and all(action.segments for action in kept),
        "classified": bool(kept) and all(action.benefit is not None for action in kept),
        "metrics": bool(worth) and all(action.aims for action in worth),
        "pipeline": bool(worth) and all(action.state != ActionState.IDEA for action in worth),
        "kpis": bool(worth) and all(action.bases for action in worth),
        "rules": GoldenRule.objects.filter(group=group, retired_at=None).exists(),
    }


def weight_of_macro(macro: MacroAction) -> Weight | None:
    """Return what the matrix makes of a macro-action; None before it is placed."""
    if macro.customer_importance is None or macro.company_importance is None:
        return None
    return weight_of(customer=macro.customer_importance, company=macro.company_importance)


def quadrant_of_action(action: Action) -> Quadrant | None:
    """Return what the matrix makes of an action; None before it is placed."""
    if action.benefit is None or action.constraint is None:
        return None
    return quadrant_of(benefit=action.benefit, constraint=action.constraint)


@dataclass(frozen=True, kw_only=True)
class PainLine:
    """A pain of the group, with customers' words as they are kept today."""

    pain: Pain
    segments: Sequence[str]
    quotes: Sequence[str]


def pain_lines(group: Group) -> list[PainLine]:
    """Return the pains of a group, the heaviest first; what the group added itself comes last."""
    rows = list(group.pains.order_by("pk"))
    keys = {pain.key for pain in rows if pain.key}
    said = {one.key: one.quotes for one in heard_before(group)} if keys else {}
    rows.sort(key=lambda pain: (pain.sign == Sign.PLUS, -(pain.volume or 0) * (pain.severity or 0)))
    return [PainLine(pain=pain, segments=segment_names(pain.segments), quotes=said.get(pain.key, ())) for pain in rows]


def heard_before(group: Group) -> Sequence[Criticality]:
    """Return what was heard in the year before a group began, in its unit and below."""
    places = tree()
    path = places.unit(group.unit_id).path
    units = [unit.pk for unit in places.units.values() if unit.path.startswith(path)]
    return criticalities().ranked(units, group.begun_at - HEARD_BEFORE, group.begun_at)


def segment_names(keys: Sequence[str]) -> list[str]:
    """Return segments in words."""
    return [str(CustomerSegment(key).label) for key in keys]


@dataclass(frozen=True, kw_only=True)
class MacroLine:
    """A candidate with its priority, weight and letters."""

    macro: MacroAction
    priority: Priority
    weight: Weight | None
    letters: Mapping[int, str]  # participant to letter
    cards: int


def macro_lines(group: Group) -> list[MacroLine]:
    """Return the candidates, in the order in which the quick survey put them."""
    macros = {macro.pk: macro for macro in group.macros.annotate(cards=Count("actions")).order_by("pk")}
    ratings: dict[int, list[int]] = {pk: [] for pk in macros}
    for macro_id, value in Rating.objects.filter(macro__group=group).values_list("macro_id", "value"):
        ratings[macro_id].append(value)
    letters: dict[int, dict[int, str]] = defaultdict(dict)
    for row in Responsibility.objects.filter(macro__group=group):
        letters[row.macro_id][row.participant_id] = row.letter
    return [
        MacroLine(
            macro=macros[pk],
            priority=priority,
            weight=weight_of_macro(macros[pk]),
            letters=letters[pk],
            cards=macros[pk].cards,
        )
        for pk, priority in ranked(ratings)
    ]


def materiality_dots(group: Group) -> list[Dot]:
    """Return the candidates as points: across for the company, up for customers."""
    return dots(
        (macro.pk, macro.title, macro.company_importance, macro.customer_importance)
        for macro in group.macros.order_by("pk")
    )


def card_dots(group: Group) -> list[Dot]:
    """Return the cards as points: across their constraint, up their benefit."""
    rows = group.actions.exclude(state=ActionState.DROPPED).order_by("pk")
    return dots((action.pk, action.title, action.constraint, action.benefit) for action in rows)


def recipients_missing(group: Group) -> list[str]:
    """Return the roles that work in the flow designed anew and have nobody in the group: ask them too."""
    if not group.process_key:
        return []
    there = set(group.participants.values_list("function", flat=True))
    working = PhaseRole.objects.filter(phase__version__process__key=group.process_key).values_list("role", flat=True)
    return [str(Role(role).label) for role in Role.values if role in set(working) - there]
