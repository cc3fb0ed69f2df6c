"""Text a number: what its holder just asked for, or what we ask a customer by SMS or a chat channel's approved text."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from corsia.customers.models import Customer
from corsia.customers.vocabulary import Purpose
from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit
from corsia.messaging.models import ChannelAccount, Correspondent, Outgoing
from corsia.messaging.ports import adapter_of
from corsia.messaging.queries.texting import account_for, approved_text, mobile_of, texting_account
from corsia.messaging.queries.ways import objection_to
from corsia.messaging.rules.templates import one_line
from corsia.messaging.services.automatic import queued_before
from corsia.messaging.services.contact import hold_back
from corsia.messaging.services.gate import may_contact, purpose_of
from corsia.messaging.services.greeting import new_key
from corsia.messaging.services.queueing import wake_sender
from corsia.messaging.services.texts import MissingValue, TemplateUnknown, render_text, values_about, wording
from corsia.messaging.vocabulary import Objection, OutboxState, SentReason
from corsia.organisation.queries import tree
from corsia.vehicles.models import Vehicle


@transaction.atomic
def text_number(
    *,
    unit_id: int,
    phone: str,
    text: str,
    idempotency_key: str,
    customer_id: int | None,
    by: Actor,
    now: datetime,
) -> Outgoing | None:
    """Put a text into the outbox for a number whose holder asked for it, once for each `idempotency_key`.

    Args:
        phone: E.164. That it is theirs must be known: they are on the phone with us.

    Returns:
        Its row. It answers what they asked a moment ago, so it leaves at any hour, and stands in no conversation: the
        caller notes it where it belongs. None when no account of the unit texts this number, or the customer may not
        be written to.
    """
    if (found := Outgoing.unscoped.filter(idempotency_key=idempotency_key).first()) is not None:
        return found
    account = texting_account(unit_id, phone=phone)
    if account is None:
        return None
    verdict = may_contact(
        customer_id=customer_id,
        channel=account.channel,
        purpose=Purpose.SERVICE,
        now=now,
        address=phone,
        is_answer=True,
    )
    if not verdict:
        return None
    correspondent = _correspondent(account, phone, unit_id=unit_id, customer_id=customer_id, now=now)
    key = new_key(account.channel)
    row: Outgoing = Outgoing.unscoped.create(
        unit_id=unit_id,
        reason=SentReason.ACKNOWLEDGEMENT,
        channel=account.channel,
        correspondent=correspondent,
        to_address=phone,
        to_name=one_line(correspondent.name)[:200],
        subject="",
        body=text,
        header_id=key,
        idempotency_key=idempotency_key,
        send_after=now,
        created_at=now,
    )
    audit(row, "texted", by=by, now=now)
    wake_sender(send_after=now, now=now)
    return row


def _correspondent(
    account: ChannelAccount, phone: str, *, unit_id: int, customer_id: int | None, now: datetime
) -> Correspondent:
    """Return the holder of a number as an account knows them; WhatsApp names people by their number without "+"."""
    adapter = adapter_of(account.channel)
    texts_numbers = adapter is not None and adapter.kind.texts_numbers
    row: Correspondent = Correspondent.unscoped.get_or_create(
        account=account,
        external_id=phone if texts_numbers else phone.removeprefix("+"),
        defaults={
            "group_id": tree().group(unit_id).pk,
            "phone": phone,
            "customer_id": customer_id,
            "first_seen_at": now,
        },
    )[0]
    return row


def objection_to_text(
    *, customer_id: int, unit_id: int, channel: str, purpose: str, approved: str, language: str, now: datetime
) -> str:
    """Return why a customer cannot be written to by SMS or a chat channel, an Objection; "" when they can, or later.

    Args:
        approved: name of the approved text, for a channel that opens conversations with such alone.
    """
    phone, account = mobile_of(customer_id), account_for(unit_id, channel)
    if not phone:
        return Objection.NO_NUMBER
    if account is None:
        return Objection.NO_ACCOUNT
    if _needs_approved(account) and approved_text(account, approved, language=language) is None:
        return Objection.TEXT_UNUSABLE
    known = Correspondent.unscoped.select_related("account").filter(account=account, phone=phone).first()
    if known is not None and (objection := objection_to(known, has_content=True, now=now)):
        return objection
    verdict = may_contact(
        customer_id=customer_id, channel=channel, purpose=purpose, now=now, address=phone, unit_id=unit_id
    )
    return "" if verdict else verdict.reason


def _needs_approved(account: ChannelAccount) -> bool:
    adapter = adapter_of(account.channel)
    return adapter is not None and not adapter.kind.texts_numbers


@transaction.atomic
def text_to_customer(
    *,
    customer_id: int,
    unit_id: int,
    vehicle_id: int | None,
    language: str,
    channel: str,
    template_key: str,
    approved: str,
    values: Sequence[str],
    reason: str,
    idempotency_key: str,
    now: datetime,
    extra: Mapping[str, str],
) -> Outgoing:
    """Put a text to a customer into the outbox, by SMS or as an approved text, once for each `idempotency_key`.

    Args:
        template_key: the ready-made text of an SMS.
        approved: the name of the approved text in its place, for a channel that takes such alone.
        values: for its holes, the last ones where it has fewer.

    Returns:
        The row of the outbox, as for `send_to_customer`.

    Raises:
        TemplateUnknown: the unit has no such text.
    """
    before = queued_before(idempotency_key)
    if before is not None:
        return before
    customer = Customer.objects.get(pk=customer_id)
    phone, account = mobile_of(customer_id), account_for(unit_id, channel)
    objection = objection_to_text(
        customer_id=customer_id,
        unit_id=unit_id,
        channel=channel,
        purpose=purpose_of(reason),
        approved=approved,
        language=language,
        now=now,
    )
    body, content = "", None
    if not objection and account is not None:
        if _needs_approved(account):
            body, content = _approved(account, approved, values, language=language)
            objection = "" if content else Objection.TEXT_UNUSABLE
        else:
            vehicle = Vehicle.objects.filter(pk=vehicle_id).first() if vehicle_id is not None else None
            try:
                body = _worded(template_key, customer, vehicle, unit_id=unit_id, language=language, extra=extra)
            except MissingValue as missing:
                objection = f"{Objection.TEXT_UNUSABLE}: {missing.data['key']}"
    row: Outgoing = Outgoing.unscoped.create(
        customer_id=customer_id,
        language=language,
        unit_id=unit_id,
        reason=reason,
        channel=channel,
        correspondent=_correspondent(account, phone, unit_id=unit_id, customer_id=customer_id, now=now)
        if account is not None and phone
        else None,
        to_address=phone,
        to_name=one_line(customer.display_name)[:200],
        subject="",
        body=body,
        content=content,
        header_id=new_key(channel),
        idempotency_key=idempotency_key,
        state=OutboxState.BLOCKED if objection else OutboxState.WAITING,
        last_error=objection,
        send_after=now,
        created_at=now,
    )
    if objection:
        hold_back(
            customer_id=customer_id,
            unit_id=unit_id,
            channel=channel,
            purpose=purpose_of(reason),
            reason=objection,
            key=f"outgoing:{row.pk}",
            now=now,
            outgoing_id=row.pk,
        )
    else:
        wake_sender(send_after=now, now=now)
    return row


def _worded(
    key: str, customer: Customer, vehicle: Vehicle | None, *, unit_id: int, language: str, extra: Mapping[str, str]
) -> str:
    unit, group = tree().unit(unit_id), tree().group(unit_id)
    text = wording(unit, key, language)
    if text is None:
        raise TemplateUnknown(template=key)
    values = values_about(customer=customer, vehicle=vehicle, language=language, unit=unit, group=group, extra=extra)
    return one_line(render_text(text, values).body)


def _approved(
    account: ChannelAccount, name: str, values: Sequence[str], *, language: str
) -> tuple[str, dict[str, Any] | None]:
    adapter, text = adapter_of(account.channel), approved_text(account, name, language=language)
    if adapter is None or text is None or text.holes > len(values):
        return "", None
    given = [one_line(value) for value in values[len(values) - text.holes :]]
    return adapter.content_of(account, key=text.key, values=given)
