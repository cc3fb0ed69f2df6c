"""The list of the inbox: open conversations by deadline, in pages that follow each other without an offset."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db.models import CharField, Exists, OuterRef, Q, QuerySet, Value

from corsia.cases.models import Case, Deadline, Tag
from corsia.cases.vocabulary import NEVER, ClockKind, Priority
from corsia.conversations.models import Draft, Mention
from corsia.conversations.vocabulary import Tab
from corsia.customers.queries import search as search_customers

PAGE = 30
CAP = 100  # counts stop here and say "99+"
FOUND = 60  # a search shows no more


@dataclass(frozen=True, kw_only=True)
class InboxRow:
    """One conversation as the list shows it."""

    id: int
    name: str
    subject: str
    vehicle: str
    preview: str
    channel: str
    last_at: datetime
    last_direction: str
    unread: int
    due_at: datetime
    clock: str  # label of the clock that falls due first
    total_minutes: int
    tags: tuple[str, ...]
    is_urgent: bool
    is_complaint: bool
    assignee: str
    is_closed: bool
    is_snoozed: bool
    has_draft: bool
    process_it: str
    process_en: str

    @property
    def due_key(self) -> str:
        """What the page's script sorts by."""
        return f"{int(self.due_at.timestamp()):012d}.{self.id:012d}"


@dataclass(frozen=True, kw_only=True)
class InboxPage:
    """Some rows and where the next page begins, "" after the last."""

    rows: tuple[InboxRow, ...]
    after: str


@dataclass(frozen=True, kw_only=True)
class TabCounts:
    """How many conversations each tab has, never more than CAP."""

    mine: int
    unassigned: int
    all: int
    mentions: int
    overdue: int
    unread: int


def inbox_rows(
    *, tab: Tab, person_id: int, now: datetime, search: str = "", after: str = "", limit: int = PAGE
) -> InboxPage:
    """Return a page of conversations, the earliest deadline first.

    Args:
        after: the `after` of the page before, "" for the first.
        search: words, a plate, a telephone number or a case number; found cases may be closed, and come on one page.
    """
    if search.strip():
        found = _found(search.strip(), now)[:FOUND]
        return InboxPage(rows=_rows(found, person_id=person_id, now=now), after="")
    cases = _in_tab(tab, person_id, now)
    if position := _position(after):
        due_at, case_id = position
        cases = cases.filter(due_at__gte=due_at).filter(Q(due_at__gt=due_at) | Q(pk__gt=case_id))
    page = list(_with_neighbours(cases)[: limit + 1])
    last = page[limit - 1] if len(page) > limit else None
    return InboxPage(
        rows=_rows(page[:limit], person_id=person_id, now=now),
        after=f"{last.due_at.timestamp():.6f}_{last.pk}" if last else "",
    )


def inbox_row(*, case_id: int, tab: Tab, person_id: int, now: datetime) -> InboxRow | None:
    """Return the row of one case, None when it is not (or no longer) in the tab or in sight."""
    cases = _in_tab(tab, person_id, now).filter(pk=case_id)
    found = list(_with_neighbours(cases))
    return next(iter(_rows(found, person_id=person_id, now=now)), None)


def tab_counts(*, person_id: int, now: datetime) -> TabCounts:
    """Return the numbers on the tabs in one statement that counts no further than CAP."""
    asked = {
        "mine": _in_tab(Tab.MINE, person_id, now),
        "unassigned": _in_tab(Tab.UNASSIGNED, person_id, now),
        "all": _in_tab(Tab.ALL, person_id, now),
        "mentions": _in_tab(Tab.MENTIONS, person_id, now).filter(_mentioned(person_id, is_open=True)),
        "overdue": _in_tab(Tab.ALL, person_id, now).filter(due_at__lt=now),
        "unread": _unread(person_id, now),
    }
    parts = [
        rows.order_by().annotate(part=Value(name, output_field=CharField())).values_list("part", flat=True)[:CAP]
        for name, rows in asked.items()
    ]
    seen: dict[str, int] = defaultdict(int)
    for part in parts[0].union(*parts[1:], all=True):
        seen[part] += 1
    return TabCounts(**{name: seen[name] for name in asked})


def unread_count(*, person_id: int, now: datetime) -> int:
    """Return how many of the person's own conversations have something unread, never more than CAP."""
    return int(_unread(person_id, now)[:CAP].count())


def _conversations() -> "QuerySet[Case]":
    cases: QuerySet[Case] = Case.objects.filter(thread__isnull=False, merged_into__isnull=True).order_by("due_at", "pk")
    return cases


def _in_tab(tab: Tab, person_id: int, now: datetime) -> "QuerySet[Case]":
    awake = Q(snoozed_until__isnull=True) | Q(snoozed_until__lte=now)
    cases = _conversations().filter(closed_at__isnull=True)
    if tab is Tab.MINE:
        return cases.filter(awake, assignee_id=person_id)
    if tab is Tab.UNASSIGNED:
        return cases.filter(awake, assignee__isnull=True)
    if tab is Tab.MENTIONS:
        return cases.filter(_mentioned(person_id))
    return cases.filter(awake)


def _mentioned(person_id: int, *, is_open: bool = False) -> Exists:
    mentions = Mention.objects.filter(case_id=OuterRef("pk"), person_id=person_id)
    return Exists(mentions.filter(seen_at__isnull=True) if is_open else mentions)


def _unread(person_id: int, now: datetime) -> "QuerySet[Case]":
    return _in_tab(Tab.MINE, person_id, now).filter(thread__unread__gt=0)


def _found(words: str, now: datetime) -> "QuerySet[Case]":
    number = words.lstrip("#")
    wanted = Q(pk=int(number)) if number.isdecimal() and len(number) <= 15 else Q()
    customer_ids = [hit.id for hit in search_customers(words, limit=20)]
    if customer_ids:
        wanted |= Q(customer_id__in=customer_ids)
    # Subjects only of open cases: those are few enough to read, the closed ones are found through their customer.
    wanted |= Q(closed_at__isnull=True, subject__icontains=words)
    return _with_neighbours(_conversations().filter(wanted)).order_by("due_at", "-pk")


def _position(after: str) -> tuple[datetime, int] | None:
    seconds, _, case_id = after.partition("_")
    if not case_id.isdecimal() or len(case_id) > 18:
        return None
    try:
        return datetime.fromtimestamp(float(seconds), tz=UTC), int(case_id)
    except (ValueError, OverflowError, OSError):
        return None  # a mistyped address: begin at the top


def _rows(cases: Sequence[Case] | Any, *, person_id: int, now: datetime) -> tuple[InboxRow, ...]:
    cases = list(cases)
    ids = [case.pk for case in cases]
    if not ids:
        return ()
    tags: dict[int, list[str]] = defaultdict(list)
    for case_id, label in Tag.objects.filter(case_id__in=ids).order_by("label").values_list("case_id", "label"):
        tags[case_id].append(label)
    clocks: dict[int, Deadline] = {}
    for deadline in Deadline.objects.filter(
        case_id__in=ids, met_at__isnull=True, dropped_at__isnull=True, due_at__isnull=False
    ).order_by("-due_at"):
        clocks[deadline.case_id] = deadline
    drafts = set(Draft.objects.filter(case_id__in=ids, person_id=person_id).values_list("case_id", flat=True))
    return tuple(_row(case, tags[case.pk], clocks.get(case.pk), case.pk in drafts, now) for case in cases)


def _with_neighbours(cases: "QuerySet[Case]") -> "QuerySet[Case]":
    """Read with each case just what its row shows: the columns of six tables cost more than the walk to them."""
    return cases.select_related("customer", "vehicle", "assignee", "thread", "version__process").only(
        "subject",
        "priority",
        "due_at",
        "closed_at",
        "snoozed_until",
        "customer__display_name",
        "vehicle__make",
        "vehicle__model",
        "vehicle__vin",
        "vehicle__plate",
        "assignee__first_name",
        "assignee__last_name",
        "thread__preview",
        "thread__channel",
        "thread__last_message_at",
        "thread__last_direction",
        "thread__unread",
        "thread__reply_address",
        "version__process__name_it",
        "version__process__name_en",
        "version__process__is_complaint",
    )


def _row(case: Case, tags: list[str], clock: Deadline | None, has_draft: bool, now: datetime) -> InboxRow:
    thread, process = case.thread, case.version.process
    return InboxRow(
        id=case.pk,
        name=case.customer.display_name if case.customer else thread.reply_address or f"#{case.pk}",
        subject=case.subject,
        vehicle=str(case.vehicle) if case.vehicle else "",
        preview=thread.preview,
        channel=thread.channel,
        last_at=thread.last_message_at,
        last_direction=thread.last_direction,
        unread=thread.unread,
        due_at=clock.due_at if clock and clock.due_at else NEVER,
        clock=str(ClockKind(clock.clock).label) if clock else "",
        total_minutes=clock.limit_minutes if clock else 60,
        tags=tuple(tags),
        is_urgent=case.priority >= Priority.URGENT,
        is_complaint=process.is_complaint,
        assignee=case.assignee.full_name if case.assignee else "",
        is_closed=case.closed_at is not None,
        is_snoozed=case.snoozed_until is not None and case.snoozed_until > now,
        has_draft=has_draft,
        process_it=process.name_it,
        process_en=process.name_en,
    )
