"""The organisation chart as a page shows it: a small one whole, of a large one what is open or found."""

import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from django.db.models import Count

from corsia.organisation.models import Absence, Membership, Person, Unit
from corsia.organisation.ports import workload
from corsia.organisation.queries.people import current
from corsia.organisation.queries.tree import Tree, tree
from corsia.organisation.vocabulary import Role

WHOLE_UP_TO = 150  # units; a larger chart opens branch by branch
LEVELS = 2  # of the own part that a large chart shows at first
FOUND_AT_MOST = 100  # units and people in sight after a search in a large chart


@dataclass(frozen=True)
class Seat:
    """Somebody in a unit, with all roles they have there."""

    person: Person
    unit_id: int
    roles: Sequence[str]  # labels
    open_cases: int
    is_absent: bool

    @property
    def id(self) -> str:
        """The person's id as attributes and addresses need it, never with a thousands separator."""
        return str(self.person.pk)


@dataclass(frozen=True)
class Node:
    """A unit in the chart. `open_cases` and `people_below` include everything under it, shown or not."""

    unit: Unit
    seats: Sequence[Seat]
    children: Sequence["Node"]
    is_own: bool  # False for units above the own part, shown as the way down to it
    is_found: bool
    is_closed: bool  # has units below that are fetched when it is opened
    open_cases: int
    people_below: int

    @property
    def id(self) -> str:
        """The unit's id as attributes and addresses need it, never with a thousands separator."""
        return str(self.unit.pk)


@dataclass(frozen=True)
class Chart:
    """The tops of the visible part of the tree, and how much there is: in all, or found and in sight."""

    nodes: Sequence[Node]
    units: int
    people: int
    is_cut: bool  # more was found than is shown


def chart(*, visible: frozenset[int], query: str, today: date, now: datetime, opened: Collection[int] = ()) -> Chart:
    """Return the visible part of the tree as far as it is open; with a query, what it finds and the way down to it.

    Args:
        visible: ids of the units the actor may see.
        query: part of a unit's name, code or town, or of a person's name, job title or role; accents do not matter.
        opened: units whose branches are open in a large chart, besides those that always are.
    """
    branches = _Branches.of(visible, today=today, opened=frozenset(opened))
    is_cut = branches.search(folded(query).split(), today=today)
    tops = [unit for unit in branches.children[None] if branches.is_shown(unit)]
    nodes = branches.nodes(tops, level=0, today=today, now=now)
    if query.strip():
        flat = [node for node in _flat(nodes) if node.is_own]
        return Chart(nodes, units=len(flat), people=sum(len(node.seats) for node in flat), is_cut=is_cut)
    people = sum(node.people_below for node in nodes)
    return Chart(nodes, units=len(visible.intersection(branches.whole.units)), people=people, is_cut=False)


def branch(unit_id: int, *, visible: frozenset[int], today: date, now: datetime) -> list[Node]:
    """Return the units directly below one, their own branches closed."""
    branches = _Branches.of(visible, today=today, opened=frozenset())
    return branches.nodes(branches.children[unit_id], level=LEVELS, today=today, now=now)


def folded(text: str) -> str:
    """Return text without accents and capitals, for comparing."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


@dataclass
class _Branches:
    """The shown units with their numbers; what of them is built follows from `level`, `opened` and the search."""

    whole: Tree  # asked for once
    visible: frozenset[int]
    is_large: bool
    children: Mapping[int | None, Sequence[Unit]]
    people: Mapping[int, int]  # in a unit and below
    cases: Mapping[int, int]  # open, in a unit and below
    opened: frozenset[int]
    words: Sequence[str] = ()
    found_units: set[int] = field(default_factory=set)
    found_seats: set[tuple[int, int]] = field(default_factory=set)  # (unit, person)
    on_the_way: set[int] = field(default_factory=set)

    @classmethod
    def of(cls, visible: frozenset[int], *, today: date, opened: frozenset[int]) -> "_Branches":
        whole = tree()
        shown = {above.pk for unit_id in visible if unit_id in whole.units for above in whole.chain(unit_id)}
        children: dict[int | None, list[Unit]] = defaultdict(list)
        for unit in sorted(whole.units.values(), key=lambda unit: (unit.position, unit.name, unit.pk)):
            if unit.pk in shown:
                children[unit.parent_id].append(unit)
        members = Membership.objects.filter(current(today), unit_id__in=visible, person__is_active=True)
        people = dict(members.values_list("unit_id").annotate(n=Count("person", distinct=True)).order_by())
        cases = {unit: count for unit, count in workload().by_unit().items() if unit in visible}
        return cls(
            whole=whole,
            visible=visible,
            is_large=len(shown) > WHOLE_UP_TO,
            children=children,
            people=_with_those_below(people, whole),
            cases=_with_those_below(cases, whole),
            opened=opened,
        )

    def search(self, words: Sequence[str], *, today: date) -> bool:
        """Find units and people, at most `FOUND_AT_MOST` in a large chart; return whether there are more."""
        self.words = words
        if not words:
            return False
        units = [
            unit.pk
            for unit in self.whole.units.values()
            if unit.pk in self.visible and says(words, unit.name, unit.code, unit.city, unit.get_kind_display())
        ]
        said: dict[tuple[int, int], list[str]] = {}
        members = Membership.objects.filter(current(today), unit_id__in=self.visible, person__is_active=True)
        for unit_id, person_id, first, last, job, role in members.order_by("pk").values_list(
            "unit_id", "person_id", "person__first_name", "person__last_name", "person__job_title", "role"
        ):
            said.setdefault((unit_id, person_id), [f"{first} {last}", job]).append(str(Role(role).label))
        seats = [seat for seat, texts in said.items() if says(words, *texts)]
        most = FOUND_AT_MOST if self.is_large else len(units) + len(seats)
        self.found_units = set(units[:most])
        self.found_seats = set(seats[: most - len(self.found_units)])
        ends = self.found_units | {unit_id for unit_id, _person in self.found_seats}
        self.on_the_way = {above.pk for unit_id in ends for above in self.whole.chain(unit_id)}
        return len(units) + len(seats) > most

    def is_shown(self, unit: Unit) -> bool:
        return not self.words or unit.pk in self.on_the_way

    def nodes(self, units: Sequence[Unit], *, level: int, today: date, now: datetime) -> list[Node]:
        """Build the nodes of these units, whose parent is on `level` of the own part."""
        built = [self._node(unit, level=level, is_below_found=False) for unit in units]
        return list(self._seated(built, today=today, now=now))

    def _node(self, unit: Unit, *, level: int, is_below_found: bool) -> Node:
        is_own, is_found = unit.pk in self.visible, unit.pk in self.found_units
        level += is_own
        all_below = (is_below_found or is_found) and not self.is_large
        units = [child for child in self.children.get(unit.pk, ()) if all_below or self.is_shown(child)]
        if self.is_large and not self.words and is_own and level >= LEVELS and unit.pk not in self.opened:
            units = []
        return Node(
            unit=unit,
            seats=(),
            children=[self._node(child, level=level, is_below_found=all_below) for child in units],
            is_own=is_own,
            is_found=is_found,
            is_closed=self.is_large and not units and bool(self.children.get(unit.pk)),
            open_cases=self.cases.get(unit.pk, 0),
            people_below=self.people.get(unit.pk, 0),
        )

    def _seated(self, nodes: Sequence[Node], *, today: date, now: datetime) -> Iterator[Node]:
        """Give the nodes in sight their people, read for these units alone."""
        seats = _seats({node.unit.pk for node in _flat(nodes) if node.is_own}, today=today, now=now)

        def seated(node: Node, *, is_below_found: bool) -> Node:
            keeps_all = not self.words or node.is_found or is_below_found
            here = [
                seat
                for seat in seats.get(node.unit.pk, ())
                if keeps_all or (node.unit.pk, seat.person.pk) in self.found_seats
            ]
            passes_on = (node.is_found or is_below_found) and not self.is_large
            below = [seated(child, is_below_found=passes_on) for child in node.children]
            return replace(node, seats=here, children=below)

        return (seated(node, is_below_found=False) for node in nodes)


def _with_those_below(numbers: Mapping[int, int], whole: Tree) -> dict[int, int]:
    """Return for each unit the sum over itself and everything below it."""
    sums = defaultdict[int, int](int)
    for unit_id, number in numbers.items():
        if unit_id in whole.units:
            for above in whole.chain(unit_id):
                sums[above.pk] += number
    return dict(sums)


def _flat(nodes: Sequence[Node]) -> Iterator[Node]:
    for node in nodes:
        yield node
        yield from _flat(node.children)


def _seats(unit_ids: Collection[int], *, today: date, now: datetime) -> dict[int, list[Seat]]:
    rows = (
        Membership.objects.filter(current(today), unit_id__in=unit_ids, person__is_active=True)
        .select_related("person")
        .order_by("person__last_name", "person__first_name", "person_id", "role")
    )
    roles: dict[tuple[int, int], list[str]] = defaultdict(list)
    people: dict[int, Person] = {}
    for row in rows:
        roles[row.unit_id, row.person_id].append(str(Role(row.role).label))
        people[row.person_id] = row.person
    away = set(
        Absence.objects.filter(person_id__in=people, starts_at__lte=now, ends_at__gt=now).values_list(
            "person_id", flat=True
        )
    )
    cases = workload().by_person()
    seats: dict[int, list[Seat]] = defaultdict(list)
    for (unit_id, person_id), labels in roles.items():
        seats[unit_id].append(
            Seat(people[person_id], unit_id, labels, cases.get(person_id, 0), is_absent=person_id in away)
        )
    return seats


def says(words: Sequence[str], *texts: str) -> bool:
    """Tell whether the texts contain all of `words`, which are folded already."""
    said = folded(" ".join(texts))
    return all(word in said for word in words)
