"""How the definition of a questionnaire is read, and what makes it one that can be asked."""

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, TypeVar

from django.utils.translation import gettext_lazy as _

from corsia.listening.rules.questionnaires.model import (
    LANGUAGES,
    Band,
    Choice,
    Condition,
    Definition,
    DefinitionInvalid,
    Page,
    Question,
    QuestionKind,
    Role,
    Words,
)
from corsia.listening.rules.questionnaires.wording import PLACEHOLDER, PLACEHOLDERS

E = TypeVar("E", bound=StrEnum)

MOST_QUESTIONS = 80
_KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")


def read_definition(data: Any) -> Definition:
    """Return the questionnaire that a definition describes.

    Raises:
        DefinitionInvalid: it describes none; the first fault is told.
    """
    pages_data = _list(data, "pages", where="questionnaire")
    if not pages_data:
        raise DefinitionInvalid("questionnaire", _("it has no page"))
    seen: dict[str, Question] = {}
    pages = tuple(_page(entry, seen) for entry in pages_data)
    keys = [page.key for page in pages]
    if len(set(keys)) != len(keys):
        raise DefinitionInvalid("questionnaire", _("two pages have the same key"))
    if len(seen) > MOST_QUESTIONS:
        raise DefinitionInvalid("questionnaire", _("more than %(most)s questions") % {"most": MOST_QUESTIONS})
    recommending = [question for question in seen.values() if question.role == Role.RECOMMEND]
    if any((question.low, question.high) != (0, 10) for question in recommending):
        raise DefinitionInvalid(recommending[0].key, _("a recommendation is given from 0 to 10"))
    if len(recommending) > 1:
        raise DefinitionInvalid(recommending[1].key, _("only one question asks for the recommendation"))
    return Definition(pages=pages)


def _page(data: Any, seen: dict[str, Question]) -> Page:
    key = _key(data, where="page")
    questions_data = _list(data, "questions", where=key)
    if not questions_data:
        raise DefinitionInvalid(key, _("a page without questions"))
    questions: list[Question] = []
    for entry in questions_data:
        question = _question(entry, seen)
        if question.key in seen or question.key in {one.key for one in questions}:
            raise DefinitionInvalid(question.key, _("two questions have the same key"))
        questions.append(question)
    seen.update({question.key: question for question in questions})  # conditions look at earlier pages only
    return Page(key=key, questions=tuple(questions))


def _question(data: Any, seen: Mapping[str, Question]) -> Question:
    key = _key(data, where="question")
    kind = _one_of(QuestionKind, data.get("kind"), where=key)
    question = Question(
        key=key,
        kind=kind,
        words=_words(data, "text", where=key, is_required=True),
        help=_words(data, "help", where=key),
        role=_one_of(Role, data.get("role", ""), where=key),
        is_required=bool(data.get("required", False)),
        low=_number(data, "from", 0, where=key),
        high=_number(data, "to", 10, where=key),
        low_words=_words(data, "low", where=key),
        high_words=_words(data, "high", where=key),
        bands=tuple(_band(entry, where=key) for entry in _list(data, "bands", where=key)),
        low_at_most=None if data.get("low_at_most") is None else _number(data, "low_at_most", 0, where=key),
        choices=_choices(data, "choices", where=key),
        rows=_choices(data, "rows", where=key),
        show_if=tuple(_condition(entry, seen, where=key) for entry in _list(data, "show_if", where=key)),
    )
    _check(question)
    return question


def _check(question: Question) -> None:
    has_scale = question.kind in (QuestionKind.SCALE, QuestionKind.MATRIX)
    if has_scale and not 1 <= question.high - question.low <= 20:
        raise DefinitionInvalid(question.key, _("a scale has between 2 and 21 steps"))
    if question.kind in (QuestionKind.CHOICE, QuestionKind.SEVERAL) and len(question.choices) < 2:
        raise DefinitionInvalid(question.key, _("at least two choices are needed"))
    if (question.kind == QuestionKind.MATRIX) != bool(question.rows):
        raise DefinitionInvalid(question.key, _("a matrix has rows, and nothing else has"))
    covered = [score for band in question.bands for score in range(band.low, band.high + 1)]
    if question.bands and sorted(covered) != list(question.scale):
        raise DefinitionInvalid(question.key, _("its bands must cover the scale, each score once"))
    if question.role in (Role.RECOMMEND, Role.OVERALL) and question.kind != QuestionKind.SCALE:
        raise DefinitionInvalid(question.key, _("what it is for us needs a scale"))
    if question.role == Role.WORDS and question.kind != QuestionKind.TEXT:
        raise DefinitionInvalid(question.key, _("what it is for us needs a text"))
    if question.role in (Role.CHOSE, Role.LEFT) and question.kind not in (QuestionKind.CHOICE, QuestionKind.SEVERAL):
        raise DefinitionInvalid(question.key, _("what it is for us needs choices"))
    if question.role == Role.CALLBACK and question.kind != QuestionKind.YES_NO:
        raise DefinitionInvalid(question.key, _("what it is for us needs yes or no"))


def _condition(data: Any, seen: Mapping[str, Question], *, where: str) -> Condition:
    if not isinstance(data, Mapping) or not isinstance(data.get("question"), str):
        raise DefinitionInvalid(where, _("a condition names no question"))
    asked = seen.get(data["question"])
    if asked is None:
        raise DefinitionInvalid(where, _("it is asked only after an answer that no earlier page asks for"))
    values = _list(data, "in", where=where)
    numbers = frozenset(value for value in values if isinstance(value, int) and not isinstance(value, bool))
    choices = frozenset(value for value in values if isinstance(value, str))
    offered = frozenset(choice.key for choice in asked.choices)
    if not values or len(numbers) + len(choices) != len(values) or not choices <= offered:
        raise DefinitionInvalid(where, _("its condition names answers that are not offered"))
    return Condition(question=asked.key, numbers=numbers, choices=choices)


def _band(data: Any, *, where: str) -> Band:
    band = Band(
        key=_key(data, where=where), low=_number(data, "from", 0, where=where), high=_number(data, "to", 0, where=where)
    )
    if band.low > band.high:
        raise DefinitionInvalid(where, _("one of its bands ends before it begins"))
    return band


def _choices(data: Any, name: str, *, where: str) -> tuple[Choice, ...]:
    found = tuple(
        Choice(key=_key(entry, where=where), words=_words(entry, "text", where=where, is_required=True))
        for entry in _list(data, name, where=where)
    )
    if len({choice.key for choice in found}) != len(found):
        raise DefinitionInvalid(where, _("two choices have the same key"))
    return found


def _words(data: Any, name: str, *, where: str, is_required: bool = False) -> Words:
    value = data.get(name) or {}
    if not isinstance(value, Mapping) or not all(isinstance(value.get(each, ""), str) for each in LANGUAGES):
        raise DefinitionInvalid(where, _("a text is not in two languages"))
    words = Words(it=value.get("it", "").strip(), en=value.get("en", "").strip())
    if bool(words.it) != bool(words.en) or (is_required and not words.it):
        raise DefinitionInvalid(where, _("a text is missing in one of the two languages"))
    named = [set(PLACEHOLDER.findall(text)) for text in (words.it, words.en)]
    if named[0] != named[1]:
        raise DefinitionInvalid(where, _("the Italian text fills in other things than the English one"))
    if unknown := named[0] - PLACEHOLDERS:
        raise DefinitionInvalid(where, _("nobody fills in {%(name)s}") % {"name": min(unknown)})
    return words


def _key(data: Any, *, where: str) -> str:
    key = data.get("key") if isinstance(data, Mapping) else None
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        raise DefinitionInvalid(where, _("a key of small letters, digits and _ is missing"))
    return key


def _list(data: Any, name: str, *, where: str) -> Sequence[Any]:
    value = data.get(name) if isinstance(data, Mapping) else None
    if value is None:
        return ()
    if not isinstance(value, list):
        raise DefinitionInvalid(where, _("a list is missing"))
    return value


def _number(data: Any, name: str, default: int, *, where: str) -> int:
    value = data.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or not -1000 <= value <= 1000:
        raise DefinitionInvalid(where, _("a number of it is no whole number"))
    return value


def _one_of(kinds: type[E], value: Any, *, where: str) -> E:
    try:
        return kinds(value)
    except ValueError:
        raise DefinitionInvalid(where, _("its kind or role does not exist")) from None
