"""Who looks at a case: only colleagues on the same case, gone after twenty seconds, told only when it is news."""

from datetime import timedelta

import pytest

from corsia.conversations import queries, services
from corsia.conversations.models import Viewing
from corsia.organisation.actors import actor_of
from tests.conftest import NOON
from tests.conversations.cases import a_mail
from tests.factories.organisation import TODAY, signed_in

pytestmark = pytest.mark.django_db


def names(case_id: int, me: int, now=NOON) -> list[tuple[str, bool]]:
    return [(row.name, row.is_typing) for row in queries.viewers_of(case_id=case_id, except_person_id=me, now=now)]


def test_a_colleague_on_the_same_case_is_shown_and_oneself_is_not(desk, at_desk, anna) -> None:
    case, other = a_mail(desk, name="Ada Uno"), a_mail(desk, name="Bea Due")
    services.be_here(case_id=case.pk, is_typing=False, by=at_desk, now=NOON)
    services.be_here(case_id=case.pk, is_typing=True, by=actor_of(anna, today=TODAY), now=NOON)

    assert names(case.pk, at_desk.id) == [("Anna Bonetti", True)]
    assert names(case.pk, anna.pk) == [("Laura Pedretti", False)]
    assert names(other.pk, at_desk.id) == []


def test_somebody_who_went_silent_is_gone_after_twenty_seconds(desk, at_desk, anna) -> None:
    case = a_mail(desk)
    services.be_here(case_id=case.pk, is_typing=False, by=actor_of(anna, today=TODAY), now=NOON)

    assert names(case.pk, at_desk.id, NOON + timedelta(seconds=19)) == [("Anna Bonetti", False)]
    assert names(case.pk, at_desk.id, NOON + timedelta(seconds=20)) == []


def test_saying_so_again_keeps_one_row_and_leaving_removes_it(desk, at_desk) -> None:
    case = a_mail(desk)
    for seconds in (0, 8, 16):
        services.be_here(case_id=case.pk, is_typing=False, by=at_desk, now=NOON + timedelta(seconds=seconds))
    assert Viewing.objects.get().seen_at == NOON + timedelta(seconds=16)

    services.leave(case_id=case.pk, by=at_desk)

    assert Viewing.objects.count() == 0


def test_another_branch_neither_sees_nor_shows_itself(desk, at_desk, stranger, noon) -> None:
    case = a_mail(desk)
    services.be_here(case_id=case.pk, is_typing=True, by=at_desk, now=NOON)
    browser = signed_in(stranger)

    assert browser.get(f"/conversations/{case.pk}/viewers/").status_code == 404
    assert browser.post(f"/conversations/{case.pk}/here/", {"typing": "1"}).status_code == 404
    assert Viewing.objects.count() == 1


def test_who_looked_at_what_is_forgotten_after_ten_minutes(desk, at_desk, anna) -> None:
    case = a_mail(desk)
    services.be_here(case_id=case.pk, is_typing=False, by=actor_of(anna, today=TODAY), now=NOON)
    services.be_here(case_id=case.pk, is_typing=False, by=at_desk, now=NOON + timedelta(minutes=5))

    forgotten = services.forget_viewings(now=NOON + timedelta(minutes=11))

    assert forgotten == 1
    assert Viewing.objects.get().person_id == at_desk.id
