"""What was typed, as the terms of a full-text query: each word with those that mean the same."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import yaml

from corsia.knowledge.rules.folding import STOP_WORDS, fold, words_of

SHIPPED: Final = Path(__file__).resolve().parent.parent / "shipped" / "synonyms.yaml"
MOST_TERMS: Final = 12
_LONGEST_PHRASE: Final = 4
_SHORTEST: Final = 2
_KNOWN, _COMMON = 2.0, 0.4

Phrase = tuple[str, ...]


@dataclass(frozen=True)
class Synonyms:
    """Which phrases mean the same, in which language.

    Attributes:
        groups: for each group and language its phrases, each a tuple of folded words.
        by_phrase: a phrase of any language to the numbers of its groups.
        common: groups of words that stand in nearly every text of the trade: they tell little.
    """

    groups: tuple[Mapping[str, tuple[Phrase, ...]], ...]
    by_phrase: Mapping[Phrase, tuple[int, ...]]
    common: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Term:
    """One thing that is looked for: the phrases of a language of which any will do, the typed one first."""

    phrases: tuple[Phrase, ...]
    weight: float = 1.0  # how much it tells: words of the trade more, words of every text less

    @property
    def query(self) -> str:
        """The term in PostgreSQL's query language. Words are letters and digits, so nothing in them is syntax."""
        return "(" + " | ".join(f"({' <-> '.join(phrase)})" for phrase in self.phrases) + ")"


def synonyms_of(groups: Iterable[Mapping[str, Iterable[str]]]) -> Synonyms:
    """Return groups of phrases, folded, with the way from a phrase to its groups."""
    groups = list(groups)
    folded = tuple(
        {
            language: tuple(dict.fromkeys(phrase for text in group.get(language, ()) if (phrase := _phrase(text))))
            for language in ("it", "en")
        }
        for group in groups
    )
    by_phrase: dict[Phrase, tuple[int, ...]] = {}
    for number, group in enumerate(folded):
        for phrase in {phrase for phrases in group.values() for phrase in phrases}:
            by_phrase[phrase] = (*by_phrase.get(phrase, ()), number)
    common = frozenset(number for number, group in enumerate(groups) if group.get("common"))
    return Synonyms(groups=folded, by_phrase=by_phrase, common=common)


def shipped_groups() -> list[Mapping[str, list[str]]]:
    """Return the groups that ship with the product."""
    return [
        {language: list(words) for language, words in group.items()} for group in yaml.safe_load(SHIPPED.read_text())
    ]


def terms_of(text: str, *, language: str, synonyms: Synonyms, most: int = MOST_TERMS) -> list[Term]:
    """Return what a text looks for, in order: the longest phrases that have synonyms first, then single words.

    Args:
        language: of the texts that are searched; a typed word of the other language leads to its synonyms.
    """
    words = [word.folded for word in words_of(text)]
    found: list[Term] = []
    seen: set[Phrase] = set()
    at = 0
    while at < len(words) and len(found) < most:
        phrase, groups = _longest(words[at:], synonyms)
        at += len(phrase)
        if phrase in seen or (not groups and not _is_searched(phrase[0], language)):
            continue
        same = [other for number in groups for other in synonyms.groups[number][language]]
        weight = 1.0 if not groups else _COMMON if synonyms.common.issuperset(groups) else _KNOWN
        found.append(Term(phrases=tuple(dict.fromkeys((phrase, *same))), weight=weight))
        seen.add(phrase)
    return found


def query_of(terms: Sequence[Term], *, every: bool, begins: bool = False) -> str:
    """Return the query for all of the terms, or for any of them.

    Args:
        begins: the last word may be only begun: it is still being typed.
    """
    parts = [term.query for term in terms]
    if begins and terms:
        last = terms[-1].phrases[0][-1]
        if len(last) > _SHORTEST:
            parts[-1] = f"({parts[-1]} | {last}:*)"
    return (" & " if every else " | ").join(parts)


def _longest(words: Sequence[str], synonyms: Synonyms) -> tuple[Phrase, tuple[int, ...]]:
    for length in range(min(_LONGEST_PHRASE, len(words)), 0, -1):
        phrase = tuple(words[:length])
        if groups := synonyms.by_phrase.get(phrase):
            return phrase, groups
    return (words[0],), ()


def _is_searched(word: str, language: str) -> bool:
    return len(word) >= _SHORTEST and word not in STOP_WORDS[language]


def _phrase(text: str) -> Phrase:
    return tuple(fold(str(text)).split())
