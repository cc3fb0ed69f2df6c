"""A customer waits for a call: somebody has it on their desk, by when, and the managers know."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.functional import lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from corsia.cases.models import Case, Task
from corsia.cases.queries.people import people_who_work_in
from corsia.cases.services.assignment import assign, queue_choice
from corsia.cases.services.care import set_priority
from corsia.cases.services.locking import locked_case
from corsia.cases.services.movement import reopen_case
from corsia.cases.services.tasks import add_task
from corsia.cases.services.telling import later
from corsia.cases.vocabulary import Priority
from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit
from corsia.organisation.queries import is_absent, managers_above, tree
from corsia.organisation.services import notify
from corsia.organisation.working_time import add

CALL_BACK_WITHIN = timedelta(hours=4)  # of working time
_CALL = gettext_lazy("Call the customer of case #%(number)s back by %(due)s")
_UNHAPPY = gettext_lazy("Survey answered with %(score)s: the customer of #%(number)s is to be called by %(due)s")


@transaction.atomic
def ask_for_callback(
    *, case_id: int, score: int | None, is_detractor: bool, level: int = 1, by: Actor, now: datetime
) -> Task:
    """Reopen the case if it is closed and give the call to the customer to somebody who is there to make it.

    That is the case's assignee, else whom its queue chooses, else the nearest manager. A disappointed customer's case
    becomes at least of high priority, and the managers of its unit are told.

    Args:
        score: what the customer answered, 0 to 10; None where the recommendation was not among it.
        level: from 2 on an earlier remedy did not help: a manager calls, for each further level one level higher up.
    """
    case = locked_case(case_id, by=by)
    case = locked_case(case.merged_into_id, by=by) if case.merged_into_id else case
    with translation.override(case.language):
        told = {"score": "–" if score is None else score}
        reason = _("The customer answered the survey with %(score)s.") % told
        title = _("Call the customer back: survey answered with %(score)s") % told
    if case.closed_at is not None:
        reopen_case(case_id=case.pk, reason=reason, by=by, now=now)
    if is_detractor and case.priority < Priority.HIGH:
        set_priority(case_id=case.pk, priority=Priority.HIGH, by=by, now=now)
    due_at = add(tree().hours(case.unit_id), now, CALL_BACK_WITHIN)
    managers = _managers(case, level=max(1, level - 1), now=now)
    caller = _caller if level < 2 else _manager_who_calls
    person_id = caller(case, managers=managers, due_at=due_at, by=by, now=now)
    task = add_task(
        case_id=case.pk, title=title, assignee_id=person_id, due_at=due_at, is_callback=True, by=by, now=now
    )
    audit(case, "callback_asked", by=by, now=now, task=task.pk, score=score, due=due_at.isoformat(), new=person_id)
    told |= {"number": case.pk, "due": _local(due_at, case)}
    if person_id is not None:
        _tell([person_id], case, later(_CALL, **told), key=f"call:{task.pk}", now=now)
    if is_detractor:
        others = [person for person in managers if person != person_id]
        _tell(others, case, later(_UNHAPPY, **told), key=f"detractor:{task.pk}", now=now)
    return task


def _caller(case: Case, *, managers: list[int], due_at: datetime, by: Actor, now: datetime) -> int | None:
    """Return who makes the call; None only where the unit has no manager at all."""
    workers = people_who_work_in(case.unit_id, now=now)

    def can(person_id: int | None) -> bool:
        return person_id is not None and workers.filter(pk=person_id).exists() and not is_absent(person_id, due_at)

    if can(case.assignee_id):
        return case.assignee_id
    _queue, chosen = queue_choice(
        organisation=tree(),
        unit_id=case.unit_id,
        process_key=case.version.process.key,
        customer_id=case.customer_id,
        vehicle_id=case.vehicle_id,
        language=case.language,
        now=now,
    )
    if chosen is not None and can(chosen):
        if case.assignee_id is None:
            assign(case_id=case.pk, person_id=chosen, by=by, now=now)
        return chosen
    # Better a manager who is away than nobody: the alarm of the case climbs from there.
    return next((person for person in managers if can(person)), managers[0] if managers else None)


def _manager_who_calls(case: Case, *, managers: list[int], due_at: datetime, by: Actor, now: datetime) -> int | None:
    """Return a manager who is there; whoever called the first time where there is none."""
    there = next((person for person in managers if not is_absent(person, due_at)), None)
    return there or _caller(case, managers=managers, due_at=due_at, by=by, now=now)


def _managers(case: Case, *, level: int, now: datetime) -> list[int]:
    today = timezone.localtime(now, tree().time_zone(case.unit_id)).date()
    return [person.pk for person in managers_above(case.unit_id, level=level, today=today)]


def _local(at: datetime, case: Case) -> Any:
    local = timezone.localtime(at, tree().time_zone(case.unit_id))
    return lazy(lambda: date_format(local, "j M, H:i").lower(), str)()


def _tell(people: list[int], case: Case, title: Any, *, key: str, now: datetime) -> None:
    url = reverse("cases:case", args=[case.pk])
    notify(people, kind="cases.callback", title=title, text=case.subject, url=url, dedupe_key=key, now=now)
