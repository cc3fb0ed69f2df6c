"""What becomes due by itself: found by its due instant, whenever somebody looks, exactly once.

Each pass takes due rows with their case locked, skipping what another worker or a person holds at that moment: the next
minute finds those. A pass goes on until nothing due is left, so that a long stop is made up for in one run.
"""

from collections.abc import Callable
from datetime import datetime

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from corsia.cases.models import Alarm, Case, Deadline
from corsia.cases.services.alarms import escalate, raise_neglected, raise_overdue, raise_warnings, tell_alarms
from corsia.cases.services.locking import tell_case
from corsia.cases.services.telling import tell_person
from corsia.cases.vocabulary import NEVER
from corsia.kernel.actors import system
from corsia.organisation.queries import tree

BATCH = 500
_CLOCKWORK = system("clock")
_AWAKE = _("Case #%(number)s is awake again")

_DUE_MISSED = """
    WITH due AS (
        SELECT d.id FROM cases_deadline d JOIN cases_case c ON c.id = d.case_id
        WHERE d.due_at <= %s AND d.met_at IS NULL AND d.dropped_at IS NULL AND d.missed_at IS NULL
          AND c.closed_at IS NULL
        ORDER BY d.due_at LIMIT %s FOR UPDATE OF c, d SKIP LOCKED
    )
    UPDATE cases_deadline d SET missed_at = d.due_at FROM due WHERE d.id = due.id RETURNING d.id
"""
_DUE_WARNINGS = """
    WITH due AS (
        SELECT d.id FROM cases_deadline d JOIN cases_case c ON c.id = d.case_id
        WHERE d.warn_at <= %s AND d.met_at IS NULL AND d.dropped_at IS NULL AND d.warned_at IS NULL
          AND c.closed_at IS NULL
        ORDER BY d.warn_at LIMIT %s FOR UPDATE OF c, d SKIP LOCKED
    )
    UPDATE cases_deadline d SET warned_at = d.warn_at FROM due WHERE d.id = due.id RETURNING d.id, d.missed_at IS NULL
"""
_DUE_NEGLECTED = """
    WITH due AS (
        SELECT c.id FROM cases_case c WHERE c.closed_at IS NULL AND c.neglected_from <= %s
        ORDER BY c.neglected_from LIMIT %s FOR UPDATE SKIP LOCKED
    )
    UPDATE cases_case c SET neglected_from = %s FROM due WHERE c.id = due.id RETURNING c.id
"""
_DUE_AWAKE = """
    WITH due AS (
        SELECT c.id FROM cases_case c WHERE c.closed_at IS NULL AND c.snoozed_until <= %s
        ORDER BY c.snoozed_until LIMIT %s FOR UPDATE SKIP LOCKED
    )
    UPDATE cases_case c SET snoozed_until = NULL FROM due WHERE c.id = due.id RETURNING c.id
"""
_DUE_ESCALATIONS = """
    SELECT a.id FROM cases_alarm a JOIN cases_case c ON c.id = a.case_id
    WHERE a.escalate_at <= %s AND a.cleared_at IS NULL AND c.closed_at IS NULL
    ORDER BY a.escalate_at LIMIT %s FOR UPDATE OF c, a SKIP LOCKED
"""


def find_missed_deadlines(*, now: datetime) -> int:
    """Mark promises that were broken, raise their alarm and state the fact; return how many."""
    return _until_done(_missed, now)


def find_warnings(*, now: datetime) -> int:
    """Raise the early warning for promises about to break; return how many. Broken ones have their own alarm."""
    return _until_done(_warned, now)


def find_neglected(*, now: datetime) -> int:
    """Raise the alarm for cases nobody has touched for too long; return how many."""
    return _until_done(_neglected, now)


def wake_snoozed(*, now: datetime) -> int:
    """Put cases whose snooze is over back on the desk and tell their assignee; return how many."""
    return _until_done(_awake, now)


def escalate_alarms(*, now: datetime) -> int:
    """Take alarms that are still up one level higher in the tree and tell the managers there; return how many."""
    return _until_done(_escalated, now)


def _until_done(step: Callable[[datetime], int], now: datetime) -> int:
    total = 0
    while True:
        with transaction.atomic():
            done = step(now)
        total += done
        if done < BATCH:
            return total


def _missed(now: datetime) -> int:
    ids = [row[0] for row in _rows(_DUE_MISSED, [now, BATCH])]
    if ids:
        raise_overdue(list(Deadline.objects.filter(pk__in=ids).order_by("due_at", "pk")), now=now)
    return len(ids)


def _warned(now: datetime) -> int:
    rows = _rows(_DUE_WARNINGS, [now, BATCH])
    early = [pk for pk, is_early in rows if is_early]
    if early:
        raise_warnings(list(Deadline.objects.filter(pk__in=early).order_by("warn_at", "pk")), now=now)
    return len(rows)


def _neglected(now: datetime) -> int:
    ids = [row[0] for row in _rows(_DUE_NEGLECTED, [now, BATCH, NEVER])]
    if ids:
        raise_neglected(ids, now=now)
    return len(ids)


def _awake(now: datetime) -> int:
    ids = [row[0] for row in _rows(_DUE_AWAKE, [now, BATCH])]
    for case in Case.objects.filter(pk__in=ids):
        tell_person(
            case.assignee_id,
            case,
            _AWAKE,
            kind="awake",
            key=f"awake:{case.pk}:{now.isoformat()}",
            by=_CLOCKWORK,
            now=now,
        )
        tell_case(case)
    return len(ids)


def _escalated(now: datetime) -> int:
    ids = [row[0] for row in _rows(_DUE_ESCALATIONS, [now, BATCH])]
    organisation = tree()
    alarms = list(Alarm.objects.filter(pk__in=ids).select_related("case", "deadline").order_by("escalate_at", "pk"))
    higher = [alarm for alarm in alarms if escalate(alarm, alarm.case, organisation=organisation, now=now)]
    tell_alarms(higher, {alarm.case_id: alarm.case for alarm in higher}, now=now)
    return len(ids)


def _rows(sql: str, parameters: list[datetime | int]) -> list[tuple[int, bool]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())
