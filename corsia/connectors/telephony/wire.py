"""What a Twilio-compatible provider posts about a call: forms, at addresses of ours that say where the caller is.

Source: Twilio, "TwiML Voice: Twilio's request to your application", "Dial", "Record", "Call resource: StatusCallback".
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import parse_qsl, urlencode

from django.conf import settings
from django.urls import reverse

from corsia.connectors.telephony.rules.folding import Told
from corsia.connectors.telephony.vocabulary import KEY, Happened
from corsia.customers.identity import read_phone
from corsia.kernel.signatures import form_fields
from corsia.messaging.models import ChannelAccount
from corsia.messaging.ports import Unreadable

MOST_TURNS = 20  # of the menu in one call; then a person
INTERVIEW_STEP, ENDED_STEP = "ask", "asked"  # within a call for an interview, and reports on its end
SOUND = "telephony.sound"  # what the address of a recording is signed for
ENDS = frozenset({"completed", "busy", "no-answer", "failed", "canceled"})
_NUMBER = re.compile(r"[0-9]{1,2}")
_ID = re.compile(r"[1-9][0-9]{0,17}")
_BEFORE = re.compile(r"[0-9shn]{1,90}")
_AS_LETTERS, _AS_KEYS = str.maketrans("*#-", "shn"), str.maketrans("shn", "*#-")
_SID = re.compile(r"[0-9A-Za-z]{2,64}")


@dataclass(frozen=True, kw_only=True)
class Post:
    """One request of the provider.

    Attributes:
        step: where in the call the caller is, as our own address says; "" for the start and for reports on the call.
        turn: how often the menu was said before.
        language: "it", "en"; "" before it is known.
        values: the form.
        has_turn: whether our address named a turn.
        interview: the interview that the call is for, by our address.
        before: the keys of an interview while they are kept nowhere else.
    """

    step: str
    turn: int
    language: str
    values: Mapping[str, str]
    has_turn: bool = False
    interview: int | None = None
    before: str = ""

    @property
    def is_interview(self) -> bool:
        """Whether it belongs to an interview: its keys go to listening, and to no journal."""
        return self.step in (INTERVIEW_STEP, ENDED_STEP)

    @property
    def sid(self) -> str:
        """The call that is meant: of a phone of ours that rings, the call it rings for."""
        return self.values.get("ParentCallSid") or self.values["CallSid"]

    @property
    def account_sid(self) -> str:
        return self.values.get("AccountSid", "")

    @property
    def status(self) -> str:
        return self.values.get("CallStatus", "").lower()

    @property
    def caller(self) -> str:
        """The caller's number as E.164; "" for a withheld one."""
        given = self.values.get("From", "")
        return read_phone(given).e164 if given.startswith("+") else ""

    @property
    def digit(self) -> str:
        return self.values.get("Digits", "")[:1]

    @property
    def is_start(self) -> bool:
        """Whether a call begins here, and nothing else is told."""
        return not self.step and not self.is_report and self.status in ("ringing", "queued", "in-progress", "initiated")

    @property
    def is_report(self) -> bool:
        """Whether it only reports, and is answered with nothing."""
        is_told = "SequenceNumber" in self.values or self.values.get("CallbackSource") == "call-progress-events"
        return self.step == "leg" or (not self.step and (is_told or self.status in ENDS))


def step_url(
    account: ChannelAccount,
    step: str,
    *,
    turn: int | None = None,
    language: str = "",
    interview: int | None = None,
    before: str = "",
) -> str:
    """Return our address for what comes next in a call.

    Args:
        before: keys of an interview that are kept nowhere else.
    """
    hook = settings.PUBLIC_URL + reverse("messaging:hook", args=[KEY, account.hook_key])
    told = {"step": step, "i": interview, "n": turn, "k": before.translate(_AS_LETTERS), "l": language}
    return f"{hook}?{urlencode({name: value for name, value in told.items() if value not in (None, '')})}"


def pack(query: Mapping[str, str], raw: bytes) -> bytes:
    """Return a request as the journal keeps it: its bytes; before them, on a line, what our own address said."""
    where = "&".join(f"{name}={query[name]}" for name in ("step", "n", "l") if _is_plain(query.get(name, "")))
    return f"{where}\n".encode() + raw if where else raw


def unpack(kept: bytes) -> Post:
    """Return the request that `pack` kept.

    Raises:
        Unreadable: it is no form about a call.
    """
    where, line, raw = kept.partition(b"\n")
    if not line:
        where, raw = b"", kept
    return read_post(dict(parse_qsl(where.decode("ascii", "replace"))), raw)


def read_post(query: Mapping[str, str], raw: bytes) -> Post:
    """Return a request, read.

    Raises:
        Unreadable: it is no form about a call.
    """
    try:
        values = {name: value.replace("\x00", "") for name, value in form_fields(raw)}  # no column holds a NUL
    except ValueError as error:
        raise Unreadable("no form") from error
    if not _SID.fullmatch(values.get("CallSid", "")) or not _SID.fullmatch(values.get("ParentCallSid") or "none"):
        raise Unreadable("the form names no call")
    turn, interview, before = query.get("n", ""), query.get("i", ""), query.get("k", "")
    language = query.get("l", "")
    post = Post(
        step=query.get("step", ""),
        turn=int(turn) if _NUMBER.fullmatch(turn) else 0,
        language=language if language in ("it", "en") else "",
        values=values,
        has_turn=bool(_NUMBER.fullmatch(turn)),
        interview=int(interview) if _ID.fullmatch(interview) else None,
        before=before.translate(_AS_KEYS) if _BEFORE.fullmatch(before) else "",
    )
    if not post.step and not post.is_start and not post.is_report:
        raise Unreadable("the form says nothing of the call")
    return post


def key_of(post: Post) -> str:
    """Return the provider's name of an event: a repeat has the same."""
    own = post.values["CallSid"]
    if post.step == "leg":
        return f"{own}:leg:{post.status}"
    if post.step:
        return f"{own}:{post.step}:{post.turn:02}:{post.digit}"
    return f"{own}:start" if post.is_start else f"{own}:{post.status}"


def told_by(post: Post, *, at: datetime) -> list[Told]:
    """Return what a request tells about its call; [] for reports that add nothing, such as "initiated".

    Args:
        at: when it arrived; the provider's own time goes before it.
    """
    stated = _stated(post.values.get("Timestamp", ""))
    when, is_stated = stated or at, stated is not None
    match post.step:
        case "":
            if post.is_start or post.status in ("ringing", "in-progress"):
                return [Told(key="start", kind=Happened.RINGING, at=when, is_stated=is_stated)]
            if post.status in ENDS:
                seconds = _seconds(post.values, "CallDuration")
                return [
                    Told(
                        key="end", kind=Happened.ENDED, at=when, is_stated=is_stated, value=post.status, seconds=seconds
                    )
                ]
        case "lang" | "menu":
            return _pressed(post, when)
        case "leg":
            number, own = post.values.get("To", "")[:40], post.values["CallSid"]
            if post.status == "ringing":
                return [Told(key=f"leg:{own}:r", kind=Happened.LEG_RINGING, at=when, is_stated=is_stated, value=number)]
            if post.status in ("in-progress", "answered"):
                return [
                    Told(key=f"leg:{own}:a", kind=Happened.LEG_ANSWERED, at=when, is_stated=is_stated, value=number)
                ]
        case "dialed":
            status = post.values.get("DialCallStatus", "").lower()[:40]
            seconds = _seconds(post.values, "DialCallDuration")
            return [Told(key="dialed", kind=Happened.DIALED, at=when, value=status, seconds=seconds)]
        case "left":
            url, seconds = post.values.get("RecordingUrl", "")[:500], _seconds(post.values, "RecordingDuration")
            if url.startswith(("https://", "http://")) and seconds:
                return [Told(key="left", kind=Happened.RECORDED, at=when, value=url, seconds=seconds)]
            return [Told(key="person:left", kind=Happened.PERSON, at=when)]
    return []


def _pressed(post: Post, at: datetime) -> list[Told]:
    if post.digit in ("", "0"):
        return [Told(key="person", kind=Happened.PERSON, at=at, value=post.digit)]
    if post.step == "lang" or not post.digit.isdecimal():
        return []
    return [Told(key=f"choice:{post.turn:02}", kind=Happened.CHOICE, at=at, value=post.digit)]


def _seconds(values: Mapping[str, str], name: str) -> int | None:
    text = values.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 7 else None


def _stated(text: str) -> datetime | None:
    """Return the instant that a report names ("Sun, 22 Nov 2026 10:00:00 +0000")."""
    try:
        found = parsedate_to_datetime(text)
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)


def _is_plain(text: str) -> bool:
    return bool(re.fullmatch(r"[a-z0-9]{1,12}", text))
