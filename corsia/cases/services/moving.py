"""A case moves to another unit: who works there has it from now on, who works only at the old one no longer sees it."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from corsia.cases.models import Case, RecoveryItem, Segment, Task, Watcher
from corsia.cases.permissions import MOVE_CASES
from corsia.cases.queries.moving import last_move, may_receive, targets_of
from corsia.cases.queries.people import people_who_work_in
from corsia.cases.services.alarms import begin_alarms_anew
from corsia.cases.services.assignment import queue_choice
from corsia.cases.services.clocks import Clocks, begin_segment, end_segment
from corsia.cases.services.locking import locked_case, locked_open_case, tell_case
from corsia.cases.services.movement import MergedElsewhere
from corsia.cases.services.naming import local_name
from corsia.cases.services.roles import RoleHolders
from corsia.cases.services.telling import tell_person
from corsia.cases.services.touching import touched
from corsia.cases.vocabulary import Holder
from corsia.events.cases import CaseAssigned, CaseMoved
from corsia.kernel import scope
from corsia.kernel.access import demand, may
from corsia.kernel.actors import Actor, ActorKind
from corsia.kernel.audit import audit
from corsia.kernel.errors import Invalid, Refused
from corsia.kernel.facts import publish, show_facts_at
from corsia.kernel.live import tell
from corsia.organisation.queries import Tree, managers_above, tree

MAX_REASON = 300
_MOVED_TO_YOU = _("%(name)s moved case #%(number)s to your department")


class NotATarget(Invalid):
    code = "cases.not_a_target"
    message = _("A case can go to a branch, department or team of the same group that is open. Choose one of the list.")


class AlreadyThere(Refused):
    code = "cases.already_there"
    message = _("Case #%(number)s is at %(unit)s already. Choose another department.")


class NoReason(Invalid):
    code = "cases.no_reason"
    message = _("Say in a few words why the case moves: it is the first thing they read there.")


class ProcessNotUsedThere(Refused):
    code = "cases.process_not_used_there"
    message = _(
        "The process “%(process)s” belongs to %(owner)s and is not used at %(unit)s. "
        "Open a case there and link the two, or ask a manager to publish the process for both."
    )


class RecoveryNotThere(Refused):
    code = "cases.recovery_not_there"
    message = _(
        "Case #%(number)s is in the recovery “%(recovery)s”, in which %(unit)s has no part. "
        "Note how the recovery of this customer ends, then move the case."
    )


class NothingToMoveBack(Refused):
    code = "cases.nothing_to_move_back"
    message = _("Case #%(number)s did not come to this department by a move: there is nothing to take back.")


@transaction.atomic
def move_case(*, case_id: int, unit_id: int, reason: str, by: Actor, now: datetime) -> Case:
    """Give the case to another unit of the group, with its messages and the cases that were merged into it.

    The mover needs the right where the case is, not where it goes: an outsourced front end hands work to departments
    into which it cannot look. Time that was spent stays spent, as the old unit's hours counted it; what is left is
    counted by the new unit's. Queues give it to somebody there as they would a new case.

    Raises:
        CaseClosed, MergedElsewhere: it is over, or goes on as another case.
        NotATarget: no open branch, department, team or agency of the same group.
        AlreadyThere: it would not move.
        NoReason: the reason is empty.
        ProcessNotUsedThere: its process belongs to a part of the group in which the target is not.
        RecoveryNotThere: it is being won back by a recovery of another part of the group.
    """
    case = _movable(case_id, by=by)
    why = " ".join(reason.split())[:MAX_REASON]
    organisation = tree()
    _may_go(case, unit_id, organisation=organisation)
    if not why:
        raise NoReason
    return _move(case, unit_id, why=why, organisation=organisation, by=by, now=now)


@transaction.atomic
def move_back(*, case_id: int, by: Actor, now: datetime) -> Case:
    """Take the last move of the case back: to the unit it came from and, where they still work there, to its assignee.

    Raises:
        NothingToMoveBack: it did not come to its unit by a move.
        CaseClosed, MergedElsewhere, NotATarget, ProcessNotUsedThere, RecoveryNotThere: as in `move_case`.
    """
    case = _movable(case_id, by=by)
    move = last_move(case)
    if move is None:
        raise NothingToMoveBack(number=case.pk)
    organisation = tree()
    _may_go(case, move.from_unit_id, organisation=organisation)
    why = str(_("Moved back"))
    return _move(
        case, move.from_unit_id, why=why, assignee_id=move.assignee_id, organisation=organisation, by=by, now=now
    )


def move_story(case_id: int) -> None:
    """Show the told facts of a case, previews of its messages among them, at the unit where it is now.

    A survey's invitation and its answer stay with the unit whose work they are about.
    """
    case = Case.objects.find(case_id)
    if case.customer_id is not None:
        show_facts_at(case.unit_id, subject_id=case.customer_id, part="case_id", row_id=case.pk, but=["listening"])


def _movable(case_id: int, *, by: Actor) -> Case:
    case = locked_case(case_id, by=by)
    demand(by, MOVE_CASES, case.unit_id)
    if case.merged_into_id is not None:
        raise MergedElsewhere(number=case.pk, survivor=case.merged_into_id)
    return locked_open_case(case_id, by=by) if case.closed_at is not None else case


def _may_go(case: Case, unit_id: int, *, organisation: Tree) -> None:
    if unit_id == case.unit_id:
        raise AlreadyThere(number=case.pk, unit=organisation.label(unit_id))
    if unit_id not in {unit.pk for unit in targets_of(case.unit_id, organisation=organisation)}:
        raise NotATarget
    process = case.version.process
    if not may_receive(unit_id, process.unit_id, organisation=organisation):
        raise ProcessNotUsedThere(
            process=local_name(process), owner=organisation.label(process.unit_id), unit=organisation.label(unit_id)
        )
    item = RecoveryItem.objects.filter(case=case, ended_at=None).select_related("recovery").first()
    if item is not None and not may_receive(unit_id, item.recovery.unit_id, organisation=organisation):
        raise RecoveryNotThere(number=case.pk, recovery=item.recovery.name, unit=organisation.label(unit_id))


def _move(
    case: Case,
    unit_id: int,
    *,
    why: str,
    assignee_id: int | None = None,
    organisation: Tree,
    by: Actor,
    now: datetime,
) -> Case:
    """Move a locked case that may go there. The new unit is beyond the mover's scope: everything is open from here."""
    old_unit_id = case.unit_id
    absorbed = Case.objects.filter(merged_into=case).select_for_update(of=("self",)).order_by("pk")
    following = [row for row in absorbed if by.kind != ActorKind.PERSON or may(by, MOVE_CASES, row.unit_id)]
    with scope.system("cases.move_case"):
        _move_clocks(case, unit_id, organisation=organisation, now=now)
        kept_id, chosen_id = _give_there(
            case, wanted_id=assignee_id or case.assignee_id, organisation=organisation, now=now
        )
        former_id, case.assignee_id = case.assignee_id, kept_id or chosen_id
        fields = ["unit", "queue", "assignee", "holder", "due_at", *touched(case, now=now)]
        case.save(update_fields=fields)
        _move_people(case, by=by, now=now)
        RecoveryItem.objects.filter(case=case, ended_at=None).update(unit_id=unit_id)
        begin_alarms_anew(case, now=now)
        _state(case, old_unit_id, former_id=former_id, why=why, by=by, now=now)
        for row in following:
            came_from, row.unit_id = row.unit_id, unit_id
            Segment.objects.filter(case=row, past_unit=None).update(past_unit_id=came_from)
            row.save(update_fields=["unit"])
            _state(row, came_from, former_id=row.assignee_id, why=why, by=by, now=now)
        if chosen_id is not None and kept_id is None:
            publish(
                CaseAssigned(
                    unit_id=unit_id,
                    occurred_at=now,
                    case_id=case.pk,
                    customer_id=case.customer_id,
                    assignee_id=chosen_id,
                )
            )
        _tell_there(case, by=by, now=now)
        tell("cases.case", unit_id=old_unit_id, case=case.pk)
        tell_case(case)
    return case


def _move_clocks(case: Case, unit_id: int, *, organisation: Tree, now: datetime) -> None:
    """End the running stretch under the old unit's hours and begin the same holder's next one under the new unit's."""
    old_unit_id, before, after = case.unit_id, organisation.hours(case.unit_id), organisation.hours(unit_id)
    clocks = Clocks.of(case, before)
    clocks.go_on_under(after, now=now)
    waits_for = Segment.objects.filter(case=case, ended_at=None).values_list("reason", flat=True).get()
    end_segment(case, hours=before, now=now)
    Segment.objects.filter(case=case, past_unit=None).update(past_unit_id=old_unit_id)
    case.unit_id = unit_id
    begin_segment(case, Holder(case.holder), reason=waits_for, now=now)
    clocks.save(now=now)


def _give_there(
    case: Case, *, wanted_id: int | None, organisation: Tree, now: datetime
) -> tuple[int | None, int | None]:
    """Put the case into the queue that fits there; return its assignee if they work there too, else who is chosen."""
    case.queue_id, chosen_id = queue_choice(
        organisation=organisation,
        unit_id=case.unit_id,
        process_key=case.version.process.key,
        customer_id=case.customer_id,
        vehicle_id=case.vehicle_id,
        language=case.language,
        now=now,
    )
    works_there = wanted_id is not None and people_who_work_in(case.unit_id, now=now).filter(pk=wanted_id).exists()
    return (wanted_id, None) if works_there else (None, chosen_id)


def _move_people(case: Case, *, by: Actor, now: datetime) -> None:
    """Leave watchers and tasks with those who see the case where it is now; tasks for a role go to its holder there."""
    there = people_who_work_in(case.unit_id, now=now)
    Watcher.objects.filter(case=case).exclude(person__in=there).delete()
    if by.id is not None and by.kind == ActorKind.PERSON and there.filter(pk=by.id).exists():
        Watcher.objects.get_or_create(case=case, person_id=by.id, defaults={"since": now})
    holders = RoleHolders(unit_id=case.unit_id, now=now)
    left_behind = Task.objects.filter(case=case, done_at=None, assignee__isnull=False).exclude(assignee__in=there)
    for task in left_behind:
        task.assignee_id = holders.of(task.role) if task.role else None
        task.save(update_fields=["assignee"])


def _state(case: Case, old_unit_id: int, *, former_id: int | None, why: str, by: Actor, now: datetime) -> None:
    organisation = tree()
    audit(
        case,
        "moved",
        by=by,
        now=now,
        old=old_unit_id,
        new=case.unit_id,
        # By name as well: who reads the trail later need not see the unit, and it may be called something else by then.
        from_unit=organisation.label(old_unit_id),
        to_unit=organisation.label(case.unit_id),
        assignee=former_id,
        reason=why,
    )
    publish(
        CaseMoved(
            unit_id=case.unit_id,
            occurred_at=now,
            case_id=case.pk,
            customer_id=case.customer_id,
            old_unit_id=old_unit_id,
        )
    )


def _tell_there(case: Case, *, by: Actor, now: datetime) -> None:
    """Tell whoever has the case there; where nobody was chosen, the nearest managers."""
    people = [case.assignee_id] if case.assignee_id else []
    if not people:
        today = now.astimezone(tree().time_zone(case.unit_id)).date()
        people = [person.pk for person in managers_above(case.unit_id, level=1, today=today)]
    key = f"moved:{case.pk}:{now.isoformat()}"
    for person_id in people:
        tell_person(person_id, case, _MOVED_TO_YOU, kind="moved", key=key, by=by, now=now)
