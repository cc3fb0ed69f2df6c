"""One incoming message finds its case, or opens one. The way of every channel; statements are counted."""

from dataclasses import replace
from datetime import datetime

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from corsia.cases.models import Case
from corsia.cases.queries import may_reopen
from corsia.cases.services import Details, customer_wrote, describe, open_case, reopen_case
from corsia.cases.services.telling import later
from corsia.cases.vocabulary import LinkKind
from corsia.customers.models import Customer
from corsia.customers.services import find_or_add_by_email
from corsia.events import messaging as facts
from corsia.kernel import scope
from corsia.kernel.actors import system
from corsia.kernel.facts import publish
from corsia.messaging.models import ChannelAccount, Correspondent, Message
from corsia.messaging.queries.threading import (
    MAX_AN_HOUR,
    JoinedCase,
    KnownMail,
    case_named_by,
    case_of_correspondent,
    joined_case,
    known_mails,
)
from corsia.messaging.rules.incoming import OWN_MAIL, Filed, IncomingMessage, header_key, preview
from corsia.messaging.rules.reply_marks import without_mark
from corsia.messaging.services.acknowledging import acknowledgement
from corsia.messaging.services.bounces import file_bounce
from corsia.messaging.services.cancelling import cancel_waiting
from corsia.messaging.services.certified import file_receipt, keep_envelope
from corsia.messaging.services.correspondents import Known, customer_of, prove_phone, remember
from corsia.messaging.services.greeting import greeting
from corsia.messaging.services.queueing import wake_sender
from corsia.messaging.services.threads import attach, move_head
from corsia.messaging.vocabulary import Channel, Direction, Outcome
from corsia.organisation.models import Unit
from corsia.organisation.queries import day_in, managers_above, tree
from corsia.organisation.services import notify

MAIL_ROOM = system("mail room")


@transaction.atomic(savepoint=False)  # a failure undoes all of the caller's transaction: nothing is filed by half
def file_message(incoming: IncomingMessage) -> Filed:
    """Put a message where it belongs and start what follows from it.

    A sender's address gives no rights: it joins no case by itself, and nothing is told to it on a case it joined.
    """
    with scope.system("messaging.file_message"):
        if (receipt := file_receipt(incoming)) is not None:
            return receipt
        sender = incoming.from_address.strip().casefold()[:320]
        known = known_mails(incoming)
        if any(mail.direction == Direction.OUT and mail.header_id == header_key(incoming.header_id) for mail in known):
            return Filed(outcome=Outcome.AUTOMATIC, reason=OWN_MAIL)
        if incoming.account_id is not None:
            return _file_chat(incoming, sender, known)
        named = case_named_by(incoming, known)
        case = joined_case(named, sender=sender, at=incoming.at) if named is not None else None
        if case is not None and not _same_group(case, incoming.unit_id):
            case = None
        if twin := _twin(incoming, known, case, sender):
            return Filed(outcome=Outcome.DUPLICATE, case_id=twin.case_id, message_id=twin.message_id)
        if incoming.bounces:
            return file_bounce(incoming, case_id=case.id if case else None)
        if incoming.is_automatic:
            return _file_automatic(incoming, case, sender)
        if case is None:
            return _open(incoming, sender, follows=None)
        if case.closed_at is not None and not _reopen(case, incoming):
            return _open(incoming, sender, follows=case)
        return _join(incoming, case, sender)


def _file_chat(incoming: IncomingMessage, sender: str, known: list[KnownMail]) -> Filed:
    """Put a chat message into the conversation its writer has with our account: one person, one conversation there."""
    before = remember(incoming)
    correspondent = prove_phone(before, incoming, group_id=tree().group(incoming.unit_id).pk)
    named = case_of_correspondent(correspondent.id)
    case = joined_case(named, sender=sender, at=incoming.at) if named is not None else None
    if case is not None and case.closed_at is None and correspondent.customer_id != before.customer_id:
        details = Details(customer_id=correspondent.customer_id)
        describe(case_id=case.id, details=details, by=MAIL_ROOM, now=incoming.at)
        case = replace(case, customer_id=correspondent.customer_id)
    if twin := _twin(incoming, known, case, sender):
        return Filed(outcome=Outcome.DUPLICATE, case_id=twin.case_id, message_id=twin.message_id)
    if incoming.is_automatic:
        return _file_automatic(incoming, case, sender)  # a reaction, a notice of the channel: nobody has to answer it
    if case is None:
        return _open(incoming, sender, follows=None, correspondent=correspondent)
    if case.closed_at is not None and not _reopen(case, incoming):
        return _open(incoming, sender, follows=case, correspondent=correspondent)
    return _join(incoming, case, sender, correspondent=correspondent)


def _same_group(case: JoinedCase, unit_id: int) -> bool:
    """Whether the case belongs to the dealer group that was written to: marks of one group open nothing in another."""
    if case.unit_id == unit_id:
        return True
    organisation = tree()
    return organisation.group(case.unit_id).pk == organisation.group(unit_id).pk


def _twin(incoming: IncomingMessage, known: list[KnownMail], case: JoinedCase | None, sender: str) -> KnownMail | None:
    """Return the stored copy of this very message: same id, sender and words, in one mailbox or on one case."""
    own = header_key(incoming.header_id)
    text = _plain(incoming.text)
    return next(
        (
            mail
            for mail in known
            if own
            and mail.header_id == own
            and mail.direction == Direction.IN
            and mail.from_address == sender
            and mail.text == text
            and (
                mail.mailbox_id in (None, incoming.mailbox_id)
                or incoming.mailbox_id is None
                or (case is not None and mail.case_id == case.id)
            )
        ),
        None,
    )


def _file_automatic(incoming: IncomingMessage, case: JoinedCase | None, sender: str) -> Filed:
    """Let what a program wrote join its case quietly; without one it is kept in the journal and opens nothing."""
    if case is None or case.recent >= MAX_AN_HOUR:
        return Filed(outcome=Outcome.AUTOMATIC, case_id=case.id if case else None)
    message = _message(incoming, case.id, case.unit_id, case.customer_id, sender, proven=case.is_sender_known)
    message.is_automatic = True
    message.save(force_insert=True)
    attach(message, incoming.attachments)
    keep_envelope(message, incoming)
    move_head(message)
    return Filed(outcome=Outcome.AUTOMATIC, case_id=case.id, message_id=message.pk)


def _join(incoming: IncomingMessage, case: JoinedCase, sender: str, *, correspondent: Known | None = None) -> Filed:
    customer_id = case.customer_id
    if correspondent is not None and customer_id is None:
        customer_id = _name_customer(incoming, case, correspondent)
    message = _message(incoming, case.id, case.unit_id, customer_id, sender, proven=case.is_sender_known)
    message.save(force_insert=True)
    attach(message, incoming.attachments)
    keep_envelope(message, incoming)
    address = sender if case.is_sender_known and correspondent is None else incoming.email
    move_head(message, waits=True, reply_address=address, correspondent_id=correspondent.id if correspondent else None)
    if correspondent is not None and correspondent.customer_id is None and case.customer_id is not None:
        Correspondent.unscoped.filter(pk=correspondent.id).update(customer_id=case.customer_id)  # one of ours said so
    customer_wrote(case_id=case.id, now=incoming.at)
    cancel_waiting(case_id=case.id, now=incoming.at)
    if case.recent >= MAX_AN_HOUR and correspondent is None:  # twenty lines in an hour are a lively chat
        _raise_alarm(case, sender, now=incoming.at)
    _tell(message, incoming)
    return Filed(outcome=Outcome.THREADED, case_id=case.id, message_id=message.pk)


def _name_customer(incoming: IncomingMessage, case: JoinedCase, correspondent: Known) -> int | None:
    """Say on the case who writes, as soon as they say it themselves."""
    customer = customer_of(correspondent, incoming, group_id=tree().group(case.unit_id).pk)
    if customer is None:
        return None
    describe(case_id=case.id, details=Details(customer_id=customer.pk), by=MAIL_ROOM, now=incoming.at)
    return int(customer.pk)


def _reopen(case: JoinedCase, incoming: IncomingMessage) -> bool:
    """Reopen a closed case when its process still allows it."""
    row = Case.unscoped.select_related("version").get(pk=case.id)
    if not may_reopen(row, incoming.at):
        return False
    reopen_case(case_id=case.id, reason=str(_("The customer wrote again.")), by=MAIL_ROOM, now=incoming.at)
    return True


def _open(
    incoming: IncomingMessage, sender: str, *, follows: JoinedCase | None, correspondent: Known | None = None
) -> Filed:
    organisation = tree()
    unit, group = organisation.unit(incoming.unit_id), organisation.group(incoming.unit_id)
    account = ChannelAccount.unscoped.filter(pk=incoming.account_id or 0).first() if correspondent else None
    if correspondent is not None:
        customer = customer_of(correspondent, incoming, group_id=group.pk)
    else:
        customer = _customer(incoming, sender, group, follows)
    subject = without_mark(incoming.subject) or preview(incoming.text, 80) or str(_("No subject"))
    case = open_case(
        unit_id=incoming.unit_id,
        process_key=incoming.process_key,
        subject=_plain(subject)[:200],
        origin=incoming.channel,
        customer_id=customer.pk if customer else None,
        vehicle_id=incoming.vehicle_id,
        language=incoming.language or (customer.language if customer else unit.language),
        queue_id=account.queue_id if account else None,
        first_answer_minutes=account.first_answer_minutes if account else None,
        is_awaited=correspondent is not None,
        linked_to=follows.id if follows else None,
        link_kind=LinkKind.FOLLOWS,
        by=MAIL_ROOM,
        now=incoming.at,
    )
    message = _message(incoming, case.pk, case.unit_id, case.customer_id, sender, proven=True)
    answer = None
    if incoming.channel == Channel.EMAIL and incoming.may_be_answered and sender:
        if customer is not None:
            case.customer = customer  # at hand already: no statement for it
        answer = acknowledgement(case, unit=unit, group=group, mail=incoming, sender=sender)
    elif account is not None and correspondent is not None and incoming.may_be_answered:
        answer = greeting(case, account=account, correspondent_id=correspondent.id, message=incoming)
    Message.unscoped.bulk_create([message, answer.message] if answer else [message])
    attach(message, incoming.attachments)
    keep_envelope(message, incoming)
    if answer:
        answer.outgoing.save(force_insert=True)
        wake_sender(send_after=incoming.at, now=incoming.at)
    count = 2 if answer else 1
    move_head(
        message,
        count=count,
        waits=True,
        reply_address=sender if correspondent is None else incoming.email,
        mailbox_id=incoming.mailbox_id,
        correspondent_id=correspondent.id if correspondent else None,
    )
    _tell(message, incoming)
    return Filed(outcome=Outcome.NEW_CASE, case_id=case.pk, message_id=message.pk)


def _customer(incoming: IncomingMessage, sender: str, group: Unit, follows: JoinedCase | None) -> Customer | None:
    if incoming.customer_id is not None:
        return Customer.unscoped.filter(pk=incoming.customer_id).first()
    if follows is not None and follows.is_sender_known and follows.customer_id is not None:
        return Customer.unscoped.filter(pk=follows.customer_id).first()
    if "@" not in sender:
        return None
    return find_or_add_by_email(
        group_id=group.pk, email=sender, name=_plain(incoming.from_name), source=incoming.channel, now=incoming.at
    )


def _message(
    incoming: IncomingMessage, case_id: int, unit_id: int, customer_id: int | None, sender: str, *, proven: bool
) -> Message:
    text, full_text = _plain(incoming.text), _plain(incoming.full_text)
    return Message(
        case_id=case_id,
        unit_id=unit_id,
        direction=Direction.IN,
        channel=incoming.channel,
        customer_id=customer_id,
        author_name=_plain(incoming.from_name)[:200],
        from_address=sender,
        to_addresses=_plain("\n".join(incoming.to_addresses)),
        cc_addresses=_plain("\n".join(incoming.cc_addresses)),
        subject=_plain(incoming.subject)[:300],
        text=text,
        full_text=full_text if full_text.strip() != text.strip() else "",
        html=_plain(incoming.html),
        header_id=header_key(incoming.header_id),
        in_reply_to=header_key(next(iter(incoming.in_reply_to), "")),
        inbound_id=incoming.inbound_id,
        is_automatic=incoming.is_automatic,
        is_sender_unproven=not proven,
        flags=" ".join(incoming.flags)[:120],
        at=incoming.at,
    )


def _tell(message: Message, incoming: IncomingMessage) -> None:
    publish(
        facts.MessageReceived(
            unit_id=message.unit_id,
            occurred_at=incoming.at,
            message_id=message.pk,
            case_id=message.case_id,
            customer_id=message.customer_id,
            channel=message.channel,
            preview=preview(message.text),
        )
    )


def _raise_alarm(case: JoinedCase, sender: str, *, now: datetime) -> None:
    """Tell whoever has the case, once a day, that an address writes like a robot."""
    people = [case.assignee_id] if case.assignee_id else []
    if not people:
        people = [person.pk for person in managers_above(case.unit_id, level=1, today=day_in(case.unit_id, now))]
    notify(
        people,
        kind="messaging.flood",
        title=later(_("%(sender)s writes very often on #%(case)s"), sender=sender[:80], case=case.id),
        text=_("More than 20 mails in an hour: automatic answers to it are stopped. Look whether a robot is writing."),
        url=reverse("cases:case", args=[case.id]),
        dedupe_key=f"flood:{case.id}:{now:%Y%m%d}",
        now=now,
    )


def _plain(text: str) -> str:
    # PostgreSQL keeps no zero characters, nor halves of a surrogate pair.
    return text.replace("\x00", "").encode("utf-8", "replace").decode()
