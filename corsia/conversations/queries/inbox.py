"""The list of the inbox: open conversations by deadline, in pages that follow each other without an offset."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db.models import Q

from corsia.cases.models import Case
from corsia.cases.vocabulary import NEVER, ClockKind, Priority
from corsia.conversations.vocabulary import Tab
from corsia.customers.queries import search as search_customers
from corsia.kernel.statements import Statement

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
    tags: tuple[str, ...]  # the first three
    is_urgent: bool
    is_complaint: bool
    is_assigned: bool
    is_closed: bool
    is_snoozed: bool
    has_draft: bool
    recovery_rank_at: datetime | None  # set while a forgotten customer is to be won back: such rows go first
    process_it: str
    process_en: str

    @property
    def key(self) -> str:
        """The number without a language's separators, for addresses and element ids."""
        return str(self.id)

    @property
    def due_key(self) -> str:
        """What the page's script sorts by."""
        if self.recovery_rank_at is not None and not self.is_closed:
            return f"!{int(self.recovery_rank_at.timestamp()):012d}.{self.id:012d}"
        return f"{int(self.due_at.timestamp()):012d}.{self.id:012d}"

    @property
    def is_to_assign(self) -> bool:
        return not self.is_assigned and not self.is_closed


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


# Each tab is one index walk over open cases. The thread is asked for by a scalar subquery, not by EXISTS: a join would
# take the planner longer than the walk, six times in the counts.
_LISTED = "c.merged_into_id IS NULL AND {within} AND (SELECT TRUE FROM messaging_thread t WHERE t.case_id = c.id)"
_AWAKE = "c.closed_at IS NULL AND (c.snoozed_until IS NULL OR c.snoozed_until <= %(now)s)"
_MENTIONED = "EXISTS (SELECT FROM conversations_mention m WHERE m.case_id = c.id AND m.person_id = %(person)s{seen})"
_IN_TAB = {
    Tab.MINE: f"{_AWAKE} AND c.assignee_id = %(person)s",
    Tab.UNASSIGNED: f"{_AWAKE} AND c.assignee_id IS NULL",
    Tab.ALL: _AWAKE,
    Tab.MENTIONS: f"c.closed_at IS NULL AND {_MENTIONED.replace('{seen}', '')}",
}
_UNREAD = f"{_IN_TAB[Tab.MINE]} AND (SELECT t.unread > 0 FROM messaging_thread t WHERE t.case_id = c.id)"
_COUNTED = {
    "mine": _IN_TAB[Tab.MINE],
    "unassigned": _IN_TAB[Tab.UNASSIGNED],
    "mentions": f"c.closed_at IS NULL AND {_MENTIONED.replace('{seen}', ' AND m.seen_at IS NULL')}",
    "unread": _UNREAD,
}

# Which cases: planned for each scope and tab anew, an agent's unit and a whole group want different walks.
_PAGE = {
    tab: Statement(
        f"SELECT c.id, c.due_at, FALSE FROM cases_case c WHERE {_LISTED} AND {wanted} AND c.recovery_rank_at IS NULL"
        " AND (c.due_at, c.id) > (%(due_at)s, %(id)s) ORDER BY c.due_at, c.id LIMIT %(limit)s",
        column="c.unit_id",
    )
    for tab, wanted in _IN_TAB.items()
}
# Forgotten customers who are to be won back come before everybody else: an index of their own, then the others.
_FROM_THE_TOP = {
    tab: Statement(
        f"(SELECT c.id, c.recovery_rank_at AS at, TRUE AS is_first FROM cases_case c WHERE {_LISTED} AND {wanted}"
        " AND c.recovery_rank_at IS NOT NULL AND (c.recovery_rank_at, c.id) > (%(due_at)s, %(id)s)"
        " ORDER BY c.recovery_rank_at, c.id LIMIT %(limit)s) UNION ALL"
        f" (SELECT c.id, c.due_at, FALSE FROM cases_case c WHERE {_LISTED} AND {wanted} AND c.recovery_rank_at IS NULL"
        " ORDER BY c.due_at, c.id LIMIT %(limit)s) ORDER BY is_first DESC, at, id LIMIT %(limit)s",
        column="c.unit_id",
    )
    for tab, wanted in _IN_TAB.items()
}
_IS_IN_TAB = {
    tab: Statement(f"SELECT c.id FROM cases_case c WHERE {_LISTED} AND {wanted} AND c.id = %(id)s", column="c.unit_id")
    for tab, wanted in _IN_TAB.items()
}
# What their rows show: found by key, in one plan for all.
_SHOWN = Statement(
    """
    SELECT c.id, COALESCE(NULLIF(cu.display_name, ''), NULLIF(t.reply_address, ''), '#' || c.id), c.subject,
        COALESCE(NULLIF(concat_ws(' ', NULLIF(v.make, ''), NULLIF(v.model, '')), ''), NULLIF(v.vin, ''), v.plate, ''),
        t.preview, t.channel, t.last_message_at, t.last_direction, t.unread,
        clock.due_at, COALESCE(clock.clock, ''), COALESCE(clock.limit_minutes, 60),
        ARRAY(SELECT label FROM cases_tag WHERE case_id = c.id ORDER BY label LIMIT 3),
        c.priority, p.is_complaint, c.assignee_id IS NOT NULL, c.closed_at IS NOT NULL,
        COALESCE(c.snoozed_until > %(now)s, false),
        EXISTS (SELECT FROM conversations_draft d WHERE d.case_id = c.id AND d.person_id = %(person)s),
        c.recovery_rank_at, p.name_it, p.name_en
    FROM unnest(%(ids)s::bigint[]) WITH ORDINALITY AS chosen(id, place)
    JOIN cases_case c ON c.id = chosen.id AND {within}
    JOIN messaging_thread t ON t.case_id = c.id
    JOIN cases_processversion pv ON pv.id = c.version_id
    JOIN cases_process p ON p.id = pv.process_id
    LEFT JOIN customers_customer cu ON cu.id = c.customer_id
    LEFT JOIN vehicles_vehicle v ON v.id = c.vehicle_id
    LEFT JOIN LATERAL (
        SELECT due_at, clock, limit_minutes FROM cases_deadline
        WHERE case_id = c.id AND met_at IS NULL AND dropped_at IS NULL AND due_at IS NOT NULL
        ORDER BY due_at, id LIMIT 1) clock ON TRUE
    ORDER BY chosen.place
    """,
    column="c.unit_id",
)
# Walked by deadline, the overdue ones come first: one walk up to the cap counts them and all.
_COUNTS = Statement(
    f"""
    SELECT count(*), count(*) FILTER (WHERE due_at < %(now)s), {
        ", ".join(
            f"(SELECT count(*) FROM (SELECT FROM cases_case c WHERE {_LISTED} AND {wanted} LIMIT {CAP}) counted)"
            for wanted in _COUNTED.values()
        )
    }
    FROM (SELECT c.due_at FROM cases_case c WHERE {_LISTED} AND {_IN_TAB[Tab.ALL]} ORDER BY c.due_at, c.id LIMIT {
        CAP
    }) c
    """,
    column="c.unit_id",
)
_UNREAD_COUNT = Statement(
    f"SELECT count(*) FROM (SELECT FROM cases_case c WHERE {_LISTED} AND {_UNREAD} LIMIT {CAP}) counted",
    column="c.unit_id",
)


def inbox_rows(
    *, tab: Tab, person_id: int, now: datetime, search: str = "", after: str = "", limit: int = PAGE
) -> InboxPage:
    """Return a page of conversations, the earliest deadline first, forgotten customers before all.

    Args:
        after: the `after` of the page before, "" for the first.
        search: words, a plate, a telephone number or a case number; found cases may be closed, and come on one page.
    """
    if search.strip():
        return InboxPage(rows=_rows(_found(search.strip()), person_id=person_id, now=now), after="")
    walk = _PAGE[tab] if after and not after.startswith(_MARK) else _FROM_THE_TOP[tab]
    due_at, case_id = _position(after.removeprefix(_MARK)) or _TOP
    page = walk.rows(person=person_id, now=now, limit=limit + 1, due_at=due_at, id=case_id)
    return InboxPage(
        rows=_rows([case_id for case_id, _at, _is_first in page[:limit]], person_id=person_id, now=now),
        after=_following(page, limit) if len(page) > limit else "",
    )


def inbox_row(*, case_id: int, tab: Tab, person_id: int, now: datetime) -> InboxRow | None:
    """Return the row of one case, None when it is not (or no longer) in the tab or in sight."""
    found = _IS_IN_TAB[tab].rows(id=case_id, person=person_id, now=now)
    return next(iter(_rows([case_id for (case_id,) in found], person_id=person_id, now=now)), None)


def tab_counts(*, person_id: int, now: datetime) -> TabCounts:
    """Return the numbers on the tabs in one statement that counts no further than CAP."""
    [counted] = _COUNTS.rows(person=person_id, now=now)
    return TabCounts(**dict(zip(("all", "overdue", *_COUNTED), counted, strict=True)))


def unread_count(*, person_id: int, now: datetime) -> int:
    """Return how many of the person's own conversations have something unread, never more than CAP."""
    [(number,)] = _UNREAD_COUNT.rows(person=person_id, now=now)
    return int(number)


def _found(words: str) -> list[int]:
    number = words.lstrip("#")
    wanted = Q(pk=int(number)) if number.isdecimal() and len(number) <= 15 else Q()
    customer_ids = [hit.id for hit in search_customers(words, limit=20)]
    if customer_ids:
        wanted |= Q(customer_id__in=customer_ids)
    # Subjects only of open cases: those are few enough to read, the closed ones are found through their customer.
    wanted |= Q(closed_at__isnull=True, subject__icontains=words)
    cases = Case.objects.filter(wanted, thread__isnull=False, merged_into__isnull=True)
    return list(cases.order_by("due_at", "-pk").values_list("pk", flat=True)[:FOUND])


_MARK = "first-"  # before the position of a page that begins among those to win back


def _following(page: Sequence[tuple[Any, ...]], limit: int) -> str:
    case_id, at, is_first = page[limit - 1]
    if is_first and not page[limit][2]:
        return _address(0, datetime.fromtimestamp(0, tz=UTC))  # the next one is the first of the others
    return f"{_MARK if is_first else ''}{_address(case_id, at)}"


_TOP = (datetime.min.replace(tzinfo=UTC), 0)


def _address(case_id: int, due_at: datetime) -> str:
    return f"{due_at.timestamp():.6f}_{case_id}"


def _position(after: str) -> tuple[datetime, int] | None:
    seconds, _, case_id = after.partition("_")
    if not case_id.isdecimal() or len(case_id) > 18:
        return None
    try:
        return datetime.fromtimestamp(float(seconds), tz=UTC), int(case_id)
    except (ValueError, OverflowError, OSError):
        return None  # a mistyped address: begin at the top


def _rows(case_ids: Sequence[int], *, person_id: int, now: datetime) -> tuple[InboxRow, ...]:
    if not case_ids:
        return ()
    return tuple(map(_row, _SHOWN.rows(ids=list(case_ids), person=person_id, now=now)))


def _row(shown: Sequence[Any]) -> InboxRow:
    """Name the columns of _SHOWN, in their order."""
    (case_id, name, subject, vehicle, preview, channel, last_at, last_direction, unread, *rest) = shown
    (due_at, clock, minutes, tags, priority, is_complaint, is_assigned, is_closed, is_snoozed, *rest) = rest
    has_draft, recovery_rank_at, process_it, process_en = rest
    return InboxRow(
        id=case_id,
        name=name,
        subject=subject,
        vehicle=vehicle,
        preview=preview,
        channel=channel,
        last_at=last_at,
        last_direction=last_direction,
        unread=unread,
        due_at=due_at or NEVER,
        clock=str(ClockKind(clock).label) if clock else "",
        total_minutes=minutes,
        tags=tuple(tags),
        is_urgent=priority >= Priority.URGENT,
        is_complaint=is_complaint,
        is_assigned=is_assigned,
        is_closed=is_closed,
        is_snoozed=is_snoozed,
        has_draft=has_draft,
        recovery_rank_at=recovery_rank_at,
        process_it=process_it,
        process_en=process_en,
    )
