"""Providers of channels as real web servers on this machine: they speak the wire format and keep what they heard."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit


@dataclass(frozen=True)
class Heard:
    """One request."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))


class Provider(ThreadingHTTPServer):
    """A provider. `refusal` (status, body) is what it answers to everything while it is set."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Door)
        self.heard: list[Heard] = []
        self.refusal: tuple[int, Any] | None = None

    @property
    def place(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"

    @property
    def url(self) -> str:
        return f"http://{self.place}"

    def reply(self, heard: Heard) -> tuple[int, Any]:
        """Answer a request: a status, and an object for JSON or bytes as they are."""
        raise NotImplementedError

    def posted(self, ending: str) -> list[Any]:
        """Return what was sent as JSON to addresses that end so."""
        return [one.json for one in self.heard if one.method == "POST" and one.path.endswith(ending)]


class _Door(BaseHTTPRequestHandler):
    server: Provider

    def _answer(self) -> None:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        headers = {name.lower(): value for name, value in self.headers.items()}
        heard = Heard(self.command, parts.path, query, headers, body)
        self.server.heard.append(heard)
        status, told = self.server.refusal or self.server.reply(heard)
        content = told if isinstance(told, bytes) else json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/octet-stream" if isinstance(told, bytes) else "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = _answer  # noqa: N815

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def running(provider: Provider, settings) -> Iterator[Provider]:
    """Serve a provider for a test, as one that our requests may reach."""
    settings.FETCH_ALLOWED = {*settings.FETCH_ALLOWED, provider.place}
    threading.Thread(target=provider.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield provider
    finally:
        provider.shutdown()
        provider.server_close()
