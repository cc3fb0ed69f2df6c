"""What people of the desk do with a call: say that they have it, who calls, and what was said."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from corsia.cases.queries import people_who_work_in
from corsia.cases.services import Details, describe
from corsia.connectors.telephony.models import Call
from corsia.connectors.telephony.permissions import ANSWER_CALLS
from corsia.customers.models import Customer
from corsia.kernel.access import demand
from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit
from corsia.kernel.errors import Invalid, Refused
from corsia.kernel.live import tell
from corsia.messaging.services import record_entry_by_hand
from corsia.messaging.vocabulary import Channel
from corsia.organisation.queries import tree

NEW_CASE = "new"
MAX_NOTES = 8000


class HasAnother(Refused):
    code = "telephony.has_another"
    message = _("%(name)s has this call. Ask them, or write your note on the case.")


class NothingNoted(Invalid):
    code = "telephony.nothing_noted"
    message = _("The note is empty. Write what was said, then save it.")


class NotesTooLong(Invalid):
    code = "telephony.notes_too_long"
    message = _("The notes of this call are full. Write the rest on its case.")


@transaction.atomic
def take_call(*, call_id: int, by: Actor, now: datetime) -> Call:
    """Say that one has the caller on the phone; a second time changes nothing.

    Raises:
        HasAnother: a colleague said so before.
    """
    call = _locked(call_id, by=by)
    if call.person_id not in (None, by.id) and call.person is not None:
        raise HasAnother(name=call.person.full_name)
    if call.person_id is None:
        call.person_id = by.id
        call.save(update_fields=["person"])
        audit(call, "call_taken", by=by, now=now)
        _tell(call)
    return call


@transaction.atomic
def say_who(*, call_id: int, customer_id: int, by: Actor, now: datetime) -> Call:
    """Say who calls. The case that the call opened becomes theirs too, where it is nobody's."""
    call = _locked(call_id, by=by)
    customer: Customer = Customer.objects.find(customer_id)
    call.customer = customer
    call.save(update_fields=["customer"])
    if call.case is not None and call.case.customer_id is None and call.case.closed_at is None:
        describe(case_id=call.case.pk, details=Details(customer_id=customer.pk), by=by, now=now)
    audit(call, "caller_named", by=by, now=now, customer=customer.pk)
    _tell(call)
    return call


@transaction.atomic
def note(*, call_id: int, text: str, target: str, process_key: str = "", by: Actor, now: datetime) -> Call:
    """Write down what was said: on the call alone, on a case too, or as a new case.

    Args:
        target: "" for the call alone, the id of a case, or NEW_CASE.
        process_key: what a new case starts as; "" for what the line says.

    Raises:
        NothingNoted, NotesTooLong: there is nothing to keep, or too much.
        NotFound: the case is not within the actor's units.
        CaseClosed: the case is closed; reopen it first.
    """
    text = text.strip()
    if not text:
        raise NothingNoted
    call = _locked(call_id, by=by)
    notes = f"{call.notes}\n{text}".strip()
    if len(notes) > MAX_NOTES:
        raise NotesTooLong
    case_id: int | None = None
    if target == NEW_CASE:
        works_there = by.id is not None and people_who_work_in(call.unit_id, now=now).filter(pk=by.id).exists()
        case_id = record_entry_by_hand(
            channel=Channel.PHONE,
            text=text,
            unit_id=call.unit_id,
            process_key=process_key or call.account.process_key,
            customer_id=call.customer_id,
            assignee_id=by.id if works_there else None,
            language=call.customer.language if call.customer else tree().unit(call.unit_id).language,
            by=by,
            now=now,
        ).case_id
    elif target:
        case_id = record_entry_by_hand(channel=Channel.PHONE, text=text, case_id=int(target), by=by, now=now).case_id
    call.notes = notes
    call.case_id = case_id or call.case_id
    call.person_id = call.person_id or by.id
    call.save(update_fields=["notes", "case", "person"])
    audit(call, "call_noted", by=by, now=now, case=case_id)
    _tell(call)
    return call


def _locked(call_id: int, *, by: Actor) -> Call:
    call: Call = Call.objects.lock(call_id)
    demand(by, ANSWER_CALLS, call.unit_id)
    return call


def _tell(call: Call) -> None:
    tell("telephony.call", unit_id=call.unit_id, call=call.pk)
