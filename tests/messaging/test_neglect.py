"""What is written down about a case counts as care for it."""

from datetime import timedelta

import pytest

from corsia.cases.models import Alarm, Case
from corsia.cases.services.due import find_neglected
from corsia.messaging.services import record_entry_by_hand, write_note
from corsia.messaging.vocabulary import Channel
from tests.conftest import NOON
from tests.factories.messaging import filed
from tests.factories.organisation import actor_in

HOUR = timedelta(hours=1)


@pytest.mark.django_db
@pytest.mark.usefixtures("everything")
def test_a_note_and_a_call_typed_in_show_that_somebody_cares_for_the_case(desk) -> None:
    agent, case_id = actor_in(desk.unit), filed(desk, at=NOON).case_id
    at = Case.objects.get(pk=case_id).neglected_from
    find_neglected(now=at)

    write_note(case_id=case_id, text="Sentito il magazzino.", by=agent, now=at + HOUR)
    noted = Case.objects.get(pk=case_id)
    record_entry_by_hand(
        channel=Channel.PHONE, text="Chiede a che punto siamo", case_id=case_id, by=agent, now=at + 3 * HOUR
    )

    called = Case.objects.get(pk=case_id)
    assert noted.last_activity_at == at + HOUR
    assert at < noted.neglected_from < called.neglected_from
    assert Alarm.objects.get(case=case_id, kind="neglected").cleared_at == at + HOUR
