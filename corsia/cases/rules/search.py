"""Read what people type into the search of cases."""

import re
from dataclasses import dataclass

_NUMBER = re.compile(r"#?\s*(\d{1,18})")
_PLATE = re.compile(r"[A-Z]{2}\s?\d{3}\s?[A-Z]{2}")
_WORD = re.compile(r"\w+")
MAX_WORDS = 6


@dataclass(frozen=True)
class CaseSearch:
    """What was meant: a case number, a plate, or words of the subject (at most six, each a prefix)."""

    number: int | None = None
    plate: str = ""
    words: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        return self.number is None and not self.plate and not self.words


def parse(text: str) -> CaseSearch:
    """Return what `text` asks for; a plate is also searched as words, a lone number only as a number."""
    text = text.strip()
    if whole := _NUMBER.fullmatch(text):
        return CaseSearch(number=int(whole.group(1)))
    plate = text.upper().replace(" ", "") if _PLATE.fullmatch(text.upper()) else ""
    return CaseSearch(plate=plate, words=tuple(_WORD.findall(text.lower())[:MAX_WORDS]))


def words_query(words: tuple[str, ...]) -> str:
    """Return a PostgreSQL tsquery in which every word is a prefix; words hold letters, digits and _ only."""
    return " & ".join(f"{word}:*" for word in words)
