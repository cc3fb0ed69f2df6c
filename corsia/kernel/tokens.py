"""Tokens for people without a login: 256 random bits, stored only as a hash, for one purpose and a limited time."""

import hashlib
import hmac
import secrets

from django.conf import settings


def new_token() -> tuple[str, bytes]:
    """Return a token for a link and the SHA-256 under which it is stored."""
    token = secrets.token_urlsafe(32)
    return token, digest(token)


def digest(token: str) -> bytes:
    """Return the SHA-256 of a token, the only form that is stored."""
    return hashlib.sha256(token.encode()).digest()


def sign(purpose: str, value: str, *, length: int = 16) -> str:
    """Return a short HMAC of `value` for `purpose`, lower-case letters and digits only, for addresses and subjects."""
    key = f"{purpose}|{settings.SECRET_KEY}".encode()
    return hmac.new(key, value.encode(), hashlib.sha256).hexdigest()[:length]


def is_signed(purpose: str, value: str, signature: str, *, length: int = 16) -> bool:
    """Tell, in constant time, whether `signature` was made by `sign` for this purpose and value."""
    # As bytes: compare_digest refuses text with letters beyond ASCII, and what comes in an address may hold any.
    return hmac.compare_digest(sign(purpose, value, length=length).encode(), signature.lower().encode())
