"""What customers say at the counter or on the phone, written down by our people; it becomes a case the same way."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from corsia.cases.models import Case
from corsia.cases.services import customer_wrote, open_case, touch
from corsia.cases.vocabulary import Priority
from corsia.customers.models import Customer
from corsia.events import messaging as facts
from corsia.kernel.access import demand
from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit
from corsia.kernel.facts import publish
from corsia.messaging.models import Message
from corsia.messaging.permissions import WRITE_MESSAGES
from corsia.messaging.rules.incoming import Filed, NewFile, preview
from corsia.messaging.services.refusals import MAX_TEXT, EmptyText, TextTooLong
from corsia.messaging.services.threads import attach, move_head
from corsia.messaging.vocabulary import Direction, Outcome


@transaction.atomic
def record_entry_by_hand(
    *,
    channel: str,
    text: str,
    by: Actor,
    now: datetime,
    case_id: int | None = None,
    unit_id: int | None = None,
    process_key: str = "information",
    subject: str = "",
    customer_id: int | None = None,
    vehicle_id: int | None = None,
    priority: int = Priority.NORMAL,
    assignee_id: int | None = None,
    language: str = "",
    attachments: Sequence[NewFile] = (),
) -> Filed:
    """Write down what a customer said, on an open case (`case_id`) or as a new one in `unit_id`.

    Args:
        channel: Channel.COUNTER or Channel.PHONE.

    Raises:
        EmptyText, TextTooLong: there is nothing to keep, or too much.
        CaseClosed: the case is closed; reopen it first.
    """
    if not text.strip():
        raise EmptyText
    if len(text) > MAX_TEXT:
        raise TextTooLong
    if case_id is not None:
        case: Case = Case.objects.select_related("customer").find(case_id)
        demand(by, WRITE_MESSAGES, case.unit_id)
        customer_wrote(case_id=case.pk, now=now)
        touch(case_id=case.pk, by=by, now=now)
        outcome = Outcome.THREADED
    else:
        if unit_id is None:
            raise ValueError("A new entry needs a unit.")
        demand(by, WRITE_MESSAGES, unit_id)
        customer = Customer.objects.find(customer_id) if customer_id else None
        case = open_case(
            unit_id=unit_id,
            process_key=process_key,
            subject=subject.strip() or preview(text, 80),
            origin=channel,
            customer_id=customer_id,
            vehicle_id=vehicle_id,
            language=language or (customer.language if customer else "it"),
            priority=priority,
            assignee_id=assignee_id,
            by=by,
            now=now,
        )
        outcome = Outcome.NEW_CASE
    message: Message = Message.unscoped.create(
        case_id=case.pk,
        unit_id=case.unit_id,
        direction=Direction.IN,
        channel=channel,
        customer_id=case.customer_id,
        author_id=by.id,
        author_name=case.customer.display_name if case.customer else by.name[:200],
        subject=subject.strip()[:300],
        text=text.strip(),
        at=now,
    )
    attach(message, attachments)
    move_head(message, waits=True)
    audit(message, "entered_by_hand", by=by, now=now, case=case.pk)
    publish(
        facts.MessageReceived(
            unit_id=case.unit_id,
            occurred_at=now,
            message_id=message.pk,
            case_id=case.pk,
            customer_id=case.customer_id,
            channel=channel,
            preview=preview(text),
        )
    )
    return Filed(outcome=outcome, case_id=case.pk, message_id=message.pk)
