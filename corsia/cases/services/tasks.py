"""Pieces of work on a case with somebody's name on them."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from corsia.cases.models import Task
from corsia.cases.services.assignment import must_work_there
from corsia.cases.services.locking import locked_case, locked_open_case, tell_case
from corsia.cases.services.telling import tell_person
from corsia.cases.services.touching import touch_and_save
from corsia.cases.vocabulary import TaskKind
from corsia.kernel.actors import Actor, ActorKind
from corsia.kernel.audit import audit
from corsia.kernel.errors import Invalid, NotFound

_FOR_YOU = _("%(name)s gave you a task on case #%(number)s")


class NoTitle(Invalid):
    code = "cases.task_without_title"
    message = _("A task needs a title. Write what is to be done.")


class NoOwnerOrDay(Invalid):
    code = "cases.corrective_action_without_owner"
    message = _("A corrective action needs somebody who answers for it and the day by which it is done. Choose both.")


@transaction.atomic
def add_task(
    *,
    case_id: int,
    title: str,
    assignee_id: int | None = None,
    role: str = "",
    due_at: datetime | None = None,
    is_callback: bool = False,
    kind: str = TaskKind.TASK,
    by: Actor,
    now: datetime,
) -> Task:
    """Add a task for a person, a role, or whoever has the case.

    Raises:
        CaseClosed: the case is closed.
        NoTitle: the title is empty.
        CannotWorkThere: the person would not see the case.
        NoOwnerOrDay: a corrective action needs somebody's name and a day.
    """
    title = " ".join(title.split())[:200]
    if not title:
        raise NoTitle
    if kind == TaskKind.CORRECTIVE and (assignee_id is None or due_at is None):
        raise NoOwnerOrDay
    case = locked_open_case(case_id, by=by)
    if assignee_id is not None:
        must_work_there(assignee_id, case.unit_id, now=now)
    task: Task = Task.objects.create(
        case=case,
        title=title,
        assignee_id=assignee_id,
        role=role,
        due_at=due_at,
        is_callback=is_callback,
        kind=kind if kind in TaskKind.values else TaskKind.TASK,
        created_at=now,
    )
    touch_and_save(case, now=now)
    audit(case, "task_added", by=by, now=now, task=task.pk, title=title, assignee=assignee_id)
    if by.kind == ActorKind.PERSON:  # whoever lets Corsia add a task tells people why
        tell_person(assignee_id, case, _FOR_YOU, kind="task", key=f"task:{task.pk}", by=by, now=now)
    tell_case(case)
    return task


@transaction.atomic
def finish_task(*, task_id: int, by: Actor, now: datetime) -> Task:
    """Note that a task is done; a second time changes nothing."""
    task = _locked(task_id, by=by)
    if task.done_at is None:
        task.done_at, task.done_by_id = now, by.id
        task.save(update_fields=["done_at", "done_by"])
        touch_and_save(task.case, now=now)
        audit(task.case, "task_done", by=by, now=now, task=task.pk, title=task.title)
        tell_case(task.case)
    return task


@transaction.atomic
def take_up_task(*, task_id: int, by: Actor, now: datetime) -> Task:
    """Note that a task is not done after all."""
    task = _locked(task_id, by=by)
    if task.done_at is not None:
        task.done_at, task.done_by_id = None, None
        task.save(update_fields=["done_at", "done_by"])
        touch_and_save(task.case, now=now)
        audit(task.case, "task_taken_up", by=by, now=now, task=task.pk, title=task.title)
        tell_case(task.case)
    return task


@transaction.atomic
def remove_task(*, task_id: int, by: Actor, now: datetime) -> None:
    """Remove a task; the history keeps its title."""
    task = _locked(task_id, by=by)
    touch_and_save(task.case, now=now)
    audit(task.case, "task_removed", by=by, now=now, task=task.pk, title=task.title)
    tell_case(task.case)
    task.delete()


def _locked(task_id: int, *, by: Actor) -> Task:
    # The case first: every verb locks in this order, and what the task says is read after the wait.
    case_id = Task.objects.filter(pk=task_id).values_list("case_id", flat=True).first()
    if case_id is None:
        raise NotFound(kind=Task._meta.label)
    case = locked_case(case_id, by=by)
    task: Task = Task.objects.find(task_id)
    task.case = case
    return task
