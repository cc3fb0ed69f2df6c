"""What somebody means who writes to the assistant: fixed words and numbers, no guessing."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

_PERSON = re.compile(
    r"\b(operator[ei]?|operatrice|persona|persone|umano|umana|essere umano|consulente|addett[oa]|qualcuno|agent|human|"
    r"person|someone|somebody|representative|advisor|real people|parlare con (?:voi|uno|una)|speak to|talk to)\b"
)
_NOT_PERSON = re.compile(r"\b(in|di|una) persona\b(?! (?:vera|reale))|\bpersona(?:le|li|lizzat\w*)\b")
_HELLO = re.compile(
    r"(?:(?:ciao|salve|buongiorno|buon giorno|buonasera|buona sera|buon pomeriggio|hello|hi|hey|good morning|"
    r"good evening|good afternoon|aiuto|help|info|informazioni)(?: a tutti| there)?)"
)
_BACK = re.compile(r"(?:menu|menù|inizio|indietro|torna indietro|torna al menu|ricomincia|back|start|start over)")
_YES = re.compile(r"(?:si|yes|ok|okay|va bene|certo|volentieri|grazie si|si grazie|yes please|sure|please)")
_NUMBER = re.compile(r"([0-9]{1,2})[.)]?")
_PLATE = re.compile(
    r"\b([a-z]{2}[ -]?[0-9]{3}[ -]?[a-z]{2}|[a-z]{2}[ -]?[0-9]{5,6}|[a-z]{1,3}[ -][a-z]{1,2}[ -]?[0-9]{1,4})\b"
)


class Meaning(Enum):
    PERSON = "person"
    HELLO = "hello"
    BACK = "back"
    YES = "yes"
    CHOICE = "choice"
    QUESTION = "question"


@dataclass(frozen=True)
class Understood:
    """What was meant; `choice` counts from 0 among the labels that were offered."""

    meaning: Meaning
    choice: int = -1


def plain(text: str) -> str:
    """Return words as they are compared: small, without accents, punctuation and doubled blanks."""
    bare = "".join(sign for sign in unicodedata.normalize("NFD", text.casefold()) if not unicodedata.combining(sign))
    return " ".join(re.sub(r"[^\w\s.)-]", " ", bare.replace("’", "'").replace("'", " ")).split()).strip(" .-")


def understand(text: str, *, offered: Sequence[str], person: Sequence[str]) -> Understood:
    """Return what somebody means.

    A person is called by any of the usual words, wherever in a short message they stand; a long one must be a question
    in itself, and calls nobody by using the word.

    Args:
        offered: the labels last shown, in their order; they are counted from 1.
        person: the labels of the way to a person, in all languages; 0 is its number.
    """
    words = plain(text)
    labels = [plain(label) for label in offered]
    if words in labels:
        return Understood(Meaning.CHOICE, labels.index(words))
    if words in {plain(label) for label in person} or words == "0":
        return Understood(Meaning.PERSON)
    number = _NUMBER.fullmatch(words)
    if number and 1 <= int(number[1]) <= len(labels):
        return Understood(Meaning.CHOICE, int(number[1]) - 1)
    if _BACK.fullmatch(words):
        return Understood(Meaning.BACK)
    if len(words.split()) <= 12 and _PERSON.search(_NOT_PERSON.sub(" ", words)):
        return Understood(Meaning.PERSON)
    if _YES.fullmatch(words):
        return Understood(Meaning.YES)
    if _HELLO.fullmatch(words):
        return Understood(Meaning.HELLO)
    return Understood(Meaning.QUESTION)


def plate_in(text: str) -> str:
    """Return the first thing in a text that reads like a number plate, "" for none."""
    found = _PLATE.search(" ".join(text.casefold().split()))
    return re.sub(r"[ -]", "", found[1]).upper() if found else ""


def numbered(labels: Sequence[str], *, person: str) -> str:
    """Return the choices as lines for channels without buttons; the way to a person stands under 0."""
    return "\n".join([*(f"{place}. {label}" for place, label in enumerate(labels, 1)), f"0. {person}"])


@dataclass(frozen=True)
class Line:
    """Opening hours of some days of the week that are alike; days count from 0, Monday."""

    first: int
    last: int
    shifts: tuple[tuple[str, str], ...]


def week_lines(week: Sequence[Sequence[tuple[str, str]]]) -> list[Line]:
    """Return a week as few lines as it takes: days that follow each other and are alike stand together."""
    lines: list[Line] = []
    for day, shifts in enumerate(week):
        if lines and lines[-1].shifts == tuple(shifts):
            lines[-1] = Line(lines[-1].first, day, lines[-1].shifts)
        else:
            lines.append(Line(day, day, tuple(shifts)))
    return lines
