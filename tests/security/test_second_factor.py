"""The second factor: asked for at every way in, each code good once, guarded like a password, kept encrypted."""

import base64
import hashlib
import hmac
import re
import struct
import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.auth.tokens import default_token_generator
from django.core.cache import cache
from django.db import connection
from django.test import Client

from corsia.organisation.models import Person
from tests.factories.organisation import PersonFactory
from tests.mails import account_mails

pytestmark = pytest.mark.django_db

LOGIN, SECOND, PASSWORD = "/account/login/", "/account/2fa/authenticate/", "correct horse battery"
SECRET = base64.b32encode(b"twenty bytes of seed").decode()
ME = "/organisation/me/"


@pytest.fixture(autouse=True)
def fresh_counters():
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def guarded(group) -> Person:
    """Somebody with a code app and recovery codes."""
    somebody = PersonFactory(email="guarded@example.it")
    TOTP.activate(somebody, SECRET)
    RecoveryCodes.activate(somebody)
    return somebody


def code_now(*, steps: int = 0) -> str:
    """Return the six digits of RFC 6238 for this half minute, never in its last seconds."""
    if time.time() % 30 > 24:
        time.sleep(30 - time.time() % 30)
    counter = struct.pack(">Q", int(time.time()) // 30 + steps)
    digest = hmac.new(base64.b32decode(SECRET), counter, hashlib.sha1).digest()
    at = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[at : at + 4])[0] & 0x7FFFFFFF) % 1_000_000:06d}"


def recovery_codes(somebody: Person) -> list[str]:
    return RecoveryCodes(Authenticator.objects.get(user=somebody, type="recovery_codes")).get_unused_codes()


def at_second_step() -> Client:
    browser = Client()
    answer = browser.post(LOGIN, {"login": "guarded@example.it", "password": PASSWORD})
    assert (answer.status_code, answer["Location"]) == (302, SECOND)
    return browser


def confirm(browser: Client) -> None:
    """Say once more who one is, as pages about factors ask for even right after signing in."""
    assert browser.post("/account/reauthenticate/", {"password": PASSWORD}).status_code == 302


def forget_when(browser: Client) -> None:
    """Let five minutes and a second pass since the person said who they are."""
    session = browser.session
    session["account_authentication_methods"] = [
        {**record, "at": record["at"] - 301} for record in session["account_authentication_methods"]
    ]
    session.save()


def is_in(browser: Client) -> bool:
    return browser.get(ME).status_code == 200


def test_a_password_alone_opens_nothing(guarded: Person) -> None:
    browser = at_second_step()

    assert not is_in(browser)
    assert browser.post(SECOND, {"code": "000000"}).status_code == 200
    assert not is_in(browser)
    assert browser.post(SECOND, {"code": code_now()}).status_code == 302
    assert is_in(browser)


def test_a_code_is_refused_the_second_time(guarded: Person) -> None:
    code, first, second = code_now(), at_second_step(), at_second_step()

    assert first.post(SECOND, {"code": code}).status_code == 302
    assert second.post(SECOND, {"code": code}).status_code == 200

    assert is_in(first)
    assert not is_in(second)
    assert second.post(SECOND, {"code": f" {code[:3]} {code[3:]} "}).status_code == 200
    assert not is_in(second)


@pytest.mark.parametrize("steps", [-2, -1, 1, 2])
def test_a_code_of_another_half_minute_is_refused(guarded: Person, steps: int) -> None:
    browser = at_second_step()

    assert browser.post(SECOND, {"code": code_now(steps=steps)}).status_code == 200
    assert not is_in(browser)


def test_a_recovery_code_works_once(guarded: Person) -> None:
    code, first, second = recovery_codes(guarded)[3], at_second_step(), at_second_step()

    assert first.post(SECOND, {"code": code}).status_code == 302
    assert second.post(SECOND, {"code": code}).status_code == 200

    assert is_in(first)
    assert not is_in(second)
    assert code not in recovery_codes(guarded)
    assert len(recovery_codes(guarded)) == 9


def test_new_recovery_codes_end_the_old_ones(guarded: Person) -> None:
    old = recovery_codes(guarded)
    browser = at_second_step()
    browser.post(SECOND, {"code": code_now()})
    confirm(browser)

    assert browser.post("/account/2fa/recovery-codes/generate/").status_code == 302

    assert not set(old) & set(recovery_codes(guarded))
    other = at_second_step()
    assert other.post(SECOND, {"code": old[0]}).status_code == 200
    assert not is_in(other)


def test_the_sixth_guess_is_not_looked_at_even_from_elsewhere(guarded: Person) -> None:
    for number in range(5):
        browser = Client(REMOTE_ADDR=f"198.51.100.{number}")
        browser.post(LOGIN, {"login": "guarded@example.it", "password": PASSWORD})
        browser.post(SECOND, {"code": "000000"})
    late = Client(REMOTE_ADDR="203.0.113.9")
    late.post(LOGIN, {"login": "guarded@example.it", "password": PASSWORD})

    late.post(SECOND, {"code": code_now()})

    assert not is_in(late)


def test_no_other_way_in_passes_the_second_factor_by(guarded: Person) -> None:
    """A new password from the mail, or from an administrator's link, is only a password."""
    browser = Client()
    browser.post("/account/password/reset/", {"email": "guarded@example.it"})
    link = re.search(r"/account/password/reset/key/\S+", account_mails()[-1].body).group()  # type: ignore[union-attr]
    page = browser.get(link, follow=True)
    browser.post(
        page.request["PATH_INFO"], {"password1": "another long secret 7", "password2": "another long secret 7"}
    )

    assert Person.objects.get(pk=guarded.pk).check_password("another long secret 7")
    assert not is_in(browser)
    answer = browser.post(LOGIN, {"login": "guarded@example.it", "password": "another long secret 7"})
    assert answer["Location"] == SECOND
    assert not is_in(browser)


def test_a_link_for_a_new_password_works_once(guarded: Person) -> None:
    Client().post("/account/password/reset/", {"email": "guarded@example.it"})
    link = re.search(r"/account/password/reset/key/\S+", account_mails()[-1].body).group()  # type: ignore[union-attr]

    def set_password(password: str) -> None:
        browser = Client()
        page = browser.get(link, follow=True)
        browser.post(page.request["PATH_INFO"], {"password1": password, "password2": password})

    set_password("another long secret 7")
    set_password("stolen long secret 9")

    assert Person.objects.get(pk=guarded.pk).check_password("another long secret 7")
    assert default_token_generator.check_token(guarded, link.rpartition("-")[2].strip("/")) is False


CONFIRMED_DOORS = [
    ("get", "/account/2fa/webauthn/add/"),
    ("post", "/account/2fa/webauthn/add/"),
    ("get", "/account/2fa/totp/deactivate/"),
    ("post", "/account/2fa/totp/deactivate/"),
    ("get", "/account/2fa/recovery-codes/"),
    ("get", "/account/2fa/recovery-codes/download/"),
    ("get", "/account/2fa/recovery-codes/generate/"),
    ("post", "/account/2fa/recovery-codes/generate/"),
]


@pytest.mark.parametrize(("method", "address"), CONFIRMED_DOORS)
def test_factors_change_only_shortly_after_saying_who_one_is(guarded: Person, method: str, address: str) -> None:
    """A browser left open at a desk must not become somebody else's key."""
    browser = at_second_step()
    browser.post(SECOND, {"code": code_now()})
    before = list(Authenticator.objects.order_by("pk").values_list("pk", "type", "data"))

    signed_in = getattr(browser, method)(address)
    confirm(browser)
    open_now = browser.get(address)
    forget_when(browser)
    later = getattr(browser, method)(address)

    assert [answer.status_code for answer in (signed_in, open_now, later)] == [302, 200, 302]
    assert all("/reauthenticate/" in answer["Location"] for answer in (signed_in, later))
    after = list(Authenticator.objects.order_by("pk").values_list("pk", "type", "data"))
    assert [(row[0], row[1], row[2].get("secret"), row[2].get("seed")) for row in after] == [
        (row[0], row[1], row[2].get("secret"), row[2].get("seed")) for row in before
    ]


def test_a_first_factor_is_added_only_shortly_after_saying_who_one_is_too(db) -> None:
    PersonFactory(email="plain@example.it")
    browser = Client()
    browser.post(LOGIN, {"login": "plain@example.it", "password": PASSWORD})

    for address in ("/account/2fa/webauthn/add/", "/account/2fa/totp/activate/"):
        for answer in (browser.get(address), browser.post(address, {"code": "000000"})):
            assert (address, answer.status_code) == (address, 302)
            assert "/reauthenticate/" in answer["Location"]


def test_the_secrets_of_the_second_factor_are_kept_encrypted(guarded: Person) -> None:
    seeds = [SECRET, *recovery_codes(guarded)]
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(a::text, ' ') FROM mfa_authenticator a")
        stored = cursor.fetchone()[0]

    assert [seed for seed in seeds if seed in stored] == []
    assert stored.count("gAAAA") == 2


def test_a_new_field_key_still_reads_the_old_secrets(guarded: Person, settings) -> None:
    settings.CORSIA_FIELD_KEYS = ["bmV3bmV3bmV3bmV3bmV3bmV3bmV3bmV3bmV3bmV3bmU=", *settings.CORSIA_FIELD_KEYS]
    browser = at_second_step()

    browser.post(SECOND, {"code": code_now()})

    assert is_in(browser)
