"""What a customer's page says about contacting them: places taken, what was held back and why, when next."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from corsia.customers.models import Customer
from corsia.customers.vocabulary import ConsentChannel, Purpose
from corsia.kernel.scope import current_scope
from corsia.messaging.models import CountedContact, HeldBack
from corsia.messaging.queries.contact import counted_contacts
from corsia.messaging.queries.contact_rules import RulesInForce, rules_in_force
from corsia.messaging.rules.budget import Counted
from corsia.messaging.rules.gate import KnownContact, Verdict, judge, timed
from corsia.messaging.rules.quiet import obeys_quiet_hours
from corsia.messaging.vocabulary import Objection
from corsia.organisation.queries import tree

SHOWN = 8
PURPOSES = (Purpose.SERVICE, Purpose.SURVEY, Purpose.MARKETING, Purpose.MANUFACTURER)
CHANNELS = (ConsentChannel.EMAIL, ConsentChannel.PHONE, ConsentChannel.SMS, ConsentChannel.WHATSAPP)

_STATEMENTS = """
    SELECT DISTINCT ON (purpose, channel) purpose, channel, is_given, stated_at, id FROM customers_consent
    WHERE customer_id = ANY(%s) AND stated_at <= %s ORDER BY purpose, channel, stated_at DESC, id DESC
"""
_FLAGS = "SELECT DISTINCT flag FROM customers_customerflag WHERE customer_id = ANY(%s)"


@dataclass(frozen=True)
class Way:
    """Whether somebody may be contacted on one channel for one purpose."""

    channel: ConsentChannel
    verdict: Verdict

    @property
    def sentence(self) -> str:
        """Why not, or why not yet; "" when they may be contacted now."""
        return str(Objection(self.verdict.reason).label) if self.verdict.reason else ""


@dataclass(frozen=True)
class PurposeLine:
    """One purpose: the places taken of those there are, and the ways."""

    purpose: Purpose
    taken: int
    cap: int
    ways: list[Way]


@dataclass(frozen=True)
class HeldRow:
    """Something held back or put off, in words; `left_at` when it left after all."""

    row: HeldBack
    sentence: str
    place: str
    left_at: datetime | None


@dataclass(frozen=True)
class ContactState:
    """All of it, for one customer, by the rules of a unit."""

    rules: RulesInForce
    taken: int
    lines: list[PurposeLine]
    latest: list[tuple[CountedContact, str]]
    held: list[HeldRow]


def contact_state(record_ids: Sequence[int], *, now: datetime) -> ContactState:
    """Return how a customer can be contacted, by the rules of their dealer group.

    Args:
        record_ids: all records of the customer (`family_ids`), the survivor first.
    """
    customer: Customer = Customer.objects.find(record_ids[0])
    rules = rules_in_force(customer.unit_id)
    longest = max(budget.window for budget in rules.budgets)
    counted = counted_contacts(customer_id=customer.pk, since=now - longest - timedelta(days=1))
    budget = rules.budgets[0]
    within = [one.purpose for one in counted if one.at > now - budget.window]
    known = _known(record_ids, now)
    latest = CountedContact.objects.filter(customer_id__in=record_ids).order_by("-at", "-pk")[:SHOWN]
    return ContactState(
        rules=rules,
        taken=len(within),
        lines=[
            PurposeLine(
                purpose=purpose,
                taken=within.count(purpose),
                cap=budget.caps.get(purpose, budget.total),
                ways=[
                    Way(channel, _verdict(known[purpose, channel], purpose, channel, rules, counted, now))
                    for channel in CHANNELS
                ],
            )
            for purpose in PURPOSES
        ],
        latest=[(row, _label(row.taken_by_id)) for row in latest],
        held=held_rows(HeldBack.objects.filter(customer_id__in=record_ids).order_by("-pk")[:SHOWN]),
    )


def held_rows(rows: "QuerySet[HeldBack]") -> list[HeldRow]:
    """Return rows as pages show them."""
    places = tree()
    return [
        HeldRow(
            row=row,
            sentence=str(Objection(row.reason).label),
            place=places.label(row.unit_id),
            left_at=row.outgoing.sent_at if row.outgoing else None,
        )
        for row in rows.select_related("outgoing", "customer")
    ]


def _label(unit_id: int) -> str:
    """Return the name of a unit; which other branch of the group it was is not for everybody to know."""
    scope = current_scope()
    if scope.everything or unit_id in scope.shared:
        return tree().label(unit_id)
    return _("another branch")


def _verdict(
    contact: KnownContact,
    purpose: Purpose,
    channel: ConsentChannel,
    rules: RulesInForce,
    counted: Sequence[Counted],
    now: datetime,
) -> Verdict:
    verdict = judge(contact, purpose=purpose, channel=channel)
    if not verdict:
        return verdict
    return timed(
        purpose=purpose,
        now=now,
        quiet=rules.quiet if obeys_quiet_hours(channel=channel, purpose=purpose) else None,
        wrote_at=None,
        is_answer=False,
        budgets=rules.budgets,
        counted=counted,
    )


def _known(record_ids: Sequence[int], now: datetime) -> dict[tuple[str, str], KnownContact]:
    """Return what is known for each purpose and channel, whatever the address."""
    with connection.cursor() as cursor:
        cursor.execute(_FLAGS, [list(record_ids)])
        flags = frozenset(flag for (flag,) in cursor.fetchall())
        cursor.execute(_STATEMENTS, [list(record_ids), now])
        said = {(purpose, channel): (at, pk, is_given) for purpose, channel, is_given, at, pk in cursor.fetchall()}
    known = {}
    for purpose in PURPOSES:
        for channel in CHANNELS:
            heard = [said[purpose, one] for one in (channel, ConsentChannel.ANY) if (purpose, one) in said]
            known[str(purpose), str(channel)] = KnownContact(flags=flags, consent=max(heard)[2] if heard else None)
    return known
