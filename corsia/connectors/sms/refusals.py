"""Twilio's error codes in our words.

Source: Twilio, "Error and warning dictionary".
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from corsia.messaging.ports import NotDelivered
from corsia.messaging.vocabulary import Objection, SendProblem

_NUMBER = (SendProblem.NUMBER_REFUSED, True, None)
_ACCOUNT = (SendProblem.ACCOUNT_REFUSED, False, timedelta(minutes=30))
_SLOWER = (SendProblem.TOO_FAST, False, timedelta(minutes=1))
_SOON = (SendProblem.PROVIDER_DOWN, False, None)
_NOT_TAKEN = (SendProblem.NOT_TAKEN, True, None)

Meaning = tuple[str, bool, timedelta | None]
_CODES: Mapping[int, Meaning] = {
    **dict.fromkeys((21211, 21214, 21217, 21265, 21407, 21408, 21612, 21614, 30003, 30005, 30006), _NUMBER),
    **dict.fromkeys((20003, 20404, 21603, 21606, 21608, 21659, 21660, 30002, 30018, 30034), _ACCOUNT),
    **dict.fromkeys((14107, 20429, 21611, 30001, 30022), _SLOWER),
    **dict.fromkeys((20500, 20503, 30008, 30017), _SOON),
    21610: (Objection.OPTED_OUT, True, None),
    30004: (Objection.OPTED_OUT, True, None),
}


def meaning_of(code: int, *, status: int = 400) -> Meaning:
    """Return the problem, whether it is final, and how long to wait; `status` decides for codes that are new to us."""
    if code in _CODES:
        return _CODES[code]
    if status == 429:
        return _SLOWER
    if status >= 500:
        return _SOON
    return _ACCOUNT if status in (401, 403, 404) else _NOT_TAKEN


def refused(status: int, body: Mapping[str, Any]) -> NotDelivered:
    """Return the error for an answer that is none of success."""
    code = body.get("code")
    problem, is_final, after = meaning_of(code if isinstance(code, int) else -1, status=status)
    words = f"{code or status} {body.get('message') or ''}".strip()[:300]
    return NotDelivered(problem, words, is_final=is_final, after=after)
