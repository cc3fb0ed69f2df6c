"""What goes round: rules in force at a unit, practices with their adoption, the plan of the culture."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Q

from corsia.improvement.models import Adoption, ChangeAgent, CultureItem, GoldenRule, Practice
from corsia.improvement.permissions import LEAD_IMPROVEMENT
from corsia.improvement.vocabulary import Outcome
from corsia.kernel.actors import Actor
from corsia.organisation.models import Unit
from corsia.organisation.queries import group_of, tree
from corsia.organisation.vocabulary import UnitKind


def published_rules(*, unit_id: int | None = None, process_key: str | None = None) -> list[GoldenRule]:
    """Return the golden rules in force, in order.

    Args:
        unit_id: only those that hold there: its own and those of the units above it.
        process_key: only those of this process, and those of every process.
    """
    rows = GoldenRule.objects.filter(published_at__isnull=False, retired_at=None)
    if unit_id is not None:
        rows = rows.filter(unit_id__in=[unit.pk for unit in tree().chain(unit_id)])
    if process_key is not None:
        rows = rows.filter(process_key__in=["", process_key])
    return list(rows.select_related("group").order_by("unit__path", "position", "pk"))


def draft_rules(actor: Actor) -> list[GoldenRule]:
    """Return the rules that wait to be published, of the units that the actor leads and the groups they are in."""
    led = actor.units_with(LEAD_IMPROVEMENT.roles)
    rows = GoldenRule.objects.filter(published_at=None)
    mine = rows.filter(Q(unit_id__within=led) | Q(group__participants__person_id=actor.id or 0))
    return list(mine.select_related("group").distinct().order_by("position", "pk"))


@dataclass(frozen=True, kw_only=True)
class PracticeLine:
    """A practice, and how far it went."""

    practice: Practice
    origin: str
    adopted: int
    works: int
    could: int  # branches besides the one it comes from

    @property
    def reach(self) -> int:
        """Per cent of the branches that could adopt it and did."""
        return round(100 * self.adopted / self.could) if self.could else 0


def practice_lines() -> list[PracticeLine]:
    """Return the practices in sight, newest first."""
    places = tree()
    rows = Practice.objects.filter(retired_at=None).annotate(
        adopted=Count("adoptions"), works=Count("adoptions", filter=Q(adoptions__outcome=Outcome.WORKS))
    )
    return [
        PracticeLine(
            practice=row,
            origin=places.label(row.origin_id),
            adopted=row.adopted,
            works=row.works,
            could=len(adopters(row)),
        )
        for row in rows.select_related("published_by").order_by("-published_at", "-pk")
    ]


def adopters(practice: Practice) -> list[Unit]:
    """Return the branches of the dealer group that could take a practice over, by name."""
    places = tree()
    house = group_of(practice.origin_id)
    own = {unit.pk for unit in places.chain(practice.origin_id)}
    found = [
        unit
        for unit in places.units.values()
        if unit.kind == UnitKind.BRANCH and unit.is_active and unit.path.startswith(house.path) and unit.pk not in own
    ]
    return sorted(found, key=lambda unit: unit.name)


@dataclass(frozen=True, kw_only=True)
class AdoptionLine:
    """A branch that could adopt a practice; `adoption` is None while it has not."""

    unit: Unit
    adoption: Adoption | None


def adoption_lines(practice: Practice) -> list[AdoptionLine]:
    """Return every branch that could adopt a practice, those that did first."""
    rows = {row.unit_id: row for row in practice.adoptions.select_related("adopted_by")}
    lines = [AdoptionLine(unit=unit, adoption=rows.get(unit.pk)) for unit in adopters(practice)]
    return sorted(lines, key=lambda line: line.adoption is None)


def agents() -> list[ChangeAgent]:
    """Return the change agents of today, by unit."""
    rows = ChangeAgent.objects.filter(until=None).select_related("person", "unit")
    return list(rows.order_by("unit__path", "person__last_name", "pk"))


@dataclass(frozen=True, kw_only=True)
class CultureLine:
    """A piece of the plan."""

    item: CultureItem
    place: str
    is_late: bool


def culture_lines(*, today: date) -> Sequence[CultureLine]:
    """Return the plan: what is to come first, by day, then what was done, newest first."""
    places = tree()
    rows = list(CultureItem.objects.select_related("owner", "action").order_by("planned_on", "pk"))
    lines = [
        CultureLine(
            item=row,
            place=places.label(row.unit_id),
            is_late=row.done_on is None and row.planned_on < today,
        )
        for row in rows
    ]
    open_ones = [line for line in lines if line.item.done_on is None]
    done = [line for line in reversed(lines) if line.item.done_on is not None]
    return open_ones + done
