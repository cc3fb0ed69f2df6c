"""What counts as an answer, and what a whole response says in short."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from corsia.listening.rules.questionnaires.asking import shown
from corsia.listening.rules.questionnaires.model import (
    Answers,
    Definition,
    Given,
    Page,
    Problem,
    Question,
    QuestionKind,
    Role,
)

LONGEST_TEXT = 4000
LONGEST_NAME = 200  # of a file


def read_page(
    page: Page, data: Mapping[str, Sequence[str]], answers: Answers
) -> tuple[dict[str, Given], dict[str, Problem]]:
    """Return what a page's form answers, and what is wrong with it, both by item.

    Args:
        data: the values of each field as they came.
        answers: those of earlier pages.
    """
    given: dict[str, Given] = {}
    problems: dict[str, Problem] = {}
    for question in shown(page, answers):
        for item in question.items:
            read = read_answer(question, data.get(item, ()))
            if isinstance(read, Problem):
                problems[item] = read
            elif read.is_something:
                given[item] = read
    return given, problems


def read_answer(question: Question, values: Sequence[str]) -> Given | Problem:
    """Return one answer, or why it is none."""
    told = [value.strip() for value in values if value.strip()]
    if not told:
        is_unticked = question.kind == QuestionKind.YES_NO and not question.is_required
        if is_unticked:
            return Given()
        return Problem.REQUIRED if question.is_required else Given()
    match question.kind:
        case QuestionKind.SCALE | QuestionKind.MATRIX:
            return _on_scale(question, told[0])
        case QuestionKind.CHOICE | QuestionKind.SEVERAL:
            return _offered(question, told)
        case QuestionKind.YES_NO:
            yes_or_no = {"yes": 1, "on": 1, "1": 1, "no": 0, "0": 0}.get(told[0])
            return Problem.NOT_OFFERED if yes_or_no is None else Given(number=yes_or_no)
        case QuestionKind.DATE:
            return _day(told[0])
        case QuestionKind.FILE:
            return Given(text=told[0][:LONGEST_NAME])
        case QuestionKind.TEXT:
            text = told[0].replace("\x00", "")
            return Problem.TOO_LONG if len(text) > LONGEST_TEXT else Given(text=text)


def _on_scale(question: Question, value: str) -> Given | Problem:
    if not re.fullmatch(r"-?[0-9]{1,4}", value, re.ASCII) or int(value) not in question.scale:
        return Problem.NOT_ON_SCALE
    return Given(number=int(value))


def _offered(question: Question, values: Sequence[str]) -> Given | Problem:
    offered = {choice.key for choice in question.choices}
    chosen = tuple(dict.fromkeys(values))
    if not offered.issuperset(chosen) or (question.kind == QuestionKind.CHOICE and len(chosen) > 1):
        return Problem.NOT_OFFERED
    return Given(choices=chosen)


def _day(value: str) -> Given | Problem:
    try:
        return Given(text=date.fromisoformat(value).isoformat())
    except ValueError:
        return Problem.NO_DATE


def is_low(question: Question, given: Given) -> bool:
    """Tell whether an answer is so bad that the customer is asked what happened."""
    return given.number is not None and question.low_at_most is not None and given.number <= question.low_at_most


def band_of(question: Question, number: int) -> str:
    """Return the key of the band in which a score is counted, "" where the question has none."""
    return next((band.key for band in question.bands if band.low <= number <= band.high), "")


@dataclass(frozen=True, kw_only=True)
class InShort:
    """What a response says in short."""

    score: int | None
    text: str
    wants_callback: bool


def in_short(definition: Definition, answers: Answers) -> InShort:
    """Return score, words and wish for a call, from the questions that have these roles."""
    scores = [answers[q.key].number for q in definition.in_role(Role.RECOMMEND) if q.key in answers]
    words = [answers[q.key].text for q in definition.in_role(Role.WORDS) if q.key in answers]
    calls = [answers[q.key].number for q in definition.in_role(Role.CALLBACK) if q.key in answers]
    return InShort(score=next(iter(scores), None), text="\n".join(words), wants_callback=1 in calls)
