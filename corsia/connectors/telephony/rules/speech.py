"""What the robot says: TwiML, made of elements and never of strings, so that no text of anybody becomes a command.

Source: Twilio, "TwiML for Programmable Voice": Say, Gather, Dial, Number, Record, Redirect, Hangup, Reject.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

VOICES = {"it": ("it-IT", "Polly.Bianca-Neural"), "en": ("en-GB", "Polly.Amy-Neural")}
WAIT_SECONDS = 6  # for a key, after the last word
MESSAGE_SECONDS = 120
_UNSPEAKABLE = re.compile(r"[^\n\t\x20-\uD7FF\uE000-\uFFFD]")  # no XML 1.0 holds them
_SHIFT = re.compile(r"(\d{2}:\d{2})–(\d{2}:\d{2})")


@dataclass(frozen=True)
class Said:
    """A sentence in a language, "it" or "en"."""

    language: str
    text: str


@dataclass(frozen=True)
class Played:
    """A recorded voice, by the address where the provider fetches it."""

    url: str


def response(*children: Element) -> bytes:
    """Return an answer to the provider."""
    root = Element("Response")
    root.extend(children)
    written: str = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>{written}'.encode()


def say(said: Said) -> Element:
    language, voice = VOICES.get(said.language, VOICES["it"])
    found = Element("Say", {"language": language, "voice": voice})
    found.text = _UNSPEAKABLE.sub(" ", said.text)
    return found


def play(played: Played) -> Element:
    found = Element("Play")
    found.text = played.url
    return found


def ask(words: Sequence[Said | Played], *, action: str, digits: int = 1, finish: str = "#") -> Element:
    """Say something and wait for a key, which may be pressed before the end; no key is told too.

    Args:
        digits: how many keys are waited for.
        finish: the key that ends them early; "" where every key is an answer.
    """
    found = Element(
        "Gather",
        {
            "input": "dtmf",
            "numDigits": str(digits),
            "timeout": str(WAIT_SECONDS),
            "finishOnKey": finish,
            "action": action,
            "method": "POST",
            "actionOnEmptyResult": "true",
        },
    )
    found.extend(play(one) if isinstance(one, Played) else say(one) for one in words)
    return found


def dial(numbers: Sequence[str], *, seconds: int, action: str, report: str) -> Element:
    """Let phones ring, all at once. Nothing of what is said there is recorded."""
    found = Element("Dial", {"timeout": str(seconds), "action": action, "method": "POST", "record": "do-not-record"})
    for number in numbers:
        one = SubElement(
            found,
            "Number",
            {
                "statusCallback": report,
                "statusCallbackEvent": "ringing answered completed",
                "statusCallbackMethod": "POST",
            },
        )
        one.text = number
    return found


def record(*, action: str) -> Element:
    """Take a message that the caller chooses to leave."""
    return Element(
        "Record",
        {
            "action": action,
            "method": "POST",
            "maxLength": str(MESSAGE_SECONDS),
            "timeout": "5",
            "finishOnKey": "#",
            "playBeep": "true",
            "transcribe": "false",
        },
    )


def redirect(url: str) -> Element:
    found = Element("Redirect", {"method": "POST"})
    found.text = url
    return found


def hang_up() -> Element:
    return Element("Hangup")


def reject() -> Element:
    return Element("Reject", {"reason": "rejected"})


def spoken_hours(lines: str, language: str) -> str:
    """Return opening hours as a voice reads them: "09:00–12:30" becomes "from 09:00 to 12:30"."""
    pattern = r"from \1 to \2" if language == "en" else r"dalle \1 alle \2"
    return ". ".join(_SHIFT.sub(pattern, line).replace(" – ", " / ") for line in lines.splitlines()).replace(
        " / ", " to " if language == "en" else " a "
    )
