"""How a line typed while people talk is read: who said it, whether it is good or bad, its tags.

`P3: "Forty minutes at the counter" -4 #waiting` is a quote of participant 3 that speaks against us with severity 4.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from corsia.listening.vocabulary import Sign

LONGEST_TAG = 40
MOST_TAGS = 8
_WHO = re.compile(r"^[pP]([1-9][0-9]{0,2})\s*[:,.]\s*")
_TAG = re.compile(r"(?:^|(?<=\s))#([\w-]{1,40})", re.UNICODE)
_WEIGHT = re.compile(r"(?:^|(?<=\s))([+\-−])([1-5])?(?=\s|$)")
_QUOTED = (('"', '"'), ("“", "”"), ("«", "»"), ("„", "“"))


@dataclass(frozen=True, kw_only=True)
class Line:
    """What a typed line says; `number` is that of the participant, None where nobody is named."""

    text: str
    number: int | None = None
    is_quote: bool = False
    sign: str = ""
    severity: int | None = None
    tags: Sequence[str] = field(default_factory=tuple)


def read_line(typed: str) -> Line:
    """Read a line: "P3:" at its begin, "-4" or "+" at begin or end, "#tag" anywhere, quotation marks around it.

    A word that is somebody's makes it a quote, as do quotation marks. Whatever is not understood stays text.
    """
    text = " ".join(typed.split())
    number = None
    if who := _WHO.match(text):
        number, text = int(who[1]), text[who.end() :]
    tags = tags_of(" ".join(_TAG.findall(text)))
    text = " ".join(_TAG.sub("", text).split())
    sign, severity, text = _weighed(text)
    bare, is_quoted = _unquoted(text)
    return Line(
        text=bare, number=number, is_quote=is_quoted or number is not None, sign=sign, severity=severity, tags=tags
    )


def tags_of(typed: str) -> tuple[str, ...]:
    """Return tags as they are kept: small letters, without "#", each once."""
    words = (word.strip("#,;").casefold()[:LONGEST_TAG] for word in typed.split())
    return tuple(dict.fromkeys(word for word in words if word))[:MOST_TAGS]


def _weighed(text: str) -> tuple[str, int | None, str]:
    """Return sign, severity and the rest; only a mark at one of the two ends counts, within a sentence it is text."""
    for found in _WEIGHT.finditer(text):
        if found.start() == 0 or found.end() == len(text):
            rest = (text[: found.start()] + text[found.end() :]).strip()
            sign = Sign.PLUS if found[1] == "+" else Sign.MINUS
            return sign.value, int(found[2]) if found[2] else None, rest
    return "", None, text


def _unquoted(text: str) -> tuple[str, bool]:
    for opens, closes in _QUOTED:
        if len(text) > 1 and text.startswith(opens) and text.endswith(closes):
            return text[1:-1].strip(), True
    return text, False
