"""Ask to leave, take a place of the contact budget, put off, hold back: in one transaction, one sender at a time."""

from datetime import datetime

from django.db import connection, transaction

from corsia.messaging.models import CountedContact, HeldBack, Outgoing
from corsia.messaging.queries.contact_rules import rules_in_force
from corsia.messaging.rules.gate import ALLOWED, Verdict, consent_channel
from corsia.messaging.services.gate import may_contact, purpose_of, takes_place
from corsia.messaging.services.queueing import wake_sender
from corsia.messaging.vocabulary import Objection, OutboxState, SentReason

_HOLD = """
    INSERT INTO messaging_heldback AS h
        (unit_id, customer_id, channel, purpose, reason, at, not_before, is_final, key, outgoing_id)
    VALUES (%(unit)s, %(customer)s, %(channel)s, %(purpose)s, %(reason)s, %(now)s, %(not_before)s, %(is_final)s,
        %(key)s, %(outgoing)s)
    ON CONFLICT (key) DO UPDATE SET reason = excluded.reason, not_before = excluded.not_before,
        is_final = excluded.is_final, at = CASE WHEN h.is_final THEN excluded.at ELSE h.at END
    RETURNING id
"""


@transaction.atomic
def take_place(
    *,
    customer_id: int,
    unit_id: int,
    channel: str,
    purpose: str,
    key: str,
    now: datetime,
    address: str = "",
    outgoing_id: int | None = None,
) -> Verdict:
    """Ask the gate and, if the customer may be contacted now, take the place; for every sender but answers.

    Whoever asks about the same customer, under any of their merged records, waits for this transaction: the last place
    is taken once. The caller's transaction may do what is sent; if it is rolled back, the place is free again.

    Args:
        key: of what is sent, "<context>.<thing>:<id>"; asking again for the same thing takes no second place.
    """
    spoken = consent_channel(channel)
    _lock_customer(customer_id)
    CountedContact.unscoped.filter(key=key).delete()
    verdict = may_contact(
        customer_id=customer_id,
        channel=spoken,
        purpose=purpose,
        now=now,
        address=address,
        unit_id=unit_id,
        counts=True,
    )
    if verdict and not verdict.is_later:
        CountedContact.unscoped.create(
            customer_id=customer_id,
            taken_by_id=unit_id,
            channel=spoken,
            purpose=purpose,
            at=now,
            key=key,
            outgoing_id=outgoing_id,
        )
    return verdict


@transaction.atomic
def note_contact(
    *, customer_id: int, unit_id: int, channel: str, purpose: str, key: str, now: datetime
) -> CountedContact:
    """Write down a contact made outside Corsia, by a campaign of the manufacturer for example: it counts too."""
    _lock_customer(customer_id)
    row: CountedContact = CountedContact.unscoped.get_or_create(
        key=key,
        defaults={
            "customer_id": customer_id,
            "taken_by_id": unit_id,
            "channel": consent_channel(channel),
            "purpose": purpose,
            "at": now,
        },
    )[0]
    return row


@transaction.atomic
def hold_back(
    *,
    customer_id: int | None,
    unit_id: int,
    channel: str,
    purpose: str,
    reason: str,
    key: str,
    now: datetime,
    not_before: datetime | None = None,
    is_final: bool = True,
    outgoing_id: int | None = None,
) -> int:
    """Write down that something was not sent, or was put off, and why; one row for each thing that was to leave.

    Args:
        reason: an Objection, possibly with details after a colon.
        not_before: until when it is put off; with `is_final`, from when it could be sent again.
    """
    code = reason.partition(": ")[0]
    with connection.cursor() as cursor:
        cursor.execute(
            _HOLD,
            {
                "unit": unit_id,
                "customer": customer_id,
                "channel": consent_channel(channel),
                "purpose": purpose,
                "reason": Objection(code),
                "now": now,
                "not_before": not_before,
                "is_final": is_final,
                "key": key[:120],
                "outgoing": outgoing_id,
            },
        )
        return int(cursor.fetchone()[0])


@transaction.atomic
def take_leave(row: Outgoing, *, now: datetime) -> Verdict:
    """Ask whether a message of the outbox may leave, when it is about to: take its place, put it off or hold it back.

    A message that is put off waits again, from the instant the gate named on, with its reason; one that would wait
    longer than the unit's patience since it was first put off is refused.
    """
    customer_id = row.to_customer_id
    channel = row.message.channel if row.message else row.channel
    purpose, key = purpose_of(row.reason), f"outgoing:{row.pk}"
    if customer_id is not None and takes_place(row.reason):
        verdict = take_place(
            customer_id=customer_id,
            unit_id=row.unit_id,
            channel=channel,
            purpose=purpose,
            key=key,
            now=now,
            address=row.to_address,
            outgoing_id=row.pk,
        )
    else:
        verdict = may_contact(
            customer_id=customer_id,
            channel=channel,
            purpose=purpose,
            now=now,
            address=row.to_address,
            is_answer=row.reason == SentReason.REPLY,
            is_receipt=row.reason == SentReason.ACKNOWLEDGEMENT,
            unit_id=row.unit_id,
            counts=False,
            # What stands in no conversation was asked for on the phone: see texting.text_number.
            asked_at=row.created_at if row.reason == SentReason.ACKNOWLEDGEMENT and row.message_id is None else None,
        )
    if verdict == ALLOWED:
        return verdict
    verdict = _within_patience(verdict, key=key, unit_id=row.unit_id)
    hold_row_back(row, verdict, now=now)
    if verdict.not_before is not None and verdict:
        _put_off(row, verdict.reason, until=verdict.not_before, now=now)
    return verdict


def hold_row_back(row: Outgoing, verdict: Verdict, *, now: datetime) -> None:
    """Write down why a message of the outbox does not leave, or not yet."""
    hold_back(
        customer_id=row.to_customer_id,
        unit_id=row.unit_id,
        channel=row.message.channel if row.message else row.channel,
        purpose=purpose_of(row.reason),
        reason=verdict.reason,
        key=f"outgoing:{row.pk}",
        now=now,
        not_before=verdict.not_before,
        is_final=not verdict,
        outgoing_id=row.pk,
    )


def _within_patience(verdict: Verdict, *, key: str, unit_id: int) -> Verdict:
    """Refuse what waits for a place and would wait too long, counted from when it was first put off."""
    if not verdict.is_later or verdict.reason != Objection.BUDGET or verdict.not_before is None:
        return verdict
    first = HeldBack.unscoped.filter(key=key, is_final=False).values_list("at", flat=True).first()
    patience = min(budget.patience for budget in rules_in_force(unit_id).budgets)
    if first is not None and verdict.not_before - first > patience:
        return Verdict(False, verdict.reason, verdict.not_before)
    return verdict


def _put_off(row: Outgoing, reason: str, *, until: datetime, now: datetime) -> None:
    # Being put off is no failed attempt.
    Outgoing.unscoped.filter(pk=row.pk, state=OutboxState.SENDING).update(
        state=OutboxState.WAITING, send_after=until, last_error=reason, attempts=max(0, row.attempts - 1)
    )
    wake_sender(send_after=until, now=now)


def _lock_customer(customer_id: int) -> None:
    """Wait for whoever else is about to contact this customer; a merge in between moves the lock to the survivor."""
    locked: int | None = None
    with connection.cursor() as cursor:
        while True:
            cursor.execute("SELECT coalesce(merged_into_id, id) FROM customers_customer WHERE id = %s", [customer_id])
            root = int(cursor.fetchone()[0])
            if root == locked:
                return
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"messaging.contact:{root}"])
            locked = root
