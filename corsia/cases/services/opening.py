"""A contact becomes a case. This is on the way of every incoming message: statements are counted."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from corsia.cases.models import Case, CaseLink, Task
from corsia.cases.permissions import WORK_CASES
from corsia.cases.queries.definitions import PhaseDefinition, definition, startable_process
from corsia.cases.rules import clocks as clock_rules
from corsia.cases.rules.channels import holds_for
from corsia.cases.services.assignment import must_work_there, queue_choice
from corsia.cases.services.clocks import Clocks, begin_segment
from corsia.cases.services.locking import tell_case
from corsia.cases.services.roles import RoleHolders
from corsia.cases.services.telling import tell_person
from corsia.cases.vocabulary import (
    NEVER,
    ActionKind,
    ClockKind,
    Holder,
    LinkKind,
    Origin,
    Priority,
    PurchaseChannel,
    TaskKind,
)
from corsia.customers.models import Customer
from corsia.events.cases import CaseAssigned, CaseOpened, TemplateDue
from corsia.kernel.access import demand
from corsia.kernel.actors import Actor, ActorKind
from corsia.kernel.audit import audit
from corsia.kernel.errors import Invalid
from corsia.kernel.facts import publish
from corsia.organisation.queries import tree
from corsia.organisation.vocabulary import Language
from corsia.organisation.working_time import WorkingHours, add
from corsia.vehicles.models import Vehicle

MAX_CHILDREN_DEEP = 5
_FOR_YOUR_ROLE = _("Case #%(number)s has a task for you")


class ProcessNotInUse(Invalid):
    code = "cases.process_not_in_use"
    message = _(
        "The process “%(process)s” is not in use at %(unit)s. Choose another one, or ask a manager to publish it."
    )


@transaction.atomic
def open_case(
    *,
    unit_id: int,
    process_key: str,
    subject: str,
    origin: Origin | str,
    customer_id: int | None,
    vehicle_id: int | None = None,
    priority: int = Priority.NORMAL,
    language: str = Language.ITALIAN,
    purchase_channel: str = "",
    assignee_id: int | None = None,
    queue_id: int | None = None,
    first_answer_minutes: int | None = None,
    is_awaited: bool = False,
    parent_id: int | None = None,
    linked_to: int | None = None,
    link_kind: LinkKind = LinkKind.RELATED,
    by: Actor,
    now: datetime,
) -> Case:
    """Open a case in the first phase of a process, start its clocks, and give it to whom its queue says.

    Args:
        process_key: the nearest process with this key in use at the unit or above it.
        subject: cut to 200 characters; a message keeps its own in full.
        assignee_id: who gets it; None leaves it to the queue.
        purchase_channel: where the customer bought what it is about, "" for unknown.
        queue_id: the queue it waits in, where the channel it came by has its own; None lets the unit's queues decide.
        is_awaited: somebody of whom we have no record, such as a visitor of a chat, waits for an answer.
        first_answer_minutes: working minutes the channel promises for the first answer; None for the process's limit.
        linked_to: another case it belongs with, in the sense of `link_kind`.

    Raises:
        ProcessNotInUse: no such process at the unit.
        CannotWorkThere: the assignee has no role in the unit.
        NotAllowed: the actor may not work on cases of the unit.
        NotFound: a person named a customer, vehicle or case outside their scope.
    """
    demand(by, WORK_CASES, unit_id)
    if by.kind == ActorKind.PERSON:
        _find_named(customer_id=customer_id, vehicle_id=vehicle_id, case_ids=(linked_to, parent_id))
    organisation = tree()
    unit = organisation.unit(unit_id)
    process = startable_process(chain=[above.pk for above in organisation.chain(unit_id)], key=process_key)
    if process is None:
        raise ProcessNotInUse(process=process_key, unit=unit.name)
    chosen_id: int | None = None
    if assignee_id is None:
        queue_id, chosen_id = queue_choice(
            only=queue_id,
            organisation=organisation,
            unit_id=unit_id,
            process_key=process_key,
            customer_id=customer_id,
            vehicle_id=vehicle_id,
            language=language,
            now=now,
        )
    else:
        must_work_there(assignee_id, unit_id, now=now)
    version, hours = definition(process.version_id), organisation.hours(unit_id)
    case = Case(
        unit_id=unit_id,
        version_id=version.id,
        phase_id=version.start.id,
        customer_id=customer_id,
        vehicle_id=vehicle_id,
        queue_id=queue_id,
        assignee_id=assignee_id or chosen_id,
        subject=" ".join(subject.split())[:200],
        origin=origin,
        priority=priority,
        language=language if language in Language.values else Language.ITALIAN,
        purchase_channel=purchase_channel if purchase_channel in PurchaseChannel.values else "",
        holder=version.start.holder or Holder.US,
        parent_id=parent_id,
        opened_at=now,
        phase_entered_at=now,
        last_activity_at=now,
        neglected_from=clock_rules.neglected_from(
            hours, touched_at=now, snoozed_until=None, neglect_minutes=version.neglect_minutes
        ),
    )
    clocks = Clocks(case=case, hours=hours)
    if customer_id is not None or is_awaited:
        limit = first_answer_minutes or version.limit(ClockKind.FIRST_ANSWER, case.priority)
        clocks.start(ClockKind.FIRST_ANSWER, limit_minutes=limit, now=now)
    clocks.start(ClockKind.SOLUTION, limit_minutes=version.limit(ClockKind.SOLUTION, case.priority), now=now)
    clocks.start(ClockKind.PHASE, limit_minutes=phase_limit(case, version.start), phase_id=version.start.id, now=now)
    case.due_at = min((row.due_at for row in clocks.running if row.due_at), default=NEVER)
    case.save(force_insert=True)
    begin_segment(case, Holder(case.holder), now=now)
    clocks.save(now=now)
    if linked_to is not None:
        CaseLink.objects.create(source=case, target_id=linked_to, kind=link_kind, created_at=now)
    audit(case, "opened", by=by, now=now, process=process_key, origin=str(origin), queue=queue_id, assignee=chosen_id)
    publish(
        CaseOpened(
            unit_id=unit_id,
            occurred_at=now,
            case_id=case.pk,
            customer_id=customer_id,
            process=process_key,
            origin=str(origin),
            title=case.subject,
        )
    )
    if case.assignee_id is not None:
        publish(
            CaseAssigned(
                unit_id=unit_id,
                occurred_at=now,
                case_id=case.pk,
                customer_id=customer_id,
                assignee_id=case.assignee_id,
            )
        )
    run_entry_actions(case, version.start, hours=hours, by=by, now=now)
    tell_case(case)
    return case


def _find_named(*, customer_id: int | None, vehicle_id: int | None, case_ids: tuple[int | None, ...]) -> None:
    """Look up within the scope what a form names; intake and jobs found theirs themselves and count statements."""
    if customer_id is not None:
        Customer.objects.find(customer_id)
    if vehicle_id is not None:
        Vehicle.objects.find(vehicle_id)
    for case_id in case_ids:
        if case_id is not None:
            Case.objects.find(case_id)


def phase_limit(case: Case, phase: PhaseDefinition) -> int | None:
    """Return the working minutes a case may stay in a phase: the phase's own, else the process's for the priority."""
    if phase.end_kind:
        return None
    return phase.limit_minutes or definition(case.version_id).limit(ClockKind.PHASE, case.priority)


def run_entry_actions(case: Case, phase: PhaseDefinition, *, hours: WorkingHours, by: Actor, now: datetime) -> None:
    """Do what entering the phase does by itself: tasks, templates, further cases."""
    tasks: list[Task] = []
    holders = RoleHolders(unit_id=case.unit_id, now=now)
    for action in phase.actions:
        if not holds_for(action.only_for, case.purchase_channel):
            continue
        if action.kind == ActionKind.CREATE_TASK:
            due = add(hours, now, timedelta(minutes=action.due_minutes)) if action.due_minutes else None
            title = action.title_en if case.language == Language.ENGLISH else action.title_it
            tasks.append(
                Task(
                    case=case,
                    title=title,
                    role=action.role,
                    kind=action.task_kind,
                    assignee_id=holders.of(action.role) if action.role else case.assignee_id,
                    due_at=due,
                    created_at=now,
                )
            )
        elif action.kind == ActionKind.SEND_TEMPLATE:
            publish(
                TemplateDue(
                    unit_id=case.unit_id,
                    occurred_at=now,
                    case_id=case.pk,
                    customer_id=case.customer_id,
                    template=action.template_key,
                )
            )
        elif action.kind == ActionKind.START_CASE and _depth(case) < MAX_CHILDREN_DEEP:
            open_case(
                unit_id=case.unit_id,
                process_key=action.process_key,
                subject=case.subject,
                origin=Origin.INTERNAL,
                customer_id=case.customer_id,
                vehicle_id=case.vehicle_id,
                priority=case.priority,
                language=case.language,
                purchase_channel=case.purchase_channel,
                parent_id=case.pk,
                by=by,
                now=now,
            )
    if phase.check_after_days:
        with translation.override(case.language):
            title = gettext("Check that the corrective action worked")
        due = now + timedelta(days=phase.check_after_days)
        tasks.append(
            Task(case=case, title=title, kind=TaskKind.CHECK, assignee_id=case.assignee_id, due_at=due, created_at=now)
        )
    if tasks:
        Task.objects.bulk_create(tasks)
        for task in tasks:
            if task.role and task.assignee_id is not None:
                tell_person(task.assignee_id, case, _FOR_YOUR_ROLE, kind="task", key=f"task:{task.pk}", by=by, now=now)


def _depth(case: Case) -> int:
    # Two processes may start each other: after a few generations the chain stops instead of never ending.
    depth, parent_id = 0, case.parent_id
    while parent_id is not None and depth < MAX_CHILDREN_DEEP:
        parent_id = Case.objects.values_list("parent_id", flat=True).get(pk=parent_id)
        depth += 1
    return depth
