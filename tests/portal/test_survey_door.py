"""The door in front of Django asks and keeps what the view behind it asks and keeps, for many at once."""

import gzip
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.utils import timezone

from corsia.kernel import scope
from corsia.kernel.models import FactRecord
from corsia.listening.links import ANSWER, token_of
from corsia.listening.models import Invitation, Response, ResponseItem
from corsia.portal.web import survey_door
from tests.connectors.test_hook_door import Answer, at_once, knock
from tests.factories.organisation import small_group
from tests.factories.surveys import reachable, sent, surveyed_group

pytestmark = pytest.mark.django_db(transaction=True)
FORM = {"content-type": "application/x-www-form-urlencoded"}
COUNT = 3


@pytest.fixture
def invitations(monkeypatch) -> list[Invitation]:
    taken: list[int] = []
    together = survey_door._together

    def counted(take, visits):
        taken.append(len(visits))
        return together(take, visits)

    monkeypatch.setattr(survey_door, "_together", counted)
    now = timezone.now() - timedelta(hours=2)
    with scope.system("test"):
        group = surveyed_group(small_group(), now=now - timedelta(days=1))
        found = [
            sent(group.brescia_care, reachable(group, now=now, email=f"c{number}@example.it"), now=now)
            for number in range(COUNT)
        ]
    found[0].taken = taken
    return found


def path_of(invitation: Invitation) -> str:
    return f"/portal/survey/{token_of(invitation.pk, ANSWER)}/"


def sends(invitation: Invitation, *, peer: str = "192.0.2.7", **fields: str):
    raw = urlencode({"page": "recommend", **fields}).encode()
    return lambda: knock(path_of(invitation), raw, FORM, peer=peer, query="l=it")


def opens(invitation: Invitation, *, query: str = "", **headers: str):
    return lambda: knock(path_of(invitation), b"", headers, method="GET", query=query)


def test_the_page_is_the_one_behind_django_with_its_headers(invitations) -> None:
    for query in ("", "l=en", "score=7", "p=why", "w=qr"):
        [here] = at_once([opens(invitations[0], query=query)])
        there = Client().get(path_of(invitations[0]) + (f"?{query}" if query else ""))

        assert (here.status, here.body.decode()) == (200, there.content.decode())
        expected = {name.lower(): value for name, value in there.headers.items()}
        assert {name: here.headers.get(name) for name in expected if name != "vary"} == {
            name: value for name, value in expected.items() if name != "vary"
        }
        assert "set-cookie" not in here.headers
    assert len(invitations[0].taken) == 5


def test_a_browser_that_can_unpack_gets_it_packed(invitations) -> None:
    [packed] = at_once([opens(invitations[0], **{"accept-encoding": "gzip, br"})])

    assert packed.headers["content-encoding"] == "gzip"
    assert "Da 0 a 10" in gzip.decompress(packed.body).decode()


def test_answers_that_come_together_are_each_kept_and_told_once(invitations) -> None:
    first = at_once([sends(one, recommend=str(number)) for number, one in enumerate(invitations)])
    assert [(answer.status, answer.headers["location"]) for answer in first] == [(302, "?l=it&p=why")] * COUNT
    last = at_once([sends(one, page="why", why_detractor=f"Attesa {one.pk}") for one in invitations])
    assert [(answer.status, answer.headers["location"]) for answer in last] == [(302, "?l=it")] * COUNT

    rows = Response.unscoped.order_by("invitation_id")
    assert [(row.score, row.text, row.completed_at is not None) for row in rows] == [
        (number, f"Attesa {one.pk}", True) for number, one in enumerate(invitations)
    ]
    assert ResponseItem.unscoped.count() == 2 * COUNT
    told = FactRecord.objects.filter(kind="listening.SurveyAnswered").order_by("pk")
    assert sorted(fact.payload["invitation_id"] for fact in told) == [one.pk for one in invitations]
    assert {fact.payload["low_items"] for fact in told} == {1}
    thanks = at_once([opens(one) for one in invitations])
    assert all("Grazie" in answer.body.decode() for answer in thanks)
    assert max(invitations[0].taken) > 1


def test_two_that_answer_one_invitation_at_the_same_moment_are_one_answer(invitations) -> None:
    answers = at_once([sends(invitations[0], recommend=str(score)) for score in (4, 9, 2)])

    assert {answer.status for answer in answers} == {302}
    item = ResponseItem.unscoped.get()
    assert Response.unscoped.get().score == item.number


@pytest.mark.parametrize(
    ("token", "fields", "status"),
    [
        ("own", {"recommend": "11"}, 422),
        ("own", {}, 422),
        ("own", {"page": "nowhere", "recommend": "3"}, 422),
        ("1-" + "0" * 32, {"recommend": "3"}, 404),
    ],
)
def test_what_is_not_the_rule_is_answered_behind_it_and_stops_nobody_else(invitations, token, fields, status) -> None:
    path = path_of(invitations[0]) if token == "own" else f"/portal/survey/{token}/"
    raw = urlencode({"page": "recommend", **fields}).encode()

    wrong, right = at_once([lambda: knock(path, raw, FORM), sends(invitations[1], recommend="8")])

    assert (wrong.status, right.status) == (status, 302)
    assert [row.invitation_id for row in Response.unscoped.all()] == [invitations[1].pk]


def test_a_form_of_another_site_another_host_and_another_form_are_left_to_django(invitations, settings) -> None:
    settings.ALLOWED_HOSTS = ["testserver"]
    raw = urlencode({"page": "recommend", "recommend": "3"}).encode()
    path = path_of(invitations[0])

    async def ask(headers: dict[str, str], body: bytes = raw) -> Answer:
        return await knock(path, body, FORM | headers)

    elsewhere, stranger, json = at_once(
        [
            lambda: ask({"origin": "https://evil.example"}),
            lambda: ask({"host": "evil.example"}),
            lambda: ask({"content-type": "application/json"}, b'{"recommend": 3}'),
        ]
    )

    assert (elsewhere.status, stranger.status, json.status) == (403, 400, 422)
    assert invitations[0].taken == []
    assert not Response.unscoped.exists()


def test_an_address_that_comes_too_often_is_refused_here_and_behind(invitations) -> None:
    answers = at_once([sends(invitations[0], peer="198.51.100.9", recommend="11") for _ in range(40)])

    assert {answer.status for answer in answers} <= {422, 429}
    assert [answer.status for answer in answers].count(429) >= 1
    [other] = at_once([sends(invitations[1], peer="198.51.100.10", recommend="9")])
    assert other.status == 302
