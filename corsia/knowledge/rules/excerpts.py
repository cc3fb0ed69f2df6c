"""The part of a text that shows why it was found, with the places of the words that were looked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from corsia.knowledge.rules.folding import words_of

LENGTH: Final = 180  # characters
_ENDINGS: Final = 6  # letters a word may have beyond the stem that stands for it


@dataclass(frozen=True)
class Excerpt:
    """A part of a text.

    Attributes:
        marks: start and end of each found word, counted in `text`, in order.
    """

    text: str
    marks: tuple[tuple[int, int], ...] = ()

    @property
    def parts(self) -> list[tuple[str, bool]]:
        """The text in pieces, each with whether it is marked."""
        pieces: list[tuple[str, bool]] = []
        at = 0
        for start, end in self.marks:
            pieces += [(self.text[at:start], False), (self.text[start:end], True)]
            at = end
        return [piece for piece in [*pieces, (self.text[at:], False)] if piece[0]]


def excerpt_of(text: str, stems: Sequence[str], *, length: int = LENGTH) -> Excerpt:
    """Return the part of `text` with the first place where most of the words are near each other."""
    flat = " ".join(text.split())
    begin = {stem[:2] for stem in stems}  # most words of a text need no closer look
    hits = [
        (word.start, word.end, stem)
        for word in words_of(flat)
        if word.folded[:2] in begin and (stem := next((s for s in stems if _is_of(word.folded, s)), "")) != ""
    ]
    if not hits:
        return Excerpt(_cut(flat, 0, length)[2])
    best = max(range(len(hits)), key=lambda i: (len(_within(hits, i, length - 30)), -i))
    first, last, shown = _cut(flat, max(0, hits[best][0] - 30), length)
    shift = 0 if first == 0 else first - 2  # "… " stands before
    marks = tuple((start - shift, end - shift) for start, end, _stem in hits if start >= first and end <= last)
    return Excerpt(shown, marks)


def _is_of(word: str, stem: str) -> bool:
    return word.startswith(stem) and len(word) - len(stem) <= _ENDINGS


def _within(hits: Sequence[tuple[int, int, str]], at: int, length: int) -> set[str]:
    return {stem for start, _end, stem in hits[at:] if start - hits[at][0] < length}


def _cut(text: str, first: int, length: int) -> tuple[int, int, str]:
    """Return start, end and wording of a part between blanks, with dots where something was left out."""
    if first:
        blank = text.find(" ", first)
        first = blank + 1 if 0 <= blank < len(text) - 1 else first
    last = first + length
    if last < len(text):
        blank = text.rfind(" ", first, last)
        last = blank if blank > first else last
    else:
        last = len(text)
    return first, last, ("… " if first else "") + text[first:last] + (" …" if last < len(text) else "")
