"""Folding of names of people and companies, so that one name typed in ten ways compares and is found as one.

Folding serves comparing and searching only; what people typed is stored and shown as they typed it.
"""

import re
import unicodedata
from typing import Final

_APOSTROPHES: Final = "'’‘`´ʼ′＇"
# Letters that decomposing leaves whole, written as people without that key on their keyboard write them.
_PLAIN_LETTERS: Final = str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "ł": "l", "ı": "i", "ħ": "h"}
)
# "D' Angelo" is "D'Angelo"; "Niccolo' Rossi" is two words, its apostrophe an accent typed the Italian way.
_ELISION: Final = re.compile(rf"\b(d|dell|dall|nell|degl|sant|l|o|m)\s?[{_APOSTROPHES}]\s*(?=\w)", re.IGNORECASE)
_AFTER_APOSTROPHE: Final = re.compile(rf"\b(d|dell|dall|sant|l)[{_APOSTROPHES}]\s*(\w+)", re.IGNORECASE)
_PARTICLES: Final = frozenset(
    (
        *("de", "di", "da", "do", "dos", "das", "du", "del", "dell", "della", "delle", "dello", "dei", "degli"),
        *("dal", "dalla", "dalle", "dallo", "la", "le", "li", "lo", "san", "santa", "mac", "mc", "van", "von"),
        *("der", "den", "ter", "ten", "el", "al", "ben", "bin"),
    )
)
_LEGAL_FORMS: Final = frozenset(
    (
        *("srl", "srls", "spa", "sas", "snc", "sapa", "scarl", "scrl", "scpa", "sca", "soc", "coop", "societa"),
        *("cooperativa", "consortile", "unipersonale", "arl", "onlus", "aps", "asd", "ets"),
        *(
            "gmbh",
            "ag",
            "kg",
            "ohg",
            "ltd",
            "limited",
            "llc",
            "inc",
            "plc",
            "sarl",
            "sa",
            "eurl",
            "bv",
            "nv",
            "sl",
            "doo",
        ),
    )
)
_LONG_FORMS: Final = re.compile(
    r"\b(societa )?(a responsabilita limitata( semplificata)?|per azioni|in accomandita semplice|in nome collettivo"
    r"|semplice|in liquidazione)\b"
)
# "S.p.A.", "a.b.c." and "S R L": letters spelt one by one are one word.
_SPELT: Final = re.compile(r"\b(?:\w\.){2,}(?:\w\b)?|\b\w\.\w\b|\b\w(?: \w){2,}\b")
_PARTNERS: Final = re.compile(r"\s(?:&|\+|ed?)\s*(?:c|co|soci)\b\.?", re.IGNORECASE)  # "Rossi & C."


def fold(text: str) -> str:
    """Return a text in plain small letters and digits, blanks between words: `"Nuñez-D’Angelò"` -> `"nunez dangelo"`.

    Accents go, apostrophes go without a gap, all other punctuation becomes a gap. Letters of other alphabets stay.
    """
    text = _ELISION.sub(r"\1", text)
    text = text.translate({ord(sign): "" for sign in _APOSTROPHES}).casefold().translate(_PLAIN_LETTERS)
    decomposed = unicodedata.normalize("NFKD", text)
    plain = "".join(sign for sign in decomposed if not unicodedata.combining(sign)).casefold().translate(_PLAIN_LETTERS)
    return " ".join("".join(sign if sign.isalnum() else " " for sign in plain).split())


def fold_person_name(name: str) -> str:
    """Return a person's folded name with particles joined to what follows: `"De  Rossi"` and `"Derossi"` are one.

    The order of the words stays; compare given names and surnames apart where both are known.
    """
    words: list[str] = []
    waiting = ""
    for word in fold(name).split():
        if word in _PARTICLES:
            waiting += word
        else:
            words.append(waiting + word)
            waiting = ""
    if waiting:
        words.append(waiting)
    return " ".join(words)


def fold_company_name(name: str) -> str:
    """Return a company's folded name without its legal form: `"F.lli Rossi S.r.l."` and `"FLLI ROSSI SRL"` are one.

    A company called like a legal form keeps it ("Spa"): a name is never folded to nothing unless it holds no letter.
    """
    joined = _SPELT.sub(lambda spelt: re.sub(r"[.\s]", "", spelt[0]) + " ", _PARTNERS.sub(" ", name))
    joined = re.sub(r"(?<=\w)\.(?=\w)", "", joined)  # F.lli, Dott.ssa
    folded = fold(joined)
    without_long = " ".join(_LONG_FORMS.sub(" ", folded).split())
    words = [word for word in without_long.split() if word not in _LEGAL_FORMS]
    return " ".join(words) or folded


def name_words(*, name: str, is_company: bool = False) -> tuple[str, ...]:
    """Return the distinct words a name is found by, in order: `"Maria De Rossi"` -> maria, de, rossi, derossi."""
    folded = fold_company_name(name) if is_company else f"{fold(name)} {fold_person_name(name)}"
    words = folded.split()
    # "D'Angelo" is also looked up as "Angelo", as it stands in many an old archive.
    words += [fold(part[2]) for part in _AFTER_APOSTROPHE.finditer(name)]
    return tuple(dict.fromkeys(word for word in words if word))
