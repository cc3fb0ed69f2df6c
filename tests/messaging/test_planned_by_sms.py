"""A rule with a short text reaches whoever has no e-mail address, or texts first; each way is asked about by itself."""

from datetime import UTC, datetime, timedelta

import pytest

from corsia.cases.models import Case
from corsia.customers.models import ContactPoint
from corsia.customers.services import set_flag
from corsia.customers.vocabulary import ContactState, Flag
from corsia.messaging.models import ChannelAccount, Correspondent, EventRule, Outgoing, PlannedContact
from corsia.messaging.services.planned import make_due_contacts, objection_today, way_to
from corsia.messaging.services.ready_rules import use_ready_rules
from corsia.messaging.services.texts import Wording, save_template, shipped_templates
from corsia.messaging.vocabulary import PlannedState
from corsia.organisation.vocabulary import Role
from tests.conftest import NOON
from tests.factories.customers import person
from tests.factories.messaging import ROBOT, Desk, a_desk
from tests.factories.organisation import person_in, signed_in
from tests.messaging.test_planned import BODY, delivered, ready, rule

pytestmark = pytest.mark.usefixtures("everything")
MOBILE = "+393471234567"
DUE = NOON + timedelta(days=1)


@pytest.fixture
def desk(group) -> Desk:
    desk = ready(a_desk(group, now=NOON))
    save_template(
        unit_id=group.root.pk, key="delivered-sms", name_it="Consegna, SMS", name_en="Delivery, SMS", reason="process",
        is_active=True, wordings={"it": Wording(subject="SMS", body="Auto {{milestone_number}} consegnata.")},
        by=ROBOT, now=NOON,
    )  # fmt: skip
    return desk


@pytest.fixture
def account(desk: Desk) -> ChannelAccount:
    return ChannelAccount.objects.create(
        unit=desk.group.root, channel="sms", name="SMS", external_id="sms-1", hook_key="key-sms", is_active=True,
        created_at=NOON,
    )  # fmt: skip


def sent() -> list[tuple[str, str]]:
    return list(Outgoing.objects.order_by("pk").values_list("channel", "to_address"))


def outcomes() -> list[tuple[str, str, str]]:
    return list(PlannedContact.objects.order_by("pk").values_list("state", "why", "way"))


@pytest.mark.parametrize(
    ("has_mail", "has_mobile", "sms_first", "expected"),
    [
        (True, True, False, ("email", "giulia@example.com")),
        (True, True, True, ("sms", MOBILE)),
        (True, False, True, ("email", "giulia@example.com")),
        (False, True, False, ("sms", MOBILE)),
    ],
)
def test_the_first_way_of_the_rule_that_is_open_is_taken(
    desk, account, has_mail, has_mobile, sms_first, expected
) -> None:
    rule(desk, sms_key="delivered-sms", sms_first=sms_first)
    giulia = person(
        desk.group.root, "Giulia Ferri", emails=["giulia@example.com"] * has_mail, phones=[MOBILE] * has_mobile
    )
    delivered(desk, giulia)

    make_due_contacts(now=DUE)
    make_due_contacts(now=DUE + timedelta(days=1))

    assert sent() == [expected]
    assert outcomes() == [(PlannedState.MADE, "", expected[0])]


def test_a_text_message_says_the_short_text_and_opens_no_case(desk, account) -> None:
    rule(desk, sms_key="delivered-sms")
    delivered(desk, person(desk.group.root, "Giulia Ferri", phones=[MOBILE]))

    make_due_contacts(now=DUE)

    row = Outgoing.objects.get()
    assert (row.body, row.reason, row.state) == ("Auto V-1 consegnata.", "process", "waiting")
    assert not Case.objects.exists()


def test_without_a_short_text_or_an_account_nobody_is_texted(desk) -> None:
    giulia = person(desk.group.root, "Giulia Ferri", phones=[MOBILE])
    rule(desk)
    rule(desk, sms_key="delivered-sms")
    delivered(desk, giulia)

    make_due_contacts(now=DUE)

    assert outcomes() == [(PlannedState.HELD, "no_address", "")] * 2
    assert sent() == []


def test_a_no_of_the_customer_says_more_than_a_missing_address(desk, account) -> None:
    giulia = person(desk.group.root, "Giulia Ferri", phones=[MOBILE])
    set_flag(customer_id=giulia.pk, flag=Flag.DO_NOT_CONTACT, by=ROBOT, now=NOON)
    rule(desk, sms_key="delivered-sms")
    delivered(desk, giulia)

    make_due_contacts(now=DUE)

    assert outcomes() == [(PlannedState.HELD, "do_not_contact", "")]


def test_mail_that_comes_back_is_texted_in_its_place(desk, account) -> None:
    giulia = person(desk.group.root, "Giulia Ferri", emails=["giulia@example.com"], phones=[MOBILE])
    ContactPoint.objects.filter(value="giulia@example.com").update(state=ContactState.BOUNCING)
    rule(desk, sms_key="delivered-sms")
    delivered(desk, giulia)

    make_due_contacts(now=DUE)

    assert sent() == [("sms", MOBILE)]


def test_whoever_texted_stop_is_written_to_by_mail(desk, account) -> None:
    giulia = person(desk.group.root, "Giulia Ferri", emails=["giulia@example.com"], phones=[MOBILE])
    Correspondent.unscoped.create(
        account=account, external_id=MOBILE, phone=MOBILE, group_id=desk.group.root.pk, customer=giulia,
        first_seen_at=NOON, opted_out_at=NOON,
    )  # fmt: skip
    rule(desk, sms_key="delivered-sms", sms_first=True)
    delivered(desk, giulia)

    make_due_contacts(now=DUE)

    assert sent() == [("email", "giulia@example.com")]


def test_at_night_a_text_message_waits_for_the_morning_and_mail_does_not(desk, account) -> None:
    night = datetime(2026, 3, 10, 22, 0, tzinfo=UTC)  # 23:00 in Rome
    rule(desk, sms_key="delivered-sms", delay_minutes=0)
    delivered(desk, person(desk.group.root, "Anna Neri", emails=["anna@example.com"]), at=night, now=night)
    delivered(desk, person(desk.group.root, "Giulia Ferri", phones=[MOBILE]), at=night, now=night)

    make_due_contacts(now=night)
    assert sent() == [("email", "anna@example.com")]
    morning = PlannedContact.objects.get(state=PlannedState.WAITING).send_after
    assert morning == datetime(2026, 3, 11, 8, 0, tzinfo=UTC)  # 9:00 in Rome
    make_due_contacts(now=morning)

    assert sent() == [("email", "anna@example.com"), ("sms", MOBILE)]


def test_the_preview_knows_both_ways(desk, account) -> None:
    giulia = person(desk.group.root, "Giulia Ferri", phones=[MOBILE])
    by_mail = rule(desk)
    by_both = rule(desk, sms_key="delivered-sms")

    def why_not(one: EventRule) -> str:
        return objection_today(giulia.pk, desk.unit.pk, rule=one, now=NOON)

    assert "e-mail" in why_not(by_mail)
    assert why_not(by_both) == ""
    assert way_to(giulia, desk.unit.pk, by_both, now=NOON)[0] == "sms"


def test_a_manager_writes_the_short_text_on_the_page(desk) -> None:
    browser = signed_in(person_in(desk.group.root, Role.CARE_MANAGER))
    body = BODY | {"unit": str(desk.group.root.pk), "sms_key": "delivered-sms", "sms_first": "on"}

    assert browser.post("/messaging/events/new/", body).status_code == 302
    assert EventRule.objects.values_list("sms_key", "sms_first").get() == ("delivered-sms", True)


def test_the_short_texts_that_ship_are_there_and_fit_two_text_messages(group) -> None:
    texts = {text.key: text for text in shipped_templates()}
    named = {text.follows.sms for text in texts.values() if text.follows and text.follows.sms}
    assert len(named) == 9
    for key in named:
        for wording in texts[key].wordings.values():
            assert len(wording.body) < 200, key

    use_ready_rules(unit_id=group.root.pk, keys={"visit-near"}, by=ROBOT, now=NOON)
    assert EventRule.objects.get().sms_key == "visit-near-sms"
