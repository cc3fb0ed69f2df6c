"""What was said on a case follows it to its unit."""

from django.db import transaction

from corsia.cases.models import Case
from corsia.kernel.errors import NotFound
from corsia.messaging.models import Message, Outgoing, PlannedContact, Thread
from corsia.messaging.queries.mailboxes import mailbox_for_unit
from corsia.organisation.queries import unit_of


@transaction.atomic
def follow_case(case_id: int) -> None:
    """Give everything of a conversation the unit at which its case is now, however many moves led there.

    Messages, with their files and receipts, what is in the outbox, left or not, and planned contacts go along: the
    new unit's people work on them, the old one's no longer see them. Answers from now on leave from the new unit's
    mailbox, or the nearest above it; where none is, from the one the customer wrote to. What was held back stays with
    the unit that wanted to write, invitations and answers to surveys with the unit that had closed the case.
    """
    # Whoever is writing a message holds the head of its conversation until it is there: this waits for them.
    thread = Thread.unscoped.select_for_update(of=("self",)).filter(pk=case_id).first()
    unit_id = Case.unscoped.values_list("unit_id", flat=True).get(pk=case_id)
    Message.unscoped.filter(case_id=case_id).exclude(unit_id=unit_id).update(unit_id=unit_id)
    Outgoing.unscoped.filter(message__case_id=case_id).exclude(unit_id=unit_id).update(unit_id=unit_id)
    PlannedContact.unscoped.filter(case_id=case_id).exclude(unit_id=unit_id).update(unit_id=unit_id)
    mailbox = mailbox_for_unit(unit_of(unit_id))
    if thread is not None and mailbox is not None and thread.mailbox_id != mailbox.pk:
        Thread.unscoped.filter(pk=case_id).update(mailbox=mailbox)


def catch_up(message: Message, unit_id: int | None) -> None:
    """Let a message follow its case that moved while it was being written.

    Args:
        unit_id: where the case is now; None where whoever writes can no longer see it.

    Raises:
        NotFound: the case is no longer theirs: nothing is written.
    """
    if unit_id is None:
        raise NotFound(kind=Case._meta.label)
    Outgoing.unscoped.filter(message=message).update(unit_id=unit_id)
    Message.unscoped.filter(pk=message.pk).update(unit_id=unit_id)
    message.unit_id = unit_id
