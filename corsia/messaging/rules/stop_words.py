"""The single words by which people end, or take up again, what they get on a channel."""

import unicodedata
from enum import StrEnum


class Wish(StrEnum):
    STOP = "stop"
    START = "start"


# Each stands alone: "stop alle 8?" is a question. Words that also answer a question of ours ("cancella", "basta") are
# left out: somebody would end by mistake what they wanted to go on.
_WORDS = {
    Wish.STOP: {
        *("stop", "stopall", "stop all", "unsubscribe", "optout", "opt out", "stop sms", "no sms", "stop promotions"),
        *("arresta", "disiscrivi", "disiscrivimi", "cancellami", "annulla iscrizione", "stop promozioni"),
    },
    Wish.START: {"start", "unstop", "riattiva", "iscrivimi", "avvia"},
}


def wish_of(text: str) -> Wish | None:
    """Return what a message wishes, where it consists of nothing but such a word."""
    letters = unicodedata.normalize("NFKC", text[:60]).casefold()
    words = " ".join("".join(letter if letter.isalnum() else " " for letter in letters).split())
    return next((wish for wish, known in _WORDS.items() if words in known), None)
