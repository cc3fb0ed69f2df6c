"""Who works here cannot be told from how long sign-in or the request for a new password takes."""

import time
from collections import defaultdict
from collections.abc import Callable
from statistics import median

import pytest
from django.core.cache import cache
from django.test import Client

from tests.factories.organisation import PersonFactory

pytestmark = [pytest.mark.prove, pytest.mark.django_db, pytest.mark.timeout(600)]

PASSWORD = "correct horse battery"
TOLERANCE = 0.10
SIGN_INS, REQUESTS = 25, 6


@pytest.fixture
def people(settings) -> None:
    """Passwords as a server keeps them; the tests' own are quick to check."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    PersonFactory(email="known@example.it", password=PASSWORD)
    PersonFactory(email="gone@example.it", password=PASSWORD, is_active=False)


def medians(tries: dict[str, Callable[[], object]], *, rounds: int, clock: Callable[[], float]) -> dict[str, float]:
    """Return the median seconds of each kind of try, made in turn so that a busy minute hits all alike."""
    seconds = defaultdict(list)
    for _ in range(rounds):
        for kind, attempt in tries.items():
            cache.clear()
            began = clock()
            attempt()
            seconds[kind].append(clock() - began)
    return {kind: median(values) for kind, values in seconds.items()}


def spread(found: dict[str, float]) -> float:
    return max(found.values()) / min(found.values()) - 1


def test_sign_in_takes_as_long_for_everybody(people) -> None:
    def attempt(email: str, password: str) -> Callable[[], object]:
        return lambda: Client().post("/account/login/", {"login": email, "password": password})

    tries = {
        "wrong password": attempt("known@example.it", "wrong"),
        "unknown": attempt("nobody@example.it", "wrong"),
        "let go, wrong password": attempt("gone@example.it", "wrong"),
        "let go, right password": attempt("gone@example.it", PASSWORD),
    }

    # Time of this process only: the machine may be busy with other things.
    found = medians(tries, rounds=SIGN_INS, clock=time.process_time)

    print(f"sign-in: {found}")
    assert min(found.values()) > 0.1, "the hash of a server was used"
    assert spread(found) <= TOLERANCE, found


def test_asking_for_a_password_takes_as_long_for_everybody(people) -> None:
    def attempt(email: str) -> Callable[[], object]:
        return lambda: Client().post("/account/password/reset/", {"email": email})

    tries = {name: attempt(f"{name}@example.it") for name in ("known", "nobody", "gone")}

    found = medians(tries, rounds=REQUESTS, clock=time.monotonic)

    print(f"new password: {found}")
    assert spread(found) <= TOLERANCE, found
