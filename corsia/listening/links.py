"""The links of an invitation, derived from its id and the installation's key: nothing to store, nothing to leak.

The token is a 128-bit HMAC, one per purpose, so that the link to answer cannot be used to unsubscribe, nor the other
way round. Single use and expiry are the invitation's own state.
"""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode

from django.conf import settings
from django.urls import reverse

from corsia.kernel.tokens import is_signed, sign

ANSWER = "listening.answer"
STOP = "listening.stop"
OPEN = "listening.open"
GO_ON = "listening.go_on"
JOIN = "listening.join"
KIOSK = "listening.kiosk"
COLLEAGUE = "listening.colleague"

_LENGTH = 32
_PLAN_TOKEN = re.compile(r"([1-9][0-9]{0,18})-([1-9][0-9]{0,18})-(k?)([0-9a-f]{32})")
_TOKEN = re.compile(r"([1-9][0-9]{0,18})-([0-9a-f]{32})", re.IGNORECASE)
_SHORT_TOKEN = re.compile(r"([1-9][0-9]{0,18})-([A-Za-z0-9_-]{22})")  # the same 128 bits in fewer letters, for SMS


def token_of(invitation_id: int, purpose: str) -> str:
    """Return the token of an invitation for ANSWER or STOP."""
    return f"{invitation_id}-{sign(purpose, str(invitation_id), length=_LENGTH)}"


def invitation_id_of(token: str, purpose: str) -> int | None:
    """Return the id that a token names, or None when it was not made here for this purpose."""
    found = _TOKEN.fullmatch(token)
    signature = found[2] if found else ""
    if found is None and (found := _SHORT_TOKEN.fullmatch(token)) is not None:
        signature = urlsafe_b64decode(found[2] + "==").hex()
    if found is None or not is_signed(purpose, found[1], signature, length=_LENGTH):
        return None
    return int(found[1])


def short_token(invitation_id: int) -> str:
    """Return the token to answer an invitation in as few letters as it takes."""
    signature = bytes.fromhex(sign(ANSWER, str(invitation_id), length=_LENGTH))
    return f"{invitation_id}-{urlsafe_b64encode(signature).decode().rstrip('=')}"


def plan_token(plan_id: int, unit_id: int, *, is_kiosk: bool = False) -> str:
    """Return the token of a plan's own link at a unit, for walls and counters: whoever has it may answer.

    Args:
        is_kiosk: for a device of ours that many people use. It is signed otherwise, so that an answer which counts as
            one of a kiosk was given there and nowhere else.
    """
    purpose = KIOSK if is_kiosk else OPEN
    return f"{plan_id}-{unit_id}-{'k' * is_kiosk}{sign(purpose, f'{plan_id}.{unit_id}', length=_LENGTH)}"


def plan_of(token: str) -> tuple[int, int] | None:
    """Return plan and unit that a token names, or None when it was not made here."""
    found = _PLAN_TOKEN.fullmatch(token)
    purpose = KIOSK if found and found[3] else OPEN
    if found is None or not is_signed(purpose, f"{found[1]}.{found[2]}", found[4], length=_LENGTH):
        return None
    return int(found[1]), int(found[2])


def is_of_kiosk(token: str) -> bool:
    """Tell whether a plan's own link is that of a kiosk."""
    found = _PLAN_TOKEN.fullmatch(token)
    return bool(found and found[3]) and plan_of(token) is not None


def response_token(response_id: int) -> str:
    """Return the token with which somebody who began goes on, page by page."""
    return f"{response_id}-{sign(GO_ON, str(response_id), length=_LENGTH)}"


def response_of(token: str) -> int | None:
    """Return the response that a token names, or None when it was not made here."""
    found = _TOKEN.fullmatch(token)
    if found is None or not is_signed(GO_ON, found[1], found[2], length=_LENGTH):
        return None
    return int(found[1])


def colleague_token(invitation_id: int) -> str:
    """Return the token with which a colleague answers a survey of the network, once."""
    return f"{invitation_id}-{sign(COLLEAGUE, str(invitation_id), length=_LENGTH)}"


def colleague_id_of(token: str) -> int | None:
    """Return the invitation of a colleague that a token names, or None when it was not made here."""
    found = _TOKEN.fullmatch(token)
    if found is None or not is_signed(COLLEAGUE, found[1], found[2], length=_LENGTH):
        return None
    return int(found[1])


def colleague_path(invitation_id: int) -> str:
    """Return the address of a colleague's survey on our own server, for notices and, behind its name, for mails."""
    return reverse("portal:colleague", args=[colleague_token(invitation_id)])


def join_token(participant_id: int) -> str:
    """Return the token with which somebody answers the invitation to a session, and writes in a community."""
    return f"{participant_id}-{sign(JOIN, str(participant_id), length=_LENGTH)}"


def participant_id_of(token: str) -> int | None:
    """Return the participant that a token names, or None when it was not made here."""
    found = _TOKEN.fullmatch(token)
    if found is None or not is_signed(JOIN, found[1], found[2], length=_LENGTH):
        return None
    return int(found[1])


def join_link(participant_id: int) -> str:
    """Return the whole address of somebody's invitation to a session, for mails."""
    return settings.PUBLIC_URL.rstrip("/") + reverse("portal:session", args=[join_token(participant_id)])


def plan_link(plan_id: int, unit_id: int, *, way: str = "") -> str:
    """Return the whole address of a plan's own link at a unit.

    Args:
        way: "qr" for the code on a wall, "kiosk" for a device of ours, "" for the web.
    """
    token = plan_token(plan_id, unit_id, is_kiosk=way == "kiosk")
    address = settings.PUBLIC_URL.rstrip("/") + reverse("portal:listen", args=[token])
    return f"{address}?w=qr" if way == "qr" else address


def survey_link(invitation_id: int) -> str:
    """Return the whole address of the survey page, for mails."""
    return settings.PUBLIC_URL.rstrip("/") + reverse("portal:survey", args=[token_of(invitation_id, ANSWER)])


def short_survey_link(invitation_id: int) -> str:
    """Return the address of the survey page for texts, where each letter counts."""
    return settings.PUBLIC_URL.rstrip("/") + reverse("portal:survey_short", args=[short_token(invitation_id)])


def unsubscribe_link(invitation_id: int) -> str:
    """Return the whole address at which the customer ends all surveys, for mails and their List-Unsubscribe header."""
    return settings.PUBLIC_URL.rstrip("/") + reverse("portal:unsubscribe", args=[token_of(invitation_id, STOP)])
