"""The people of the visible units: the list with its filters and pages, and one person's page."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Exists, Func, OuterRef, Q, QuerySet, TextField, Value
from django.db.models.functions import Concat, Lower

from corsia.kernel.errors import NotFound
from corsia.organisation.models import Absence, Membership, Person, PersonSkill, Skill
from corsia.organisation.ports import workload
from corsia.organisation.queries.chart import folded
from corsia.organisation.queries.people import current
from corsia.organisation.queries.tree import tree

PAGE = 50


class _Plain(Func):
    """Text in small letters without accents, as `folded` makes it, without needing an extension in the database."""

    template = "translate(lower(%(expressions)s), 'àáâãäåèéêëìíîïòóôõöùúûüýÿçñčšž', 'aaaaaaeeeeiiiiooooouuuuyycncsz')"
    output_field = TextField()


@dataclass(frozen=True)
class Held:
    """A role of a person, with the place in words."""

    membership: Membership
    where: str

    @property
    def role(self) -> str:
        return str(self.membership.get_role_display())


@dataclass(frozen=True)
class Listed:
    """One line of the list of people."""

    person: Person
    seats: Sequence[Held]  # roles of today
    skills: Sequence[PersonSkill]
    open_cases: int
    is_absent: bool


@dataclass(frozen=True)
class Page:
    """One page; `after` is the key of the next one, "" at the end."""

    rows: Sequence[Listed]
    after: str


def listed_people(
    *,
    visible: frozenset[int],
    today: date,
    now: datetime,
    query: str = "",
    role: str = "",
    unit_path: str = "",
    after: str = "",
    with_inactive: bool = False,
    skill_id: int | None = None,
    has_skill: bool = True,
    limit: int = PAGE,
) -> Page:
    """Return the people with a role in the visible units, by name, a page at a time.

    Args:
        after: the `after` of the page before; anything unreadable starts again from the top.
        with_inactive: also those who may no longer sign in or whose roles have ended.
        skill_id: only those who have this skill, or, with `has_skill` off, who do not.
    """
    members = Membership.objects.filter(unit_id__in=visible)
    if not with_inactive:
        members = members.filter(current(today))
    if role:
        members = members.filter(role=role)
    if unit_path:
        members = members.filter(unit__path__startswith=unit_path)
    people = Person.objects.filter(pk__in=members.values("person_id"))
    if not with_inactive:
        people = people.filter(is_active=True)
    if skill_id is not None:
        having = Exists(PersonSkill.objects.filter(person=OuterRef("pk"), skill_id=skill_id))
        people = people.filter(having if has_skill else ~having)
    if query:
        texts = ("first_name", Value(" "), "last_name", Value(" "), "email", Value(" "), "job_title")
        people = people.alias(said=_Plain(Concat(*texts, output_field=TextField())))
    for word in folded(query).split():
        people = people.filter(said__contains=word)  # type: ignore[misc]  # an alias, which the plugin does not know
    page = list(_after(people, after)[: limit + 1])
    rows = _listed(page[:limit], visible=visible, today=today, now=now)
    return Page(rows=rows, after=_key(page[limit - 1]) if len(page) > limit else "")


def visible_person(person_id: int, *, visible: frozenset[int], own_id: int | None) -> Person:
    """Return a person who has or had a role in the visible units, or the actor themselves.

    Raises:
        NotFound: nobody like that in sight.
    """
    seen = Membership.objects.filter(person_id=person_id, unit_id__in=visible)
    person = Person.objects.filter(pk=person_id).first()
    if person is None or (person_id != own_id and not seen.exists()):
        raise NotFound(kind=Person._meta.label)
    return person


def roles_of(person_id: int) -> list[Held]:
    """Return all roles of a person, those that hold first, then by day."""
    rows, whole = Membership.objects.filter(person_id=person_id), tree()
    in_order = sorted(rows, key=lambda row: (row.until is not None, -row.since.toordinal(), row.pk))
    return [Held(row, whole.label(row.unit_id)) for row in in_order]


def skills_of(person_id: int) -> list[PersonSkill]:
    """Return the skills of a person, best first."""
    return list(
        PersonSkill.objects.filter(person_id=person_id).select_related("skill").order_by("-level", "skill__key")
    )


def all_skills() -> list[Skill]:
    """Return every skill that can be given."""
    return list(Skill.objects.order_by("key"))


def coming_absences(person_id: int, *, now: datetime) -> list[Absence]:
    """Return the absences that are not over yet, in order."""
    return list(Absence.objects.filter(person_id=person_id, ends_at__gt=now).order_by("starts_at", "pk"))


def _listed(people: Sequence[Person], *, visible: frozenset[int], today: date, now: datetime) -> list[Listed]:
    ids = [person.pk for person in people]
    seats: dict[int, list[Held]] = defaultdict(list)
    whole, rows = tree(), Membership.objects.filter(current(today), person_id__in=ids, unit_id__in=visible)
    for row in rows.order_by("unit__path", "role"):
        seats[row.person_id].append(Held(row, whole.label(row.unit_id)))
    skills: dict[int, list[PersonSkill]] = defaultdict(list)
    for skill in PersonSkill.objects.filter(person_id__in=ids).select_related("skill").order_by("-level", "skill__key"):
        skills[skill.person_id].append(skill)
    away = set(
        Absence.objects.filter(person_id__in=ids, starts_at__lte=now, ends_at__gt=now).values_list(
            "person_id", flat=True
        )
    )
    cases = workload().by_person()
    return [
        Listed(person, seats[person.pk], skills[person.pk], cases.get(person.pk, 0), is_absent=person.pk in away)
        for person in people
    ]


def _after(people: "QuerySet[Person]", after: str) -> "QuerySet[Person]":
    ordered = people.annotate(last=Lower("last_name"), first=Lower("first_name")).order_by("last", "first", "pk")
    last, _, rest = after.partition("|")
    first, _, number = rest.rpartition("|")
    if not number.isdecimal() or len(number) > 18:
        return ordered
    return ordered.filter(
        Q(last__gt=last) | Q(last=last, first__gt=first) | Q(last=last, first=first, pk__gt=int(number))
    )


def _key(person: Person) -> str:
    # As the database wrote them in small letters (see _after): Python does it differently for a few.
    return f"{person.last}|{person.first}|{person.pk}"  # type: ignore[attr-defined]
