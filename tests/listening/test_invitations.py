"""Who is asked, when, and why not; every invitation leaves at most once."""

from datetime import timedelta

import pytest

from corsia.cases.services import close_case, reopen_case
from corsia.cases.vocabulary import EndKind
from corsia.customers.models import Customer
from corsia.customers.services import record_consent, set_flag
from corsia.customers.vocabulary import Flag, Purpose
from corsia.events.cases import CaseClosed
from corsia.events.listening import SurveySent
from corsia.kernel.facts import fact_of
from corsia.kernel.models import FactRecord
from corsia.listening.links import ANSWER, STOP, invitation_id_of, survey_link, token_of, unsubscribe_link
from corsia.listening.models import Invitation, SurveySettings
from corsia.listening.queries import invitation_rows, rules_in_force
from corsia.listening.reactions import invite_after_closing
from corsia.listening.services import (
    AlreadySent,
    cancel_invitation,
    plan_invitation,
    save_settings,
    send_due_invitations,
)
from corsia.messaging.models import Outgoing, Template
from corsia.organisation.vocabulary import Role
from tests.conftest import NOON
from tests.factories.cases import ROBOT, a_case
from tests.factories.organisation import actor_in
from tests.factories.surveys import invited, reachable, sent, solved_case, surveyed_group
from tests.facts import stated_facts

HOUR = timedelta(hours=1)
pytestmark = pytest.mark.usefixtures("everything")


@pytest.fixture
def ready(group):
    return surveyed_group(group, now=NOON)


@pytest.fixture
def giulia(ready) -> Customer:
    return reachable(ready, now=NOON)


def closing_of(case) -> CaseClosed:
    return fact_of(FactRecord.objects.filter(kind="cases.CaseClosed", payload__case_id=case.pk).latest("pk"))


def reason_of(invitation: Invitation) -> tuple[str, str]:
    invitation.refresh_from_db()
    return invitation.cancel_reason, invitation.cancel_detail


def test_a_solved_case_plans_one_invitation_an_hour_later(ready, giulia) -> None:
    case = solved_case(ready.brescia_care, giulia, now=NOON)
    fact = closing_of(case)

    invite_after_closing(fact, now=NOON)
    invite_after_closing(fact, now=NOON + HOUR)

    [invitation] = Invitation.objects.all()
    assert (invitation.case_id, invitation.customer_id, invitation.unit_id) == (
        case.pk,
        giulia.pk,
        ready.brescia_care.pk,
    )
    assert invitation.send_after == NOON + HOUR
    assert invitation.expires_at == NOON + HOUR + timedelta(days=21)
    assert invitation.cancelled_at is None


@pytest.mark.parametrize("end_kind", [EndKind.CANCELLED])
def test_a_case_that_was_not_solved_asks_nobody(ready, giulia, end_kind) -> None:
    case = a_case(ready.brescia_care, now=NOON - HOUR, customer=giulia)
    close_case(case_id=case.pk, by=ROBOT, now=NOON, end_kind=end_kind)

    invite_after_closing(closing_of(case), now=NOON)

    assert Invitation.objects.count() == 0


def test_a_case_without_customer_asks_nobody(ready) -> None:
    case = solved_case(ready.brescia_care, None, now=NOON)

    invite_after_closing(closing_of(case), now=NOON)

    assert Invitation.objects.count() == 0


def test_nothing_leaves_before_its_time_and_everything_due_leaves_once(ready, giulia) -> None:
    invitation = invited(ready.brescia_care, giulia, now=NOON)

    assert send_due_invitations(now=NOON + HOUR - timedelta(seconds=1)) == 0
    assert send_due_invitations(now=NOON + 5 * HOUR) == 1
    assert send_due_invitations(now=NOON + 6 * HOUR) == 0

    [mail] = Outgoing.objects.all()
    assert mail.to_address == "giulia@example.it"
    assert survey_link(invitation.pk) in mail.body
    assert mail.unsubscribe_url == unsubscribe_link(invitation.pk)
    invitation.refresh_from_db()
    giulia.refresh_from_db()
    assert invitation.sent_at == giulia.last_surveyed_at == NOON + 5 * HOUR
    assert [fact.invitation_id for fact in stated_facts(SurveySent)] == [invitation.pk]


def test_a_case_reopened_meanwhile_is_not_asked_about_until_it_is_closed_again(ready, giulia) -> None:
    invitation = invited(ready.brescia_care, giulia, now=NOON)
    reopen_case(case_id=invitation.case_id, reason="Rumore ancora presente", by=ROBOT, now=NOON + HOUR / 2)

    assert send_due_invitations(now=NOON + HOUR) == 0
    assert reason_of(invitation) == ("reopened", "")

    closed = close_case(case_id=invitation.case_id, by=ROBOT, now=NOON + 30 * HOUR)
    invite_after_closing(closing_of(closed), now=NOON + 30 * HOUR)
    assert send_due_invitations(now=NOON + 31 * HOUR) == 1
    assert Invitation.objects.count() == 1
    assert Outgoing.objects.count() == 1


def test_a_customer_is_left_in_peace_for_sixty_days(ready, giulia) -> None:
    first = sent(ready.brescia_care, giulia, now=NOON)

    second = invited(ready.verona_care, giulia, now=NOON + timedelta(days=59))
    third = invited(ready.verona_care, giulia, now=NOON + timedelta(days=61))

    assert reason_of(second) == ("recently_asked", "10/03/2026")
    assert reason_of(third) == ("", "")
    assert first.sent_at is not None


def test_the_pause_covers_all_records_of_a_merged_customer(ready, giulia) -> None:
    double = reachable(ready, now=NOON, email="g.ferri@example.it", name="G. Ferri")
    sent(ready.brescia_care, giulia, now=NOON)
    Customer.objects.filter(pk=double.pk).update(merged_into=giulia)

    invitation = invited(ready.brescia_care, double, now=NOON + timedelta(days=5))

    assert reason_of(invitation)[0] == "recently_asked"


def test_of_two_cases_closed_together_only_the_first_is_asked_about(ready, giulia) -> None:
    first = invited(ready.brescia_care, giulia, now=NOON)
    second = invited(ready.brescia_care, giulia, now=NOON)

    assert send_due_invitations(now=NOON + HOUR) == 1
    assert reason_of(first) == ("", "")
    assert reason_of(second)[0] == "recently_asked"


def test_whoever_refused_surveys_is_not_asked_and_the_reason_is_kept(ready, giulia) -> None:
    record_consent(
        customer_id=giulia.pk, purpose=Purpose.SURVEY, is_given=False, source="paper form", by=ROBOT, now=NOON
    )

    invitation = invited(ready.brescia_care, giulia, now=NOON + HOUR)

    assert reason_of(invitation) == ("not_allowed", "no_consent")
    assert send_due_invitations(now=NOON + 5 * HOUR) == 0
    assert Outgoing.objects.count() == 0


def test_consent_is_checked_again_when_the_invitation_is_due(ready, giulia) -> None:
    invitation = invited(ready.brescia_care, giulia, now=NOON)
    set_flag(customer_id=giulia.pk, flag=Flag.DO_NOT_CONTACT, by=ROBOT, now=NOON + HOUR / 2)

    assert send_due_invitations(now=NOON + HOUR) == 0
    assert reason_of(invitation) == ("not_allowed", "do_not_contact")
    assert Outgoing.objects.count() == 0


def test_a_customer_without_address_is_listed_with_the_reason(ready) -> None:
    from tests.factories.cases import a_customer

    invitation = invited(ready.brescia_care, a_customer(ready, now=NOON), now=NOON)

    assert send_due_invitations(now=NOON + HOUR) == 0
    assert reason_of(invitation) == ("not_allowed", "no_address")
    [row] = invitation_rows(now=NOON + HOUR, state="cancelled")
    assert "no e-mail address" in row.reason or "indirizzo" in row.reason


def test_a_text_that_was_switched_off_stops_invitations_visibly(ready, giulia) -> None:
    invitation = invited(ready.brescia_care, giulia, now=NOON)
    Template.objects.filter(key="survey").update(is_active=False)

    assert send_due_invitations(now=NOON + HOUR) == 0
    assert reason_of(invitation)[0] == "cannot_send"


def test_the_nearest_unit_with_settings_decides(ready, giulia) -> None:
    shared = {"pause_days": 10, "send_after_minutes": 5, "expires_after_days": 7, "detractor_at_most": 5}
    SurveySettings.objects.create(unit=ready.root, is_on=True, **shared)
    SurveySettings.objects.create(unit=ready.verona, is_on=False, **shared)

    assert rules_in_force(ready.brescia_care.pk).from_unit_id == ready.root.pk
    assert rules_in_force(ready.verona_care.pk).is_on is False
    assert plan_for(ready.verona_care, giulia) is None
    assert plan_for(ready.brescia_care, giulia).send_after == NOON + timedelta(minutes=5)


def plan_for(unit, customer):
    case = solved_case(unit, customer, now=NOON)
    return plan_invitation(
        case_id=case.pk, customer_id=customer.pk, unit_id=unit.pk, assignee_id=None, language="it", now=NOON
    )


def test_a_manager_takes_back_an_invitation_before_it_leaves_but_not_after(ready, giulia) -> None:
    boss = actor_in(ready.brescia, Role.BRANCH_MANAGER, first_name="Paolo", last_name="Greco")
    invitation = invited(ready.brescia_care, giulia, now=NOON)

    cancel_invitation(invitation_id=invitation.pk, by=boss, now=NOON)

    assert reason_of(invitation) == ("by_hand", "Paolo Greco")
    assert send_due_invitations(now=NOON + HOUR) == 0
    with pytest.raises(AlreadySent):
        cancel_invitation(invitation_id=invitation.pk, by=boss, now=NOON)


def test_settings_of_a_unit_are_saved_once_and_changed_after(ready) -> None:
    boss = actor_in(ready.root, Role.CARE_MANAGER)
    values = {"pause_days": 30, "send_after_minutes": 0, "expires_after_days": 14, "detractor_at_most": 6}
    for is_on in (True, False):
        save_settings(unit_id=ready.verona.pk, is_on=is_on, brand_color="#AA0000", by=boss, now=NOON, **values)

    [row] = SurveySettings.objects.all()
    assert (row.unit_id, row.is_on, row.pause_days, row.brand_color) == (ready.verona.pk, False, 30, "#aa0000")


def test_tokens_open_what_they_were_made_for_and_nothing_else() -> None:
    token = token_of(17, ANSWER)

    assert invitation_id_of(token, ANSWER) == 17
    assert invitation_id_of(token, STOP) is None
    assert invitation_id_of("18" + token[2:], ANSWER) is None
    assert invitation_id_of(token[:-1], ANSWER) is None
    assert invitation_id_of("", ANSWER) is None
    assert invitation_id_of("٣" + token[2:], ANSWER) is None
