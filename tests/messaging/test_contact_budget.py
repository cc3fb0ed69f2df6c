"""One budget over everything that leaves: counted at sending, under a lock, explained where it holds something back."""

import random
import threading
from collections import defaultdict
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection

from corsia.customers.models import Consent, Customer
from corsia.customers.services import record_consent, set_flag
from corsia.customers.vocabulary import ConsentChannel, Flag, Purpose
from corsia.kernel import scope
from corsia.messaging.models import ContactRules, CountedContact, HeldBack, Message, Outgoing
from corsia.messaging.queries.contact import known_contact
from corsia.messaging.rules.contact_rules import DEFAULTS
from corsia.messaging.rules.gate import judge
from corsia.messaging.services import (
    may_contact,
    note_contact,
    send_due,
    send_template,
    take_place,
    try_again,
    write_reply,
)
from corsia.messaging.vocabulary import Objection, OutboxState, SentReason
from corsia.organisation.vocabulary import Role
from tests.conftest import NOON
from tests.factories.customers import person
from tests.factories.messaging import ROBOT, Desk, filed
from tests.factories.organisation import actor_in, small_group

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
ROME = ZoneInfo("Europe/Rome")
FIELDS = {field: getattr(DEFAULTS, field) for field in DEFAULTS.__dataclass_fields__}


def rules(unit, **changed) -> ContactRules:
    return ContactRules.unscoped.create(unit=unit, **{**FIELDS, **changed})


@pytest.fixture
def case_id(desk: Desk, everything, mailoutbox) -> int:
    result = filed(desk, at=NOON)
    send_due(now=NOON)
    mailoutbox.clear()
    return result.case_id


def news(case_id: int, *, now: datetime, key: str) -> Outgoing:
    return send_template(
        case_id=case_id, template_key="solved", reason=SentReason.PROCESS, idempotency_key=key, now=now
    )


def send_all(*, now: datetime) -> None:
    while send_due(now=now):
        continue


@pytest.mark.usefixtures("everything")
class TestSending:
    def test_acknowledgements_and_answers_take_no_place_and_news_do(self, desk, case_id, mailoutbox) -> None:
        assert CountedContact.objects.count() == 0  # the acknowledgement left
        write_reply(case_id=case_id, text="Eccoci", by=actor_in(desk.unit), now=NOON)
        news(case_id, now=NOON, key="n")
        send_due(now=NOON + MINUTE)

        assert len(mailoutbox) == 2
        row = CountedContact.objects.get()
        assert (row.customer_id, row.taken_by_id) == (Customer.objects.get().pk, desk.unit.pk)
        assert (row.channel, row.purpose, row.at) == ("email", "service", NOON + MINUTE)

    def test_the_outbox_waits_for_the_place_and_says_so_once(self, desk, case_id, mailoutbox) -> None:
        rules(desk.group.root, days=2, total=1, kept_for_service=1, patience_days=3)
        news(case_id, now=NOON, key="first")
        second = news(case_id, now=NOON + MINUTE, key="second")
        send_all(now=NOON + MINUTE)

        second.refresh_from_db()
        assert len(mailoutbox) == 1
        assert (second.state, second.last_error) == (OutboxState.WAITING, Objection.BUDGET)
        assert second.send_after == NOON + MINUTE + 2 * DAY
        assert second.attempts == 0
        held = HeldBack.objects.get()
        assert (held.reason, held.is_final, held.not_before) == (Objection.BUDGET, False, second.send_after)
        assert (held.outgoing_id, held.unit_id, held.customer_id) == (
            second.pk,
            desk.unit.pk,
            Customer.objects.get().pk,
        )

        send_all(now=second.send_after - MINUTE)
        assert len(mailoutbox) == 1
        send_all(now=second.send_after)
        assert len(mailoutbox) == 2
        assert HeldBack.objects.count() == 1

    def test_what_would_wait_longer_than_makes_sense_does_not_leave_at_all(self, desk, case_id, mailoutbox) -> None:
        rules(desk.group.root, days=20, total=1, kept_for_service=1, patience_days=3)
        news(case_id, now=NOON, key="first")
        second = news(case_id, now=NOON, key="second")
        send_all(now=NOON)

        second.refresh_from_db()
        assert (second.state, second.last_error) == (OutboxState.BLOCKED, Objection.BUDGET)
        held = HeldBack.objects.get()
        assert (held.is_final, held.not_before) == (True, NOON + 20 * DAY)

    def test_somebody_else_s_contact_moves_it_no_further_than_patience_allows(self, desk, case_id) -> None:
        rules(desk.group.root, days=2, total=1, kept_for_service=1, patience_days=3)
        news(case_id, now=NOON, key="first")
        second = news(case_id, now=NOON, key="second")
        send_all(now=NOON)
        second.refresh_from_db()
        customer = Customer.objects.get()
        note_contact(
            customer_id=customer.pk,
            unit_id=desk.group.verona.pk,
            channel="post",
            purpose=Purpose.MANUFACTURER,
            key="maker:1",
            now=second.send_after,
        )
        send_all(now=second.send_after)

        second.refresh_from_db()
        assert (second.state, second.last_error) == (OutboxState.BLOCKED, Objection.BUDGET)

    def test_what_did_not_leave_gives_its_place_back(self, desk, case_id, settings) -> None:
        rules(desk.group.root, days=2, total=1, kept_for_service=1)
        first = news(case_id, now=NOON, key="first")
        settings.EMAIL_BACKEND = "tests.messaging.test_outbox.Broken"
        from smtplib import SMTPSenderRefused

        from tests.messaging.test_outbox import Broken

        Broken.error = SMTPSenderRefused(550, b"no", "us")
        try:
            send_due(now=NOON)
        finally:
            Broken.error = None
        first.refresh_from_db()
        assert first.state == OutboxState.FAILED

        second = news(case_id, now=NOON, key="second")
        send_due(now=NOON)
        second.refresh_from_db()
        assert second.state == OutboxState.SENT
        # Trying the first again finds the place taken.
        try_again(outgoing_id=first.pk, by=ROBOT, now=NOON)
        send_due(now=NOON + MINUTE)
        first.refresh_from_db()
        assert (first.state, first.last_error) == (OutboxState.WAITING, Objection.BUDGET)

    def test_a_text_message_at_night_waits_for_the_morning_of_its_unit(self, desk, case_id, mailoutbox) -> None:
        night = datetime(2026, 3, 14, 21, 0, tzinfo=ROME)  # a Saturday
        row = news(case_id, now=night, key="n")
        Message.objects.filter(pk=row.message_id).update(channel="sms")
        send_due(now=night)

        row.refresh_from_db()
        assert not mailoutbox
        assert (row.state, row.last_error) == (OutboxState.WAITING, Objection.QUIET_HOURS)
        assert row.send_after == datetime(2026, 3, 16, 9, 0, tzinfo=ROME)
        assert CountedContact.objects.count() == 0
        send_due(now=row.send_after)
        assert len(mailoutbox) == 1

    def test_the_night_s_answer_to_whoever_just_wrote_leaves_at_once(self, desk, case_id, mailoutbox) -> None:
        night = datetime(2026, 3, 10, 22, 0, tzinfo=ROME)
        filed(desk, at=night - HOUR, header_id="<r@x>", in_reply_to=("<first@example.com>",), text="Ci siete?")
        message = write_reply(case_id=case_id, text="Sì", by=actor_in(desk.unit), now=night)
        Message.objects.filter(pk=message.pk).update(channel="whatsapp")
        send_due(now=night + MINUTE)

        assert [mail.subject for mail in mailoutbox if "Sì" in mail.body] != []

    def test_a_withdrawn_consent_stops_what_is_queued(self, desk, case_id, mailoutbox) -> None:
        row = send_template(
            case_id=case_id,
            template_key="survey",
            reason=SentReason.SURVEY,
            idempotency_key="s",
            now=NOON,
            extra={"survey_link": "https://x.example/s"},
        )
        record_consent(
            customer_id=Customer.objects.get().pk,
            purpose=Purpose.SURVEY,
            is_given=False,
            source="telefono",
            by=ROBOT,
            now=NOON,
        )
        send_due(now=NOON + MINUTE)

        row.refresh_from_db()
        assert (row.state, row.last_error, mailoutbox) == (OutboxState.BLOCKED, Objection.NO_CONSENT, [])
        assert HeldBack.objects.get().reason == Objection.NO_CONSENT

    def test_what_is_refused_when_it_is_queued_is_explained_too(self, desk, case_id) -> None:
        customer = Customer.objects.get()
        set_flag(customer_id=customer.pk, flag=Flag.DECEASED, by=ROBOT, now=NOON)
        row = news(case_id, now=NOON, key="n")

        held = HeldBack.objects.get()
        assert (held.outgoing_id, held.reason, held.is_final) == (row.pk, Objection.DECEASED, True)


@pytest.mark.usefixtures("everything")
class TestRules:
    def test_a_branch_is_never_more_generous_than_its_group(self, group) -> None:
        rules(group.root, days=10, total=2, kept_for_service=1, marketing=1)
        rules(group.brescia, days=10, total=9, kept_for_service=1, marketing=9)
        giulia = person(group.root, "Giulia Ferri")
        record_consent(
            customer_id=giulia.pk, purpose=Purpose.MARKETING, is_given=True, source="carta", by=ROBOT, now=NOON
        )

        def take(unit, key):
            return take_place(
                customer_id=giulia.pk, unit_id=unit.pk, channel="email", purpose="marketing", key=key, now=NOON
            )

        assert take(group.brescia, "a").allowed
        assert take(group.brescia_care, "a").allowed  # the same thing takes no second place
        assert take(group.brescia_care, "b").reason == Objection.BUDGET
        assert take(group.verona, "c").reason == Objection.BUDGET

    def test_without_rules_the_defaults_hold_for_the_whole_group(self, group) -> None:
        giulia = person(group.root, "Giulia Ferri")
        places = [
            take_place(
                customer_id=giulia.pk,
                unit_id=(group.brescia if n % 2 else group.verona).pk,
                channel="email",
                purpose="service",
                key=f"k{n}",
                now=NOON,
            ).allowed
            for n in range(DEFAULTS.total + 5)
        ]

        assert places.count(True) == DEFAULTS.total

    def test_the_quiet_hours_of_the_nearest_unit_count(self, group) -> None:
        from datetime import time

        rules(group.root)
        rules(group.verona, weekday_until=time(13))
        giulia = person(group.root, "Giulia Ferri")
        two = datetime(2026, 3, 10, 14, 0, tzinfo=ROME)

        def asked(unit):
            return may_contact(customer_id=giulia.pk, channel="phone", purpose="service", now=two, unit_id=unit.pk)

        assert asked(group.brescia_care).not_before is None
        assert asked(group.verona_care).not_before == datetime(2026, 3, 11, 9, 0, tzinfo=ROME)


def test_ten_thousand_histories_of_consent_agree_with_a_slow_reading(group, everything) -> None:
    """I1: statements in any order, on any channel, over merged records; the latest that covers the channel counts."""
    rng = random.Random(196)
    purposes = ["service", "survey", "marketing", "manufacturer", "profiling", "third_parties"]
    channels = [str(channel) for channel in ConsentChannel]
    spoken = [channel for channel in channels if channel != "any"]
    records = Customer.unscoped.bulk_create(
        Customer(unit=group.root, display_name=f"C{n}", created_at=NOON - 900 * DAY) for n in range(10_000)
    )
    for n in range(0, 2_000, 2):  # a thousand pairs are one customer each
        records[n + 1].merged_into_id = records[n].pk
    Customer.unscoped.bulk_update(records[1:2_000:2], ["merged_into_id"], batch_size=500)
    said = []
    for record in records:
        for _statement in range(rng.randint(0, 6)):
            said.append(
                Consent(
                    customer=record,
                    purpose=rng.choice(purposes),
                    channel=rng.choice(channels),
                    is_given=rng.random() < 0.6,
                    stated_at=NOON - rng.randint(-50, 50) * DAY,
                    source="test",
                )
            )
    Consent.unscoped.bulk_create(said, batch_size=2_000)
    by_person = defaultdict(list)
    for statement in said:
        record = statement.customer
        by_person[record.merged_into_id or record.pk].append(statement)

    wrong = []
    for record in records:
        purpose, channel, is_answer = rng.choice(purposes), rng.choice(spoken), rng.random() < 0.2
        heard = [
            (statement.stated_at, statement.pk, statement.is_given)
            for statement in by_person[record.merged_into_id or record.pk]
            if statement.purpose == purpose and statement.channel in (channel, "any") and statement.stated_at <= NOON
        ]
        latest = max(heard)[2] if heard else None
        if purpose == "service":
            expected = is_answer or latest is not False
        elif purpose == "survey":
            expected = latest is not False
        else:
            expected = latest is True
        contact = known_contact(customer_id=record.pk, channel=channel, purpose=purpose, address="", now=NOON)
        if judge(contact, purpose=purpose, channel=channel, is_answer=is_answer).allowed != expected:
            wrong.append((record.pk, purpose, channel))
    assert wrong == []


@pytest.mark.django_db(transaction=True)
def test_two_senders_at_once_take_the_last_place_once() -> None:
    with scope.system("test"):
        group = small_group()
        giulia = person(group.root, "Giulia Ferri")
        rules(group.root, days=10, total=1, kept_for_service=1)
    barrier, verdicts = threading.Barrier(4), []

    def send(key: str) -> None:
        with scope.system("test"):
            barrier.wait()
            verdicts.append(
                take_place(
                    customer_id=giulia.pk,
                    unit_id=group.brescia.pk,
                    channel="email",
                    purpose="service",
                    key=key,
                    now=NOON,
                )
            )
        connection.close()

    threads = [threading.Thread(target=send, args=(f"k{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(verdict.allowed and not verdict.is_later for verdict in verdicts) == [False, False, False, True]
    assert CountedContact.unscoped.count() == 1


def test_whoever_has_no_record_gets_news_of_a_case_by_day_and_nothing_else(group, everything) -> None:
    night = datetime(2026, 3, 10, 23, 0, tzinfo=ROME)

    def asked(channel, purpose):
        return may_contact(customer_id=None, channel=channel, purpose=purpose, now=night, unit_id=group.brescia_care.pk)

    assert asked("email", "service").not_before is None
    assert asked("sms", "service").not_before == datetime(2026, 3, 11, 9, 0, tzinfo=ROME)
    assert asked("email", "survey").reason == Objection.NO_CONSENT


def test_the_roles_that_write_are_not_asked_about_places(desk: Desk, everything, case_id) -> None:
    """A full budget never silences an answer."""
    rules(desk.group.root, days=30, total=1, kept_for_service=1)
    news(case_id, now=NOON, key="n")
    send_all(now=NOON)

    assert write_reply(case_id=case_id, text="Eccoci", by=actor_in(desk.unit, Role.AGENT), now=NOON).pk
    send_all(now=NOON + MINUTE)
    assert Outgoing.objects.filter(reason=SentReason.REPLY).get().state == OutboxState.SENT
