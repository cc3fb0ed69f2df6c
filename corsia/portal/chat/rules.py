"""Pure parts of the web chat: domains of sites, the mark by which a site vouches for somebody, names of visitors."""

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

_DOMAIN = re.compile(r"(?:https?://)?((?:\*\.)?[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9-]+)*)(:[0-9]{1,5})?/?")
_KEY = re.compile(r"[0-9a-f]{64}")
LONGEST_TOKEN = 2000
_LOCAL = ("localhost", "127.0.0.1")


class NotADomain(ValueError):
    """A line is not the name of a site; `args[0]` is the line."""


def read_domains(text: str) -> list[str]:
    """Return the sites of a text, one a line or parted by commas, as a policy names them.

    Raises:
        NotADomain: a line is none.
    """
    found: list[str] = []
    for line in re.split(r"[\s,;]+", text.casefold()):
        if not line:
            continue
        read = _DOMAIN.fullmatch(line)
        if read is None or ("." not in read[1] and read[1] not in _LOCAL):
            raise NotADomain(line)
        site = f"{read[1]}{read[2] or ''}"
        if site not in found:
            found.append(site)
    return found


def ancestors(domains: Iterable[str]) -> str:
    """Return who may hold the frame, as a content policy says it: our own preview, and the sites of the list.

    Sites need https, but on one's own machine.
    """
    sources = []
    for site in domains:
        host = site.partition(":")[0]
        sources.append(f"{'http' if host in _LOCAL else 'https'}://{site}")
    return " ".join(["'self'", *sources])


def is_visitor_key(key: str) -> bool:
    """Tell whether a page's key is one: 256 bits in hexadecimal."""
    return _KEY.fullmatch(key) is not None


def visitor_name(key: str) -> str:
    """Return the name under which a visitor is known here: the hash of their key, which opens nothing."""
    return hashlib.sha256(b"corsia.visitor|" + key.encode("ascii")).hexdigest()


@dataclass(frozen=True)
class Vouched:
    """Who is signed in on a site, as the site vouches.

    Attributes:
        reference: our number of the customer, or an e-mail address.
    """

    reference: str
    name: str


def vouched_by(token: str, *, secret: str, now: datetime) -> Vouched | None:
    """Return whom a site vouches for; None when the mark is not made with its secret, or is over.

    The mark is base64url(JSON of ref, exp and perhaps name), a dot, and the HMAC-SHA256 of that text in hexadecimal.

    Args:
        secret: "" vouches for nobody.
    """
    body, _dot, signature = token.partition(".")
    if not secret or not token.isascii() or len(token) > LONGEST_TOKEN:
        return None
    right = hmac.new(secret.encode(), body.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(right, signature.lower()):
        return None
    try:
        told = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    except (ValueError, binascii.Error):
        return None
    if not isinstance(told, dict):
        return None
    reference, expires, name = told.get("ref"), told.get("exp"), told.get("name", "")
    if isinstance(expires, bool) or not isinstance(expires, int | float) or expires <= now.timestamp():
        return None
    if not isinstance(reference, str | int) or not str(reference).strip() or not isinstance(name, str):
        return None
    return Vouched(reference=str(reference).strip()[:200], name=" ".join(name.split())[:120])


def mark(*, reference: str, secret: str, expires: int, name: str = "") -> str:
    """Return what a site signs, as our how-to shows it in other languages."""
    told = {"ref": reference, "exp": expires} | ({"name": name} if name else {})
    body = base64.urlsafe_b64encode(json.dumps(told).encode()).decode().rstrip("=")
    return f"{body}.{hmac.new(secret.encode(), body.encode(), hashlib.sha256).hexdigest()}"
