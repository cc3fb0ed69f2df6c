"""Whether a customer could be asked today, by each way, and why not: for whoever wonders why somebody was not."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from corsia.customers import queries as customers
from corsia.customers.models import ContactPoint, Customer
from corsia.customers.vocabulary import ConsentChannel, ContactKind, Purpose
from corsia.kernel import scope
from corsia.listening.models import Invitation
from corsia.listening.queries import rules_in_force
from corsia.listening.services.interview_calls import phones_of
from corsia.listening.services.stress import asked_since, is_employee
from corsia.listening.vocabulary import CancelReason
from corsia.messaging import services as messaging
from corsia.messaging.queries.texting import mobile_of
from corsia.messaging.vocabulary import Objection

_WAYS = (ConsentChannel.EMAIL, ConsentChannel.SMS, ConsentChannel.WHATSAPP, ConsentChannel.PHONE)


@dataclass(frozen=True, kw_only=True)
class WayNow:
    """One way today; `why` is a sentence, "" where it is open."""

    label: str
    why: str


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What speaks against asking a customer anything today.

    Attributes:
        whole: why by no way at all, as a reason and its detail; "" where some way may be open.
        was_brought: an event has brought them to a survey before.
    """

    whole: str
    detail: str
    ways: Sequence[WayNow]
    was_brought: bool

    @property
    def is_open(self) -> bool:
        """Whether they could be asked by some way."""
        return not self.whole and any(not way.why for way in self.ways)


def standing_of(customer_id: int, *, now: datetime) -> Standing:
    """Return what speaks against asking a customer today."""
    family = list(customers.family_ids(customer_id))
    unit_id = Customer.objects.values_list("unit_id", flat=True).get(pk=customer_id)
    rules = rules_in_force(unit_id)
    with scope.system("listening.standing"):  # whoever asked them in another branch counts too; nothing of it is shown
        latest = asked_since(family, now - rules.pause)
        was_brought = Invitation.objects.filter(customer_id__in=family).exists()
        employee = is_employee(family)
    whole, detail = "", ""
    if not rules.is_on:
        whole = str(CancelReason.SWITCHED_OFF.label)
    elif employee:
        whole = str(CancelReason.EMPLOYEE.label)
    elif latest is not None:
        whole = str(CancelReason.RECENTLY_ASKED.label)
        detail = f"{latest + rules.pause:%d/%m/%Y}"
    ways = [WayNow(label=str(way.label), why=_why(customer_id, family, way, unit_id=unit_id, now=now)) for way in _WAYS]
    return Standing(whole=whole, detail=detail, ways=ways, was_brought=was_brought)


def _why(customer_id: int, family: Sequence[int], way: ConsentChannel, *, unit_id: int, now: datetime) -> str:
    """Return why a customer cannot be asked by a way, as a sentence; hours of the day do not count, they pass."""
    if way == ConsentChannel.EMAIL:
        has_address = ContactPoint.objects.filter(customer_id__in=family, kind=ContactKind.EMAIL).exists()
        missing = "" if has_address else str(Objection.NO_ADDRESS.label)
    elif way == ConsentChannel.PHONE:
        missing = "" if phones_of(customer_id) else str(Objection.NO_NUMBER.label)
    else:
        missing = "" if mobile_of(customer_id) else str(Objection.NO_NUMBER.label)
    if missing:
        return missing
    verdict = messaging.may_contact(
        customer_id=customer_id, channel=way, purpose=Purpose.SURVEY, now=now, unit_id=unit_id
    )
    return "" if verdict.allowed else str(Objection(verdict.reason).label)
