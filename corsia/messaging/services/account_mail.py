"""Mails about somebody's own account: kept in the outbox like all others, but their text is for one person alone.

They carry links and codes that open an account. Until such a mail has left, its text is stored encrypted; then it is
deleted. No page shows it, with one exception: in a sandbox, where nothing leaves, to the invented people of the
demonstration.
"""

from datetime import datetime

from django.conf import settings
from django.db import transaction

from corsia.kernel import scope
from corsia.messaging.models import Outgoing
from corsia.messaging.queries.mailboxes import mailbox_for_unit
from corsia.messaging.rules.templates import one_line
from corsia.messaging.services.queueing import new_header_id, wake_sender
from corsia.messaging.vocabulary import OutboxState, SentReason
from corsia.organisation.models import Person, Unit
from corsia.organisation.queries import tree


@transaction.atomic
def queue_account_mail(*, address: str, subject: str, text: str, now: datetime) -> Outgoing | None:
    """Put a mail about an account into the outbox; it leaves at once, and is tried again when it cannot.

    Returns:
        The row, or None when nobody here has the address: then there is nobody to write to.
    """
    with scope.system("messaging.account_mail"):
        person = Person.objects.filter(email__iexact=address.strip()).first()
        unit = _unit_of(person) if person else None
        if person is None or unit is None:
            return None
        is_shown = settings.SANDBOX and person.is_demo
        header_id = new_header_id()
        outgoing: Outgoing = Outgoing.unscoped.create(
            unit=unit,
            reason=SentReason.ACCOUNT,
            mailbox=None if settings.MAIL_FROM else mailbox_for_unit(unit),
            to_address=person.email,
            to_name=one_line(person.full_name)[:200],
            subject=one_line(subject)[:300],
            body=text if is_shown else "",
            secret_body=None if is_shown else text,
            header_id=header_id,
            idempotency_key=f"account:{header_id}",
            state=OutboxState.WAITING,
            send_after=now,
            created_at=now,
        )
        wake_sender(send_after=now, now=now)
        return outgoing


@transaction.atomic
def queue_notice_mail(*, person_id: int, subject: str, text: str, key: str, now: datetime) -> bool:
    """Put a mail about a colleague's notices into the outbox, once for each `key`; False where nobody has an address.

    It says nothing of a customer but numbers and titles of cases, so its text is kept like any other.
    """
    with scope.system("messaging.notice_mail"):
        person = Person.objects.filter(pk=person_id, is_active=True).exclude(email="").first()
        unit = _unit_of(person) if person else None
        if person is None or unit is None:
            return False
        if Outgoing.unscoped.filter(idempotency_key=f"notice:{key}").exists():
            return True
        Outgoing.unscoped.create(
            unit=unit,
            reason=SentReason.NOTICE,
            mailbox=None if settings.MAIL_FROM else mailbox_for_unit(unit),
            to_address=person.email,
            to_name=one_line(person.full_name)[:200],
            subject=one_line(subject)[:300],
            body=text,
            header_id=new_header_id(),
            idempotency_key=f"notice:{key}"[:120],
            state=OutboxState.WAITING,
            send_after=now,
            created_at=now,
        )
        wake_sender(send_after=now, now=now)
        return True


def _unit_of(person: Person) -> Unit | None:
    """Return the unit where the person works now, or worked last; the top of the tree for whoever never did."""
    units = tree().units
    held = person.memberships.order_by("until", "pk").values_list("unit_id", "until")
    mine = [unit_id for unit_id, until in held if until is None] or [unit_id for unit_id, _until in held]
    found = units.get(mine[0]) if mine else None
    return found or min(
        (unit for unit in units.values() if unit.parent_id is None), key=lambda unit: unit.pk, default=None
    )
