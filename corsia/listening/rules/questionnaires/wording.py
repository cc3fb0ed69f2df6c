"""How wordings are filled in, how long they take, and what another one means for the figures."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from corsia.listening.rules.questionnaires.model import Definition, Question, QuestionKind, Words

PLACEHOLDERS = frozenset({"place", "group", "vehicle", "day"})  # what a wording may name
PLACEHOLDER = re.compile(r"\{([^{}]*)\}")

_SECONDS = {
    QuestionKind.SCALE: 5.0,
    QuestionKind.CHOICE: 6.0,
    QuestionKind.SEVERAL: 8.0,
    QuestionKind.MATRIX: 3.0,
    QuestionKind.TEXT: 20.0,
    QuestionKind.YES_NO: 4.0,
    QuestionKind.DATE: 8.0,
    QuestionKind.FILE: 25.0,
}
_WORDS_PER_SECOND = 4.0


def estimated_seconds(definition: Definition, language: str = "it") -> int:
    """Return how long answering everything takes, for whoever gets every question.

    Reading at four words a second, and a few seconds for each kind of answer: an estimate for the invitation's words,
    to be replaced by what respondents really took.
    """
    total = 0.0
    for question in definition.questions:
        texts = [question.words, question.help, *(choice.words for choice in (*question.choices, *question.rows))]
        total += sum(len(text.said(language).split()) for text in texts) / _WORDS_PER_SECOND
        total += _SECONDS[question.kind] * max(1, len(question.rows))
    return round(total)


def without_placeholders(words: str) -> str:
    """Return a wording where no single place is meant: "our workshop in {place}" becomes "our workshop in …"."""
    return PLACEHOLDER.sub("…", words)


def series_after(
    new: Definition,
    old: Definition | None,
    series: Mapping[str, int],
    elsewhere: Sequence[tuple[Definition, Mapping[str, int]]] = (),
) -> dict[str, int]:
    """Return the number of the series of each item of a new wording.

    A question whose words, scale or choices are others is another question: its figures begin anew, and a trend shows
    the break. One that was dropped and comes back begins anew too.

    Args:
        old, series: the wording that this one replaces, and its numbers.
        elsewhere: the wordings of other units' questionnaires of the same key. Figures of all are counted together:
            a question that is asked there in the very same way shares its number, any other never does.
    """
    before = {question.key: question for question in old.questions} if old else {}
    numbers = dict(series)
    for question in new.questions:
        same = before.get(question.key)
        is_kept = same is not None and _asked(same) == _asked(question)
        for item in question.items:
            if is_kept and item in numbers:
                continue
            shared = _shared(question, item, elsewhere)
            taken = [numbers.get(item, 0), *(others.get(item, 0) for _, others in elsewhere)]
            numbers[item] = shared or max(taken) + 1
    return numbers


def _shared(question: Question, item: str, elsewhere: Sequence[tuple[Definition, Mapping[str, int]]]) -> int | None:
    """Return the latest number under which the very same question is asked elsewhere."""
    found = [
        series[item]
        for definition, series in elsewhere
        for asked in definition.questions
        if asked.key == question.key and item in series and _asked(asked) == _asked(question)
    ]
    return max(found, default=None)


def _asked(question: Question) -> tuple[Any, ...]:
    """Return what a respondent is asked, without what only counts it."""
    return (
        question.kind,
        question.words,
        question.help,
        question.low,
        question.high,
        question.low_words,
        question.high_words,
        question.choices,
        question.rows,
    )


def fill(text: str, values: Mapping[str, str]) -> str:
    """Return a wording with its placeholders replaced; one without a value is left out."""
    return " ".join(PLACEHOLDER.sub(lambda found: values.get(found[1], ""), text).split())


def missing_translations(definitions: Iterable[Words]) -> int:
    """Return how many texts have the same words in both languages: mostly they were not translated."""
    return sum(1 for words in definitions if words.it and words.it == words.en and len(words.it) > 3)
