"""A simulated year of everything that is sent to a few people: nobody passes the cap, each suppression is explained."""

import random
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from corsia.customers.models import Customer, Merge
from corsia.customers.services import merge_customers, record_consent, unmerge
from corsia.messaging.models import ContactRules, CountedContact, HeldBack, Message, Outgoing
from corsia.messaging.rules.contact_rules import DEFAULTS
from corsia.messaging.services import hold_back, send_due, send_template, take_place, write_reply
from corsia.messaging.vocabulary import OutboxState, SentReason
from tests.conftest import NOON
from tests.factories.messaging import ROBOT, Desk, filed

DAY = timedelta(days=1)
WIDTH, TOTAL, KEPT = 10 * DAY, 5, 2
CAPS = {"survey": 1, "marketing": 2, "manufacturer": 1}
KINDS = ["service", "service", "survey", "marketing", "manufacturer", "reply", "merge"]


@dataclass
class Year:
    """What happens to the customers of a desk, and what the world outside saw of it."""

    desk: Desk
    rng: random.Random
    cases: list[int]
    customers: list[int]
    seen: dict[int, list[tuple[datetime, str]]] = field(default_factory=lambda: defaultdict(list))  # by record
    merge: Merge | None = None
    held: int = 0
    queued: int = 0

    def arrives(self, record: int, purpose: str, at: datetime) -> None:
        """A contact reaches somebody: there must have been a place for it, by the test's own count."""
        root = Customer.objects.get(pk=record).merged_into_id or record
        family = {root, *Customer.objects.filter(merged_into_id=root).values_list("pk", flat=True)}
        before = [what for one in family for when, what in self.seen[one] if at - WIDTH < when]
        others = [what for what in before if what != "service"]
        assert len(before) < TOTAL
        if purpose != "service":
            assert len(others) < TOTAL - KEPT
            assert others.count(purpose) < CAPS[purpose]
        self.seen[record].append((at, purpose))

    def deliver(self, at: datetime) -> None:
        """Let the outbox send what is due, one by one, so that each is counted as the gate saw it."""
        waiting = set(Outgoing.objects.filter(state="waiting", send_after__lte=at).values_list("pk", flat=True))
        while send_due(now=at, limit=1):
            for row in Outgoing.objects.filter(pk__in=waiting, state="sent").select_related("message"):
                waiting.remove(row.pk)
                if row.reason != SentReason.REPLY:
                    purpose = "survey" if row.reason == SentReason.SURVEY else "service"
                    self.arrives(row.message.customer_id, purpose, at)

    def happens(self, kind: str, *, key: str, at: datetime) -> None:
        which = self.rng.randrange(len(self.cases))
        if kind == "merge":
            self.merge_or_part(at)
        elif kind == "reply":
            write_reply(case_id=self.cases[which], text="Eccoci", by=ROBOT, now=at)
        elif kind in ("service", "survey"):
            self.queue(self.cases[which], kind, key=key, at=at)
        else:
            self.advertise(self.customers[which], kind, key=key, at=at)

    def merge_or_part(self, at: datetime) -> None:
        if self.merge is None:
            first, second = self.customers[:2]
            self.merge = merge_customers(survivor_id=first, absorbed_id=second, by=ROBOT, now=at)
        else:
            unmerge(merge_id=self.merge.pk, by=ROBOT, now=at)
            self.merge = None

    def queue(self, case_id: int, kind: str, *, key: str, at: datetime) -> None:
        send_template(
            case_id=case_id,
            template_key="solved" if kind == "service" else "survey",
            reason=SentReason.PROCESS if kind == "service" else SentReason.SURVEY,
            idempotency_key=key,
            now=at,
            extra={"survey_link": "https://x.example/s"},
        )
        self.queued += 1
        self.deliver(at)

    def advertise(self, record: int, kind: str, *, key: str, at: datetime) -> None:
        unit = self.rng.choice([self.desk.group.brescia_care, self.desk.group.verona_care])
        about = {"customer_id": record, "unit_id": unit.pk, "channel": "email", "purpose": kind, "key": key, "now": at}
        verdict = take_place(**about)
        if verdict and not verdict.is_later:
            self.arrives(record, kind, at)
            return
        assert verdict.reason
        hold_back(**about, reason=verdict.reason, not_before=verdict.not_before)
        self.held += 1


@pytest.mark.usefixtures("everything")
@pytest.mark.parametrize("seed", [7, 1907])
def test_in_a_simulated_year_nobody_passes_the_cap_and_each_suppression_is_explained(desk, mailoutbox, seed) -> None:
    fields = {name: getattr(DEFAULTS, name) for name in DEFAULTS.__dataclass_fields__}
    budget = {"days": WIDTH.days, "total": TOTAL, "kept_for_service": KEPT, "surveys": 1, "marketing": 2}
    ContactRules.unscoped.create(unit=desk.group.root, **{**fields, **budget, "manufacturer": 1})
    cases = [
        filed(desk, at=NOON, header_id=f"<{n}@x>", from_address=f"c{n}@example.it", from_name=f"Cliente {n}").case_id
        for n in range(4)
    ]
    while send_due(now=NOON):
        continue
    customers = [Message.objects.get(case_id=case, direction="in").customer_id for case in cases]
    for customer in customers:
        for purpose in ("marketing", "manufacturer"):
            record_consent(customer_id=customer, purpose=purpose, is_given=True, source="carta", by=ROBOT, now=NOON)
    year = Year(desk, random.Random(seed), cases, customers)

    now = NOON
    for step in range(365):
        now += timedelta(minutes=year.rng.randint(10, 2 * 24 * 60))
        year.deliver(now)
        year.happens(year.rng.choice(KINDS), key=f"k{step}", at=now)
    year.deliver(now + 30 * DAY)

    assert now - NOON > 340 * DAY
    assert year.queued > 60
    assert year.held > 20
    blocked = Outgoing.objects.filter(state=OutboxState.BLOCKED)
    assert blocked.exists()
    assert HeldBack.objects.filter(outgoing__in=blocked, is_final=True).exclude(reason="").count() == blocked.count()
    assert HeldBack.objects.filter(outgoing=None).count() == year.held
    assert not Outgoing.objects.filter(state=OutboxState.WAITING).exists()
    assert sum(map(len, year.seen.values())) == CountedContact.objects.count()
