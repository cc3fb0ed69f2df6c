"""The digest of an approval: over one canonical form of what was shown and what was said to it."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any


def canonical(value: Mapping[str, Any]) -> bytes:
    """Return the one form in bytes of a JSON object: keys sorted, no spaces, UTF-8, whole numbers only.

    Raises:
        ValueError: it holds a number with a fraction, which has more than one form.
    """
    _refuse_fractions(value)
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def digest_of_shown(shown: Mapping[str, Any]) -> str:
    """Return what a page carries to say which offer was on it: hexadecimal SHA-256."""
    return hashlib.sha256(canonical(shown)).hexdigest()


def seal(
    *,
    shown: Mapping[str, Any],
    is_approved: bool,
    name: str,
    signature: bytes,
    decided_at: datetime,
    way: str,
    taken_by: int | None,
) -> bytes:
    """Return the SHA-256 of an approval.

    Args:
        signature: the picture of the signature; b"" where there is none.
        taken_by: id of who wrote it down at the desk; None by the link.
    """
    return hashlib.sha256(
        canonical(
            {
                "shown": dict(shown),
                "is_approved": is_approved,
                "name": name,
                "signature": hashlib.sha256(signature).hexdigest() if signature else "",
                "decided_at": decided_at.astimezone(UTC).isoformat(timespec="microseconds"),
                "way": way,
                "taken_by": taken_by,
            }
        )
    ).digest()


def _refuse_fractions(value: Any) -> None:
    if isinstance(value, float):
        raise ValueError("A number with a fraction cannot be sealed: write it as text or in whole cents.")  # noqa: TRY004
    for one in value.values() if isinstance(value, Mapping) else value if isinstance(value, list | tuple) else ():
        _refuse_fractions(one)
