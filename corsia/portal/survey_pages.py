"""How a page of a questionnaire is shown to whoever answers it. Pure but for the wording of problems."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from corsia.listening.rules.questionnaires import (
    Answers,
    Definition,
    Given,
    Page,
    Problem,
    Question,
    QuestionKind,
    Role,
    fill,
    pages_shown,
    shown,
)

_PROBLEMS = {
    Problem.REQUIRED: _("Please choose an answer, then go on."),
    Problem.NOT_ON_SCALE: _("Choose one of the numbers, then go on."),
    Problem.NOT_OFFERED: _("Choose one of the answers, then go on."),
    Problem.TOO_LONG: _("This is too long: 4,000 characters at most. Shorten it a little, then go on."),
    Problem.NO_DATE: _("Write the day as day, month and year, then go on."),
    Problem.FILE_TOO_LARGE: _("This file is larger than 10 MB. Choose a smaller one, or a photo of it, then go on."),
    Problem.NO_SUCH_FILE: _("This file cannot be accepted. Choose a photo (JPG, PNG, WebP) or a PDF, then go on."),
}


@dataclass(frozen=True, kw_only=True)
class Option:
    """One answer that can be chosen."""

    value: str
    text: str
    is_chosen: bool


@dataclass(frozen=True, kw_only=True)
class Field:
    """What is answered by itself: a question, or one row of a matrix."""

    name: str
    text: str
    options: tuple[Option, ...]
    value: str
    error: Any
    is_required: bool


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A question as it is shown."""

    kind: str
    text: str
    help: str
    low: str
    high: str
    fields: tuple[Field, ...]
    steps: int  # of its scale
    is_callback: bool

    @property
    def error(self) -> Any:
        """What is wrong with it, where it is one field."""
        return self.fields[0].error


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A page as it is shown: its place among those that are left, and where one goes back to."""

    key: str
    questions: tuple[Asked, ...]
    number: int
    of: int
    back: str
    is_last: bool

    @property
    def has_files(self) -> bool:
        """Whether it asks for a file."""
        return any(question.kind == QuestionKind.FILE for question in self.questions)


def show_page(
    definition: Definition,
    page: Page,
    answers: Answers,
    *,
    language: str,
    values: Mapping[str, str],
    typed: Mapping[str, Sequence[str]] | None = None,
    problems: Mapping[str, Problem] | None = None,
) -> Shown:
    """Return a page with what was answered, or with what was just typed and could not be taken.

    Args:
        values: what the placeholders of the wordings stand for.
    """
    pages = pages_shown(definition, answers)
    place = next(number for number, one in enumerate(pages) if one.key == page.key)

    def told(item: str) -> list[str]:
        if typed is not None:
            return list(typed.get(item, ()))
        return _as_typed(answers.get(item))

    questions = tuple(
        _asked(question, language, values, told=told, problems=problems or {}) for question in shown(page, answers)
    )
    # A condition on this very page's answers may add another page: the last one is known once it is answered.
    is_last = place == len(pages) - 1 and not any(_decides(definition, question) for question in page.questions)
    return Shown(
        key=page.key,
        questions=questions,
        number=place + 1,
        of=len(pages) if is_last or place < len(pages) - 1 else place + 2,
        back=pages[place - 1].key if place else "",
        is_last=is_last,
    )


def _decides(definition: Definition, question: Question) -> bool:
    return any(condition.question == question.key for other in definition.questions for condition in other.show_if)


def _as_typed(given: Given | None) -> list[str]:
    if given is None:
        return []
    if given.choices:
        return list(given.choices)
    return [str(given.number)] if given.number is not None else [given.text]


def _asked(question: Question, language: str, values: Mapping[str, str], *, told: Any, problems: Any) -> Asked:
    rows = question.rows
    fields = tuple(
        Field(
            name=item,
            text=fill(rows[place].words.said(language), values) if rows else "",
            options=_options(question, language, told(item)),
            value=(told(item) or [""])[0],
            error=_PROBLEMS.get(problems.get(item), ""),
            is_required=question.is_required,
        )
        for place, item in enumerate(question.items)
    )
    return Asked(
        kind=question.kind.value,
        text=fill(question.words.said(language), values),
        help=fill(question.help.said(language), values),
        low=question.low_words.said(language),
        high=question.high_words.said(language),
        fields=fields,
        steps=len(question.scale),
        is_callback=question.role == Role.CALLBACK,
    )


def _options(question: Question, language: str, told: Sequence[str]) -> tuple[Option, ...]:
    if question.kind in (QuestionKind.SCALE, QuestionKind.MATRIX):
        pairs = [(str(number), str(number)) for number in question.scale]
    elif question.kind == QuestionKind.YES_NO:
        pairs = [("1", "Yes" if language == "en" else "Sì"), ("0", "No")]
    else:
        pairs = [(choice.key, choice.words.said(language)) for choice in question.choices]
    return tuple(Option(value=value, text=text, is_chosen=value in told) for value, text in pairs)
