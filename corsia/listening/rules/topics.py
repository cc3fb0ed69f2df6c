"""What words are about: topics recognised by their stems, each with a sign and the words that made it.

A rule that anybody can follow, not a model: the page shows the words behind every topic, and a house edits the stems.
A sign comes from the stem where the stem has one, turned by a negation before it ("nessun ritardo"); else from what
stands beside it in the same clause; else from the score.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

PLUS, MINUS, UNSAID = "plus", "minus", ""
PLEASED_FROM: Final = 9  # below, somebody who praises nothing names what was missing
LONGEST_WORDS: Final = 200

_APART = 4  # positions between two stems of one pattern
_BEFORE = 3  # positions within which a negation turns what follows
_ENDS = re.compile(r"[.!?;:,\n()…–]|\s-\s")
_WORD = re.compile(r"[^\W_]+")
_NOT = re.compile(r"n['’]t\b", re.IGNORECASE)
_BREAKS = frozenset({"ma", "pero", "tuttavia", "invece", "but", "however", "although"})
_NEGATIONS = frozenset(
    {
        "non", "nessun", "nessuno", "nessuna", "niente", "nulla", "mai", "senza", "zero", "ne", "mica", "poco",
        "poca", "poche", "pochi", "manca", "mancata", "mancato", "no", "not", "never", "without", "nobody",
        "none", "hardly", "lack",
    }
)  # fmt: skip
_NOT_ONLY = frozenset({"solo", "soltanto", "only", "just"})
_GOOD: Final = (
    *("ottim", "perfett", "eccellent", "bellissim", "buon", "brav", "bene", "comod", "facil", "semplic", "chiar"),
    *("subito", "veloc", "rapid", "complimenti", "convint", "efficien", "soddisf", "super", "grand", "funziona"),
    *("great", "excellent", "perfect", "good", "easy", "clear", "convenient", "smooth", "lovely", "best", "amazing"),
)
_BAD: Final = (
    *("pessim", "male", "malissim", "scars", "scadent", "disast", "vergogn", "delus", "problem", "brutt", "complicat"),
    *("difficil", "negat", "rifiut", "peccato", "sbagliat", "errat", "erro", "blocc", "inutil", "puzza", "discut"),
    *("insufficien", "orribil", "terribil", "assurd", "ritard"),
    *("bad", "terrib", "awful", "poor", "horrib", "difficult", "wrong", "crash", "useless", "disappoint", "worst"),
)
_ITALIAN = frozenset(
    {
        "il", "lo", "la", "gli", "le", "di", "del", "della", "un", "una", "che", "non", "mi", "per", "con",
        "ho", "ha", "hanno", "era", "sono", "e", "piu", "ma", "anche", "tutto", "molto", "dal", "alla", "al",
        "si", "in", "da", "ci",
    }
)  # fmt: skip
_ENGLISH = frozenset(
    {
        "the", "a", "an", "of", "to", "and", "was", "were", "is", "my", "i", "me", "it", "for", "with", "they",
        "had", "have", "has", "not", "very", "this", "that", "all", "on", "you", "your", "at", "we", "our",
        "us", "did", "are",
    }
)  # fmt: skip

Pattern = tuple[tuple[str, ...], ...]


@dataclass(frozen=True, kw_only=True)
class Stems:
    """By what a topic is recognised in one language; see shipped/topics.yaml for how a pattern is written."""

    about: tuple[str, ...] = ()
    plus: tuple[str, ...] = ()
    minus: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Found:
    """A topic of a text.

    Attributes:
        sign: "plus", "minus" or "" where nothing says which.
        words: the text's own, by which it was recognised.
    """

    topic: str
    sign: str
    words: str


@dataclass(frozen=True)
class _Token:
    plain: str
    begin: int
    end: int


def read_topics(
    text: str, *, score: int | None, language: str, topics: Mapping[str, Mapping[str, Stems]]
) -> tuple[Found, ...]:
    """Return what a text is about, in the order of the topics.

    Args:
        score: recommendation from 0 to 10 given with it.
        language: of the answer; a text that is plainly in the other one is read in that.
        topics: stems by topic and language.
    """
    clauses = list(_clauses(text))
    spoken = language_of([token.plain for clause in clauses for token in clause], otherwise=language)
    found = []
    for topic, by_language in topics.items():
        stems = by_language.get(spoken, Stems())
        signs: list[str] = []
        spans: list[tuple[int, int]] = []
        for clause in clauses:
            hits = _hits(clause, stems, score)
            signs += [sign for sign, _begin, _end in hits]
            spans += [(clause[begin].begin, clause[end].end) for _sign, begin, end in hits]
        if spans:
            sign = MINUS if MINUS in signs else PLUS if PLUS in signs else UNSAID
            found.append(Found(topic=topic, sign=sign, words=_quoted(text, spans)))
    return tuple(found)


def language_of(words: Sequence[str], *, otherwise: str) -> str:
    """Return the language that more of the little words belong to."""
    italian = sum(word in _ITALIAN for word in words)
    english = sum(word in _ENGLISH for word in words)
    return "it" if italian > english else "en" if english > italian else otherwise


def folded(text: str) -> str:
    """Return a text without accents and capitals, letter by letter, so that places in it stay the same."""
    return "".join(unicodedata.normalize("NFD", letter)[0].casefold()[0] for letter in text)


def problem_of(pattern: str) -> bool:
    """Tell whether nothing could ever be recognised by a pattern: it has an empty stem, or one of a single letter."""
    parts = [stem.removeprefix("=") for part in pattern.split() for stem in part.split("|")]
    return not parts or any(len(stem) < 2 or not _WORD.fullmatch(stem) for stem in parts)


def _clauses(text: str) -> Iterator[list[_Token]]:
    """Yield the parts of a text in which words belong together."""
    plain = _NOT.sub(" no", folded(text))  # "didn't" says "no" in as many letters
    begin = 0
    for stop in [*(match.start() for match in _ENDS.finditer(plain)), len(plain)]:
        clause: list[_Token] = []
        for match in _WORD.finditer(plain, begin, stop):
            if match.group() in _BREAKS and clause:
                yield clause
                clause = []
            clause.append(_Token(match.group(), match.start(), match.end()))
        if clause:
            yield clause
        begin = stop + 1


def _hits(clause: Sequence[_Token], stems: Stems, score: int | None) -> list[tuple[str, int, int]]:
    """Return what of a topic stands in a clause: its sign, first and last position."""
    hits = []
    for sign, patterns in ((PLUS, stems.plus), (MINUS, stems.minus)):
        for begin, end, pattern in _matches(clause, patterns):
            turned = _is_negated(clause, begin, end, pattern)
            hits.append(((MINUS if sign == PLUS else PLUS) if turned else sign, begin, end))
    # What a longer pattern explains is not counted again by a shorter one within it.
    hits = [one for one in hits if not any(_is_within(one, other) for other in hits)]
    if hits:
        return hits
    return [(_sign_beside(clause, begin, score), begin, end) for begin, end, _p in _matches(clause, stems.about)]


def _is_within(one: tuple[str, int, int], other: tuple[str, int, int]) -> bool:
    return other[1] <= one[1] and one[2] <= other[2] and other[2] - other[1] > one[2] - one[1]


def _matches(clause: Sequence[_Token], patterns: Iterable[str]) -> Iterator[tuple[int, int, Pattern]]:
    for pattern in map(_parsed, patterns):
        for begin in range(len(clause)):
            end = _end_of(clause, begin, pattern)
            if end is not None:
                yield begin, end, pattern


@lru_cache(maxsize=4096)
def _parsed(pattern: str) -> Pattern:
    return tuple(tuple(part.split("|")) for part in folded(pattern).split())


def _end_of(clause: Sequence[_Token], begin: int, pattern: Pattern) -> int | None:
    if not _fits(clause[begin].plain, pattern[0]):
        return None
    at = begin
    for part in pattern[1:]:
        reach = range(at + 1, min(len(clause), at + 1 + _APART))
        following = next((place for place in reach if _fits(clause[place].plain, part)), None)
        if following is None:
            return None
        at = following
    return at


def _fits(word: str, stems: Sequence[str]) -> bool:
    return any(word == stem[1:] if stem.startswith("=") else word.startswith(stem) for stem in stems)


def _is_negation(clause: Sequence[_Token], place: int) -> bool:
    is_only = place + 1 < len(clause) and clause[place + 1].plain in _NOT_ONLY
    return clause[place].plain in _NEGATIONS and not is_only


def _is_negated(clause: Sequence[_Token], begin: int, end: int, pattern: Pattern) -> bool:
    """Tell whether a negation stands before a match, or between its parts, that is not one of its stems."""
    own = [stem.removeprefix("=") for part in pattern for stem in part]
    if any(stem in _NEGATIONS or any(word.startswith(stem) for word in ("nessun",)) for stem in own):
        return False
    return any(_is_negation(clause, place) for place in range(max(0, begin - _BEFORE), end))


def _sign_beside(clause: Sequence[_Token], at: int, score: int | None) -> str:
    """Return the sign of something neutral from its clause, else from the score."""
    signs = []
    for place, token in enumerate(clause):
        good, bad = token.plain.startswith(_GOOD), token.plain.startswith(_BAD)
        if good or bad:
            turned = any(_is_negation(clause, before) for before in range(max(0, place - _BEFORE), place))
            signs.append(PLUS if good != turned else MINUS)
    if signs:
        return MINUS if MINUS in signs else PLUS
    if any(_is_negation(clause, place) for place in range(len(clause))):
        return MINUS
    if score is None:
        return UNSAID
    return PLUS if score >= PLEASED_FROM else MINUS


def _quoted(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """Return the words of these spans, those that touch as one."""
    joined: list[tuple[int, int]] = []
    for begin, end in sorted(spans):
        if joined and begin <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((begin, end))
    return " … ".join(" ".join(text[begin:end].split()) for begin, end in joined)[:LONGEST_WORDS]
