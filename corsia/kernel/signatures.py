"""Signatures by which providers prove that a call is theirs: over the bytes as they came, compared in constant time."""

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Iterator, Mapping
from urllib.parse import parse_qsl, urlsplit, urlunsplit

MAX_FIELDS = 400  # of a signed form
_PORTS = {"https": 443, "http": 80}


def hub_signature(secret: str, raw: bytes) -> str:
    """Return what the header X-Hub-Signature-256 must be: "sha256=" and the hexadecimal HMAC-SHA-256 of the body.

    Source: W3C WebSub, section 7.1; Meta, "Webhooks: Validating payloads".
    """
    return f"sha256={hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()}"


def is_hub_signed(secret: str | None, raw: bytes, given: str) -> bool:
    """Tell whether a body was signed with `secret`; never with an empty one."""
    return bool(secret) and same(hub_signature(secret or "", raw), given)


def hub_challenge(secret: str | None, query: Mapping[str, str]) -> bytes | None:
    """Return what a call that sets up a webhook wants repeated; None for whoever does not know the verify token.

    Source: W3C WebSub, section 5.3; Meta, "Webhooks: Verification requests".
    """
    if not secret or query.get("hub.mode") != "subscribe" or not same(secret, query.get("hub.verify_token", "")):
        return None
    return query.get("hub.challenge", "")[:200].encode()


def form_signature(secret: str, url: str, raw: bytes) -> str:
    """Return what the header X-Twilio-Signature must be for a form sent to `url`.

    It is the Base64 of the HMAC-SHA-1 of the address and of all names and values of the form, sorted by name.

    Raises:
        ValueError: the body is no form.

    Source: Twilio, "Validating signatures from Twilio", as twilio-python computes it.
    """
    fields = form_fields(raw)
    told = url + "".join(name + value for name, value in sorted(set(fields)))
    return b64encode(hmac.new(secret.encode(), told.encode(), hashlib.sha1).digest()).decode("ascii")


def is_form_signed(secret: str | None, url: str, raw: bytes, given: str) -> bool:
    """Tell whether a form was signed with `secret` for `url`, with or without the port that its scheme implies."""
    if not secret:
        return False
    try:
        return any(same(form_signature(secret, variant, raw), given) for variant in _with_and_without_port(url))
    except ValueError:
        return False


def form_fields(raw: bytes) -> list[tuple[str, str]]:
    """Return names and values of a form, in their order.

    Raises:
        ValueError: it is none, or has more fields than anybody sends.
    """
    return parse_qsl(
        raw.decode("ascii"),
        keep_blank_values=True,
        strict_parsing=bool(raw),
        errors="strict",
        max_num_fields=MAX_FIELDS,
    )


def same(expected: str, given: str) -> bool:
    """Compare two secrets in constant time, whatever letters the given one holds."""
    return hmac.compare_digest(expected.encode(), given.encode("utf-8", "replace"))


def _with_and_without_port(url: str) -> Iterator[str]:
    parts = urlsplit(url)
    yield url
    host = parts.netloc.rpartition("@")[2]
    if parts.port is None:
        yield urlunsplit(parts._replace(netloc=f"{host}:{_PORTS.get(parts.scheme, 443)}"))
    else:
        yield urlunsplit(parts._replace(netloc=host.rpartition(":")[0]))
