"""A case moves: through phases, between holders, to its end and back."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from corsia.cases.models import Alarm, Case, Task
from corsia.cases.ports import closing
from corsia.cases.queries.definitions import PhaseDefinition, VersionDefinition, definition
from corsia.cases.queries.missing import missing_before, phases_asked
from corsia.cases.queries.playbooks import steps_missing
from corsia.cases.rules.transitions import is_allowed
from corsia.cases.services.assignment import assign
from corsia.cases.services.care import Details, describe
from corsia.cases.services.clocks import Clocks, begin_segment, end_segment, pass_to
from corsia.cases.services.locking import CaseClosed, locked_case, locked_open_case, tell_case
from corsia.cases.services.naming import local_name
from corsia.cases.services.opening import phase_limit, run_entry_actions
from corsia.cases.services.recovery import settle_on_closing
from corsia.cases.services.telling import tell_watchers
from corsia.cases.services.touching import touched
from corsia.cases.vocabulary import NEVER, ClockKind, EndKind, Holder, RequiredField, TaskKind
from corsia.events import cases as facts
from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit
from corsia.kernel.errors import Invalid, Refused
from corsia.kernel.facts import publish
from corsia.organisation.queries import tree
from corsia.organisation.working_time import WorkingHours

_CLOSED_BY = _("%(name)s closed case #%(number)s")
_REOPENED_BY = _("%(name)s reopened case #%(number)s")


class NoSuchWay(Refused):
    code = "cases.no_such_way"
    message = _("From “%(source)s” a case cannot go to “%(target)s”. Possible from here: %(ways)s.")


class FieldsMissing(Invalid):
    """`fields` are keys of RequiredField: pages ask for them in place."""

    code = "cases.fields_missing"
    message = _("Before leaving “%(phase)s” fill in: %(names)s.")

    def __init__(self, *, phase: str, fields: list[RequiredField]) -> None:
        super().__init__(phase=phase, names=", ".join(str(field.label) for field in fields))
        self.fields = fields


class TasksOpen(Refused):
    code = "cases.tasks_open"
    message = _("“%(phase)s” has %(count)s tasks that are not done. Finish or remove them, then go on.")


class StepsOpen(Refused):
    code = "cases.steps_open"
    message = _(
        "Before leaving “%(phase)s” the playbook asks for %(count)s more steps, first: “%(first)s”. Do and tick them, "
        "then go on."
    )


class NoCorrectiveAction(Refused):
    code = "cases.no_corrective_action"
    message = _(
        "“%(phase)s” asks for a corrective action with somebody's name and a day. Add a task of that kind, then go on."
    )


class TooEarly(Refused):
    code = "cases.too_early"
    message = _(
        "Whether it worked is checked on %(day)s at the earliest. Until then the case can go back, but not end."
    )


class NoEnd(Refused):
    code = "cases.no_end"
    message = _("The process of this case has no end phase. Ask a manager to correct the process.")


class NotClosed(Refused):
    code = "cases.not_closed"
    message = _("Case #%(number)s is open: there is nothing to reopen.")


class MergedElsewhere(Refused):
    code = "cases.merged_elsewhere"
    message = _("Case #%(number)s was merged into #%(survivor)s. Work on that one, or take the merge back.")


@transaction.atomic
def enter_phase(*, case_id: int, phase_key: str, filling: Details | None = None, by: Actor, now: datetime) -> Case:
    """Move the case to a phase that follows its own; a phase with an end closes it.

    Args:
        filling: what is filled in on the way, all or nothing together with the move.

    Raises:
        CaseClosed: it is closed.
        NoSuchWay: the process does not lead there from here.
        FieldsMissing: the phase may not be left with empty required fields.
        TasksOpen: the phase may not be left with open tasks.
    """
    case = _filled_in(case_id, filling, by=by, now=now)
    version = definition(case.version_id)
    source, target = version.phase_of(case.phase_id), version.phase(phase_key)
    ways_out = source.ways_for(case.purchase_channel)
    if not is_allowed(source=source.key, target=target.key, ways_out=ways_out):
        ways = ", ".join(local_name(version.phase(key)) for key in ways_out)
        raise NoSuchWay(source=local_name(source), target=local_name(target), ways=ways)
    _may_leave(case, [source], end_kind=target.end_kind)
    _may_end(case, source, target, now=now)
    return _enter(case, version, target, filling=filling, by=by, now=now)


@transaction.atomic
def close_case(
    *, case_id: int, by: Actor, now: datetime, end_kind: str = EndKind.SOLVED, filling: Details | None = None
) -> Case:
    """Close the case in the first end phase of a kind, whatever phase it is in.

    Raises:
        CaseClosed: it is closed already.
        FieldsMissing, TasksOpen: a phase on the way asks for more; nothing is asked when it is cancelled.
        NoEnd: the process has no end.
    """
    case = _filled_in(case_id, filling, by=by, now=now)
    version = definition(case.version_id)
    target = version.end_phase(end_kind)
    if target is None:
        raise NoEnd
    _may_leave(case, phases_asked(case, version, end_kind=target.end_kind), end_kind=target.end_kind)
    _may_end(case, version.phase_of(case.phase_id), target, now=now)
    return _enter(case, version, target, filling=filling, by=by, now=now)


@transaction.atomic
def reopen_case(*, case_id: int, reason: str, by: Actor, now: datetime) -> Case:
    """Open a closed case again in the phase it was closed from, with a fresh solution clock.

    Raises:
        NotClosed: it is open.
        MergedElsewhere: it lives on as another case.
    """
    case = locked_case(case_id, by=by)
    if case.closed_at is None:
        raise NotClosed(number=case.pk)
    if case.merged_into_id is not None:
        raise MergedElsewhere(number=case.pk, survivor=case.merged_into_id)
    version, hours = definition(case.version_id), tree().hours(case.unit_id)
    phase = version.phase_of(case.closed_from_id) if case.closed_from_id else version.start
    case.closed_at, case.end_kind, case.closed_from_id = None, "", None
    case.reopened_times += 1
    case.phase_id, case.phase_entered_at = phase.id, now
    begin_segment(case, Holder.US, reason=reason, now=now)
    clocks = Clocks.of(case, hours)
    clocks.start(ClockKind.SOLUTION, limit_minutes=version.limit(ClockKind.SOLUTION, case.priority), now=now)
    clocks.start(ClockKind.PHASE, limit_minutes=phase_limit(case, phase), phase_id=phase.id, now=now)
    clocks.save(now=now)
    touched(case, now=now)
    case.save()
    audit(case, "reopened", by=by, now=now, reason=reason[:200], phase=phase.key)
    publish(
        facts.CaseReopened(
            unit_id=case.unit_id,
            occurred_at=now,
            case_id=case.pk,
            customer_id=case.customer_id,
            reason=reason,
        )
    )
    tell_watchers(case, _REOPENED_BY, kind="reopened", key=f"reopened:{case.pk}:{case.reopened_times}", by=by, now=now)
    tell_case(case)
    return case


@transaction.atomic
def hand_to(*, case_id: int, holder: str, reason: str = "", by: Actor, now: datetime) -> Case:
    """Say who has the case in hand now: our clocks stand still while it is not us.

    Raises:
        CaseClosed: it is closed.
    """
    case = locked_open_case(case_id, by=by)
    if holder == case.holder:
        return case
    _pass(case, Holder(holder), hours=tree().hours(case.unit_id), reason=reason.strip(), now=now)
    case.save(update_fields=["holder", "due_at", *touched(case, now=now)])
    audit(case, "held_by", by=by, now=now, holder=holder, **({"reason": reason.strip()[:200]} if reason else {}))
    tell_case(case)
    return case


@transaction.atomic
def customer_wrote(*, case_id: int, now: datetime) -> Case:
    """Note that the customer wrote: the case is in our hands again, awake, and owes an answer.

    It does not count as work of ours: a neglected case stays neglected.

    Raises:
        CaseClosed: it is closed; see `may_reopen`.
    """
    case: Case = Case.objects.lock(case_id)
    if case.closed_at is not None:
        raise CaseClosed(number=case.pk)
    version, hours = definition(case.version_id), tree().hours(case.unit_id)
    clocks = Clocks.of(case, hours)
    if case.holder != Holder.US:
        pass_to(case, Holder.US, hours=hours, reason="", now=now)
        clocks.resume(now=now)
    if clocks.get(ClockKind.FIRST_ANSWER) is None:
        clocks.start(ClockKind.NEXT_ANSWER, limit_minutes=version.limit(ClockKind.NEXT_ANSWER, case.priority), now=now)
    clocks.save(now=now)
    case.last_activity_at, case.snoozed_until = now, None
    case.save(update_fields=["holder", "due_at", "last_activity_at", "snoozed_until"])
    tell_case(case)
    return case


@transaction.atomic
def we_answered(*, case_id: int, by: Actor, now: datetime) -> Case:
    """Note that we answered the customer: the answer clocks are met, in time or late.

    The case goes on by itself where its phase says so, unless something is missing to leave it; that is no reason to
    refuse an answer that has left. A closed case stays as it is.
    """
    case = locked_case(case_id, by=by)
    if case.closed_at is not None:
        return case
    clocks = Clocks.of(case, tree().hours(case.unit_id))
    clocks.meet(ClockKind.FIRST_ANSWER, ClockKind.NEXT_ANSWER, now=now)
    clocks.save(now=now)
    case.save(update_fields=["due_at", *touched(case, now=now)])
    version = definition(case.version_id)
    phase = version.phase_of(case.phase_id)
    leads_there = phase.on_answer in phase.ways_for(case.purchase_channel)
    if phase.on_answer and leads_there and _held_back(case, [phase]) is None:
        # Whoever had it in hand when the answer left still has: nobody took it back.
        holder = Holder(case.holder)
        return _enter(case, version, version.phase(phase.on_answer), holder=holder, by=by, now=now)
    tell_case(case)
    return case


def _filled_in(case_id: int, filling: Details | None, *, by: Actor, now: datetime) -> Case:
    case = locked_open_case(case_id, by=by)
    if filling is None:
        return case
    describe(case_id=case_id, details=filling, by=by, now=now)
    if filling.assignee_id is not None:
        assign(case_id=case_id, person_id=filling.assignee_id, by=by, now=now)
    return locked_open_case(case_id, by=by)


def _enter(
    case: Case,
    version: VersionDefinition,
    phase: PhaseDefinition,
    *,
    holder: Holder = Holder.US,
    filling: Details | None = None,
    by: Actor,
    now: datetime,
) -> Case:
    """Enter a phase; `holder` gets the case where the phase names nobody."""
    hours = tree().hours(case.unit_id)
    source = version.phase_of(case.phase_id)
    clocks = Clocks.of(case, hours)
    clocks.meet(ClockKind.PHASE, now=now)
    case.phase_id, case.phase_entered_at = phase.id, now
    audit(case, "phase_entered", by=by, now=now, old=source.key, new=phase.key)
    publish(
        facts.PhaseEntered(
            unit_id=case.unit_id,
            occurred_at=now,
            case_id=case.pk,
            customer_id=case.customer_id,
            process=version.process_key,
            phase=phase.key,
        )
    )
    if phase.end_kind:
        outcome = (filling.recovery_outcome if filling else None) or ""
        settle_on_closing(case, outcome=outcome, end_kind=phase.end_kind, by=by, now=now)
        _end(case, phase, source, clocks=clocks, hours=hours, by=by, now=now)
    else:
        holder = Holder(phase.holder or holder)
        if holder != case.holder:
            clocks.save(now=now)
            _pass(case, holder, hours=hours, reason="", now=now)
            clocks = Clocks.of(case, hours)
        clocks.start(ClockKind.PHASE, limit_minutes=phase_limit(case, phase), phase_id=phase.id, now=now)
        _wait_for_check(case, version, source, phase, clocks=clocks, now=now)
        clocks.save(now=now)
        touched(case, now=now)
    case.save()
    run_entry_actions(case, phase, hours=hours, by=by, now=now)
    tell_case(case)
    return case


def _end(
    case: Case,
    phase: PhaseDefinition,
    source: PhaseDefinition,
    *,
    clocks: Clocks,
    hours: WorkingHours,
    by: Actor,
    now: datetime,
) -> None:
    if phase.end_kind == EndKind.CANCELLED:
        clocks.drop(*ClockKind, now=now)
    else:
        clocks.meet(ClockKind.SOLUTION, now=now)
        clocks.drop(ClockKind.FIRST_ANSWER, ClockKind.NEXT_ANSWER, now=now)
    clocks.save(now=now)
    end_segment(case, hours=hours, now=now)
    Alarm.objects.filter(case=case, cleared_at=None).update(cleared_at=now)
    case.closed_at, case.end_kind, case.closed_from_id = now, phase.end_kind, source.id
    case.due_at, case.neglected_from, case.snoozed_until, case.last_activity_at = NEVER, NEVER, None, now
    audit(case, "closed", by=by, now=now, end_kind=phase.end_kind)
    process = case.version.process
    publish(
        facts.CaseClosed(
            unit_id=case.unit_id,
            occurred_at=now,
            case_id=case.pk,
            customer_id=case.customer_id,
            process=process.key,
            end_kind=phase.end_kind,
            assignee_id=case.assignee_id,
            sends_survey=process.sends_survey and phase.end_kind != EndKind.CANCELLED,
            language=case.language,
        )
    )
    tell_watchers(case, _CLOSED_BY, kind="closed", key=f"closed:{case.pk}:{case.reopened_times}", by=by, now=now)


def _pass(case: Case, holder: Holder, *, hours: WorkingHours, reason: str, now: datetime) -> None:
    clocks = Clocks.of(case, hours)
    if case.holder == Holder.US:
        clocks.pause(now=now)
    pass_to(case, holder, hours=hours, reason=reason, now=now)
    if holder == Holder.US:
        clocks.resume(now=now)
    clocks.save(now=now)


def _wait_for_check(
    case: Case,
    version: VersionDefinition,
    source: PhaseDefinition,
    phase: PhaseDefinition,
    *,
    clocks: Clocks,
    now: datetime,
) -> None:
    """Put a case that waits for its check out of sight until that day: the solution stands, time has to show it."""
    if source.check_after_days:
        case.snoozed_until = None
        clocks.start(ClockKind.SOLUTION, limit_minutes=version.limit(ClockKind.SOLUTION, case.priority), now=now)
    if phase.check_after_days:
        clocks.meet(ClockKind.SOLUTION, now=now)
        case.snoozed_until = now + timedelta(days=phase.check_after_days)


def _may_end(case: Case, source: PhaseDefinition, target: PhaseDefinition, *, now: datetime) -> None:
    """Raise TooEarly for an end, other than a cancellation, before the day on which it is checked.

    And whatever others hold against it: a customer whose answer was unhappy is not done with before the loop is closed.
    """
    if not target.end_kind:
        return
    if objection := closing().objection(case.pk):
        raise objection
    if target.end_kind == EndKind.CANCELLED or not source.check_after_days:
        return
    check_at = case.phase_entered_at + timedelta(days=source.check_after_days)
    if now < check_at:
        raise TooEarly(day=date_format(localtime(check_at, tree().time_zone(case.unit_id)), "j F Y"))


def _may_leave(case: Case, phases: list[PhaseDefinition], *, end_kind: str) -> None:
    if refusal := _held_back(case, phases, end_kind=end_kind):
        raise refusal


def _held_back(case: Case, phases: list[PhaseDefinition], *, end_kind: str = "") -> FieldsMissing | Refused | None:
    if missing := missing_before(case, phases):
        return FieldsMissing(phase=local_name(phases[-1]), fields=missing)
    asks_for_tasks = next((phase for phase in phases if phase.requires_tasks_done), None)
    if asks_for_tasks and (count := Task.objects.filter(case=case, done_at=None).count()):
        return TasksOpen(phase=local_name(asks_for_tasks), count=count)
    asks_for_action = next((phase for phase in phases if phase.requires_corrective), None)
    corrective = Task.objects.filter(case=case, kind=TaskKind.CORRECTIVE, assignee__isnull=False, due_at__isnull=False)
    if asks_for_action and not corrective.exists():
        return NoCorrectiveAction(phase=local_name(asks_for_action))
    if end_kind != EndKind.CANCELLED and (steps := steps_missing(case, phases, is_end=bool(end_kind))):
        return StepsOpen(phase=local_name(phases[-1]), count=len(steps), first=steps[0].title)
    return None
