"""The desk: what a list of cases shows, walked by one index, paged by key, counted up to a hundred."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet

from corsia.cases.models import Alarm, Case, ProcessVersion, SavedView, Tag
from corsia.cases.rules.search import parse, words_query
from corsia.cases.vocabulary import AlarmKind, Priority, PurchaseChannel, Tab
from corsia.organisation.models import Membership, Person
from corsia.organisation.queries import Tree
from corsia.organisation.vocabulary import UnitKind
from corsia.ui.channels import channel_look

PAGE = 30
COUNT_UP_TO = 100
_FIRST = "first_"  # a page that begins among those to win back
_FIRST_OF_ALL = "0001-01-01T00:00:00+00:00_0"  # the page after the last of them
COUNTED = (Tab.MINE, Tab.UNIT, Tab.UNASSIGNED, Tab.OVERDUE, Tab.NEGLECTED, Tab.SNOOZED)


@dataclass(frozen=True)
class Filters:
    """What a list shows. Read from a query string: what is unknown or mistyped there narrows nothing."""

    tab: str = Tab.MINE
    process: str = ""  # key
    phase: str = ""  # key within the process
    priority: int | None = None
    origin: str = ""
    assignee: int | None = None
    channel: str = ""  # purchase channel
    unit: int | None = None  # with everything below it
    tag: str = ""
    q: str = ""

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> "Filters":
        def number(name: str) -> int | None:
            value = str(given.get(name, ""))
            return int(value) if value.isdecimal() and len(value) < 18 else None

        priority = number("priority")
        return cls(
            tab=str(given.get("tab", "")) if given.get("tab") in Tab.values else Tab.MINE,
            process=str(given.get("process", ""))[:40],
            phase=str(given.get("phase", ""))[:40] if given.get("process") else "",
            priority=priority if priority in Priority.values else None,
            origin=str(given["origin"]) if channel_look(str(given.get("origin", ""))) else "",
            assignee=number("assignee"),
            channel=str(given.get("channel", "")) if given.get("channel") in PurchaseChannel.values else "",
            unit=number("unit"),
            tag=str(given.get("tag", "")).strip().lower()[:40],
            q=str(given.get("q", "")).strip()[:100],
        )

    @property
    def query(self) -> str:
        """The same filters as a query string, empty ones left out: what a saved view keeps."""
        given = {field.name: getattr(self, field.name) for field in fields(self)}
        return urlencode({name: value for name, value in given.items() if value not in ("", None)})

    @property
    def narrowing(self) -> int:
        """How many filters are set besides the tab and the search."""
        return sum(1 for field in fields(self) if field.name not in ("tab", "q") and getattr(self, field.name))


@dataclass(frozen=True)
class Row:
    """A case as a list shows it; `unit` names its unit as people tell it from others."""

    case: Case
    tags: tuple[str, ...]
    alarms: frozenset[str]
    unit: str


@dataclass(frozen=True)
class Page:
    """One page of rows; `after` leads to the next one, empty on the last."""

    rows: tuple[Row, ...]
    after: str = ""


def page(
    filters: Filters,
    *,
    actor_id: int | None,
    organisation: Tree,
    now: datetime,
    after: str = "",
    talked: Sequence[int] = (),
) -> Page:
    """Return a page of the list: open cases by due instant, closed ones by closing instant, latest first.

    Forgotten customers who are to be won back go before everybody else, whoever waited longest and worst on top.

    Args:
        after: `Page.after` of the page before; anything else starts at the beginning.
        talked: cases in whose discussions the words of the search were said.
    """
    is_closed = filters.tab == Tab.CLOSED
    column = "closed_at" if is_closed else "due_at"
    in_tab = tab_rows(filters.tab, actor_id=actor_id, now=now)
    rows = narrowed(in_tab, filters, organisation=organisation, talked=talked)
    first: list[Case] = []
    if not is_closed:
        if not after or after.startswith(_FIRST):
            first = _first_rows(rows, after=after.removeprefix(_FIRST))
            if len(first) > PAGE:
                last = first[PAGE - 1]
                following = f"{_FIRST}{_instant(last.recovery_rank_at)}_{last.pk}"
                return Page(rows=tuple(with_marks(first[:PAGE], organisation=organisation)), after=following)
            after = ""
        rows = rows.filter(recovery_rank_at=None)
    if key := _key(after):
        at, pk = key
        beyond = "lt" if is_closed else "gt"
        rows = rows.filter(
            Q(**{f"{column}__{beyond}": at}) | Q(**{column: at, f"pk__{beyond}": pk}),
            **{f"{column}__{beyond}e": at},  # the same said once more, so that the index starts there
        )
    order = (f"-{column}", "-pk") if is_closed else (column, "pk")
    found = [*first, *_with_names(rows).order_by(*order)[: PAGE + 1 - len(first)]]
    shown = found[:PAGE]
    following = ""
    if len(found) > PAGE:
        is_first = len(first) == PAGE  # the next page begins with the first of those that follow
        following = _FIRST_OF_ALL if is_first else f"{_instant(getattr(shown[-1], column))}_{shown[-1].pk}"
    return Page(rows=tuple(with_marks(shown, organisation=organisation)), after=following)


def tab_rows(tab: str, *, actor_id: int | None, now: datetime) -> "QuerySet[Case]":
    """Return the cases of a tab within the scope."""
    rows: QuerySet[Case] = Case.objects.all()
    if tab == Tab.CLOSED:
        return rows.filter(closed_at__isnull=False)
    rows = rows.filter(closed_at=None)
    if tab == Tab.SNOOZED:
        return rows.filter(snoozed_until__isnull=False)
    if tab == Tab.OVERDUE:
        return rows.filter(due_at__lt=now)
    if tab == Tab.NEGLECTED:
        return rows.filter(Exists(Alarm.objects.filter(case=OuterRef("pk"), kind=AlarmKind.NEGLECTED, cleared_at=None)))
    rows = rows.filter(snoozed_until=None)
    if tab == Tab.MINE:
        return rows.filter(assignee_id=actor_id)
    return rows.filter(assignee=None) if tab == Tab.UNASSIGNED else rows


def narrowed(
    rows: "QuerySet[Case]", filters: Filters, *, organisation: Tree, talked: Sequence[int] = ()
) -> "QuerySet[Case]":
    """Return those rows that the filters let through."""
    if filters.process:
        versions = ProcessVersion.objects.filter(process__key=filters.process)
        rows = rows.filter(version_id__in=list(versions.values_list("pk", flat=True)))
    if filters.phase:
        rows = rows.filter(phase__key=filters.phase)
    if filters.priority is not None:
        rows = rows.filter(priority=filters.priority)
    if filters.origin:
        rows = rows.filter(origin=filters.origin)
    if filters.channel:
        rows = rows.filter(purchase_channel=filters.channel)
    if filters.assignee is not None:
        rows = rows.filter(assignee_id=filters.assignee)
    if filters.unit is not None and filters.unit in organisation.units:
        path = organisation.unit(filters.unit).path
        rows = rows.filter(
            unit_id__within=[pk for pk, unit in organisation.units.items() if unit.path.startswith(path)]
        )
    if filters.tag:
        rows = rows.filter(Exists(Tag.objects.filter(case=OuterRef("pk"), label=filters.tag)))
    return found(rows, filters.q, talked=talked) if filters.q else rows


def found(rows: "QuerySet[Case]", text: str, *, talked: Sequence[int] = ()) -> "QuerySet[Case]":
    """Return those rows that a search means: a number, a plate, or words of the subject or of its discussions."""
    search = parse(text)
    if search.number is not None:
        return rows.filter(pk=search.number)
    if search.is_empty:
        return rows.none()
    query = SearchQuery(words_query(search.words), search_type="raw", config="simple")
    # Written as the index is, word for word: otherwise every subject would be read.
    rows = rows.annotate(words=SearchVector("subject", config="simple"))
    by_words = Q(words=query) | Q(pk__in=talked) if talked else Q(words=query)
    return rows.filter(by_words | Q(vehicle__plate=search.plate)) if search.plate else rows.filter(by_words)


def tab_counts(*, actor_id: int | None, now: datetime) -> dict[str, int]:
    """Return how many cases the tabs hold, each counted up to a hundred, in one statement."""
    parts: list[str] = []
    parameters: list[Any] = []
    for tab in COUNTED:
        rows = tab_rows(tab, actor_id=actor_id, now=now).order_by().values("pk")[:COUNT_UP_TO]
        sql, values = rows.query.sql_with_params()
        parts.append(f"(SELECT count(*) FROM ({sql}) AS counted)")
        parameters.extend(values)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(parts)}", parameters)
        return dict(zip(COUNTED, cursor.fetchone(), strict=True))


def unit_label(organisation: Tree, unit_id: int) -> str:
    """Return a unit's name with its branch before it: there is a “customer care” in every branch."""
    unit = organisation.unit(unit_id)
    if unit.kind in (UnitKind.DEPARTMENT, UnitKind.TEAM) and unit.parent_id is not None:
        return f"{organisation.unit(unit.parent_id).name} · {unit.name}"
    return unit.name


def with_marks(cases: list[Case], *, organisation: Tree) -> list[Row]:
    """Return the rows with their tags and open alarms, in two statements however many there are."""
    ids = [case.pk for case in cases]
    tags: dict[int, list[str]] = defaultdict(list)
    for case_id, label in Tag.objects.filter(case_id__in=ids).order_by("label").values_list("case_id", "label"):
        tags[case_id].append(label)
    alarms: dict[int, set[str]] = defaultdict(set)
    for case_id, kind in Alarm.objects.filter(case_id__in=ids, cleared_at=None).values_list("case_id", "kind"):
        alarms[case_id].add(kind)
    return [
        Row(
            case=case,
            tags=tuple(tags[case.pk]),
            alarms=frozenset(alarms[case.pk]),
            unit=unit_label(organisation, case.unit_id),
        )
        for case in cases
    ]


def people_in_scope(unit_ids: frozenset[int] | None) -> list[Person]:
    """Return the active people with a current role in these units (None: anywhere), by name."""
    members = Membership.objects.filter(until=None)
    if unit_ids is not None:
        members = members.filter(unit_id__within=unit_ids)
    people = Person.objects.filter(is_active=True, pk__in=members.values("person_id"))
    return list(people.only("pk", "first_name", "last_name").order_by("last_name", "first_name", "pk"))


def saved_views(*, actor_id: int | None) -> list[SavedView]:
    """Return the actor's own views and those shared with their units, in order."""
    rows = SavedView.objects.filter(Q(owner_id=actor_id) | Q(is_shared=True))
    return list(rows.order_by("position", "name", "pk")[:30])


def palette(text: str, *, limit: int = 6, talked: Sequence[int] = ()) -> list[Case]:
    """Return the cases that a search means, open ones first, most recent first."""
    rows: QuerySet[Case] = found(Case.objects.select_related("customer", "phase"), text, talked=talked)
    open_first = list(rows.filter(closed_at=None).order_by("-pk")[:limit])
    if len(open_first) < limit:
        open_first += list(rows.filter(closed_at__isnull=False).order_by("-pk")[: limit - len(open_first)])
    return open_first


def without(filters: Filters, name: str) -> Filters:
    """Return the filters with one of them cleared."""
    cleared: dict[str, Any] = {name: None if name in ("priority", "assignee", "unit") else ""}
    return replace(filters, **cleared)


def _with_names(rows: "QuerySet[Case]") -> "QuerySet[Case]":
    return rows.select_related("customer", "vehicle", "assignee", "phase", "version__process")


def _first_rows(rows: "QuerySet[Case]", *, after: str) -> list[Case]:
    rows = rows.filter(recovery_rank_at__isnull=False)
    if key := _key(after):
        at, pk = key
        rows = rows.filter(Q(recovery_rank_at__gt=at) | Q(recovery_rank_at=at, pk__gt=pk))
    return list(_with_names(rows).order_by("recovery_rank_at", "pk")[: PAGE + 1])


def _instant(at: datetime | None) -> str:
    return at.isoformat() if at else ""


def _key(after: str) -> tuple[datetime, int] | None:
    at, _line, pk = after.rpartition("_")
    try:
        instant = datetime.fromisoformat(at)
    except ValueError:
        return None
    return (instant, int(pk)) if pk.isdecimal() and len(pk) < 19 and instant.tzinfo is not None else None
