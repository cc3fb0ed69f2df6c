"""What messages do about facts elsewhere."""

from datetime import datetime, timedelta

from corsia.cases.models import Case
from corsia.events.cases import TemplateDue
from corsia.messaging.services import send_template
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
