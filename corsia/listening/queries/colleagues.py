"""Surveys of the network: whom a plan would ask, and how many of those asked have answered. Never who."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, Min, Q, QuerySet

from corsia.listening.models import ListeningPlan, Response, StaffInvitation
from corsia.listening.rules.colleagues import LEAST, shared_units
from corsia.listening.rules.nps import Score, shown_score, tally
from corsia.listening.vocabulary import Instrument, Population
from corsia.organisation.models import Membership, Person, Unit
from corsia.organisation.queries import tree
from corsia.organisation.queries.people import current
from corsia.organisation.vocabulary import Role

NETWORK_ROLES = (Role.AGENCY_AGENT, Role.PARTNER, Role.SALESPERSON)  # who is asked unless other roles are chosen


def asks_colleagues(plan: ListeningPlan) -> bool:
    """Tell whether a plan asks our own network by links of its own for each."""
    return (
        plan.population == Population.AGENT
        and plan.instrument == Instrument.SURVEY
        and plan.questionnaire_id is not None
    )


@dataclass(frozen=True, kw_only=True)
class Colleague:
    """Somebody whom a plan would ask, at the unit where they work and as what."""

    person: Person
    unit_id: int
    role: str
    is_invited: bool

    @property
    def role_name(self) -> str:
        """The role in words."""
        return str(Role(self.role).label)


def colleagues_of(plan: ListeningPlan, *, roles: Iterable[str], today: date) -> list[Colleague]:
    """Return who works at the plan's unit or below it today in one of the roles, each once, by name.

    Whoever has several of these roles is asked where they had the first of them.
    """
    invited = set(StaffInvitation.objects.filter(plan=plan).values_list("person_id", flat=True))
    rows = working_below(plan, today=today).filter(role__in=list(roles)).select_related("person")
    found: dict[int, Colleague] = {}
    for row in rows.order_by("person__last_name", "person__first_name", "person_id", "since", "pk"):
        found.setdefault(
            row.person_id,
            Colleague(person=row.person, unit_id=row.unit_id, role=row.role, is_invited=row.person_id in invited),
        )
    return list(found.values())


def working_below(plan: ListeningPlan, *, today: date) -> QuerySet[Membership]:
    """Return what active people are at the plan's unit or below it on a day."""
    path = tree().unit(plan.unit_id).path
    return Membership.objects.filter(current(today), unit__path__startswith=path, person__is_active=True)


def by_unit(colleagues: Iterable[Colleague]) -> list[tuple[Unit, Sequence[Colleague]]]:
    """Return colleagues under their units, in the order of the chart."""
    places, found = tree(), dict[int, list[Colleague]]()
    for one in colleagues:
        found.setdefault(one.unit_id, []).append(one)
    return sorted(
        ((places.unit(unit_id), rows) for unit_id, rows in found.items()),
        key=lambda pair: [(above.position, above.name) for above in reversed(places.chain(pair[0].pk))],
    )


@dataclass(frozen=True, kw_only=True)
class UnitRate:
    """How many of those asked at a unit, or at one that stands for several, have answered."""

    label: str
    invited: int
    answered: int

    @property
    def pct(self) -> int:
        """Share of those asked who answered, in whole per cent."""
        return round(100 * self.answered / self.invited)


@dataclass(frozen=True, kw_only=True)
class Wave:
    """How far a survey of the network is.

    Attributes:
        rates: by unit, the highest first; each of at least LEAST people.
        silent: who could still be reminded: invited, without an answer, without a reminder.
        score: of the recommendations; None where fewer than LEAST answered.
        answers: all that the plan has, those by its own link too.
    """

    invited: int
    answered: int
    silent: int
    reminded_at: datetime | None
    rates: Sequence[UnitRate]
    answers: int
    score: Score | None

    @property
    def pct(self) -> int | None:
        """Share of those asked who answered; None where too few were asked for it to be told."""
        return round(100 * self.answered / self.invited) if self.invited >= LEAST else None


def wave_of(plan: ListeningPlan) -> Wave:
    """Return how far a plan is with its colleagues. The reader must see the whole unit of the plan."""
    rows = StaffInvitation.objects.filter(plan=plan).order_by()
    answered = Q(answered_on__isnull=False)
    counts = {
        unit_id: (invited, came)
        for unit_id, invited, came in rows.values_list("unit_id").annotate(
            invited=Count("pk"), came=Count("pk", filter=answered)
        )
    }
    silent = rows.filter(answered_on=None, reminded_at=None).count()
    reminded_at = rows.order_by("-reminded_at").filter(reminded_at__isnull=False).values_list("reminded_at", flat=True)
    responses = Response.objects.filter(plan=plan).order_by()
    scores = dict(responses.filter(score__isnull=False).values_list("score").annotate(n=Count("pk")))
    invited = sum(one for one, _came in counts.values())
    return Wave(
        invited=invited,
        answered=sum(came for _one, came in counts.values()),
        silent=silent,
        reminded_at=reminded_at.first(),
        rates=_rates(plan, counts) if invited >= LEAST else (),
        answers=responses.count(),
        score=shown_score(tally(scores)),
    )


def _rates(plan: ListeningPlan, counts: Mapping[int, tuple[int, int]]) -> list[UnitRate]:
    standing = unit_shown(plan, {unit: invited for unit, (invited, _came) in counts.items()})
    invited, came, places = Counter[int](), Counter[int](), tree()
    for unit_id, (asked, answered) in counts.items():
        invited[standing[unit_id]] += asked
        came[standing[unit_id]] += answered
    units = sorted(invited, key=lambda pk: (-came[pk] / invited[pk], places.label(pk)))
    return [UnitRate(label=places.label(pk), invited=invited[pk], answered=came[pk]) for pk in units]


def unit_shown(plan: ListeningPlan, asked: Mapping[int, int]) -> dict[int, int]:
    """Return for each unit where colleagues were asked the one that an answer from there may name."""
    places = tree()
    return shared_units(asked, {unit: places.unit(unit).ancestor_ids for unit in asked}, top=plan.unit_id)


def unit_of_answer(plan_id: int, unit_id: int) -> int:
    """Return the unit that an answer of a colleague who was asked at `unit_id` may name. Reads beyond any scope."""
    plan = ListeningPlan.unscoped.get(pk=plan_id)
    rows = StaffInvitation.unscoped.filter(plan=plan).order_by()
    return unit_shown(plan, dict(rows.values_list("unit_id").annotate(n=Count("pk"))))[unit_id]


def began_at(plan_id: int) -> datetime:
    """Return when the first colleague of a plan was asked."""
    found: datetime = StaffInvitation.unscoped.filter(plan_id=plan_id).aggregate(at=Min("sent_at"))["at"]
    return found
