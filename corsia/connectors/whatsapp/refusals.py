"""Meta's error codes in our words: what went wrong, whether to try again, and when.

Source: Meta, "WhatsApp Cloud API: Error codes".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from corsia.messaging.ports import NotDelivered
from corsia.messaging.vocabulary import Objection, SendProblem


@dataclass(frozen=True)
class Refusal:
    """What a code means. `after` is how long to wait; None for the usual growing wait."""

    problem: str
    is_final: bool
    after: timedelta | None = None


_MINUTE = timedelta(minutes=1)
_NUMBER = Refusal(SendProblem.NUMBER_REFUSED, is_final=True)
_TEXT = Refusal(SendProblem.TEXT_REFUSED, is_final=True)
_FILE = Refusal(SendProblem.FILE_REFUSED, is_final=True)
_ACCOUNT = Refusal(SendProblem.ACCOUNT_REFUSED, is_final=False, after=30 * _MINUTE)
_SOON = Refusal(SendProblem.PROVIDER_DOWN, is_final=False)
_SLOWER = Refusal(SendProblem.TOO_FAST, is_final=False, after=2 * _MINUTE)
_MUCH_SLOWER = Refusal(SendProblem.TOO_FAST, is_final=False, after=60 * _MINUTE)
_NOT_TAKEN = Refusal(SendProblem.NOT_TAKEN, is_final=True)

_CODES: Mapping[int, Refusal] = {
    **dict.fromkeys((131021, 131026, 131030, 133010), _NUMBER),
    131047: Refusal(Objection.WINDOW_CLOSED, is_final=True),
    131050: Refusal(Objection.OPTED_OUT, is_final=True),
    **dict.fromkeys((132000, 132001, 132005, 132007, 132012, 132015, 132016, 132068, 132069), _TEXT),
    **dict.fromkeys((131052, 131053), _FILE),
    **dict.fromkeys((0, 3, 10, 190, 368, 131005, 131031, 131037, 131042, 131045, 133000, 133004, 133015), _ACCOUNT),
    **dict.fromkeys((1, 2, 131000, 131016, 131057, 133016), _SOON),
    **dict.fromkeys((4, 80007, 130429, 131056), _SLOWER),
    **dict.fromkeys((131048, 131049, 130472, 131064), _MUCH_SLOWER),
}


def problem_of(code: int, *, status: int = 400) -> Refusal:
    """Return what an error means.

    Args:
        status: of the answer that brought it; it decides where the code is new to us.
    """
    if code in _CODES:
        return _CODES[code]
    if 200 <= code <= 299:  # permissions
        return _ACCOUNT
    if status == 429:
        return _SLOWER
    if status >= 500:
        return _SOON
    return _ACCOUNT if status in (401, 403) else _NOT_TAKEN


def refused(status: int, body: Mapping[str, Any]) -> NotDelivered:
    """Return the error for an answer of the Graph API that is none of success."""
    told = body.get("error")
    error: Mapping[str, Any] = told if isinstance(told, dict) else {}
    code = error.get("code") if isinstance(error.get("code"), int) else -1
    data = error.get("error_data")
    details = data.get("details") if isinstance(data, dict) else ""
    words = f"{code} {error.get('message') or status} {details or ''}".strip()[:300]
    means = problem_of(int(code or 0), status=status)
    return NotDelivered(means.problem, words, is_final=means.is_final, after=means.after)
