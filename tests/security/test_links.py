"""Links without sign-in: whoever guesses one learns nothing, and opening one uses nothing."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from django.utils.http import int_to_base36

from corsia.listening.links import ANSWER, STOP, token_of
from corsia.listening.models import Invitation, Response
from tests.factories.organisation import PersonFactory
from tests.factories.surveys import answer_all, nps_page
from tests.mails import sent_mails
from tests.security.world import World

pytestmark = pytest.mark.django_db

_CHANGING = re.compile(r'name="csrfmiddlewaretoken" value="[^"]+"')


@pytest.fixture(autouse=True)
def fresh_counters(db):
    cache.clear()
    yield
    cache.clear()


def seen(method: str, address: str, data: dict[str, str] | None = None) -> tuple[int, str, dict[str, str]]:
    """Return status, body and telling headers of a visitor's request."""
    answer = getattr(Client(raise_request_exception=False), method)(address, data or {})
    told = {name: answer.headers.get(name, "") for name in ("Location", "Cache-Control", "Content-Language")}
    return answer.status_code, _CHANGING.sub("", answer.content.decode()), told


def guesses(world: World, purpose: str) -> dict[str, str]:
    """Return tokens that nobody was given, by what a guesser might hope of each."""
    asked, other = world.brescia.rows["asked_id"], STOP if purpose == ANSWER else ANSWER
    genuine = token_of(asked, purpose)
    signature = genuine.partition("-")[2]
    return {
        "an invitation that is there": f"{asked}-{'0' * 32}",
        "one that waits": f"{world.brescia.rows['invitation_id']}-{signature}",
        "one of another group": f"{world.rivali.rows['asked_id']}-{signature}",
        "one that never was": f"999999999-{signature}",
        "one that was never, rightly signed": token_of(999_999_999, purpose),
        "the other purpose": token_of(asked, other),
        "one letter changed": genuine[:-1] + ("0" if genuine[-1] != "0" else "1"),
        "cut off": genuine[:-1],
        "no token at all": "abc",
    }


@pytest.mark.parametrize(("door", "purpose"), [("survey", ANSWER), ("unsubscribe", STOP)])
@pytest.mark.parametrize("method", ["get", "post"])
def test_all_guesses_are_answered_alike(world: World, door: str, purpose: str, method: str) -> None:
    answers = {
        what: seen(method, f"/portal/{door}/{token}/", nps_page(0) if method == "post" else None)
        for what, token in guesses(world, purpose).items()
    }

    assert {status for status, _body, _told in answers.values()} == {404}
    assert {what for what, answer in answers.items() if answer != answers["no token at all"]} == set()
    assert not Response.unscoped.filter(invitation_id=world.brescia.rows["asked_id"]).exists()


def test_a_used_or_expired_survey_names_nobody_and_takes_nothing(world: World) -> None:
    """Its holder is told which of the two it is, for the link is theirs; nothing of the case or person is shown."""
    place, rival = world.brescia, world.rivali
    used, late = token_of(place.rows["asked_id"], ANSWER), token_of(rival.rows["asked_id"], ANSWER)
    answer_all(Client(), f"/portal/survey/{used}/", 9)
    Invitation.unscoped.filter(pk=rival.rows["asked_id"]).update(expires_at=world.now - timedelta(days=1))
    before = list(Response.unscoped.order_by("pk").values())

    answers = [
        seen(method, f"/portal/survey/{token}/", nps_page(0) if method == "post" else None)
        for token in (used, late)
        for method in ("get", "post")
    ]

    assert [answer[0] for answer in answers] == [200, 409, 410, 409]
    assert not any(re.search(r"Giulia|Ferri|Laura|#\d|spia motore", body) for _status, body, _told in answers)
    assert list(Response.unscoped.order_by("pk").values()) == before


@pytest.mark.parametrize("method", ["get", "head", "options"])
def test_looking_never_answers(world: World, method: str) -> None:
    asked = world.brescia.rows["asked_id"]
    for score in ("0", "10"):
        seen(method, f"/portal/survey/{token_of(asked, ANSWER)}/?score={score}&text=x&wants_callback=on")

    assert not Response.unscoped.filter(invitation_id=asked).exists()
    assert Client().post(f"/portal/survey/{token_of(asked, ANSWER)}/", nps_page(8)).status_code == 302


def test_links_for_a_new_password_guessed_used_or_expired_are_answered_alike(db) -> None:
    """Whether the number in it is a person's, whether they work here, whether it once was right: nobody learns."""
    known, gone = PersonFactory(email="known@example.it"), PersonFactory(email="gone@example.it", is_active=False)

    def link_of(somebody: str) -> str:
        Client().post("/account/password/reset/", {"email": somebody})
        return re.search(r"/account/password/reset/key/\S+", sent_mails()[-1].body).group()  # type: ignore[union-attr]

    used = link_of("known@example.it")
    browser = Client()
    page = browser.get(used, follow=True)
    browser.post(
        page.request["PATH_INFO"], {"password1": "another long secret 7", "password2": "another long secret 7"}
    )
    expired = link_of("known@example.it")

    def shown(link: str) -> str:
        body = Client().get(link, follow=True).content.decode()
        return re.sub(r"/account/password/reset/key/[^\"]+", "", _CHANGING.sub("", body))

    guessed = [
        f"/account/password/reset/key/{uid}-{'c9a' * 2}-{'0' * 32}/"
        for uid in (int_to_base36(known.pk), int_to_base36(gone.pk), "zzzzzz", "0")
    ]
    answers = {link: shown(link) for link in (used, *guessed)}
    with time_machine.travel(timezone.now() + timedelta(days=4)):
        answers[expired] = shown(expired)

    assert len(set(answers.values())) == 1
    assert 'type="password"' not in answers[used]
