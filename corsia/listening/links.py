"""The links of an invitation, derived from its id and the installation's key: nothing to store, nothing to leak.

The token is a 128-bit HMAC, one per purpose, so that the link to answer cannot be used to unsubscribe, nor the other
way round. Single use and expiry are the invitation's own state.
"""

import re

from django.conf import settings
from django.urls import reverse

from corsia.kernel.tokens import is_signed, sign

ANSWER = "listening.answer"
STOP = "listening.stop"

_LENGTH = 32
_TOKEN = re.compile(r"([1-9][0-9]{0,18})-([0-9a-f]{32})", re.IGNORECASE)


def token_of(invitation_id: int, purpose: str) -> str:
    """Return the token of an invitation for ANSWER or STOP."""
    return f"{invitation_id}-{sign(purpose, str(invitation_id), length=_LENGTH)}"


def invitation_id_of(token: str, purpose: str) -> int | None:
    """Return the id that a token names, or None when it was not made here for this purpose."""
    found = _TOKEN.fullmatch(token)
    if found is None or not is_signed(purpose, found[1], found[2], length=_LENGTH):
        return None
    return int(found[1])


def survey_link(invitation_id: int) -> str:
    """Return the whole address of the survey page, for mails."""
    return settings.PUBLIC_URL.rstrip("/") + reverse("portal:survey", args=[token_of(invitation_id, ANSWER)])


def unsubscribe_link(invitation_id: int) -> str:
    """Return the whole address at which the customer ends all surveys, for mails and their List-Unsubscribe header."""
    return settings.PUBLIC_URL.rstrip("/") + reverse("portal:unsubscribe", args=[token_of(invitation_id, STOP)])
