"""Contact rules, places taken and what was held back, so that their pages have something to say."""

import random
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone

from corsia.customers.vocabulary import ConsentChannel, Purpose
from corsia.kernel.actors import system
from corsia.listening.models import Invitation
from corsia.messaging.models import CountedContact, HeldBack, Message
from corsia.messaging.rules.contact_rules import RuleSet
from corsia.messaging.services import save_contact_rules
from corsia.messaging.vocabulary import Direction, Objection
from corsia.organisation.models import NoticeChoice, NoticeSettings, Person, Unit
from corsia.organisation.vocabulary import Digest, Role, UnitKind

DAYS, MOST = 30, 2_500
ROME = ZoneInfo("Europe/Rome")
SATURDAY = 5
# What a month of the group holds back, by reason and purpose: mostly nights and full budgets.
_HELD: Sequence[tuple[Objection, Purpose, ConsentChannel, bool, int]] = (
    (Objection.QUIET_HOURS, Purpose.SERVICE, ConsentChannel.SMS, False, 22),
    (Objection.BUDGET, Purpose.SURVEY, ConsentChannel.EMAIL, True, 14),
    (Objection.BUDGET, Purpose.MARKETING, ConsentChannel.EMAIL, False, 9),
    (Objection.NO_CONSENT, Purpose.MARKETING, ConsentChannel.EMAIL, True, 8),
    (Objection.OPTED_OUT, Purpose.SERVICE, ConsentChannel.WHATSAPP, True, 4),
    (Objection.IN_DISPUTE, Purpose.SURVEY, ConsentChannel.EMAIL, True, 3),
    (Objection.DO_NOT_CALL, Purpose.MARKETING, ConsentChannel.PHONE, True, 3),
)


def load(*, group: Unit, rng: random.Random, now: datetime) -> None:
    """Give the group and one branch their rules, count a month of mails, and hold some contacts back."""
    by = system("demo")
    save_contact_rules(unit_id=group.pk, rules=RuleSet(), by=by, now=now)
    branches = list(Unit.objects.filter(path__startswith=group.path, kind=UnitKind.BRANCH).order_by("pk"))
    if branches:
        strict = RuleSet(marketing=2, surveys=2, weekday_until=time(19), saturday_until=time(13))
        save_contact_rules(unit_id=branches[0].pk, rules=strict, by=by, now=now)
    _count(now)
    _hold_back(branches or [group], rng, now)
    _choose_notices()


def _count(now: datetime) -> None:
    """Count what left in the last month, as the outbox itself would have: surveys, and news that no person wrote."""
    since = now - timedelta(days=DAYS)
    surveys = Invitation.objects.filter(sent_at__gt=since).order_by("pk")
    news = Message.objects.filter(direction=Direction.OUT, is_automatic=True, at__gt=since, customer__isnull=False)
    taken = [
        (f"demo:survey:{pk}", Purpose.SURVEY, at, unit, customer)
        for pk, at, unit, customer in surveys.values_list("pk", "sent_at", "unit_id", "customer_id")[:MOST]
    ]
    taken += [
        (f"demo:news:{pk}", Purpose.SERVICE, at, unit, customer)
        for pk, at, unit, customer in news.order_by("pk").values_list("pk", "at", "unit_id", "customer_id")[:MOST]
    ]
    CountedContact.objects.bulk_create(
        CountedContact(
            customer_id=customer, taken_by_id=unit, channel=ConsentChannel.EMAIL, purpose=purpose, at=at, key=key
        )
        for key, purpose, at, unit, customer in taken
    )


def _hold_back(branches: Sequence[Unit], rng: random.Random, now: datetime) -> None:
    counted = CountedContact.objects.order_by("-at", "-pk").values_list("customer_id", flat=True)[:60]
    ids = list(dict.fromkeys(counted))
    if not ids:
        return
    rows: list[HeldBack] = []
    for reason, purpose, channel, is_final, times in _HELD:
        for _n in range(times):
            at = now - timedelta(minutes=rng.randrange(20, DAYS * 24 * 60))
            if reason == Objection.QUIET_HOURS:
                evening = timezone.localtime(at - timedelta(days=1), ROME)
                at = evening.replace(hour=20 + rng.randrange(3), minute=rng.randrange(60))
            until = None
            if reason == Objection.QUIET_HOURS:
                until = (at + timedelta(days=1 if at.weekday() != SATURDAY else 2)).replace(hour=9, minute=0, second=0)
            elif reason == Objection.BUDGET:
                until = at + timedelta(hours=rng.randrange(8, 40))
            rows.append(
                HeldBack(
                    unit=rng.choice(branches),
                    customer_id=rng.choice(ids),
                    channel=channel,
                    purpose=purpose,
                    reason=reason,
                    at=at,
                    not_before=until,
                    is_final=is_final,
                    key=f"demo:{len(rows)}",
                )
            )
    HeldBack.objects.bulk_create(sorted(rows, key=lambda row: row.at))


def _choose_notices() -> None:
    """Managers get the day's alarms in one mail at eight, and the night for themselves."""
    managers = Person.objects.filter(memberships__role=Role.CARE_MANAGER, memberships__until=None).distinct()
    for person in managers:
        NoticeSettings.objects.create(
            person=person, digest=Digest.DAILY, quiet_from=time(20), quiet_until=time(7), only_on_duty=True
        )
        NoticeChoice.objects.bulk_create(
            NoticeChoice(person=person, kind=kind, by_bell=True, by_mail=True)
            for kind in ("cases.overdue", "cases.neglected", "cases.callback")
        )
