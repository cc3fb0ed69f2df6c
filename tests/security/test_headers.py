"""What every answer tells the browser, and what the settings of a server promise."""

import json
import os
import subprocess
import sys

import pytest
from cryptography.fernet import Fernet
from django.test import Client

from tests.conftest import NOON
from tests.running import ROOT
from tests.security.doors import Kind
from tests.security.walking import ask, known, query, url
from tests.security.world import World, browser_of

pytestmark = pytest.mark.django_db

# Documents of strangers or for frames: nothing runs or loads there; the pages' own policy would be weaker.
LOCKED_DOWN = {
    "messaging/messages/<int:message_id>/html/",
    "messaging/outbox/<int:outgoing_id>/html/",
    "messaging/attachments/<int:attachment_id>/",
    "messaging/received/<int:inbound_id>/original/",
    "conversations/dossiers/<int:dossier_id>/file/",
    "organisation/agreements/<int:agreement_id>/file/",
    "cases/discussions/files/<int:file_id>/",
    "improvement/evidence/<int:evidence_id>/file/",
}
FRAMED = {"messaging/messages/<int:message_id>/html/", "messaging/outbox/<int:outgoing_id>/html/"}
HELD_BY_SITES = "portal/chat/<slug:key>/"  # drawn in a frame on the sites of its list; the old header knows no lists


def policy_of(response) -> dict[str, list[str]]:
    parts = [part.split() for part in response.headers.get("Content-Security-Policy", "").split(";") if part.strip()]
    return {part[0]: part[1:] for part in parts}


def ancestors_of(path: str) -> list[str]:
    if path == HELD_BY_SITES:
        return ["'self'", "https://www.bellandi.example"]
    return ["'self'"] if path in FRAMED else ["'none'"]


def frame_options_of(path: str) -> str | None:
    if path == HELD_BY_SITES:
        return None
    return "SAMEORIGIN" if path in FRAMED else "DENY"


def test_every_answer_carries_the_headers(world: World) -> None:
    browser, found = browser_of(world.brescia.boss), []
    for path, door, declared in known():
        client = browser if declared.signed_in else Client(raise_request_exception=False)
        method = "post" if door.get == 405 else "get"
        seen = ask(client, method, f"{url(path, door, world.brescia)}?{query(door, world.brescia)}")
        headers, policy = seen.response.headers, policy_of(seen.response)
        wrong = [name for name, is_right in {
            "nosniff": headers.get("X-Content-Type-Options") == "nosniff",
            "referrer": headers.get("Referrer-Policy") in ("same-origin", "no-referrer"),
            "default-src": policy.get("default-src") == ["'none'"],
            "ancestors": policy.get("frame-ancestors") == ancestors_of(path),
            "frame options": headers.get("X-Frame-Options") == frame_options_of(path),
            "script": policy.get("script-src", []) == ([] if path in LOCKED_DOWN else ["'self'"]),
            "unsafe": path in LOCKED_DOWN or "unsafe" not in headers.get("Content-Security-Policy", ""),
            "foreign host": "http:" not in str(policy.get("script-src", [])) and "*" not in str(policy),
            "sandbox": ("sandbox" in policy) is (path in LOCKED_DOWN),
            "no-store": not declared.signed_in or "no-store" in headers.get("Cache-Control", ""),
        }.items() if not is_right]  # fmt: skip
        if wrong:
            found.append(f"{method} {path} {seen.status}: {wrong}")

    assert not found, "\n".join(found)


def test_the_pages_of_the_own_account_are_not_kept(world: World) -> None:
    browser = browser_of(world.brescia.boss)
    found = [
        path
        for path, door, _ in known()
        if door.kind is Kind.LIBRARY
        and (seen := ask(browser, "get", url(path, door, world.brescia))).status == 200
        and "no-store" not in seen.response.headers.get("Cache-Control", "")
    ]

    assert not found, "\n".join(found)


def test_errors_carry_the_headers_too(world: World) -> None:
    browser = browser_of(world.verona.boss)
    for address in ("/nowhere/", f"/cases/{world.rivali.rows['case_id']}/"):
        seen = ask(browser, "get", address)
        assert seen.status == 404
        assert policy_of(seen.response)["script-src"] == ["'self'"]


SERVER = {
    "DJANGO_SETTINGS_MODULE": "corsia.config.settings.production",
    "CORSIA_SECRET_KEY": f"a key for this test alone, long enough and with $igns {NOON.isoformat()}",
    "CORSIA_FIELD_KEYS": Fernet.generate_key().decode(),
    "CORSIA_HOSTS": "care.bellandi.example",
}


def test_the_settings_of_a_server_pass_the_deployment_check() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "django", "check", "--deploy", "--fail-level", "WARNING"],
        env={**os.environ, **SERVER}, cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert (done.returncode, done.stderr[-2000:]) == (0, "") or "no issues" in done.stdout + done.stderr, done.stderr


def test_the_cookies_and_hosts_of_a_server() -> None:
    names = [
        "DEBUG", "SESSION_COOKIE_NAME", "SESSION_COOKIE_SECURE", "SESSION_COOKIE_HTTPONLY", "SESSION_COOKIE_SAMESITE",
        "CSRF_COOKIE_SECURE", "SECURE_HSTS_SECONDS", "SECURE_SSL_REDIRECT", "ALLOWED_HOSTS", "SESSION_SERIALIZER",
    ]  # fmt: skip
    script = f"import json, django.conf as c; print(json.dumps([getattr(c.settings, n) for n in {names!r}]))"
    told = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, **SERVER},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    assert json.loads(told.stdout) == [
        False, "__Host-session", True, True, "Lax", True, 31_536_000, True, ["care.bellandi.example"],
        "django.contrib.sessions.serializers.JSONSerializer",
    ]  # fmt: skip


def test_a_server_does_not_start_without_its_keys() -> None:
    for missing in ("CORSIA_SECRET_KEY", "CORSIA_FIELD_KEYS"):
        environment = {name: value for name, value in {**os.environ, **SERVER}.items() if name != missing}
        done = subprocess.run(
            [sys.executable, "-m", "django", "check"], env=environment, cwd=ROOT, capture_output=True, check=False
        )
        assert (missing, done.returncode != 0) == (missing, True)
