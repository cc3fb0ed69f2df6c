"""Mailboxes fetched by IMAP: each mail once, seen only after our commit, every fault in plain words."""

import contextlib
import re
import socketserver
import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest

from corsia.connectors.email.services import imap
from corsia.connectors.email.vocabulary import explained
from corsia.messaging.models import Inbound, Mailbox
from tests.conftest import NOON
from tests.factories.messaging import Desk, a_mailbox, raw_mail

pytestmark = pytest.mark.usefixtures("everything")


class Server(socketserver.ThreadingTCPServer):
    """A small IMAP server with one folder; it remembers what it was told."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Session)
        self.mails: dict[int, bytes] = {}
        self.validity, self.password, self.seen, self.log = 7, "secret", set(), []


class Session(socketserver.StreamRequestHandler):
    server: Server

    def say(self, line: str | bytes) -> None:
        self.wfile.write((line if isinstance(line, bytes) else line.encode()) + b"\r\n")

    def handle(self) -> None:
        self.say("* OK ready")
        while line := self.rfile.readline().decode().strip():
            tag, _, command = line.partition(" ")
            self.server.log.append(command)
            verb = command.split()[0].upper()
            if verb == "UID":
                verb = command.split()[1].upper()
            getattr(self, f"do_{verb.lower()}")(tag, command)
            if verb == "LOGOUT":
                return

    def do_capability(self, tag: str, _command: str) -> None:
        self.say("* CAPABILITY IMAP4rev1 AUTH=XOAUTH2")
        self.say(f"{tag} OK done")

    def do_login(self, tag: str, command: str) -> None:
        fits = command.endswith(f'"{self.server.password}"')
        self.say(f"{tag} {'OK welcome' if fits else 'NO [AUTHENTICATIONFAILED] wrong password'}")

    def do_authenticate(self, tag: str, _command: str) -> None:
        self.say("+ ")
        self.server.log.append(self.rfile.readline().decode().strip())
        self.say(f"{tag} OK done")

    def do_select(self, tag: str, command: str) -> None:
        if '"INBOX"' not in command:
            self.say(f"{tag} NO no such folder")
            return
        self.say(f"* {len(self.server.mails)} EXISTS")
        self.say(f"* OK [UIDVALIDITY {self.server.validity}] ok")
        self.say(f"{tag} OK [READ-WRITE]")

    def do_status(self, tag: str, _command: str) -> None:
        self.say(f'* STATUS "INBOX" (MESSAGES {len(self.server.mails)})')
        self.say(f"{tag} OK done")

    def do_fetch(self, tag: str, command: str) -> None:
        wanted = command.split()[2]
        if found := re.match(r"(\d+):\*", wanted):
            uids = [uid for uid in self.server.mails if uid >= int(found[1])] or sorted(self.server.mails)[-1:]
        else:
            uids = [int(uid) for uid in wanted.split(",")]
        for number, uid in enumerate(uids, start=1):
            raw = self.server.mails[uid]
            if "BODY.PEEK" in command:
                self.say(f"* {number} FETCH (UID {uid} BODY[] {{{len(raw)}}}")
                self.wfile.write(raw + b")\r\n")
            else:
                self.say(f"* {number} FETCH (UID {uid} RFC822.SIZE {len(raw)})")
        self.say(f"{tag} OK done")

    def do_store(self, tag: str, command: str) -> None:
        self.server.seen |= {int(uid) for uid in command.split()[2].split(",")}
        self.say(f"{tag} OK done")

    def do_logout(self, tag: str, _command: str) -> None:
        self.say("* BYE")
        self.say(f"{tag} OK done")


@contextlib.contextmanager
def serving(monkeypatch) -> Iterator[Server]:
    server = Server()
    # A port without encryption is only used towards this very machine.
    monkeypatch.setattr(imap, "_PLAIN_PORT", server.server_address[1])
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def server(monkeypatch) -> Iterator[Server]:
    with serving(monkeypatch) as running:
        yield running


@pytest.fixture
def box(desk: Desk, server: Server) -> Mailbox:
    return a_mailbox(
        desk.unit,
        "imap@bellandi.example",
        imap_host="127.0.0.1",
        imap_port=server.server_address[1],
        imap_user="imap@bellandi.example",
        imap_secret="secret",
    )


def poll() -> int:
    return imap.poll_mailboxes(now=NOON)


def test_new_mails_are_fetched_once_and_marked_as_seen_after_they_are_stored(box: Mailbox, server: Server) -> None:
    server.mails = {3: raw_mail(header_id="<a@x>"), 9: raw_mail(header_id="<b@x>")}

    assert poll() == 2
    assert poll() == 0

    assert server.seen == {3, 9}
    assert [bytes(row.raw) for row in Inbound.objects.order_by("pk")] == list(server.mails.values())
    box.refresh_from_db()
    assert (box.imap_uid_validity, box.imap_last_uid, box.last_polled_at, box.last_error) == (7, 9, NOON, "")
    fetches = [line for line in server.log if "BODY" in line]
    assert all("BODY.PEEK[]" in line for line in fetches)


def test_only_what_came_since_is_fetched(box: Mailbox, server: Server) -> None:
    server.mails = {3: raw_mail(header_id="<a@x>")}
    poll()
    server.mails[4] = raw_mail(header_id="<b@x>")

    assert poll() == 1
    assert server.log.count("UID FETCH 4 (UID BODY.PEEK[])") == 1


def test_renumbered_mails_are_looked_at_again_and_known_as_copies(box: Mailbox, server: Server) -> None:
    server.mails = {3: raw_mail(header_id="<a@x>")}
    poll()
    server.validity, server.mails = 8, {1: raw_mail(header_id="<a@x>"), 2: raw_mail(header_id="<b@x>")}

    poll()

    assert Inbound.objects.count() == 2


def test_a_mail_above_the_limit_stays_on_the_server_and_is_noticed(box: Mailbox, server: Server, settings) -> None:
    settings.MAX_MAIL_BYTES = 1000
    server.mails = {1: raw_mail(text="x" * 2000), 2: raw_mail(header_id="<b@x>")}

    assert poll() == 1

    assert server.seen == {2}
    box.refresh_from_db()
    assert box.last_error == "too_large: 1"


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"imap_secret": "wrong"}, "login_failed"),
        ({"imap_folder": "Nope"}, "folder_missing"),
        ({"imap_host": "localhost", "imap_port": 1}, "unreachable"),
    ],
)
def test_what_does_not_work_is_said_in_plain_words_and_stops_no_other_mailbox(
    box: Mailbox, desk: Desk, server: Server, change: dict, problem: str
) -> None:
    server.mails = {1: raw_mail(header_id="<a@x>")}
    values = {"imap_host": "127.0.0.1", "imap_port": box.imap_port, "imap_user": "b", "imap_secret": "secret", **change}
    broken = a_mailbox(desk.unit, "broken@bellandi.example", **values)
    Mailbox.objects.filter(pk=broken.pk).update(last_polled_at=NOON - timedelta(days=1))
    Mailbox.objects.filter(pk=box.pk).update(last_polled_at=NOON)

    assert poll() == 1

    broken.refresh_from_db()
    assert broken.last_error.split(":")[0] == problem
    assert explained(broken.last_error)[0]
    assert "secret" not in broken.last_error


def test_an_oauth_token_is_used_as_such(box: Mailbox, server: Server) -> None:
    import base64

    Mailbox.objects.filter(pk=box.pk).update(imap_is_oauth=True, imap_secret="t0ken")
    server.mails = {1: raw_mail()}

    assert poll() == 1
    sent = base64.b64decode(server.log[server.log.index("AUTHENTICATE XOAUTH2") + 1])
    assert sent == b"user=imap@bellandi.example\x01auth=Bearer t0ken\x01\x01"


def test_the_connection_can_be_tested(box: Mailbox, server: Server) -> None:
    server.mails = {1: raw_mail(), 2: raw_mail()}

    assert imap.check_connection(box, now=NOON) == 2
    assert Inbound.objects.count() == 0
