"""The one door for requests of ours to web servers: no address of our own network, no long waits, no large answers.

Whoever can make us fetch an address could otherwise reach what only this machine can: databases, admin pages, the
metadata service of a cloud. So a name is resolved once, its addresses are judged, and the connection goes to the
address that was judged; each redirect starts over. Other HTTP clients are banned (ruff, tests/architecture).
"""

import contextlib
import http.client
import ipaddress
import queue
import re
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, urljoin, urlsplit

from django.conf import settings

MAX_SECONDS = 10.0  # for everything together: names, connections, redirects, the body
MAX_BYTES = 5 * 1024 * 1024  # of the body
MAX_REDIRECTS = 3
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_ODD = re.compile(r"[\x00-\x20\x7f\\]")  # what browsers and libraries read each in their own way
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_COMPATIBLE = ipaddress.ip_network("::/96")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class FetchFailed(Exception):
    """Nothing was fetched. `problem` is one of the words below; the detail names hosts, never what was sent.

    not_an_address, address_refused, unreachable, bad_certificate, too_slow, too_large, redirected, not_http
    """

    def __init__(self, problem: str, detail: str) -> None:
        self.problem, self.detail = problem, detail
        super().__init__(f"{problem}: {detail}")


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """An answer. `headers` by lower-case name; `url` is where it came from in the end."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str


@dataclass(frozen=True)
class _Target:
    url: str
    host: str
    port: int
    path: str
    is_encrypted: bool
    is_vouched_for: bool


def safe_fetch(
    url: str,
    *,
    method: str = "GET",
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
    seconds: float = MAX_SECONDS,
    max_bytes: int = MAX_BYTES,
) -> Fetched:
    """Ask a web server on the internet for something, over HTTPS.

    `settings.FETCH_ALLOWED` names hosts ("idp.intern:8443") that the operator vouches for: those may have an address of
    our own network and speak plain HTTP, but no redirect may lead there.

    Args:
        method: redirects are followed for GET alone: a body may hold secrets meant for one server.
        seconds: for everything together.

    Raises:
        FetchFailed: with the problem in one word; an answer with an error status is an answer.
    """
    deadline = time.monotonic() + seconds
    sent = dict(headers or {})
    target = _target(url, is_first=True)
    for hops_left in range(MAX_REDIRECTS, -1, -1):
        answer, location = _ask(target, method=method, body=body, headers=sent, deadline=deadline, max_bytes=max_bytes)
        if answer is not None:
            return answer
        if method != "GET" or not hops_left:
            raise FetchFailed("redirected", f"{target.host} points elsewhere")
        following = _target(urljoin(target.url, location), is_first=False)
        if (following.host, following.port) != (target.host, target.port):
            sent = {name: value for name, value in sent.items() if name.lower() not in ("authorization", "cookie")}
        target = following
    raise FetchFailed("redirected", target.host)  # not reached: the last turn returns or raises


def _target(url: str, *, is_first: bool) -> _Target:
    if _ODD.search(url) or len(url) > 4000:
        raise FetchFailed("not_an_address", "it holds blanks, backslashes or control characters, or is too long")
    try:
        parts: SplitResult = urlsplit(url)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError as error:
        raise FetchFailed("not_an_address", "it cannot be read") from error
    if parts.scheme not in ("http", "https") or not host or parts.username is not None or parts.password is not None:
        raise FetchFailed("not_an_address", "only https://host/path is asked, without a user before the host")
    is_encrypted = parts.scheme == "https"
    port = port or (443 if is_encrypted else 80)
    is_vouched_for = is_first and f"{host}:{port}" in settings.FETCH_ALLOWED
    if not is_encrypted and not is_vouched_for:
        raise FetchFailed("not_an_address", f"{host} would be asked without encryption")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return _Target(parts._replace(fragment="").geturl(), host, port, path, is_encrypted, is_vouched_for)


def _ask(
    target: _Target, *, method: str, body: bytes, headers: Mapping[str, str], deadline: float, max_bytes: int
) -> tuple[Fetched | None, str]:
    """Return the answer, or None and the address that it points to."""
    family, address = _judged(target, deadline=deadline)
    try:
        with _connected(target, family, address, deadline=deadline) as sock:
            kind = http.client.HTTPSConnection if target.is_encrypted else http.client.HTTPConnection
            client = kind(target.host, target.port)
            client.sock = sock  # already where it was judged to be: the client opens nothing by itself
            client.auto_open = 0
            client.request(method, target.path, body or None, {"Accept-Encoding": "identity", **headers})
            response = client.getresponse()
            if response.status in _REDIRECTS and response.getheader("Location"):
                return None, str(response.getheader("Location"))
            content = response.read(max_bytes + 1)
            if len(content) > max_bytes:
                raise FetchFailed("too_large", f"{target.host} sends more than {max_bytes} bytes")
            _in_time(deadline, target)
            found = {name.lower(): value for name, value in response.getheaders()}
            return Fetched(status=response.status, headers=found, body=content, url=target.url), ""
    except ssl.SSLCertVerificationError as error:
        raise FetchFailed("bad_certificate", f"{target.host}: {error.verify_message}") from error
    except (http.client.HTTPException, ValueError) as error:
        _in_time(deadline, target)
        raise FetchFailed("not_http", f"{target.host}: {type(error).__name__}") from error
    except OSError as error:
        _in_time(deadline, target)
        raise FetchFailed(
            "unreachable", f"{target.host}:{target.port}: {error.strerror or type(error).__name__}"
        ) from error


def _judged(target: _Target, *, deadline: float) -> tuple[int, Any]:
    """Resolve the name, once, and return family and address to connect to.

    Raises:
        FetchFailed: one of its addresses is not on the public internet; one is enough, or chance would decide.
    """
    found = _resolved(target, deadline=deadline)
    if not target.is_vouched_for:
        for _family, address in found:
            if not is_public(str(address[0])):
                raise FetchFailed("address_refused", f"{target.host} is not on the public internet")
    return found[0]


def is_public(text: str) -> bool:
    """Tell whether an IP address, and every one that is wrapped within it, belongs to the public internet."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False  # with a zone, or no address at all
    return all(one.is_global and not one.is_multicast for one in _unwrapped(address))


def _unwrapped(address: Address) -> Iterator[Address]:
    """Yield the address and the IPv4 addresses that tunnels and translators would take from it."""
    yield address
    if isinstance(address, ipaddress.IPv6Address):
        wrapped = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
        if address in _NAT64 or address in _COMPATIBLE:
            wrapped.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
        yield from (one for one in wrapped if one is not None)


def _resolved(target: _Target, *, deadline: float) -> list[tuple[int, Any]]:
    """Return the addresses of a name. The system's resolver has no time limit of its own, hence the thread."""
    answers: queue.Queue[list[tuple[int, Any]] | Exception] = queue.Queue()

    def resolve() -> None:
        try:
            rows = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            answers.put(error)
        else:
            answers.put([(int(row[0]), row[4]) for row in rows])

    threading.Thread(target=resolve, daemon=True, name="resolve").start()
    try:
        found = answers.get(timeout=max(0.0, deadline - time.monotonic()))
    except queue.Empty:
        raise FetchFailed("too_slow", f"{target.host} could not be looked up in time") from None
    if isinstance(found, Exception) or not found:
        raise FetchFailed("unreachable", f"{target.host} is not known") from (
            found if isinstance(found, Exception) else None
        )
    return found


@contextlib.contextmanager
def _connected(target: _Target, family: int, address: Any, *, deadline: float) -> Iterator[socket.socket]:
    """Open a connection that is cut at the deadline, however slowly the other side drips."""
    sock = socket.socket(family, socket.SOCK_STREAM)
    cutter: threading.Timer | None = None
    try:
        sock.settimeout(max(0.01, deadline - time.monotonic()))
        sock.connect(address)
        if target.is_encrypted:
            context = ssl.create_default_context()
            sock = context.wrap_socket(sock, server_hostname=target.host, do_handshake_on_connect=False)
        cutter = threading.Timer(max(0.0, deadline - time.monotonic()), _cut, args=[sock])
        cutter.daemon = True
        cutter.start()
        if isinstance(sock, ssl.SSLSocket):
            sock.do_handshake()
        yield sock
    finally:
        if cutter is not None:
            cutter.cancel()
        sock.close()


def _cut(sock: socket.socket) -> None:
    with contextlib.suppress(OSError):
        socket.socket.shutdown(sock, socket.SHUT_RDWR)  # of the connection beneath the encryption


def _in_time(deadline: float, target: _Target) -> None:
    if time.monotonic() >= deadline - 0.01:
        raise FetchFailed("too_slow", f"{target.host} did not answer in time")
