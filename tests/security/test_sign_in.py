"""Signing in: nothing told to strangers, locked after five failures, old sessions dead, doors only to our own host."""

import re
from email.utils import parseaddr

import pytest
from allauth.core.internal import ratelimit
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.test import Client

from corsia.organisation.models import Membership, Notification, Person
from corsia.organisation.vocabulary import Role
from tests.factories.organisation import PersonFactory, person_in
from tests.mails import account_mails
from tests.security.world import World, browser_of

pytestmark = pytest.mark.django_db

LOGIN = "/account/login/"
PASSWORD = "correct horse battery"
_CHANGING = re.compile(r'value="[A-Za-z0-9]{64}"|[\w.]+@example\.it')


@pytest.fixture(autouse=True)
def fresh_counters():
    cache.clear()
    yield
    cache.clear()


def answer(email: str, password: str, **headers: str) -> tuple[int, str]:
    """Return what the sign-in page says, without what is random or was typed."""
    response = Client().post(LOGIN, {"login": email, "password": password}, headers=headers)
    return response.status_code, _CHANGING.sub("", response.content.decode())


def test_unknown_disabled_and_mistyped_are_answered_alike(world: World) -> None:
    PersonFactory(email="known@example.it")
    PersonFactory(email="gone@example.it", is_active=False)

    mistyped = answer("known@example.it", "wrong")

    assert answer("nobody@example.it", "wrong") == mistyped
    assert answer("gone@example.it", "wrong") == mistyped
    assert answer("gone@example.it", PASSWORD) == mistyped
    assert mistyped[0] == 200


def test_asking_for_a_new_password_is_answered_alike_and_mails_only_whom_it_may(world: World) -> None:
    PersonFactory(email="known@example.it")
    PersonFactory(email="gone@example.it", is_active=False)

    def asked(email: str) -> tuple[int, str]:
        response = Client().post("/account/password/reset/", {"email": email}, follow=True)
        return response.status_code, _CHANGING.sub("", response.content.decode())

    assert asked("known@example.it") == asked("nobody@example.it") == asked("gone@example.it")
    assert [parseaddr(one.to[0])[1] for one in account_mails()] == ["known@example.it"]


def test_the_link_for_a_new_password_ignores_a_foreign_host(world: World, settings) -> None:
    settings.ALLOWED_HOSTS = ["care.bellandi.example", "testserver"]
    PersonFactory(email="known@example.it")

    refused = Client().post("/account/password/reset/", {"email": "known@example.it"}, headers={"Host": "evil.example"})
    Client().post(
        "/account/password/reset/", {"email": "known@example.it"}, headers={"X-Forwarded-Host": "evil.example"}
    )

    assert refused.status_code == 400
    assert [("evil" in one.body, "testserver" in one.body) for one in account_mails()] == [(False, True)]


def test_the_sixth_try_is_not_even_looked_at(world: World) -> None:
    somebody = PersonFactory(email="known@example.it")
    already_in = browser_of(somebody)
    for _ in range(5):
        answer("known@example.it", "wrong")

    status, page = answer("known@example.it", PASSWORD)

    assert status in (200, 403, 429)
    assert "known@" not in page
    assert already_in.get("/organisation/me/").status_code == 200, "whoever is in stays in"


def test_a_locked_name_is_answered_alike_whoever_it_is(world: World) -> None:
    """From another address each time: the name is counted, the victim's own session and other names are not hurt."""
    victim = PersonFactory(email="known@example.it")
    PersonFactory(email="other@example.it")
    PersonFactory(email="gone@example.it", is_active=False)
    already_in, answers = browser_of(victim), {}
    for email in ("known@example.it", "gone@example.it", "nobody@example.it"):
        for number in range(7):
            password = "wrong" if number < 5 else PASSWORD
            response = Client(REMOTE_ADDR=f"198.51.{len(email)}.{number}").post(
                LOGIN, {"login": email, "password": password}
            )
            answers[email, number] = (response.status_code, _CHANGING.sub("", response.content.decode()))

    for number in range(7):
        assert len({answers[email, number] for email, at in answers if at == number}) == 1
    assert answers["known@example.it", 5] != answers["known@example.it", 4], "it says that it is locked"
    assert already_in.get("/organisation/me/").status_code == 200
    assert Client().post(LOGIN, {"login": "other@example.it", "password": PASSWORD}).status_code == 302


def test_the_lock_ends_after_half_an_hour(world: World, monkeypatch) -> None:
    PersonFactory(email="known@example.it")
    for _ in range(6):
        answer("known@example.it", "wrong")
    really = ratelimit.time.time

    for minutes, status in ((29, 200), (31, 302)):
        monkeypatch.setattr(ratelimit.time, "time", lambda minutes=minutes: really() + minutes * 60)
        assert Client().post(LOGIN, {"login": "known@example.it", "password": PASSWORD}).status_code == status


def test_a_forged_forwarding_header_does_not_open_the_lock(world: World) -> None:
    PersonFactory(email="known@example.it")
    for number in range(6):
        answer("known@example.it", "wrong", **{"X-Forwarded-For": f"198.51.100.{number}"})

    response = Client(headers={"X-Forwarded-For": "203.0.113.9"}).post(
        LOGIN, {"login": "known@example.it", "password": PASSWORD}
    )

    assert response.status_code != 302


def test_the_session_key_changes_at_sign_in(world: World) -> None:
    PersonFactory(email="known@example.it")
    browser = Client()
    session = browser.session
    session["planted"] = True
    session.save()
    before = session.session_key

    assert browser.post(LOGIN, {"login": "known@example.it", "password": PASSWORD}).status_code == 302

    assert browser.session.session_key != before
    stranger = Client()
    stranger.cookies["sessionid"] = before
    assert stranger.get("/organisation/me/").status_code == 302


def test_sessions_end_with_the_password_and_with_the_person(world: World) -> None:
    somebody = person_in(world.brescia.desk)
    one, two = browser_of(somebody), browser_of(somebody)
    assert [browser.get("/organisation/me/").status_code for browser in (one, two)] == [200, 200]

    one.post(
        "/account/password/change/",
        {"oldpassword": PASSWORD, "password1": "another long secret 7", "password2": "another long secret 7"},
    )
    assert two.get("/organisation/me/").status_code == 302

    three = browser_of(Person.objects.get(pk=somebody.pk))
    assert three.get("/organisation/me/").status_code == 200
    Person.objects.filter(pk=somebody.pk).update(is_active=False)
    assert three.get("/organisation/me/").status_code == 302


def test_letting_somebody_go_removes_their_sessions_so_that_open_live_pages_end(world: World) -> None:
    somebody = person_in(world.brescia.desk, email="leaving@example.it")
    browser = browser_of(somebody)
    assert browser.get("/organisation/me/").status_code == 200
    key = browser.session.session_key
    details = {"first_name": "X", "last_name": "Y", "email": "leaving@example.it", "language": "it", "capacity": "5"}

    answered = browser_of(world.brescia.boss).post(f"/organisation/people/{somebody.pk}/edit/", details)

    assert answered.status_code == 302
    assert not Session.objects.filter(session_key=key).exists()


def test_signing_out_needs_a_post_and_ends_the_session(world: World) -> None:
    browser = browser_of(world.brescia.agent)
    key = browser.session.session_key
    assert browser.get("/account/logout/").status_code == 200
    assert browser.get("/organisation/me/").status_code == 200

    browser.post("/account/logout/")

    stranger = Client()
    stranger.cookies["sessionid"] = key
    assert stranger.get("/organisation/me/").status_code == 302


@pytest.mark.parametrize(
    "where",
    ["https://evil.example/", "//evil.example/", "/\\evil.example", "https:evil.example", "javascript:alert(1)",
     "http://testserver@evil.example/", "\thttps://evil.example", "///evil.example"],
)  # fmt: skip
def test_no_door_leads_to_another_host(world: World, where: str) -> None:
    PersonFactory(email="known@example.it")
    credentials = {"login": "known@example.it", "password": PASSWORD, "next": where}
    browser = browser_of(world.brescia.boss)
    leading = [
        Client().post(LOGIN, credentials)["Location"],
        Client().get("/ui/language/it/", {"next": where})["Location"],
    ]
    Notification.objects.filter(pk=world.brescia.rows["notice_id"]).update(url=where)
    leading.append(browser.post(f"/organisation/notices/{world.brescia.rows['notice_id']}/")["Location"])

    assert [place for place in leading if not place.startswith("/") or "evil" in place] == []


def test_a_role_taken_away_works_from_the_next_request(world: World) -> None:
    somebody = person_in(world.brescia.branch, Role.ADMINISTRATOR)
    browser = browser_of(somebody)
    case = f"/cases/{world.brescia.rows['case_id']}/"
    assert [browser.get(address).status_code for address in (case, "/system/")] == [200, 200]

    Membership.objects.filter(person=somebody).update(role=Role.AGENT, unit=world.verona.desk)
    assert [browser.get(address).status_code for address in (case, "/system/")] == [404, 403]

    Membership.objects.filter(person=somebody).update(until="2021-01-01")
    assert [browser.get(address).status_code for address in (case, "/system/")] == [403, 403]


def test_nobody_signs_up(world: World) -> None:
    for address in ("/account/signup/", "/accounts/signup/", "/account/sso/signup/", "/admin/", "/admin/login/"):
        assert (address, Client().get(address, follow=True).status_code in (200, 404)) == (address, True)
        before = Person.objects.count()
        Client().post(
            address,
            {"email": "new@example.it", "password1": "another long secret 7", "password2": "another long secret 7"},
        )
        assert Person.objects.count() == before


def test_a_manager_cannot_reach_the_account_of_somebody_with_more_rights(world: World) -> None:
    manager = person_in(world.brescia.branch, Role.BRANCH_MANAGER)
    browser, boss = browser_of(manager), world.brescia.boss
    details = {
        "first_name": "X", "last_name": "Y", "email": "taken@example.it", "language": "it", "capacity": "5",
        "is_active": "on",
    }  # fmt: skip

    link = browser.post(f"/organisation/people/{boss.pk}/password-link/")
    change = browser.post(f"/organisation/people/{boss.pk}/edit/", details)
    raise_self = browser.post(
        f"/organisation/people/{manager.pk}/roles/",
        {"unit": str(world.brescia.branch.pk), "role": "administrator", "since": "2026-01-01"},
    )

    assert [response.status_code for response in (link, change, raise_self)] == [403, 403, 403]
    assert "/password/reset/key/" not in link.content.decode()
    assert Person.objects.get(pk=boss.pk).email == boss.email
    assert set(manager.memberships.values_list("role", flat=True)) == {Role.BRANCH_MANAGER}


def test_fields_that_no_form_has_are_ignored(world: World) -> None:
    somebody = person_in(world.brescia.desk)
    body = {"language": "en", "theme": "dark", "is_superuser": "1", "is_staff": "1", "email": "other@example.it",
            "role": "administrator", "capacity": "0", "password": "x", "unit": str(world.rivali.branch.pk)}  # fmt: skip

    browser_of(somebody).post("/organisation/me/", body)

    after = Person.objects.get(pk=somebody.pk)
    assert (after.language, after.email, after.capacity) == ("en", somebody.email, somebody.capacity)
    assert after.password == somebody.password
    assert list(after.memberships.values_list("role", "unit_id")) == [(Role.AGENT, world.brescia.desk.pk)]
