"""By which way customers are asked and reminded, and why not by another."""

from datetime import timedelta

import pytest
from django.utils import timezone

from corsia.connectors.sms.segments import segments_of
from corsia.connectors.whatsapp.models import ApprovedText
from corsia.customers.services import record_consent
from corsia.listening.links import ANSWER, invitation_id_of, short_survey_link, short_token, token_of
from corsia.listening.models import Invitation, ListeningPlan, SurveySettings
from corsia.listening.queries.plans import invitations_of_customer
from corsia.listening.queries.redemption import redemption
from corsia.listening.services import answer_page, send_due_invitations, send_due_reminders
from corsia.listening.vocabulary import CancelReason, Instrument
from corsia.messaging import services as messaging
from corsia.messaging.models import ChannelAccount, CountedContact, Outgoing
from tests.conftest import NOON
from tests.factories.cases import ROBOT
from tests.factories.interviews import calling_plan, in_force, to_be_called, with_phone
from tests.factories.surveys import nps_page, reachable, response_to, sent, surveyed_group

DAY = timedelta(days=1)
pytestmark = pytest.mark.usefixtures("everything")
ALL = ["whatsapp", "sms", "email"]


@pytest.fixture
def ready(group):
    return surveyed_group(group, now=NOON)


def account(unit, channel: str) -> ChannelAccount:
    return ChannelAccount.objects.create(
        unit=unit,
        channel=channel,
        name=channel,
        external_id=f"{channel}-1",
        hook_key=f"key-{channel}",
        is_active=True,
        created_at=NOON,
    )


@pytest.fixture
def channels(ready):
    """Switch on SMS and WhatsApp, with texts that Meta approved."""
    account(ready.root, "sms")
    whatsapp = account(ready.root, "whatsapp")
    for name, body in (("sondaggio", "Gentile {{1}}, ci dica: {{2}}"), ("promemoria", "Promemoria: {{1}}")):
        ApprovedText.objects.create(
            account=whatsapp, name=name, language="it", status="APPROVED", body=body, changed_at=NOON
        )
    SurveySettings.objects.create(
        unit=ready.root, whatsapp_text="sondaggio", whatsapp_reminder="promemoria", channels=["email"]
    )
    return ready


@pytest.fixture
def plan(channels) -> ListeningPlan:
    version = in_force(channels.root, "nps-workshop", now=NOON)
    return calling_plan(
        version, channels.root, now=NOON, instrument=Instrument.SURVEY, channels=ALL, reminders=2, remind_after_days=4
    )


@pytest.fixture
def giulia(channels):
    return with_phone(reachable(channels, now=NOON), "+393331234567", now=NOON)


@pytest.fixture
def invitation(plan, channels, giulia) -> Invitation:
    return to_be_called(plan, channels.brescia_care, giulia, now=NOON, happened_at=NOON)


def asked(invitation: Invitation, *, at=NOON) -> Outgoing | None:
    send_due_invitations(now=at)
    invitation.refresh_from_db()
    return Outgoing.objects.order_by("-pk").first()


def refuses(customer, channel: str) -> None:
    record_consent(
        customer_id=customer.pk, purpose="survey", channel=channel, is_given=False, source="modulo", by=ROBOT, now=NOON
    )


def test_the_first_way_that_is_open_is_taken_and_only_that(invitation) -> None:
    row = asked(invitation)
    assert row is not None
    assert (invitation.channel, invitation.passed_over, invitation.sent_at) == ("whatsapp", "", NOON)
    assert (row.channel, row.to_address, row.correspondent.external_id) == ("whatsapp", "+393331234567", "393331234567")
    assert row.content == {
        "template": {
            "name": "sondaggio",
            "language": {"code": "it"},
            "components": [
                {
                    "type": "body",
                    "parameters": [
                        {"type": "text", "text": "Brescia"},
                        {"type": "text", "text": short_survey_link(invitation.pk)},
                    ],
                }
            ],
        }
    }
    assert Outgoing.objects.count() == 1
    assert send_due_invitations(now=NOON + DAY) == 0


def test_who_refuses_one_way_is_asked_by_the_next(invitation, giulia) -> None:
    refuses(giulia, "whatsapp")
    row = asked(invitation)
    assert row is not None
    assert (invitation.channel, invitation.passed_over) == ("sms", "whatsapp=no_consent")
    assert (row.channel, row.correspondent.external_id) == ("sms", "+393331234567")
    assert short_survey_link(invitation.pk) in row.body
    assert "STOP" in row.body


def test_without_a_mobile_number_a_mail_leaves(plan, channels) -> None:
    marco = with_phone(reachable(channels, now=NOON, email="marco@example.it"), "+390301234567", now=NOON)
    invitation = to_be_called(plan, channels.brescia_care, marco, now=NOON, happened_at=NOON)
    row = asked(invitation)
    assert row is not None
    assert (invitation.channel, row.channel, row.to_address) == ("email", "email", "marco@example.it")
    assert invitation.passed_over == "whatsapp=no_number,sms=no_number"


def test_a_channel_that_is_off_and_a_text_not_approved_are_passed_over(invitation) -> None:
    ApprovedText.objects.update(status="PAUSED")
    ChannelAccount.objects.filter(channel="sms").update(is_active=False)
    asked(invitation)
    assert (invitation.channel, invitation.passed_over) == ("email", "whatsapp=text_unusable,sms=no_account")


def test_who_may_be_asked_by_no_way_is_not_and_the_reason_says_what_they_refused(invitation, giulia) -> None:
    refuses(giulia, "any")
    assert asked(invitation) is None
    assert (invitation.cancel_reason, invitation.cancel_detail) == (CancelReason.NOT_ALLOWED, "no_consent")
    [row] = invitations_of_customer([giulia.pk], now=NOON)
    assert row.state == "cancelled"
    assert [label for label, _why in row.passed_over] == ["WhatsApp", "SMS", "E-mail"]


def test_the_text_leaves_by_its_channel_and_takes_one_place(invitation, giulia, settings) -> None:
    settings.SANDBOX = True
    refuses(giulia, "whatsapp")
    asked(invitation)
    messaging.send_due(now=NOON)
    row = Outgoing.objects.get()
    assert row.state == "sent"
    assert list(CountedContact.objects.values_list("channel", "purpose")) == [("sms", "survey")]


def test_a_text_waits_for_the_morning(invitation, giulia) -> None:
    refuses(giulia, "whatsapp")
    night = NOON.replace(hour=22)
    asked(invitation, at=night)
    messaging.send_due(now=night)
    row = Outgoing.objects.get()
    assert (row.state, row.send_after > night + timedelta(hours=8)) == ("waiting", True)


def test_a_german_or_long_name_fits_one_sms(invitation, giulia, settings) -> None:
    refuses(giulia, "whatsapp")
    settings.PUBLIC_URL = "https://sondaggi.bellandi.it"
    row = asked(invitation)
    assert row is not None
    assert (segments_of(row.body).encoding, segments_of(row.body).parts) == ("GSM-7", 1)


def test_the_short_link_opens_the_same_survey_and_nothing_else(invitation) -> None:
    token = short_token(invitation.pk)
    assert len(token) < len(token_of(invitation.pk, ANSWER))
    assert invitation_id_of(token, ANSWER) == invitation.pk
    assert invitation_id_of(token, "listening.stop") is None
    assert invitation_id_of(token[:-1] + ("A" if token[-1] != "A" else "Q"), ANSWER) is None
    assert invitation_id_of(f"{invitation.pk + 1}-{token.partition('-')[2]}", ANSWER) is None


def test_the_answer_counts_for_the_way_they_were_asked(invitation, client) -> None:
    asked(invitation)
    Invitation.objects.update(expires_at=timezone.now() + DAY)
    page = client.get(f"/portal/s/{short_token(invitation.pk)}/")
    assert page.status_code == 200
    client.post(f"/portal/s/{short_token(invitation.pk)}/", nps_page(9))
    invitation.refresh_from_db()
    assert invitation.response.channel == "whatsapp"
    [way] = redemption(since=NOON - DAY, until=NOON + DAY, survey="nps-workshop")
    assert way.channel == "whatsapp"
    assert {step.key: step.count for step in way.steps}["invited"] == 1


def test_calls_have_a_way_of_their_own_in_the_redemption(channels) -> None:
    version = in_force(channels.root, "nps-workshop", now=NOON)
    plan = calling_plan(version, channels.root, now=NOON, instrument=Instrument.PHONE)
    to_be_called(plan, channels.brescia_care, reachable(channels, now=NOON), now=NOON)
    [way] = redemption(since=NOON - DAY, until=NOON + DAY, survey="nps-workshop")
    assert way.channel == "phone"


# ---- reminders ----


def test_a_reminder_leaves_by_the_same_way_and_says_so(invitation) -> None:
    asked(invitation)
    assert invitation.remind_at == NOON + 4 * DAY
    assert send_due_reminders(now=NOON + 4 * DAY - timedelta(minutes=1)) == 0
    assert send_due_reminders(now=NOON + 4 * DAY) == 1
    assert send_due_reminders(now=NOON + 4 * DAY) == 0

    row = Outgoing.objects.order_by("-pk")[0]
    invitation.refresh_from_db()
    assert (row.channel, row.body) == ("whatsapp", f"Promemoria: {short_survey_link(invitation.pk)}")
    assert (invitation.reminders_sent, invitation.remind_at) == (1, NOON + 8 * DAY)
    assert send_due_reminders(now=NOON + 8 * DAY) == 1
    invitation.refresh_from_db()
    assert (invitation.reminders_sent, invitation.remind_at) == (2, None)


@pytest.mark.parametrize("stop", ["answered", "expired", "ended", "refused"])
def test_nobody_is_reminded_in_vain(invitation, giulia, plan, stop) -> None:
    asked(invitation)
    at = NOON + 4 * DAY
    if stop == "answered":
        response_to(invitation, 9, at=NOON + DAY)
    elif stop == "expired":
        Invitation.objects.update(expires_at=at)
    elif stop == "ended":
        ListeningPlan.objects.update(state="ended")
    else:
        refuses(giulia, "whatsapp")

    assert send_due_reminders(now=at) == 0

    invitation.refresh_from_db()
    why = {"answered": "answered", "expired": "expired", "ended": "plan_over", "refused": "no_consent"}[stop]
    assert (invitation.reminder_why, invitation.remind_at, invitation.reminders_sent) == (why, None, 0)
    assert Outgoing.objects.count() == 1


def test_a_reminder_never_comes_after_the_end(invitation) -> None:
    Invitation.objects.update(expires_at=NOON + 4 * DAY)
    asked(invitation)
    assert invitation.remind_at is None


def test_who_stopped_in_the_middle_is_told_where_and_goes_on_there(invitation, giulia, client) -> None:
    refuses(giulia, "whatsapp")
    refuses(giulia, "sms")
    asked(invitation)
    answer_page(token=token_of(invitation.pk, ANSWER), page_key="recommend", data={"recommend": ["6"]}, now=NOON + DAY)

    assert send_due_reminders(now=NOON + 4 * DAY) == 1

    row = Outgoing.objects.order_by("-pk")[0]
    assert row.subject.startswith("Promemoria: era alla domanda 2")
    assert token_of(invitation.pk, ANSWER) in row.body
    page = client.get(f"/portal/survey/{token_of(invitation.pk, ANSWER)}/").content.decode()
    assert 'name="page" value="recommend"' not in page


def test_the_closing_survey_reminds_as_the_unit_says(channels, giulia) -> None:
    SurveySettings.objects.update(reminders=1, remind_after_days=3)
    invitation = sent(channels.brescia_care, giulia, now=NOON)
    at = NOON + timedelta(hours=1) + 3 * DAY
    assert invitation.remind_at == at
    assert send_due_reminders(now=at) == 1
    row = Outgoing.objects.order_by("-pk")[0]
    assert row.subject.startswith("Promemoria: ci dice com'è andata?")
    assert row.unsubscribe_url


def test_a_reminder_takes_a_place_of_the_budget_and_none_is_left_for_more(invitation) -> None:
    asked(invitation)
    messaging.send_due(now=NOON)
    send_due_reminders(now=NOON + 4 * DAY)
    messaging.send_due(now=NOON + 4 * DAY)
    assert CountedContact.objects.count() == 2
