"""The closed loop: an unhappy answer opens a case with a call, and ends with a cause, a remedy and an outcome."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from corsia.cases.models import Case, Cause, Task
from corsia.cases.services import ask_for_callback, open_case
from corsia.cases.services.care import Details, describe
from corsia.cases.services.tasks import finish_task
from corsia.cases.vocabulary import Origin, Priority
from corsia.customers import queries as customers
from corsia.events import listening as facts
from corsia.events.listening import SurveyAnswered
from corsia.kernel.access import demand
from corsia.kernel.actors import Actor, system
from corsia.kernel.audit import audit
from corsia.kernel.errors import Invalid, NotFound, Refused
from corsia.kernel.facts import publish
from corsia.listening.models import Loop, LoopItem, Response
from corsia.listening.permissions import CLOSE_LOOPS
from corsia.listening.services.inviting import invite_after_remedy
from corsia.listening.vocabulary import LoopOutcome
from corsia.messaging.occasions import OCCASIONS

CLOSE_WITHIN = timedelta(hours=48)  # by the clock
PROCESS = "complaint"  # of the case that is opened where the answer belongs to none
ROBOT = system("survey")
LONGEST_SAID = 2000


class LoopClosed(Refused):
    code = "listening.loop_closed"
    message = _("This loop was closed by %(name)s already. Reload the page to see how it ended.")


class LoopNeedsReason(Invalid):
    code = "listening.loop_needs_reason"
    message = _("Say what caused it, what was done about it and how it ended; then the loop can be closed.")


@transaction.atomic
def close_the_loop(fact: SurveyAnswered, *, now: datetime) -> Loop | None:
    """Have a customer called back who was disappointed or asked for it, on the case it is about or a new one.

    Returns:
        The loop of a disappointed customer; None for whoever only wants a call, or is content.
    """
    is_unhappy = fact.is_detractor or fact.low_items > 0
    if not is_unhappy and not fact.wants_callback:
        return None
    response: Response = Response.objects.select_related("invitation__follows", "invitation__plan", "case").get(
        pk=fact.response_id
    )
    if response.customer_id is None and response.case_id is None:
        return None  # nobody we know: their answer counts, and there is nobody to call
    before = response.invitation.follows if response.invitation else None
    level = before.level + 1 if before else 1
    case_id = response.case_id or _case_for(response, now=now).pk
    ask_for_callback(case_id=case_id, score=fact.score, is_detractor=is_unhappy, level=level, by=ROBOT, now=now)
    if not is_unhappy:
        return None
    survivor = Case.objects.filter(pk=case_id).values_list("merged_into_id", flat=True).first()
    loop: Loop = Loop.objects.create(
        response=response,
        unit_id=response.unit_id,
        case_id=survivor or case_id,
        level=level,
        opened_at=now,
        due_at=now + CLOSE_WITHIN,
    )
    return loop


def _case_for(response: Response, *, now: datetime) -> Case:
    """Give an answer to a plan its case: that of the very work order, where one names its number, else a new one."""
    case = _case_of_event(response) or _new_case(response, now=now)
    response.case = case
    response.save(update_fields=["case"])
    return case


def _case_of_event(response: Response) -> Case | None:
    """Return the customer's latest case with the number of the order, contract or delivery that was asked about."""
    invitation = response.invitation
    plan = invitation.plan if invitation else None
    occasion = OCCASIONS.get(plan.occasion) if plan else None
    if invitation is None or invitation.occasion_id is None or occasion is None:
        return None
    happened = occasion.find(invitation.occasion_id)
    if happened is None or not happened.reference:
        return None
    family = customers.family_ids(invitation.customer_id)
    rows = Case.objects.filter(customer_id__in=list(family), reference=happened.reference, merged_into=None)
    found: Case | None = rows.order_by("-opened_at", "-pk").first()
    return found


def _new_case(response: Response, *, now: datetime) -> Case:
    invitation = response.invitation
    with translation.override(response.language):
        subject = gettext("Unhappy with the service: survey answered with %(score)s") % {
            "score": "–" if response.score is None else response.score
        }
    return open_case(
        unit_id=response.unit_id,
        process_key=PROCESS,
        subject=subject,
        origin=Origin.INTERNAL,
        customer_id=response.customer_id,
        vehicle_id=invitation.vehicle_id if invitation else None,
        priority=Priority.HIGH,
        language=response.language,
        by=ROBOT,
        now=now,
    )


@transaction.atomic
def note_call(*, loop_id: int, said: Mapping[str, str], by: Actor, now: datetime) -> Loop:
    """Keep what the customer said in the call, about the things that they had judged badly and nothing else.

    The call was made: tasks to call this customer back are done with it.

    Args:
        said: words by item; an empty text removes what stood there.

    Raises:
        LoopClosed: it is over.
    """
    loop = _open_loop(loop_id, by=by)
    low = set(low_items(loop))
    for question, words in said.items():
        if question not in low:
            continue
        text = words.replace("\x00", "").strip()[:LONGEST_SAID]
        if text:
            LoopItem.objects.update_or_create(loop=loop, question=question, defaults={"said": text})
        else:
            LoopItem.objects.filter(loop=loop, question=question).delete()
    loop.called_at, loop.called_by_id = loop.called_at or now, loop.called_by_id or by.id
    loop.save(update_fields=["called_at", "called_by"])
    calls = Task.objects.filter(case_id=loop.case_id, is_callback=True, done_at=None) if loop.case_id else ()
    for task in calls:
        finish_task(task_id=task.pk, by=by, now=now)
    audit(loop, "loop_called", by=by, now=now, case=loop.case_id, items=sorted(low & set(said)))
    return loop


def low_items(loop: Loop) -> list[str]:
    """Return the items that the customer judged badly; the recommendation where nothing else was asked."""
    return list(loop.response.items.filter(is_low=True).order_by("pk").values_list("question", flat=True))


@transaction.atomic
def end_loop(
    *,
    loop_id: int,
    root_cause: str,
    cause_id: int | None,
    remedy: str,
    outcome: str,
    money_kept_cents: int | None,
    by: Actor,
    now: datetime,
) -> Loop:
    """Close a loop with its cause, remedy and outcome; whoever could be reached is asked once more some days later.

    Args:
        cause_id: a kind of cause that the group counts by; None where none fits.
        money_kept_cents: what the customer would have taken elsewhere, as far as it is known.

    Raises:
        LoopNeedsReason: cause, remedy or outcome is missing.
        LoopClosed: it is over.
    """
    loop = _open_loop(loop_id, by=by)
    if not root_cause.strip() or not remedy.strip() or outcome not in LoopOutcome.values:
        raise LoopNeedsReason
    if cause_id is not None and not Cause.objects.filter(pk=cause_id).exists():
        raise NotFound(kind="cases.Cause")
    loop.root_cause, loop.remedy, loop.outcome = root_cause.strip()[:200], remedy.strip()[:300], outcome
    loop.cause_id, loop.money_kept_cents = cause_id, money_kept_cents
    loop.closed_at, loop.closed_by_id = now, by.id
    loop.save()
    _fill_case_in(loop, by=by, now=now)
    audit(loop, "loop_closed", by=by, now=now, case=loop.case_id, outcome=outcome, cause=cause_id)
    publish(
        facts.LoopClosed(
            unit_id=loop.unit_id,
            occurred_at=now,
            loop_id=loop.pk,
            case_id=loop.case_id,
            customer_id=loop.response.customer_id,
            outcome=outcome,
            level=loop.level,
            hours=round((now - loop.opened_at) / timedelta(hours=1)),
        )
    )
    if outcome in (LoopOutcome.RECOVERED, LoopOutcome.PARTLY):
        invite_after_remedy(loop_id=loop.pk, now=now)
    return loop


def _fill_case_in(loop: Loop, *, by: Actor, now: datetime) -> None:
    """Write cause and remedy on the case too, where nobody has: its process may ask for them before it is closed."""
    case = loop.case
    if case is None or case.closed_at is not None:
        return
    describe(
        case_id=case.pk,
        details=Details(
            cause_id=None if case.cause_id else loop.cause_id,
            root_cause=None if case.root_cause else loop.root_cause,
            remedy=None if case.remedy else loop.remedy,
        ),
        by=by,
        now=now,
    )


def _open_loop(loop_id: int, *, by: Actor) -> Loop:
    loop: Loop = Loop.objects.lock(loop_id)
    demand(by, CLOSE_LOOPS, loop.unit_id)
    if loop.closed_at is not None:
        raise LoopClosed(name=loop.closed_by.full_name if loop.closed_by else "–")
    return loop
