"""Mailboxes of Google and Microsoft: tokens are fetched, renewed in time, kept encrypted and shown nowhere."""

import base64
import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import pytest
from django.db import connection
from django.urls import reverse

from corsia.connectors.email.services import imap, oauth
from corsia.connectors.email.services.oauth import PROVIDERS, Provider
from corsia.connectors.email.vocabulary import explained
from corsia.kernel.models import AuditEntry
from corsia.messaging.models import Inbound, Mailbox
from corsia.messaging.vocabulary import TokenProvider
from corsia.organisation.vocabulary import Role
from tests.conftest import NOON
from tests.connectors.email.test_imap import Server, serving
from tests.factories.messaging import Desk, a_mailbox, raw_mail
from tests.factories.organisation import person_in, signed_in

pytestmark = pytest.mark.usefixtures("everything")
MINUTE = timedelta(minutes=1)


class Endpoint(ThreadingHTTPServer):
    """A provider's token endpoint: it numbers its tokens and remembers what it was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.asked: list[dict[str, str]] = []
        self.paths: list[str] = []
        self.status, self.extra = 200, {}


class Answer(BaseHTTPRequestHandler):
    server: Endpoint

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.asked.append({name: values[0] for name, values in parse_qs(body).items()})
        self.server.paths.append(self.path)
        told = {"access_token": f"access-{len(self.server.asked)}", "expires_in": 3600, **self.server.extra}
        content = json.dumps(told).encode()
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def endpoint(settings, monkeypatch) -> Iterator[Endpoint]:
    server = Endpoint()
    place = f"127.0.0.1:{server.server_address[1]}"
    settings.FETCH_ALLOWED = {place}
    for key, provider in list(PROVIDERS.items()):
        local = Provider(endpoint=f"http://{place}/{{tenant}}/token", grant=provider.grant, scope=provider.scope)
        monkeypatch.setitem(PROVIDERS, key, local)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def server(monkeypatch) -> Iterator[Server]:
    with serving(monkeypatch) as running:
        running.mails = {1: raw_mail()}
        yield running


@pytest.fixture
def box(desk: Desk, server: Server) -> Mailbox:
    return a_mailbox(
        desk.unit,
        "imap@bellandi.example",
        imap_host="127.0.0.1",
        imap_port=server.server_address[1],
        imap_user="imap@bellandi.example",
        oauth_provider="google",
        oauth_client_id="client-1",
        oauth_client_secret="canary-secret",
        oauth_refresh_token="canary-refresh",
    )


def bearers(server: Server) -> list[str]:
    """Return the tokens with which somebody signed in."""
    sent = [server.log[at + 1] for at, line in enumerate(server.log) if line == "AUTHENTICATE XOAUTH2"]
    return [base64.b64decode(one).decode().split("Bearer ")[1].rstrip("\x01") for one in sent]


def poll(at=NOON) -> int:
    return imap.poll_mailboxes(now=at)


def test_a_mailbox_is_fetched_with_a_token_that_the_refresh_token_brought(box, server, endpoint) -> None:
    assert poll() == 1

    assert endpoint.asked == [
        {
            "grant_type": "refresh_token",
            "client_id": "client-1",
            "client_secret": "canary-secret",
            "refresh_token": "canary-refresh",
        }
    ]
    assert bearers(server) == ["access-1"]
    assert Inbound.objects.count() == 1


def test_a_token_serves_until_two_minutes_before_its_end(box, server, endpoint) -> None:
    for at in (NOON, NOON + 57 * MINUTE, NOON + 58 * MINUTE, NOON + 59 * MINUTE):
        poll(at)

    assert bearers(server) == ["access-1", "access-1", "access-2", "access-2"]
    assert len(endpoint.asked) == 2


def test_a_refresh_token_handed_out_in_its_place_is_used_from_then_on(box, server, endpoint) -> None:
    endpoint.extra = {"refresh_token": "canary-second"}
    poll()
    endpoint.extra = {}
    poll(NOON + 60 * MINUTE)
    poll(NOON + 120 * MINUTE)

    assert [each["refresh_token"] for each in endpoint.asked] == ["canary-refresh", "canary-second", "canary-second"]


@pytest.mark.parametrize(
    ("provider", "expected"),
    [
        (
            "microsoft",
            {
                "grant_type": "refresh_token",
                "refresh_token": "canary-refresh",
                "scope": "https://outlook.office.com/IMAP.AccessAsUser.All offline_access",
            },
        ),
        (
            "microsoft_app",
            {"grant_type": "client_credentials", "scope": "https://outlook.office365.com/.default"},
        ),
    ],
)
def test_microsoft_is_asked_in_its_own_way(box, server, endpoint, provider: str, expected: dict) -> None:
    Mailbox.objects.filter(pk=box.pk).update(oauth_provider=provider, oauth_tenant="bellandi.example")

    assert poll() == 1

    assert endpoint.asked == [{"client_id": "client-1", "client_secret": "canary-secret", **expected}]
    assert endpoint.paths == ["/bellandi.example/token"]


def test_the_shipped_providers_are_asked_over_https_at_their_own_hosts() -> None:
    assert {key: provider.endpoint.split("/")[:3] for key, provider in PROVIDERS.items()} == {
        TokenProvider.GOOGLE: ["https:", "", "oauth2.googleapis.com"],
        TokenProvider.MICROSOFT: ["https:", "", "login.microsoftonline.com"],
        TokenProvider.MICROSOFT_APP: ["https:", "", "login.microsoftonline.com"],
    }


def test_an_organisations_name_leads_nowhere_else(box, server, endpoint) -> None:
    Mailbox.objects.filter(pk=box.pk).update(oauth_provider="microsoft", oauth_tenant="../x?y=@evil.example/#")

    poll()

    assert endpoint.paths == ["/..%2Fx%3Fy%3D%40evil.example%2F%23/token"]


@pytest.mark.parametrize(
    ("status", "extra", "stored"),
    [
        (
            400,
            {"error": "invalid_grant", "error_description": "canary-refresh is void"},
            "token_refused: invalid_grant",
        ),
        (401, {"error": "<b>canary-secret</b>"}, "token_refused: HTTP 401"),
        (503, {}, "token_unreachable: HTTP 503"),
        (429, {"error": "slow_down"}, "token_unreachable: slow_down"),
        (200, {"access_token": None}, "token_refused: no_access_token"),
        (200, {"access_token": "a\x01\x01b"}, "token_refused: no_access_token"),
    ],
)
def test_a_refusal_is_said_in_plain_words_without_any_secret(box, server, endpoint, status, extra, stored) -> None:
    endpoint.status, endpoint.extra = status, extra

    assert poll() == 0

    box.refresh_from_db()
    assert box.last_error == stored
    assert explained(box.last_error)[0]
    assert bearers(server) == []
    assert box.oauth_access_token is None


def test_an_endpoint_in_our_own_network_is_not_asked(box, server, endpoint, settings) -> None:
    settings.FETCH_ALLOWED = set()

    assert poll() == 0

    box.refresh_from_db()
    assert box.last_error.startswith("token_unreachable: ")
    assert endpoint.asked == []


def test_a_token_that_the_mail_server_refuses_is_fetched_anew_at_the_next_visit(box, server, endpoint, monkeypatch):
    refusing = {"on": True}

    def authenticate(session, tag: str, _command: str) -> None:
        session.say("+ ")
        session.server.log.append(session.rfile.readline().decode().strip())
        if refusing["on"]:
            session.say("+ " + base64.b64encode(b'{"status":"400"}').decode())
            assert session.rfile.readline().strip() == b""  # RFC 7628: an empty answer ends it
        session.say(f"{tag} {'NO [AUTHENTICATIONFAILED] expired' if refusing['on'] else 'OK done'}")

    monkeypatch.setattr(server.RequestHandlerClass, "do_authenticate", authenticate)

    assert poll() == 0
    box.refresh_from_db()
    assert box.last_error.startswith("login_failed")
    refusing["on"] = False
    assert poll(NOON + MINUTE) == 1
    assert bearers(server) == ["access-1", "access-2"]


def test_what_somebody_enters_meanwhile_is_not_overwritten(box, server, endpoint) -> None:
    stale = Mailbox.objects.get(pk=box.pk)
    Mailbox.objects.filter(pk=box.pk).update(oauth_refresh_token="canary-new")
    endpoint.extra = {"refresh_token": "canary-of-the-old"}

    oauth.access_token(stale, now=NOON)

    box.refresh_from_db()
    assert (box.oauth_refresh_token, box.oauth_access_token) == ("canary-new", None)


def test_nothing_secret_stands_in_the_table_as_it_is(box, server, endpoint) -> None:
    poll()

    with connection.cursor() as cursor:
        cursor.execute("SELECT m::text FROM messaging_mailbox m WHERE id = %s", [box.pk])
        [row] = cursor.fetchone()
    # Bytes are printed as hexadecimal: look for both.
    for secret in ("canary-secret", "canary-refresh", "access-1"):
        assert secret not in row
        assert secret.encode().hex() not in row


def typed(desk: Desk, **changes) -> dict:
    return {
        "address": "ricambi@bellandi.example", "name": "Ricambi", "unit": desk.unit.pk, "is_active": "on",
        "process_key": "spare-parts", "imap_host": "imap.bellandi.example", "imap_port": "993", "imap_user": "ricambi",
        "imap_folder": "INBOX", "sign_in": "google", "oauth_client_id": "client-1",
        "oauth_client_secret": "canary-secret", "oauth_refresh_token": "canary-refresh", **changes,
    }  # fmt: skip


def test_secrets_go_in_and_never_come_out(desk: Desk) -> None:
    client = signed_in(person_in(desk.group.root, Role.ADMINISTRATOR, language="en"))

    saved = client.post(reverse("email:add_mailbox"), typed(desk))
    box = Mailbox.unscoped.get(address="ricambi@bellandi.example")
    assert (box.oauth_provider, box.oauth_client_secret, box.oauth_refresh_token) == (
        "google", "canary-secret", "canary-refresh",
    )  # fmt: skip
    Mailbox.unscoped.filter(pk=box.pk).update(oauth_access_token="canary-access", oauth_expires_at=NOON)
    page = client.get(saved["Location"]).content.decode()
    refused = client.post(saved["Location"], typed(desk, address="", oauth_client_secret="canary-typed"))
    assert refused.status_code == 422

    for shown in (page, refused.content.decode(), client.get(reverse("email:mailboxes")).content.decode()):
        assert "canary" not in shown
    assert "canary" not in str(list(AuditEntry.objects.values_list("data", flat=True)))
    client.post(saved["Location"], typed(desk, oauth_client_secret="", oauth_refresh_token=""))
    box.refresh_from_db()
    assert (box.oauth_client_secret, box.oauth_refresh_token) == ("canary-secret", "canary-refresh")
    assert box.oauth_access_token == "canary-access"
    client.post(saved["Location"], typed(desk, oauth_refresh_token="canary-third", oauth_client_secret=""))
    box.refresh_from_db()
    assert (box.oauth_refresh_token, box.oauth_access_token) == ("canary-third", None)


@pytest.mark.parametrize(
    ("provider", "missing"),
    [
        ("google", ["oauth_client_secret", "oauth_refresh_token"]),
        ("microsoft", ["oauth_refresh_token"]),
        ("microsoft_app", ["oauth_tenant", "oauth_client_secret"]),
    ],
)
def test_what_a_provider_needs_is_asked_for_beside_its_field(desk: Desk, provider: str, missing: list[str]) -> None:
    client = signed_in(person_in(desk.group.root, Role.ADMINISTRATOR, language="en"))
    given = typed(desk, sign_in=provider, oauth_client_secret="", oauth_refresh_token="")

    refused = client.post(reverse("email:add_mailbox"), given)

    assert refused.status_code == 422
    assert list(refused.context["form"].errors) == missing
    assert "Copy it from the provider" in refused.content.decode()
    assert not Mailbox.unscoped.filter(address="ricambi@bellandi.example").exists()


def test_an_organisations_name_is_plain(desk: Desk) -> None:
    client = signed_in(person_in(desk.group.root, Role.ADMINISTRATOR, language="it"))

    refused = client.post(reverse("email:add_mailbox"), typed(desk, sign_in="microsoft_app", oauth_tenant="a/../b"))

    assert refused.status_code == 422
    assert "copialo dal portale Microsoft" in refused.content.decode()
