"""What a call is, from everything the provider told about it: the same whatever came first, or twice."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from corsia.connectors.telephony.vocabulary import CallResult, CallState, Happened

LOST_AFTER = timedelta(hours=4)  # a call whose end nobody told
SETTLES_AFTER = timedelta(seconds=20)  # a report may overtake another: until then nothing follows from an end
_TALKED = "completed"


@dataclass(frozen=True, kw_only=True)
class Told:
    """One event. `value` and `seconds` are as CallEvent keeps them."""

    key: str
    kind: str
    at: datetime
    is_stated: bool = False
    value: str = ""
    seconds: int | None = None


@dataclass(frozen=True, kw_only=True)
class Known:
    """What follows from the events of a call.

    Attributes:
        result: "" until the call has ended.
        seconds: of conversation with a person of ours.
        is_person_wanted: the caller asked for one, by key or by pressing none.
    """

    state: str
    result: str
    began_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    seconds: int | None
    answered_number: str
    recording_url: str
    recording_seconds: int | None
    menu: str
    is_person_wanted: bool


def fold(events: Iterable[Told]) -> Known:
    """Return what a call is.

    Raises:
        ValueError: nothing was told at all.
    """
    told = sorted({event.key: event for event in events}.values(), key=lambda event: event.key)
    if not told:
        raise ValueError("A call needs an event.")
    ended = next((one for one in told if one.kind == Happened.ENDED), None)
    answers = sorted((one for one in told if one.kind == Happened.LEG_ANSWERED), key=lambda one: (one.at, one.key))
    talks = [one for one in told if one.kind == Happened.DIALED and one.value == _TALKED]
    choices = [one for one in told if one.kind == Happened.CHOICE]
    recorded = next((one for one in told if one.kind == Happened.RECORDED), None)
    is_person_wanted = any(one.kind in (Happened.PERSON, Happened.DIALED, Happened.RECORDED) for one in told)
    ended_at = ended.at if ended else None
    began_at = _began(told, ended)
    seconds = next((one.seconds for one in talks if one.seconds is not None), None)
    answered_at = answers[0].at if answers else None
    if talks and answered_at is None and ended_at is not None:
        answered_at = max(began_at, ended_at - timedelta(seconds=seconds or 0))
    if seconds is None and answered_at is not None and ended_at is not None:
        seconds = max(0, round((ended_at - answered_at).total_seconds()))
    is_answered = bool(answers or talks)
    result = ""
    if ended is not None:
        if is_answered:
            result = CallResult.ANSWERED
        else:
            result = CallResult.SERVED if choices and not is_person_wanted else CallResult.MISSED
    return Known(
        state=CallState.ENDED if ended else CallState.TALKING if is_answered else CallState.RINGING,
        result=result,
        began_at=began_at,
        answered_at=answered_at,
        ended_at=ended_at,
        seconds=seconds if is_answered else None,
        answered_number=answers[0].value if answers else "",
        recording_url=recorded.value if recorded else "",
        recording_seconds=recorded.seconds if recorded else None,
        menu=" ".join(one.value for one in choices),
        is_person_wanted=is_person_wanted,
    )


def _began(told: list[Told], ended: Told | None) -> datetime:
    """Return when the call came in: the provider's own times go before those of arrival, which depend on the way."""
    if ended is not None and ended.is_stated and ended.seconds is not None:
        return ended.at - timedelta(seconds=ended.seconds)
    return min(one.at for one in told)
