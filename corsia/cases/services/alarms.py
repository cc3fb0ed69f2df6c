"""Exceptions on cases: raised once, told to whoever has the case, escalated up the tree, cleared when over."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from corsia.cases.models import Alarm, Case, Deadline
from corsia.cases.services.telling import later
from corsia.cases.vocabulary import AlarmKind, ClockKind
from corsia.events.cases import DeadlineMissed
from corsia.kernel.facts import publish
from corsia.kernel.live import tell
from corsia.organisation.queries import Tree, managers_above, tree
from corsia.organisation.services import notify
from corsia.organisation.working_time import add

# Working minutes until an alarm that is still up goes one level higher; an early warning stays with the assignee.
ESCALATE_MINUTES: Mapping[str, int | None] = {
    AlarmKind.OVERDUE: 120,
    AlarmKind.NEGLECTED: 240,
    AlarmKind.ABOUT_TO_BREAK: None,
}
_SENTENCES: Mapping[str, Any] = {
    AlarmKind.ABOUT_TO_BREAK: _("#%(number)s: %(clock)s is due soon"),
    AlarmKind.OVERDUE: _("#%(number)s is overdue: %(clock)s"),
    AlarmKind.NEGLECTED: _("#%(number)s is neglected: nobody has touched it for a while"),
}


def raise_overdue(deadlines: Sequence[Deadline], *, now: datetime) -> None:
    """Raise the alarm for promises just found broken, in place of their early warning, and state the facts."""
    cases = _cases(row.case_id for row in deadlines)
    Alarm.objects.filter(
        deadline_id__in=[row.pk for row in deadlines], kind=AlarmKind.ABOUT_TO_BREAK, cleared_at=None
    ).update(cleared_at=now)
    # Whoever meets a clock late hears no alarm about it any more; the fact is stated all the same.
    standing = [row for row in deadlines if row.met_at is None and row.dropped_at is None]
    raised = _raise(AlarmKind.OVERDUE, [(cases[row.case_id], row) for row in standing], now=now)
    for row in deadlines:
        case = cases[row.case_id]
        publish(
            DeadlineMissed(
                unit_id=case.unit_id,
                occurred_at=row.missed_at or now,
                case_id=case.pk,
                customer_id=case.customer_id,
                clock=row.clock,
                deadline_id=row.pk,
            )
        )
    tell_alarms(raised, cases, now=now)


def raise_warnings(deadlines: Sequence[Deadline], *, now: datetime) -> None:
    """Raise the early warning for promises whose last quarter has begun."""
    cases = _cases(row.case_id for row in deadlines)
    tell_alarms(
        _raise(AlarmKind.ABOUT_TO_BREAK, [(cases[row.case_id], row) for row in deadlines], now=now), cases, now=now
    )


def raise_neglected(case_ids: Sequence[int], *, now: datetime) -> None:
    """Raise the alarm for cases that nobody has touched for too long."""
    cases = _cases(case_ids)
    tell_alarms(_raise(AlarmKind.NEGLECTED, [(case, None) for case in cases.values()], now=now), cases, now=now)


def clear_alarms(case: Case, *kinds: AlarmKind, now: datetime) -> None:
    """Clear the alarms of these kinds: what they were about is over."""
    Alarm.objects.filter(case=case, kind__in=kinds, cleared_at=None).update(cleared_at=now)


def begin_alarms_anew(case: Case, *, now: datetime) -> None:
    """Let the standing alarms of a case that came to another unit go up there from the bottom."""
    organisation = tree()
    alarms = list(Alarm.objects.filter(case=case, cleared_at=None).select_related("deadline"))
    for alarm in alarms:
        alarm.level, alarm.told_id = (0 if case.assignee_id else 1), None
        alarm.escalate_at = _escalates_at(alarm.kind, case, organisation=organisation, now=now)
        alarm.save(update_fields=["level", "told", "escalate_at"])
    tell_alarms(alarms, {case.pk: case}, now=now)


def tell_alarms(alarms: Iterable[Alarm], cases: Mapping[int, Case], *, now: datetime) -> None:
    """Tell the person in charge at each alarm's level, once for each level; without an assignee, the managers."""
    told: dict[int, list[int]] = defaultdict(list)
    for alarm in alarms:
        case = cases[alarm.case_id]
        tell("cases.case", unit_id=case.unit_id, case=case.pk)
        people = _in_charge(case, alarm.level, now=now)
        if not people:
            continue  # nobody to tell: the alarm stands on the desk all the same
        clock = ClockKind(alarm.deadline.clock).label if alarm.deadline else ""
        notify(
            people,
            kind=f"cases.{alarm.kind}",
            title=later(_SENTENCES[alarm.kind], number=case.pk, clock=clock),
            text=case.subject,
            url=reverse("cases:case", args=[case.pk]),
            dedupe_key=f"alarm:{alarm.pk}:{alarm.level}",
            now=now,
        )
        told[people[0]].append(alarm.pk)
    for person_id, alarm_ids in told.items():
        Alarm.objects.filter(pk__in=alarm_ids).update(told_id=person_id)


def escalate(alarm: Alarm, case: Case, *, organisation: Tree, now: datetime) -> bool:
    """Take an alarm one level up; return False when nobody stands higher, and the alarm stays where it is."""
    higher = managers_above(case.unit_id, level=alarm.level + 1, today=_today(organisation, case, now))
    if not higher:
        alarm.escalate_at = None
        alarm.save(update_fields=["escalate_at"])
        return False
    alarm.level += 1
    alarm.escalate_at = _escalates_at(alarm.kind, case, organisation=organisation, now=now)
    alarm.save(update_fields=["level", "escalate_at"])
    return True


def _raise(kind: AlarmKind, about: Iterable[tuple[Case, Deadline | None]], *, now: datetime) -> list[Alarm]:
    organisation = tree()
    rows = [
        Alarm(
            case=case,
            kind=kind,
            deadline=deadline,
            raised_at=now,
            level=0 if case.assignee_id else 1,
            escalate_at=_escalates_at(kind, case, organisation=organisation, now=now),
        )
        for case, deadline in about
    ]
    # Two workers cannot both raise it: the constraint lets one row of a kind stand open on a case.
    Alarm.objects.bulk_create(rows, ignore_conflicts=True)
    mine = Alarm.objects.filter(
        case_id__in=[row.case_id for row in rows], kind=kind, cleared_at=None, raised_at=now, told=None
    )
    wanted = {(row.case_id, row.deadline_id) for row in rows}
    return [row for row in mine.select_related("deadline") if (row.case_id, row.deadline_id) in wanted]


def _escalates_at(kind: str, case: Case, *, organisation: Tree, now: datetime) -> datetime | None:
    minutes = ESCALATE_MINUTES[kind]
    return add(organisation.hours(case.unit_id), now, timedelta(minutes=minutes)) if minutes else None


def _in_charge(case: Case, level: int, *, now: datetime) -> list[int]:
    if level == 0 and case.assignee_id is not None:
        return [case.assignee_id]
    managers = managers_above(case.unit_id, level=max(1, level), today=_today(tree(), case, now))
    return [person.pk for person in managers]


def _today(organisation: Tree, case: Case, now: datetime) -> date:
    return timezone.localtime(now, organisation.time_zone(case.unit_id)).date()


def _cases(ids: Iterable[int]) -> dict[int, Case]:
    return {case.pk: case for case in Case.objects.filter(pk__in=set(ids))}
