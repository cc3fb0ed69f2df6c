"""A page that is sent twice takes effect once: double click, lost answer, two tabs; other words are another matter."""

import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from corsia.cases.models import Case
from corsia.kernel.maintenance import forget_use_counts
from corsia.kernel.models import DoneOnce
from corsia.listening.links import ANSWER, token_of
from corsia.listening.models import Response
from corsia.messaging.models import Inbound, Message, Outgoing
from corsia.portal import stamps
from tests.factories.surveys import nps_page
from tests.security.world import World, browser_of

pytestmark = pytest.mark.django_db


def key_on(page: str, form: str) -> str:
    """Return the key that a form on a page carries."""
    within = page[page.index(form) :]
    return re.search(r'name="once" value="([^"]{16,64})"', within).group(1)  # type: ignore[union-attr]


def composer_key(browser: Client, case: int) -> str:
    return key_on(browser.get(f"/conversations/{case}/panel/").content.decode(), 'id="composer"')


@pytest.mark.parametrize("kind", ["out", "note"])
def test_an_answer_or_note_sent_twice_is_one(world: World, kind: str) -> None:
    browser, case = browser_of(world.brescia.boss), world.brescia.rows["conversation_id"]
    before, waiting = Message.unscoped.count(), Outgoing.unscoped.count()
    body = {"kind": kind, "text": "Il ricambio arriva domani.", "once": composer_key(browser, case)}

    answers = [
        browser.post(f"/conversations/{case}/write/", body | {"files": SimpleUploadedFile("a.txt", b"orari")})
        for _ in range(3)
    ]

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert len({re.sub(r'value="[A-Za-z0-9_-]{32,}"', "", answer.content.decode()) for answer in answers}) == 1
    assert Message.unscoped.count() - before == 1
    assert Outgoing.unscoped.count() - waiting == (kind == "out")


def test_the_same_key_with_other_words_is_refused_and_does_nothing(world: World) -> None:
    browser, case = browser_of(world.brescia.boss), world.brescia.rows["conversation_id"]
    body = {"kind": "out", "text": "Il ricambio arriva domani.", "once": composer_key(browser, case)}
    browser.post(f"/conversations/{case}/write/", body)
    before = Message.unscoped.count()

    changes = [
        {"text": "Il ricambio arriva lunedì."},
        {"cc": "altro@example.it"},
        {"kind": "note"},
        {"files": SimpleUploadedFile("a.txt", b"orari")},
    ]
    answers = [browser.post(f"/conversations/{case}/write/", body | change) for change in changes]

    assert [answer.status_code for answer in answers] == [422] * 4
    assert Message.unscoped.count() == before


def test_a_refused_page_may_be_sent_again_with_the_same_key(world: World) -> None:
    browser, case = browser_of(world.brescia.boss), world.brescia.rows["conversation_id"]
    before, key = Message.unscoped.count(), composer_key(browser, case)

    refused = browser.post(f"/conversations/{case}/write/", {"kind": "out", "text": "Ecco", "cc": "x", "once": key})
    sent = browser.post(f"/conversations/{case}/write/", {"kind": "out", "text": "Ecco", "once": key})

    assert (refused.status_code, sent.status_code) == (422, 200)
    assert Message.unscoped.count() - before == 1


def test_a_key_is_the_persons_own_and_the_forms_own(world: World) -> None:
    """Nobody learns or blocks what another sent by guessing or copying their key."""
    place, case = world.brescia, world.brescia.rows["conversation_id"]
    boss, agent = browser_of(place.boss), browser_of(place.agent)
    before, key = Message.unscoped.count(), composer_key(boss, case)
    body = {"kind": "note", "text": "Stessa nota", "once": key}

    answers = [browser.post(f"/conversations/{case}/write/", body) for browser in (boss, agent)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert Message.unscoped.count() - before == 2


@pytest.mark.parametrize("key", ["", "short", "x" * 65, "à" * 20, "' OR 1=1 -- " * 3])
def test_what_is_no_key_protects_nothing_and_breaks_nothing(world: World, key: str) -> None:
    browser, case = browser_of(world.brescia.boss), world.brescia.rows["conversation_id"]
    before = Message.unscoped.count()

    for _ in range(2):
        answer = browser.post(f"/conversations/{case}/write/", {"kind": "note", "text": "Nota", "once": key})
        assert answer.status_code == 200

    assert Message.unscoped.count() - before == 2
    assert not DoneOnce.objects.exists()


def test_a_conversation_written_down_twice_is_one_case(world: World) -> None:
    place = world.brescia
    browser = browser_of(place.boss)
    page = browser.get(f"/conversations/new/?customer={place.rows['customer_id']}").content.decode()
    body = {
        "channel": "phone",
        "unit": str(place.desk.pk),
        "process": "information",
        "text": "Chiede degli orari",
        "customer": str(place.rows["customer_id"]),
        "once": key_on(page, 'name="csrfmiddlewaretoken"'),
    }
    cases, messages = Case.unscoped.count(), Message.unscoped.count()

    first, second = (browser.post("/conversations/new/", body) for _ in range(2))
    other = browser.post("/conversations/new/", body | {"text": "Chiede dei prezzi"})

    assert (first.status_code, second.status_code, first["Location"]) == (302, 302, second["Location"])
    assert (Case.unscoped.count() - cases, Message.unscoped.count() - messages) == (1, 1)
    assert other.status_code == 422
    assert "Chiede dei prezzi" in other.content.decode(), "what was typed stays on the page"
    assert key_on(other.content.decode(), 'class="page-n') != body["once"]


def test_a_survey_answered_twice_counts_once(world: World) -> None:
    asked = world.brescia.rows["asked_id"]
    address = f"/portal/survey/{token_of(asked, ANSWER)}/"
    first, second = (Client().post(address, nps_page(3)) for _ in range(2))

    assert first.status_code == 302
    assert second.status_code in (302, 409)
    assert list(Response.unscoped.filter(invitation_id=asked).values_list("score", "text")) == [(3, "")]


def test_a_web_form_sent_twice_is_one_submission(world: World) -> None:
    slug = world.brescia.words["slug"]
    body = {
        "stamp": stamps.new_stamp(slug, now=timezone.now() - timedelta(minutes=1)),
        "name": "Giulia Ferri", "email": "due.volte@example.it", "topic": "information", "text": "Orari?",
    }  # fmt: skip
    before, cases = Inbound.objects.count(), Case.unscoped.count()

    first, second = (Client().post(f"/portal/form/{slug}/", body) for _ in range(2))

    assert (first.status_code, first["Location"]) == (302, second["Location"])
    assert (Inbound.objects.count() - before, Case.unscoped.count() - cases) == (1, 1)


def test_keys_are_forgotten_after_two_days(world: World) -> None:
    now = timezone.now()
    for hours in (47, 49):
        DoneOnce.objects.create(
            door="x", actor_id=1, key=f"{hours}" * 8, content=b"x", result=1, done_at=now - timedelta(hours=hours)
        )

    forget_use_counts(timestamp=int(now.timestamp()))

    assert [row.key[:2] for row in DoneOnce.objects.all()] == ["47"]
