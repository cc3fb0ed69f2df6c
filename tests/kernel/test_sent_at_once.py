"""The same page arrives many times at the same instant, on real connections: one effect, equal answers."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection
from django.test import Client

from corsia.kernel import scope
from corsia.kernel.models import DoneOnce
from corsia.messaging.models import Message, Outgoing
from corsia.organisation.vocabulary import Role
from tests.conftest import NOON
from tests.factories.messaging import a_desk, filed
from tests.factories.organisation import person_in, signed_in, small_group

SENDERS, ROUNDS = 10, 10


@pytest.mark.django_db(transaction=True)
def test_a_hundred_copies_of_ten_answers_are_ten_answers() -> None:
    desk = a_desk(small_group(), now=NOON)
    with scope.system("test"):
        case = filed(desk, at=NOON).case_id
    cookies = signed_in(person_in(desk.unit, Role.AGENT)).cookies
    before, start = Message.unscoped.count(), Barrier(SENDERS)

    def send(_number: int) -> list[tuple[int, bytes]]:
        browser = Client(raise_request_exception=False)
        browser.cookies = cookies
        answers = []
        try:
            for turn in range(ROUNDS):
                start.wait(timeout=60)
                answer = browser.post(
                    f"/conversations/{case}/write/",
                    {"kind": "note", "text": f"Nota {turn}", "once": f"key-of-this-page-{turn}"},
                )
                answers.append((answer.status_code, answer.content))
        finally:
            connection.close()
        return answers

    with ThreadPoolExecutor(SENDERS) as senders:
        seen = list(senders.map(send, range(SENDERS)))

    assert {status for answers in seen for status, _content in answers} == {200}
    for turn in range(ROUNDS):
        assert len({answers[turn][1] for answers in seen}) == 1
    assert sorted(Message.unscoped.order_by("pk").values_list("text", flat=True)[before:]) == sorted(
        f"Nota {turn}" for turn in range(ROUNDS)
    )
    assert Outgoing.unscoped.filter(reason="reply").count() == 0
    assert DoneOnce.objects.count() == ROUNDS
