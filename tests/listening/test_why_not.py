"""Why somebody was not asked, and whether they could be today, for any customer."""

from datetime import timedelta

import pytest
from django.utils import timezone

from corsia.customers.services import record_consent, set_flag
from corsia.customers.vocabulary import Flag
from corsia.kernel import scope
from corsia.listening.services import standing_of
from corsia.listening.vocabulary import CancelReason
from corsia.organisation.vocabulary import Role
from tests.factories.cases import ROBOT
from tests.factories.interviews import with_phone
from tests.factories.organisation import person_in, signed_in
from tests.factories.surveys import reachable, sent, surveyed_group


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def ready(group, now):
    with scope.system("test"):
        return surveyed_group(group, now=now)


@pytest.fixture
def giulia(ready, now):
    with scope.system("test"):
        return reachable(ready, now=now)


def open_ways(customer, now) -> list[bool]:
    """Mail, SMS, WhatsApp, telephone."""
    return [not way.why for way in standing_of(customer.pk, now=now).ways]


@pytest.mark.usefixtures("everything")
def test_what_a_customer_lacks_or_refused_is_told_for_each_way(giulia, now) -> None:
    assert open_ways(giulia, now) == [True, False, False, False]
    with_phone(giulia, "+393331234567", now=now)
    assert open_ways(giulia, now) == [True, True, True, True]
    record_consent(
        customer_id=giulia.pk, purpose="survey", channel="sms", is_given=False, source="STOP", by=ROBOT, now=now
    )
    set_flag(customer_id=giulia.pk, flag=Flag.DO_NOT_CALL, by=ROBOT, now=now)
    assert open_ways(giulia, now) == [True, False, True, False]
    set_flag(customer_id=giulia.pk, flag=Flag.DECEASED, by=ROBOT, now=now)
    assert open_ways(giulia, now) == [False, False, False, False]
    assert not standing_of(giulia.pk, now=now).is_open


@pytest.mark.usefixtures("everything")
def test_who_was_asked_lately_or_works_here_is_not_asked_by_any_way(ready, giulia, now) -> None:
    assert not standing_of(giulia.pk, now=now).was_brought
    invitation = sent(ready.brescia_care, giulia, now=now - timedelta(days=2))
    found = standing_of(giulia.pk, now=now)
    assert (found.whole, found.was_brought) == (str(CancelReason.RECENTLY_ASKED.label), True)
    assert found.detail == f"{invitation.created_at + timedelta(days=60):%d/%m/%Y}"
    person_in(ready.verona, Role.AGENT, email="giulia@example.it")
    assert standing_of(giulia.pk, now=now).whole == str(CancelReason.EMPLOYEE.label)


def test_the_page_of_the_customer_says_so_also_for_whoever_was_never_brought(ready, giulia) -> None:
    laura = signed_in(person_in(ready.brescia_care, Role.AGENT, language="it"))
    page = laura.get(f"/listening/customer/{giulia.pk}/").content.decode()
    assert "Oggi si potrebbe chiedere" in page
    assert "Il cliente non ha un cellulare" in page
    assert "Finora nessun evento" in page
