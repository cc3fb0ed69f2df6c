"""Our requests to web servers: nothing of our own network is reached, whatever the address pretends to be."""

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from corsia.kernel.safe_fetch import Fetched, FetchFailed, is_public, safe_fetch
from tests.connectors.email.test_encryption import write_pair

PUBLIC = "93.184.216.34"
Script = Callable[[socket.socket, bytes], None]


class Listener:
    """A server on this machine that counts who connects, and says what its script says."""

    def __init__(self, script: Script | None = None, family: int = socket.AF_INET) -> None:
        self.script, self.connects, self.asked = script, 0, []
        self.sock = socket.socket(family, socket.SOCK_STREAM)
        self.sock.bind(("127.0.0.1" if family == socket.AF_INET else "::1", 0))
        self.sock.listen()
        self.port = self.sock.getsockname()[1]
        self.tls: ssl.SSLContext | None = None
        threading.Thread(target=self.run, daemon=True).start()

    def run(self) -> None:
        while True:
            try:
                client, _address = self.sock.accept()
            except OSError:
                return
            self.connects += 1
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError), client:
            client.settimeout(10)
            if self.tls:
                client = self.tls.wrap_socket(client, server_side=True)
            asked = b""
            while b"\r\n\r\n" not in asked:
                asked += client.recv(4096)
            self.asked.append(asked)
            if self.script:
                self.script(client, asked)
            client.close()


def says(body: bytes = b"ok", status: str = "200 OK", **headers: str) -> Script:
    def script(client: socket.socket, _asked: bytes) -> None:
        lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
        client.sendall(f"HTTP/1.1 {status}\r\n{lines}Content-Length: {len(body)}\r\n\r\n".encode() + body)

    return script


@contextlib.contextmanager
def listening(script: Script | None = None, family: int = socket.AF_INET) -> Iterator[Listener]:
    listener = Listener(script, family)
    try:
        yield listener
    finally:
        listener.sock.close()


@pytest.fixture
def names(monkeypatch) -> dict[str, list[str]]:
    """Names that only this test knows; what is asked more often than there are answers gets the last again."""
    known: dict[str, list[str]] = {}
    real = socket.getaddrinfo

    def resolve(host, port, *args, **kwargs):
        if host in known:
            answers = known[host]
            chosen = answers.pop(0) if len(answers) > 1 else answers[0]
            return [row for one in chosen.split(",") for row in real(one, port, type=socket.SOCK_STREAM)]
        return real(host, port, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return known


HOSTILE = [
    "https://127.0.0.1:{port}/",
    "https://127.0.0.2:{port}/",
    "https://127.1:{port}/",
    "https://127.0.1:{port}/",
    "https://0:{port}/",
    "https://0.0.0.0:{port}/",
    "https://2130706433:{port}/",
    "https://0x7f000001:{port}/",
    "https://0x7f.0.0.1:{port}/",
    "https://0177.0.0.1:{port}/",
    "https://017700000001:{port}/",
    "https://127.0.0.1.:{port}/",
    "https://１２７.0.0.1:{port}/",
    "https://127。0。0。1:{port}/",
    "https://ⓛocalhost:{port}/",
    "https://localhost:{port}/",
    "https://LOCALHOST:{port}/",
    "https://localhost.:{port}/",
    "https://localhost.localdomain:{port}/",
    "https://printer.local:{port}/",
    "https://[::1]:{port6}/",
    "https://[0:0:0:0:0:0:0:1]:{port6}/",
    "https://[::]:{port6}/",
    "https://[::ffff:127.0.0.1]:{port}/",
    "https://[::ffff:7f00:1]:{port}/",
    "https://[::127.0.0.1]:{port}/",
    "https://[64:ff9b::7f00:1]:{port}/",
    "https://[2002:7f00:1::]:{port}/",
    "https://[fe80::1%25lo]:{port6}/",
    "https://[fc00::1]:{port6}/",
    "https://169.254.169.254:{port}/latest/meta-data/",
    "https://10.0.0.1:{port}/",
    "https://192.168.1.1:{port}/",
    "https://172.16.0.1:{port}/",
    "https://100.64.0.1:{port}/",
    "https://224.0.0.1:{port}/",
    "https://255.255.255.255:{port}/",
    "https://example.com@127.0.0.1:{port}/",
    "https://user:secret@127.0.0.1:{port}/",
    "https://127.0.0.1:{port}#@example.com/",
    "https://example.com\\@127.0.0.1:{port}/",
    "https://127.0.0.1:{port}\r\nHost: x/",
    "https:// 127.0.0.1:{port}/",
    "https:///127.0.0.1:{port}/",
    "http://127.0.0.1:{port}/",
    "//127.0.0.1:{port}/",
    "gopher://127.0.0.1:{port}/_GET",
    "ftp://127.0.0.1:{port}/",
    "file:///etc/passwd",
    "https://127.0.0.1:99999/",
    "https://[127.0.0.1:{port}/",
    "https://ours.example:{port}/",
    "https://mixed.example:{port}/",
    "https://six.example:{port6}/",
    "",
]


@pytest.mark.parametrize("form", HOSTILE)
def test_no_form_of_our_own_addresses_is_connected_to(form: str, names) -> None:
    names |= {"ours.example": ["127.0.0.1"], "mixed.example": [f"{PUBLIC},127.0.0.1"], "six.example": ["::1"]}
    with listening() as four, listening(family=socket.AF_INET6) as six:
        url = form.replace("{port6}", str(six.port)).replace("{port}", str(four.port))
        with pytest.raises(FetchFailed) as failure:
            safe_fetch(url, seconds=3)
        time.sleep(0.02)

        assert (four.connects, six.connects) == (0, 0)
    assert failure.value.problem in ("not_an_address", "address_refused", "unreachable")


def test_there_are_at_least_forty_hostile_forms() -> None:
    assert len(set(HOSTILE)) >= 40


def test_a_name_that_changes_its_address_is_asked_once_and_connected_to_where_it_was_judged(names) -> None:
    """Rebinding: public when judged, ours when connected to. There is no second question."""
    with listening() as ours:
        names["rebind.example"] = [PUBLIC, "127.0.0.1"]

        with pytest.raises(FetchFailed):
            safe_fetch(f"https://rebind.example:{ours.port}/", seconds=0.4)

        assert names["rebind.example"] == ["127.0.0.1"]
        assert ours.connects == 0


@pytest.mark.parametrize(
    "location",
    [
        "https://127.0.0.1:{port}/",
        "http://127.0.0.1:{port}/",
        "//127.0.0.1:{port}/x",
        "https://ours.example:{port}/",
        "https://[::ffff:127.0.0.1]:{port}/",
        "file:///etc/passwd",
    ],
)
def test_a_redirect_is_judged_like_a_first_address_and_leads_to_no_vouched_host(location, names, settings) -> None:
    names["ours.example"] = ["127.0.0.1"]
    with listening() as inner:
        target = location.replace("{port}", str(inner.port))
        with listening(says(status="302 Found", Location=target)) as outer:
            settings.FETCH_ALLOWED = {f"127.0.0.1:{outer.port}", f"127.0.0.1:{inner.port}"}

            with pytest.raises(FetchFailed):
                safe_fetch(f"http://127.0.0.1:{outer.port}/")

            assert (outer.connects, inner.connects) == (1, 0)


def test_what_is_posted_is_never_sent_on(settings) -> None:
    with listening(says(status="307 Temporary Redirect", Location="https://example.com/")) as server:
        settings.FETCH_ALLOWED = {f"127.0.0.1:{server.port}"}

        with pytest.raises(FetchFailed) as failure:
            safe_fetch(f"http://127.0.0.1:{server.port}/", method="POST", body=b"secret")

    assert failure.value.problem == "redirected"
    assert "secret" not in str(failure.value)


def test_a_vouched_host_is_asked_with_its_name_and_answers(settings) -> None:
    with listening(says(b'{"a": 1}', Content_Type="application/json")) as server:
        settings.FETCH_ALLOWED = {f"localhost:{server.port}"}

        answer = safe_fetch(f"http://localhost:{server.port}/a?b=c#d", headers={"X-Own": "1"})

        assert answer == Fetched(
            status=200,
            headers={"content-type": "application/json", "content-length": "8"},
            body=b'{"a": 1}',
            url=f"http://localhost:{server.port}/a?b=c",
        )
        asked = server.asked[0]
        assert asked.startswith(b"GET /a?b=c HTTP/1.1\r\n")
        assert f"Host: localhost:{server.port}\r\n".encode() in asked
        # The same host on another port is not vouched for.
        settings.FETCH_ALLOWED = {"localhost:1"}
        with pytest.raises(FetchFailed):
            safe_fetch(f"http://localhost:{server.port}/")


def test_a_certificate_must_be_good_and_for_the_name(tmp_path: Path, settings, monkeypatch) -> None:
    certificate, key = write_pair(tmp_path, name="localhost")
    with listening(says(b"safe")) as server:
        server.tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        server.tls.load_cert_chain(certificate, key)
        settings.FETCH_ALLOWED = {f"localhost:{server.port}", f"127.0.0.1:{server.port}"}

        with pytest.raises(FetchFailed) as failure:
            safe_fetch(f"https://localhost:{server.port}/")
        assert failure.value.problem == "bad_certificate"

        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        assert safe_fetch(f"https://localhost:{server.port}/").body == b"safe"
        with pytest.raises(FetchFailed) as failure:
            safe_fetch(f"https://127.0.0.1:{server.port}/")
        assert failure.value.problem == "bad_certificate"


def drips(client: socket.socket, _asked: bytes) -> None:
    client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    for _byte in range(1000):
        client.sendall(b"x")
        time.sleep(0.05)


def drips_headers(client: socket.socket, _asked: bytes) -> None:
    client.sendall(b"HTTP/1.1 200 OK\r\n")
    for number in range(1000):
        client.sendall(f"X-{number}: y\r\n".encode())
        time.sleep(0.05)


def never(client: socket.socket, _asked: bytes) -> None:
    time.sleep(5)


@pytest.mark.parametrize("script", [drips, drips_headers, never])
def test_who_is_slow_is_cut_off_at_the_limit(script: Script, settings) -> None:
    with listening(script) as server:
        settings.FETCH_ALLOWED = {f"127.0.0.1:{server.port}"}
        began = time.monotonic()

        with pytest.raises(FetchFailed) as failure:
            safe_fetch(f"http://127.0.0.1:{server.port}/", seconds=0.6)

        assert failure.value.problem == "too_slow"
        assert time.monotonic() - began < 4


def endless(client: socket.socket, _asked: bytes) -> None:
    client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    with contextlib.suppress(OSError):
        for _chunk in range(1000):
            client.sendall(b"x" * 65536)


@pytest.mark.parametrize("script", [endless, says(b"x" * 10_001)])
def test_who_sends_too_much_is_cut_off(script: Script, settings) -> None:
    with listening(script) as server:
        settings.FETCH_ALLOWED = {f"127.0.0.1:{server.port}"}

        with pytest.raises(FetchFailed) as failure:
            safe_fetch(f"http://127.0.0.1:{server.port}/", max_bytes=10_000)

    assert failure.value.problem == "too_large"


@pytest.mark.parametrize("junk", [b"SSH-2.0-x\r\n", b"HTTP/1.1 abc\r\n\r\n", b"", b"\x00" * 100])
def test_what_is_no_web_server_is_said_to_be_none(junk: bytes, settings) -> None:
    with listening(lambda client, _asked: client.sendall(junk)) as server:
        settings.FETCH_ALLOWED = {f"127.0.0.1:{server.port}"}

        with pytest.raises(FetchFailed) as failure:
            safe_fetch(f"http://127.0.0.1:{server.port}/")

    assert failure.value.problem in ("not_http", "unreachable")


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        (PUBLIC, True),
        ("2606:2800:220:1:248:1893:25c8:1946", True),
        ("64:ff9b::5db8:d822", True),
        ("64:ff9b::a00:1", False),
        ("2002:a00:1::", False),
        ("192.0.2.1", False),
        ("203.0.113.9", False),
        ("198.18.0.1", False),
        ("240.0.0.1", False),
        ("ff02::1", False),
        ("fe80::1%eth0", False),
        ("localhost", False),
    ],
)
def test_what_counts_as_the_public_internet(address: str, expected: bool) -> None:
    assert is_public(address) == expected
