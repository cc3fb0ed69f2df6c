"""What the desk sees of calls: the card that pops up, the list, and calls beside a customer or a case."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from corsia.cases.models import Case
from corsia.cases.queries import Startable, cases_of, startable
from corsia.connectors.telephony.models import Call, CallEvent, RobotKey
from corsia.connectors.telephony.vocabulary import KEY, CallDirection, CallResult, CallState, Happened
from corsia.customers.identity import display_phone, read_phone
from corsia.customers.models import Customer
from corsia.customers.queries import CustomerCard, customer_card, family_ids, search
from corsia.customers.services import users_of_phone
from corsia.listening.queries.interviews import TRANSFERRED, can_transfer, transfer_of
from corsia.listening.vocabulary import InterviewOutcome
from corsia.messaging.models import ChannelAccount, Outgoing
from corsia.organisation.queries import tree

RINGS_FOR = timedelta(minutes=10)  # a call that rings or talks longer is one whose end nobody told
TALKS_FOR = timedelta(hours=2)
MINE_FOR = timedelta(minutes=10)  # after its end, whoever had a call still sees its card, to write the note
MOST_CARDS = 5
PAGE = 50


@dataclass(frozen=True, kw_only=True)
class Card:
    """A call as its card shows it.

    Attributes:
        number: as people read it, "" for a withheld one.
        choices: the customers who have the number, where the call names none.
        contact: the case in which we last had to do with them, with the instant.
        is_of_another: a colleague has the caller.
        can_interview: the caller may be transferred to an interview now.
        is_interviewed: they were.
        was_not_transferred: the provider did not take it; they are still with us.
    """

    call: Call
    line: str
    unit: str
    number: str
    customer: CustomerCard | None
    choices: Sequence[Customer]
    cases: Sequence[Case]
    contact: Case | None
    processes: Sequence[Startable]
    keys: Sequence[RobotKey]
    is_mine: bool
    is_of_another: bool
    can_interview: bool
    is_interviewed: bool
    was_not_transferred: bool


def has_lines() -> bool:
    """Tell whether any line within the scope is switched on."""
    return bool(ChannelAccount.objects.filter(channel=KEY, is_active=True).exists())


def cards_now(*, person_id: int | None, now: datetime) -> list[Card]:
    """Return the cards of calls that ring or go on, and of the person's own that ended a moment ago."""
    rings = Q(state=CallState.RINGING, began_at__gt=now - RINGS_FOR)
    live = rings | Q(state=CallState.TALKING, began_at__gt=now - TALKS_FOR)
    mine = Q(person_id=person_id, ended_at__gt=now - MINE_FOR) if person_id else Q(pk__in=[])
    rows = _named(Call.objects.filter(live | mine)).order_by("-pk")[:MOST_CARDS]
    return [card for card in (card_of(row, person_id=person_id) for row in rows) if not card.is_of_another]


def card(call_id: int, *, person_id: int | None) -> Card:
    """Return the card of a call.

    Raises:
        NotFound: no such call within the scope.
    """
    call: Call = _named(Call.objects.all()).find(call_id)
    return card_of(call, person_id=person_id)


def card_of(call: Call, *, person_id: int | None) -> Card:
    """Return what the card of a call shows."""
    other = call.from_number if call.direction == "in" else call.to_number
    group = tree().group(call.unit_id).pk
    known = customer_card(call.customer_id) if call.customer_id else None
    choices = users_of_phone(group_id=group, phone=other) if known is None else []
    cases = cases_of(family_ids(call.customer_id), limit=20) if call.customer_id else []
    open_cases = [case for case in cases if case.closed_at is None]
    if call.case is not None and call.case.closed_at is None and call.case.pk not in {one.pk for one in open_cases}:
        open_cases.insert(0, call.case)
    is_live = call.direction == CallDirection.IN and call.state == CallState.TALKING
    outcome = transfer_of(call.account_id, call.provider_id) if call.state != CallState.RINGING else None
    is_open = outcome is None or outcome == InterviewOutcome.FAILED
    return Card(
        call=call,
        line=call.account.name,
        unit=tree().label(call.unit_id),
        number=display_phone(other) if other else "",
        customer=known,
        choices=choices,
        cases=open_cases[:4],
        contact=max(cases, key=lambda case: case.last_activity_at, default=None),
        processes=startable(call.unit_id),
        keys=pressed(call),
        is_mine=call.person_id is not None and call.person_id == person_id,
        is_of_another=call.person_id is not None and call.person_id != person_id,
        can_interview=is_live and is_open and can_transfer(call.unit_id, TRANSFERRED),
        is_interviewed=not is_open,
        was_not_transferred=is_live and outcome == InterviewOutcome.FAILED,
    )


def pressed(call: Call) -> list[RobotKey]:
    """Return the keys the caller pressed, in their order, as they are now; those that are no more are left out."""
    if not call.menu:
        return []
    keys = {str(key.digit): key for key in RobotKey.objects.filter(line__account_id=call.account_id)}
    return [keys[digit] for digit in call.menu.split() if digit in keys]


def texts_of(call: Call) -> list[Outgoing]:
    """Return the links that were sent by SMS during a call, with how far each has come."""
    names = [sms_key(call, digit) for digit in sorted(set(call.menu.split()))]
    return list(Outgoing.objects.filter(idempotency_key__in=names).order_by("pk")) if names else []


def sms_key(call: Call, digit: int | str) -> str:
    """Return the name under which the outbox knows the link of a key in a call: asked for twice, it leaves once."""
    return f"voice:{call.pk}:{digit}"


def events_of(call: Call) -> list[CallEvent]:
    """Return what the provider told of a call, as it happened."""
    place = {Happened.RINGING: 0, Happened.ENDED: 2}  # of what is told of one second
    return sorted(
        CallEvent.objects.filter(call=call), key=lambda one: (one.at, place.get(Happened(one.kind), 1), one.pk)
    )


@dataclass(frozen=True, kw_only=True)
class Row:
    """A call in a list."""

    call: Call
    number: str
    name: str
    line: str
    is_waiting: bool  # to be called back


@dataclass(frozen=True, kw_only=True)
class Page:
    rows: Sequence[Row]
    older: int | None  # id behind which the next page begins


TABS: dict[str, Q] = {
    "all": Q(),
    "waiting": Q(result=CallResult.MISSED, callback__isnull=False, callback__done_at=None),
    "missed": Q(result=CallResult.MISSED),
    "answered": Q(result=CallResult.ANSWERED),
    "served": Q(result=CallResult.SERVED),
}


def calls_page(*, tab: str, find: str, person_id: int | None, before: int | None) -> Page:
    """Return one page of the calls within the scope, the latest first.

    Args:
        find: a number, or the name of a customer; "" for all.
        person_id: only calls of this person; None for everybody's.
        before: only calls with smaller ids.
    """
    rows = Call.objects.filter(TABS.get(tab, Q()))
    if person_id is not None:
        rows = rows.filter(person_id=person_id)
    if find:
        rows = rows.filter(_meant_by(find))
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(_named(rows).order_by("-pk")[: PAGE + 1])
    return Page(rows=[row_of(call) for call in found[:PAGE]], older=found[PAGE - 1].pk if len(found) > PAGE else None)


def calls_of_customer(customer_id: int, *, limit: int = 6) -> list[Row]:
    """Return the latest calls of a customer, over all their records."""
    rows = _named(Call.objects.filter(customer_id__in=family_ids(customer_id))).order_by("-pk")
    return [row_of(call) for call in rows[:limit]]


def calls_of_case(case_id: int, *, limit: int = 20) -> list[Row]:
    """Return the calls that led to a case or were noted on it."""
    rows = _named(Call.objects.filter(Q(case_id=case_id))).order_by("-pk")
    return [row_of(call) for call in rows[:limit]]


def row_of(call: Call) -> Row:
    """Return a call as lists show it; its names are at hand already."""
    other = call.from_number if call.direction == "in" else call.to_number
    return Row(
        call=call,
        number=display_phone(other) if other else "",
        name=call.customer.display_name if call.customer and call.customer.display_name != other else "",
        line=call.account.name,
        is_waiting=call.callback is not None and call.callback.done_at is None,
    )


def _meant_by(find: str) -> Q:
    phone = read_phone(find).e164
    if phone:
        return Q(from_number=phone) | Q(to_number=phone)
    ids = [record for hit in search(find, 8) for record in family_ids(hit.id)]
    return Q(customer_id__in=ids)


def _named(rows: "QuerySet[Call]") -> Any:
    return rows.select_related("account", "customer", "case__version__process", "case__phase", "person", "callback")
