"""Messages that no person writes: steps of a process, surveys. Queued once, sent only if the gate agrees."""

from collections.abc import Mapping
from datetime import datetime

from django.db import connection, transaction

from corsia.cases.models import Case
from corsia.customers.models import ContactPoint
from corsia.customers.vocabulary import ConsentChannel, ContactKind
from corsia.kernel.errors import NotFound
from corsia.messaging.models import Mailbox, Message, Outgoing
from corsia.messaging.queries.mailboxes import mailbox_for_unit
from corsia.messaging.rules.templates import one_line
from corsia.messaging.services.acknowledging import is_first_today
from corsia.messaging.services.contact import hold_back
from corsia.messaging.services.gate import may_contact, purpose_of
from corsia.messaging.services.queueing import marked_subject, new_header_id, thread_ids, wake_sender
from corsia.messaging.services.texts import (
    MissingValue,
    Rendered,
    TemplateUnknown,
    render_text,
    values_of,
    wording,
)
from corsia.messaging.services.threads import move_head
from corsia.messaging.vocabulary import Channel, Direction, Objection, OutboxState, SentReason
from corsia.organisation.queries import tree


@transaction.atomic
def send_template(
    *,
    case_id: int,
    template_key: str,
    reason: str,
    idempotency_key: str,
    now: datetime,
    extra: Mapping[str, str] | None = None,
    unsubscribe_url: str = "",
    answers_by_itself: bool = False,
) -> Outgoing:
    """Queue a ready-made text to the customer of a case, once for each `idempotency_key`.

    Args:
        reason: a value of SentReason; decides which consent is needed.
        extra: values of further keys, such as the link of a survey.
        answers_by_itself: nobody of ours caused it, an incoming mail did: then it is the address's one a day.

    Returns:
        The row of the outbox. Its state is BLOCKED, with the reason, when the customer may not be contacted, has no
        address, or lacks a value that the text needs: nothing leaves then.

    Raises:
        TemplateUnknown: the unit has no such text.
    """
    with connection.cursor() as cursor:
        # Two callers with one key: the second waits for the first one's commit and finds its row.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [idempotency_key])
    before = Outgoing.unscoped.filter(idempotency_key=idempotency_key).first()
    if before is not None:
        return before
    case = Case.objects.select_related("customer", "vehicle", "thread__mailbox", "assignee").filter(pk=case_id).first()
    if case is None:
        raise NotFound(kind="cases.Case")
    organisation = tree()
    unit, group = organisation.unit(case.unit_id), organisation.group(case.unit_id)
    text = wording(unit, template_key, case.language)
    if text is None:
        raise TemplateUnknown(template=template_key)
    thread = getattr(case, "thread", None)
    mailbox = (thread.mailbox if thread and thread.mailbox else None) or mailbox_for_unit(unit)
    address = _address(case, thread.reply_address if thread else "")
    objection = _objection(
        case, mailbox=mailbox, address=address, reason=reason, answers_by_itself=answers_by_itself, now=now
    )
    agent = case.assignee.full_name if case.assignee else ""
    try:
        rendered = render_text(text, values_of(case, unit=unit, group=group, agent_name=agent, extra=extra))
    except MissingValue as missing:
        objection = f"{Objection.TEXT_UNUSABLE}: {missing.data['key']}"
        rendered = Rendered(key=text.key, language=text.language, subject="", body="")
    header_id, subject = new_header_id(), marked_subject(rendered.subject, case.pk)
    in_reply_to, references = thread_ids(case.pk)
    message = None
    if not objection:
        message = Message.unscoped.create(
            case=case,
            unit_id=case.unit_id,
            direction=Direction.OUT,
            channel=Channel.EMAIL,
            customer_id=case.customer_id,
            author_name=mailbox.name if mailbox else "",
            from_address=mailbox.address if mailbox else "",
            to_addresses=address,
            subject=subject,
            text=rendered.body,
            header_id=header_id,
            in_reply_to=in_reply_to,
            is_automatic=True,
            at=now,
        )
        move_head(message, mailbox_id=mailbox.pk if mailbox else None)
    outgoing: Outgoing = Outgoing.unscoped.create(
        message=message,
        unit_id=case.unit_id,
        reason=reason,
        mailbox=mailbox,
        to_address=address,
        to_name=one_line(case.customer.display_name)[:200] if case.customer else "",
        subject=subject,
        body=rendered.body,
        header_id=header_id,
        in_reply_to=in_reply_to,
        references=references,
        unsubscribe_url=unsubscribe_url if reason == SentReason.SURVEY else "",
        idempotency_key=idempotency_key,
        state=OutboxState.BLOCKED if objection else OutboxState.WAITING,
        last_error=objection,
        send_after=now,
        created_at=now,
    )
    if not objection:
        wake_sender(send_after=now, now=now)
    else:
        hold_back(
            customer_id=case.customer_id,
            unit_id=case.unit_id,
            channel=Channel.EMAIL,
            purpose=purpose_of(reason),
            reason=objection,
            key=f"outgoing:{outgoing.pk}",
            now=now,
            outgoing_id=outgoing.pk,
        )
    return outgoing


def _objection(
    case: Case, *, mailbox: Mailbox | None, address: str, reason: str, answers_by_itself: bool, now: datetime
) -> str:
    """Return why nothing may be sent, "" when it may."""
    if not address:
        return Objection.NO_ADDRESS
    if mailbox is None:
        return Objection.NO_MAILBOX
    verdict = may_contact(
        customer_id=case.customer_id,
        channel=ConsentChannel.EMAIL,
        purpose=purpose_of(reason),
        now=now,
        address=address,
        unit_id=case.unit_id,
    )
    if not verdict:
        return verdict.reason
    if answers_by_itself and not is_first_today(address, now=now):
        return Objection.TOO_SOON
    return ""


def _address(case: Case, on_case: str) -> str:
    """Return where the customer is reached: the address of this case, else their first that works."""
    if on_case:
        return on_case
    if case.customer_id is None:
        return ""
    points = ContactPoint.objects.filter(customer_id=case.customer_id, kind=ContactKind.EMAIL)
    return next(iter(points.order_by("-is_primary", "pk").values_list("value", flat=True)[:1]), "")
