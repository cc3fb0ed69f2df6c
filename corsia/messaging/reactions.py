"""What messages do about facts elsewhere."""

from datetime import datetime, timedelta

from corsia.cases.models import Case
from corsia.events import Fact
from corsia.events.cases import CaseClosed, CaseMoved, TemplateDue
from corsia.messaging.ports import Signal
from corsia.messaging.services import planned, send_template
from corsia.messaging.services.moving import follow_case
from corsia.messaging.services.signals import signal_case
from corsia.messaging.vocabulary import SentReason


def send_due_template(fact: TemplateDue, *, now: datetime) -> None:
    """A phase was entered that sends a text to the customer.

    When the case was opened in the same moment by a mail, nobody of ours caused it: then it is an automatic answer, of
    which an address gets one a day.
    """
    opened_at, origin = Case.objects.values_list("opened_at", "origin").get(pk=fact.case_id)
    send_template(
        case_id=fact.case_id,
        template_key=fact.template,
        reason=SentReason.PROCESS,
        idempotency_key=f"phase:{fact.case_id}:{fact.template}:{fact.occurred_at.isoformat()}",
        now=now,
        answers_by_itself=origin == "email" and fact.occurred_at - opened_at < timedelta(seconds=1),
    )


def show_closing(fact: CaseClosed, *, now: datetime) -> None:
    """Show a visitor of a live channel that their case is closed."""
    signal_case(fact.case_id, Signal.CLOSED)


def move_along(fact: CaseMoved, *, now: datetime) -> None:
    """Let what was said on a case go to the unit where the case is now, wherever this move had led."""
    follow_case(fact.case_id)


def plan_contacts(fact: Fact, *, now: datetime) -> None:
    """Something came to pass that rules of managers may let a contact follow."""
    planned.plan_contacts(fact, now=now)
