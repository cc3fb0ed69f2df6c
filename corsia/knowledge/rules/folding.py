"""Words as search compares them: small letters, no accents, no punctuation; and what one mistyped letter leads to."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

_APOSTROPHES: Final = frozenset("'’‘`´ʼ′")
_LETTERS: Final = str.maketrans({"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ł": "l"})
# "l'auto" is "auto": what stands before an Italian apostrophe is an article or a preposition.
_ELIDED: Final = frozenset(
    {"l", "d", "un", "dell", "all", "nell", "sull", "dall", "quest", "quell", "c", "s", "t", "m", "n", "gl"}
)
# Nobody looks for these; PostgreSQL's own lists hold the rest. Written without accents, as everything here.
STOP_WORDS: Final = {
    "it": frozenset(
        (
            *(
                "buongiorno",
                "buonasera",
                "salve",
                "grazie",
                "gentile",
                "cordiali",
                "saluti",
                "perche",
                "quando",
                "posso",
            ),
            *("devo", "vorrei", "sapere", "bisogno", "favore", "chiedo", "fare", "cosa", "puo", "piu", "gia", "cioe"),
            *("quindi", "pero", "essere", "avere", "come", "dove", "quale", "quali", "serve", "servono"),
        )
    ),
    "en": frozenset(
        (
            *(
                "hello",
                "dear",
                "thanks",
                "thank",
                "please",
                "regards",
                "would",
                "like",
                "need",
                "know",
                "want",
                "could",
            ),
            *("when", "where", "which", "how", "what", "can", "does"),
        )
    ),
}
SHORTEST_FORGIVEN: Final = 5
_LONGEST: Final = 40
_WORD: Final = re.compile(r"(?:[^\W_]|[\u0300-\u036f])+")  # letters and digits, with accents that stand apart


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a text: how it compares, and where it stands."""

    folded: str
    start: int
    end: int


def fold(text: str) -> str:
    """Return the words of a text, folded, with blanks between: `"L’Officina è aperta?"` -> `"officina e aperta"`."""
    return " ".join(word.folded for word in words_of(text))


def words_of(text: str) -> Iterator[Word]:
    """Yield the words of a text with their places in it."""
    for found in _WORD.finditer(text):
        folded = fold_word(found[0])
        end = found.end()
        if folded and not (folded in _ELIDED and text[end : end + 1] in _APOSTROPHES):
            yield Word(folded[:_LONGEST], found.start(), end)


@lru_cache(maxsize=20_000)  # the words of the trade come again and again
def fold_word(word: str) -> str:
    """Return one word in plain small letters: `"Perché"` -> `"perche"`."""
    if word.isascii():
        return word.lower()
    # Twice: some signs become letters, and capitals, only when they are decomposed.
    small = unicodedata.normalize("NFKD", word).casefold().translate(_LETTERS)
    return "".join(sign for sign in unicodedata.normalize("NFKD", small) if sign.isalnum())


def near(word: str) -> frozenset[str]:
    """Return a word, and the word with each one of its letters left out.

    Two words that share one of these are the same but for one letter: wrong, missing, too many, or moved.
    """
    if len(word) < SHORTEST_FORGIVEN or not word.isalpha():
        return frozenset({word})
    return frozenset({word, *(word[:place] + word[place + 1 :] for place in range(len(word)))})


def is_near(one: str, other: str) -> bool:
    """Tell whether two words are one mistyped letter apart, or the same."""
    return one == other or (
        min(len(one), len(other)) >= SHORTEST_FORGIVEN - 1 and not near(one).isdisjoint(near(other))
    )
