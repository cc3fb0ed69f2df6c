"""Talk to the JSON interfaces of providers through the one door for our requests."""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from corsia.kernel.safe_fetch import FetchFailed, safe_fetch

SECONDS = 20.0  # for one call, with everything


@dataclass(frozen=True, kw_only=True)
class ApiAnswer:
    """What a provider answered. `body` is {} where it sent no JSON object."""

    status: int
    headers: Mapping[str, str]
    body: Mapping[str, Any]

    @property
    def is_ok(self) -> bool:
        return 200 <= self.status < 300


def call_api(
    url: str,
    *,
    method: str = "GET",
    token: str = "",
    told: Any = None,
    raw: bytes = b"",
    media_type: str = "",
    authorization: str = "",
    seconds: float = SECONDS,
) -> ApiAnswer:
    """Ask a provider something.

    Args:
        token: sent as a bearer token; `authorization` instead of it is sent as it stands.
        told: sent as JSON; or `raw` with its `media_type`.

    Raises:
        FetchFailed: no answer came.
    """
    headers = {"Accept": "application/json"}
    if token or authorization:
        headers["Authorization"] = authorization or f"Bearer {token}"
    if told is not None:
        raw, media_type = json.dumps(told, ensure_ascii=False).encode(), "application/json"
    if media_type:
        headers["Content-Type"] = media_type
    fetched = safe_fetch(url, method=method, body=raw, headers=headers, seconds=seconds)
    try:
        body = json.loads(fetched.body)
    except ValueError:
        body = {}
    return ApiAnswer(status=fetched.status, headers=fetched.headers, body=body if isinstance(body, dict) else {})


@dataclass(frozen=True, kw_only=True)
class FormFile:
    """A file in a form that is sent in parts."""

    field: str
    name: str
    media_type: str
    content: bytes


def multipart(fields: Mapping[str, str], files: Sequence[FormFile]) -> tuple[bytes, str]:
    """Return a form with files as bytes, and its media type."""
    edge = f"corsia-{secrets.token_hex(16)}"
    parts = []
    for name, value in fields.items():
        parts.append(f'--{edge}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode())
    for file in files:
        shown = "".join("_" if letter in '"\\\r\n' else letter for letter in file.name)
        head = f'--{edge}\r\nContent-Disposition: form-data; name="{file.field}"; filename="{shown}"\r\n'
        parts.append(f"{head}Content-Type: {file.media_type}\r\n\r\n".encode() + file.content + b"\r\n")
    return b"".join([*parts, f"--{edge}--\r\n".encode()]), f"multipart/form-data; boundary={edge}"


def download(url: str, *, authorization: str = "", max_bytes: int, seconds: float = 60.0) -> bytes:
    """Fetch a file from a provider.

    Raises:
        FetchFailed: it could not be had; an error status counts as unreachable.
    """
    headers = {"Authorization": authorization} if authorization else {}
    fetched = safe_fetch(url, headers=headers, seconds=seconds, max_bytes=max_bytes)
    if fetched.status != 200:
        raise FetchFailed("unreachable", f"the provider answered {fetched.status} for a file")
    return fetched.body
