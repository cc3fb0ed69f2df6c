"""STOP and START: a statement about one channel, with its source, that answers pass by and START takes back exactly."""

from datetime import timedelta

import pytest

from corsia.customers.models import Consent
from corsia.customers.queries import consent_of
from corsia.customers.services import add_contact, merge_customers, opt_out, record_consent, undo_opt_out
from corsia.customers.vocabulary import ContactKind, Purpose
from corsia.events.customers import ConsentStated
from corsia.messaging.services import may_contact
from corsia.messaging.vocabulary import Objection
from tests.conftest import NOON
from tests.factories.customers import ROBOT, person
from tests.factories.organisation import small_group
from tests.facts import stated_facts

MINUTE = timedelta(minutes=1)
NUMBER = "+393331234567"
pytestmark = pytest.mark.usefixtures("everything")


@pytest.fixture
def giulia(group):
    customer = person(group.root, "Giulia Ferri")
    add_contact(customer_id=customer.pk, kind=ContactKind.PHONE, value=NUMBER, by=ROBOT, now=NOON - MINUTE)
    return customer


def says_yes(customer, purpose, *, channel="any", now=NOON - MINUTE):
    record_consent(
        customer_id=customer.pk, purpose=purpose, channel=channel, is_given=True, source="carta", by=ROBOT, now=now
    )


def verdicts(customer, channel="sms", now=NOON + 10 * MINUTE) -> dict[str, bool]:
    return {
        str(purpose): may_contact(customer_id=customer.pk, channel=channel, purpose=purpose, now=now).allowed
        for purpose in (Purpose.SERVICE, Purpose.SURVEY, Purpose.MARKETING)
    }


def test_stop_ends_everything_we_begin_on_the_channel_and_start_takes_it_back(giulia) -> None:
    says_yes(giulia, Purpose.MARKETING)
    before = verdicts(giulia)
    assert before == {"service": True, "survey": True, "marketing": True}

    stated = opt_out(channel="sms", contact="333 1234567", source="SMS 10/03 12:00", now=NOON)

    assert {row.purpose for row in stated} == set(Purpose.values)
    assert {(row.channel, row.is_given, row.source, row.stated_at) for row in stated} == {
        ("sms", False, "SMS 10/03 12:00", NOON)
    }
    assert len(stated_facts(ConsentStated)) == 1 + len(stated)
    assert verdicts(giulia) == {"service": False, "survey": False, "marketing": False}
    assert verdicts(giulia, "email") == {"service": True, "survey": True, "marketing": True}
    news = may_contact(customer_id=giulia.pk, channel="sms", purpose="service", now=NOON + MINUTE)
    assert news.reason == Objection.OPTED_OUT
    assert may_contact(customer_id=giulia.pk, channel="sms", purpose="service", now=NOON + MINUTE, is_answer=True)

    undo_opt_out(channel="sms", contact=NUMBER, source="SMS 10/03 12:05", now=NOON + 5 * MINUTE)
    assert verdicts(giulia) == before


def test_start_agrees_to_nothing_that_was_not_agreed_to_before(giulia) -> None:
    opt_out(channel="whatsapp", customer_id=giulia.pk, source="WhatsApp", now=NOON)
    stated = undo_opt_out(channel="whatsapp", customer_id=giulia.pk, source="WhatsApp", now=NOON + MINUTE)

    assert {row.purpose for row in stated} == {"service", "survey"}
    assert verdicts(giulia, "whatsapp") == {"service": True, "survey": True, "marketing": False}
    assert consent_of(giulia.pk, Purpose.MARKETING, "whatsapp").is_given is False


def test_stop_again_and_again_adds_nothing_and_one_start_suffices(giulia) -> None:
    says_yes(giulia, Purpose.MARKETING)
    first = opt_out(channel="sms", customer_id=giulia.pk, source="SMS 1", now=NOON)

    assert opt_out(channel="sms", customer_id=giulia.pk, source="SMS 2", now=NOON + MINUTE) == []
    undo_opt_out(channel="sms", customer_id=giulia.pk, source="SMS 3", now=NOON + 2 * MINUTE)
    opt_out(channel="sms", customer_id=giulia.pk, source="SMS 4", now=NOON + 3 * MINUTE)
    undo_opt_out(channel="sms", customer_id=giulia.pk, source="SMS 5", now=NOON + 4 * MINUTE)
    assert verdicts(giulia)["marketing"]
    assert undo_opt_out(channel="sms", customer_id=giulia.pk, source="SMS 6", now=NOON + 5 * MINUTE) == []
    assert len(first) == len(Purpose)


def test_what_was_agreed_to_on_paper_after_the_stop_stands(giulia) -> None:
    opt_out(channel="sms", customer_id=giulia.pk, source="SMS", now=NOON)
    says_yes(giulia, Purpose.MARKETING, now=NOON + MINUTE)

    assert verdicts(giulia)["marketing"]
    undo_opt_out(channel="sms", customer_id=giulia.pk, source="SMS", now=NOON + 2 * MINUTE)
    assert Consent.objects.filter(purpose="marketing", is_given=True).count() == 1


def test_a_number_that_several_customers_share_stops_for_all_of_them_and_once_for_merged_records(giulia, group) -> None:
    elena, twin = person(group.root, "Elena Ferri"), person(group.root, "Giulia Ferri")
    for customer in (elena, twin):
        add_contact(customer_id=customer.pk, kind=ContactKind.PHONE, value=NUMBER, by=ROBOT, now=NOON - MINUTE)
    merge_customers(survivor_id=giulia.pk, absorbed_id=twin.pk, by=ROBOT, now=NOON - MINUTE)
    rival = person(small_group(code="rivali").root, "Giulia Ferri")
    add_contact(customer_id=rival.pk, kind=ContactKind.PHONE, value=NUMBER, by=ROBOT, now=NOON - MINUTE)

    stated = opt_out(channel="sms", contact=NUMBER, group_id=group.root.pk, source="SMS", now=NOON)

    assert {row.customer_id for row in stated} == {giulia.pk, elena.pk}
    assert not verdicts(twin)["service"]
    assert verdicts(rival)["service"]


def test_a_number_nobody_has_stops_nothing(group) -> None:
    assert opt_out(channel="sms", contact="+39 347 0000000", source="SMS", now=NOON) == []
