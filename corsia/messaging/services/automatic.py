"""Messages that no person writes: steps of a process, surveys. Queued once, sent only if the gate agrees."""

from collections.abc import Mapping
from datetime import datetime

from django.db import connection, transaction

from corsia.cases.models import Case
from corsia.customers.models import ContactPoint, Customer
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
    values_about,
    values_of,
    wording,
)
from corsia.messaging.services.threads import move_head
from corsia.messaging.vocabulary import Channel, Direction, Objection, OutboxState, SentReason
from corsia.organisation.queries import tree
from corsia.vehicles.models import Vehicle


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
    before = queued_before(idempotency_key)
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
        case.customer_id,
        case.unit_id,
        mailbox=mailbox,
        address=address,
        reason=reason,
        answers_by_itself=answers_by_itself,
        now=now,
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
        customer_id=None if message else case.customer_id,  # a message names its own
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
    _settle(outgoing, objection, now=now)
    return outgoing


@transaction.atomic
def send_to_customer(
    *,
    customer_id: int,
    unit_id: int,
    vehicle_id: int | None,
    language: str,
    template_key: str,
    reason: str,
    idempotency_key: str,
    now: datetime,
    extra: Mapping[str, str],
    unsubscribe_url: str = "",
) -> Outgoing:
    """Queue a ready-made text to a customer with whom there is no case, once for each `idempotency_key`.

    An answer to it opens a case at the unit's mailbox, as any first mail does.

    Returns:
        The row of the outbox, as for `send_template`.

    Raises:
        TemplateUnknown: the unit has no such text.
    """
    before = queued_before(idempotency_key)
    if before is not None:
        return before
    customer = Customer.objects.get(pk=customer_id)
    vehicle = Vehicle.objects.filter(pk=vehicle_id).first() if vehicle_id is not None else None
    unit, group = tree().unit(unit_id), tree().group(unit_id)
    text = wording(unit, template_key, language)
    if text is None:
        raise TemplateUnknown(template=template_key)
    mailbox, address = mailbox_for_unit(unit), _address_of(customer_id)
    objection = _objection(
        customer_id,
        unit_id,
        mailbox=mailbox,
        address=address,
        reason=reason,
        answers_by_itself=False,
        now=now,
    )
    try:
        rendered = render_text(
            text,
            values_about(customer=customer, vehicle=vehicle, language=language, unit=unit, group=group, extra=extra),
        )
    except MissingValue as missing:
        objection = f"{Objection.TEXT_UNUSABLE}: {missing.data['key']}"
        rendered = Rendered(key=text.key, language=text.language, subject="", body="")
    outgoing: Outgoing = Outgoing.unscoped.create(
        customer_id=customer_id,
        language=language,
        unit_id=unit_id,
        reason=reason,
        mailbox=mailbox,
        to_address=address,
        to_name=one_line(customer.display_name)[:200],
        subject=one_line(rendered.subject)[:300],
        body=rendered.body,
        header_id=new_header_id(),
        unsubscribe_url=unsubscribe_url if reason == SentReason.SURVEY else "",
        idempotency_key=idempotency_key,
        state=OutboxState.BLOCKED if objection else OutboxState.WAITING,
        last_error=objection,
        send_after=now,
        created_at=now,
    )
    _settle(outgoing, objection, now=now)
    return outgoing


@transaction.atomic
def send_to_guest(
    *,
    unit_id: int,
    address: str,
    name: str,
    language: str,
    template_key: str,
    idempotency_key: str,
    now: datetime,
    extra: Mapping[str, str],
) -> Outgoing:
    """Queue a ready-made text to somebody who is no customer and whom we have asked, once for each `idempotency_key`.

    Whoever is a customer has wishes that must be heard: they are written to by `send_to_customer`.

    Returns:
        The row of the outbox, as for `send_template`.

    Raises:
        TemplateUnknown: the unit has no such text.
    """
    before = queued_before(idempotency_key)
    if before is not None:
        return before
    unit, group = tree().unit(unit_id), tree().group(unit_id)
    text = wording(unit, template_key, language)
    if text is None:
        raise TemplateUnknown(template=template_key)
    mailbox, reason = mailbox_for_unit(unit), SentReason.PROCESS
    objection = _objection(
        None, unit_id, mailbox=mailbox, address=address, reason=reason, answers_by_itself=False, now=now
    )
    values = values_about(customer=None, vehicle=None, language=language, unit=unit, group=group, extra=extra)
    try:
        rendered = render_text(text, values | {"customer_name": one_line(name)})
    except MissingValue as missing:
        objection = f"{Objection.TEXT_UNUSABLE}: {missing.data['key']}"
        rendered = Rendered(key=text.key, language=text.language, subject="", body="")
    outgoing: Outgoing = Outgoing.unscoped.create(
        language=language,
        unit_id=unit_id,
        reason=reason,
        mailbox=mailbox,
        to_address=address,
        to_name=one_line(name)[:200],
        subject=one_line(rendered.subject)[:300],
        body=rendered.body,
        header_id=new_header_id(),
        idempotency_key=idempotency_key,
        state=OutboxState.BLOCKED if objection else OutboxState.WAITING,
        last_error=objection,
        send_after=now,
        created_at=now,
    )
    _settle(outgoing, objection, now=now)
    return outgoing


def queued_before(idempotency_key: str) -> Outgoing | None:
    """Return the row of a key. Two callers with one: the second waits for the first one's commit and finds its row."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [idempotency_key])
    return Outgoing.unscoped.filter(idempotency_key=idempotency_key).first()


def _settle(outgoing: Outgoing, objection: str, *, now: datetime) -> None:
    if not objection:
        wake_sender(send_after=now, now=now)
        return
    hold_back(
        customer_id=outgoing.to_customer_id,
        unit_id=outgoing.unit_id,
        channel=Channel.EMAIL,
        purpose=purpose_of(outgoing.reason),
        reason=objection,
        key=f"outgoing:{outgoing.pk}",
        now=now,
        outgoing_id=outgoing.pk,
    )


def _objection(
    customer_id: int | None,
    unit_id: int,
    *,
    mailbox: Mailbox | None,
    address: str,
    reason: str,
    answers_by_itself: bool,
    now: datetime,
) -> str:
    """Return why nothing may be sent, "" when it may."""
    if not address:
        return Objection.NO_ADDRESS
    if mailbox is None:
        return Objection.NO_MAILBOX
    verdict = may_contact(
        customer_id=customer_id,
        channel=ConsentChannel.EMAIL,
        purpose=purpose_of(reason),
        now=now,
        address=address,
        unit_id=unit_id,
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
    return _address_of(case.customer_id) if case.customer_id is not None else ""


def _address_of(customer_id: int) -> str:
    points = ContactPoint.objects.filter(customer_id=customer_id, kind=ContactKind.EMAIL)
    return next(iter(points.order_by("-is_primary", "pk").values_list("value", flat=True)[:1]), "")
