"""Answers in a table from elsewhere: which column is what, and what a line says. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Final

from corsia.kernel.sheets import day_of, digest_of, folded, instant_of, number_of
from corsia.listening.rules.questionnaires import (
    LANGUAGES,
    LONGEST_TEXT,
    Definition,
    Given,
    Problem,
    Question,
    QuestionKind,
    Role,
    is_shown,
    read_answer,
    still_asked,
)
from corsia.listening.vocabulary import NotTaken

DATE, UNIT, EMAIL, PHONE, PLATE = "date", "unit", "email", "phone", "plate"
NUMBER, WAY, LANGUAGE, WORDS = "number", "way", "language", "words"
FIELDS: Final = (DATE, UNIT, WAY, LANGUAGE, EMAIL, PHONE, PLATE, NUMBER, WORDS)
ITEM: Final = "item:"  # before the key of an item of the questionnaire

# What people call the columns, compared folded; what an item is called is told by the questionnaire.
_NAMES: Final = {
    DATE: (
        *("data", "data risposta", "data intervista", "data compilazione", "giorno", "data e ora", "risposto il"),
        *("date", "timestamp", "answered", "answer date", "submitted", "informazioni cronologiche"),
    ),
    UNIT: ("sede", "filiale", "reparto", "punto vendita", "concessionaria", "officina", "branch", "unit", "dealer"),
    WAY: ("canale", "metodo", "modalita", "channel", "method", "mode"),
    LANGUAGE: ("lingua", "language"),
    EMAIL: ("email", "e mail", "mail", "posta elettronica", "indirizzo email", "email cliente"),
    PHONE: ("telefono", "cellulare", "tel", "phone", "mobile", "numero di telefono", "recapito"),
    PLATE: ("targa", "plate", "registration", "targa veicolo"),
    NUMBER: (
        *("id", "numero", "id risposta", "id intervista", "numero intervista", "codice", "codice intervista"),
        *("response id", "external id", "interview", "interview id", "number", "reference"),
    ),
    WORDS: ("commento", "commenti", "note", "perche", "why", "motivo", "comment", "comments", "verbatim"),
}
_COLUMNS: Final = {alias: key for key, aliases in _NAMES.items() for alias in aliases}
_SCORE: Final = (
    *("voto", "punteggio", "nps", "score", "raccomandazione", "raccomandabilita", "consiglierebbe", "recommend"),
    *("recommendation", "ltr", "voto nps", "punteggio nps"),
)
_YES: Final = frozenset({"si", "s", "yes", "y", "x", "1", "true", "vero"})
_NO: Final = frozenset({"no", "n", "0", "false", "falso"})


@dataclass(frozen=True, kw_only=True)
class Line:
    """What a line says.

    Attributes:
        words: what the customer said, kept even where no question of today asks for it.
        key: by which it is told to be the same when it comes again.
    """

    answered_at: datetime
    answers: Mapping[str, Given]
    words: str
    unit: str
    way: str
    language: str
    contacts: tuple[str, str, str]  # e-mail, telephone and plate as they are written
    key: str


@dataclass(frozen=True, kw_only=True)
class LeftOut:
    """Why a line says nothing that can be taken in; the column and its cell where one of them is to blame."""

    reason: NotTaken
    column: str = ""
    cell: str = ""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """How the lines of one file are read.

    Attributes:
        columns: what each column holds, "" for those that are not used.
        zone: of its days and hours.
    """

    header: Sequence[str]
    columns: Sequence[str]
    definition: Definition
    zone: tzinfo
    month_first: bool = False
    questions: Mapping[str, Question] = field(default_factory=dict)

    def line(self, cells: Sequence[str], *, now: datetime) -> Line | LeftOut:
        """Return what a line says, or why it cannot be taken in."""
        if not any(cell.strip() for cell in cells):
            return LeftOut(reason=NotTaken.EMPTY)
        if any(cell.strip() for cell in cells[len(self.header) :]):
            return LeftOut(reason=NotTaken.COLUMNS)
        given = {key: " ".join(cell.split()) for key, cell in zip(self.columns, cells, strict=False) if key}
        answered_at = instant_of(given.get(DATE, ""), self.zone, month_first=self.month_first)
        if answered_at is None:
            return self._blamed(NotTaken.NO_DATE, DATE, given)
        if answered_at > now:
            return self._blamed(NotTaken.FUTURE, DATE, given)
        told: dict[str, Given] = {}
        for item, question in self.questions.items():
            read = _read(question, given.get(ITEM + item, ""))
            if isinstance(read, NotTaken):
                return self._blamed(read, ITEM + item, given)
            if read.is_something:
                told[item] = read
        words = given.get(WORDS, "")[:LONGEST_TEXT]
        if words:
            for question in self.definition.in_role(Role.WORDS):
                if is_shown(question, told):
                    told.setdefault(question.key, Given(text=words))
        answers = still_asked(self.definition, told)
        if not answers and not words:
            return LeftOut(reason=NotTaken.NO_ANSWER)
        number = given.get(NUMBER, "")
        return Line(
            answered_at=answered_at,
            answers=answers,
            words=words,
            unit=given.get(UNIT, ""),
            way=given.get(WAY, "")[:40],
            language="en" if folded(given.get(LANGUAGE, ""))[:2] == "en" else LANGUAGES[0],
            contacts=(given.get(EMAIL, "")[:254], given.get(PHONE, "")[:40], given.get(PLATE, "")[:20]),
            # Not the whole line where it has a number: a line that was put right is still the same answer.
            key=digest_of(["number", number]) if number else digest_of(cells),
        )

    def _blamed(self, reason: NotTaken, key: str, given: Mapping[str, str]) -> LeftOut:
        name = next((name for name, column in zip(self.header, self.columns, strict=True) if column == key), "")
        return LeftOut(reason=reason, column=name[:120], cell=given.get(key, "")[:80])


def reading(
    *, header: Sequence[str], columns: Sequence[str], definition: Definition, zone: tzinfo, month_first: bool = False
) -> Reading:
    """Return how lines are read whose columns hold this; what the questionnaire does not ask is not read."""
    wanted = {column.removeprefix(ITEM) for column in columns if column.startswith(ITEM)}
    found = {item: question for item, question in items_of(definition).items() if item in wanted}
    return Reading(
        header=header,
        columns=columns,
        definition=definition,
        zone=zone,
        month_first=month_first,
        questions=found,
    )


def items_of(definition: Definition) -> dict[str, Question]:
    """Return what can be answered by a cell, by item."""
    asked = (question for question in definition.questions if question.kind != QuestionKind.FILE)
    return {item: question for question in asked for item in question.items}


def guessed(header: Sequence[str], definition: Definition, *, remembered: Mapping[str, str]) -> list[str]:
    """Return what each column most probably holds, "" where nothing says so; of two alike the first counts.

    Args:
        remembered: folded name of a column to what a person said it holds.
    """
    by_words = _by_words(definition)
    score = next((ITEM + q.key for q in definition.in_role(Role.RECOMMEND)), "")
    names = [folded(name) for name in header]
    known = {*FIELDS, *(ITEM + item for item in items_of(definition))}
    found: list[str] = []
    for name in names:
        told = remembered.get(name)
        if told is None:
            told = _COLUMNS.get(name) or by_words.get(name) or (score if name in _SCORE else "")
        found.append(told if told in known and told not in found else "")
    return found


def _by_words(definition: Definition) -> dict[str, str]:
    """Return the items by their keys and by what the questionnaire says, folded; as our own export names them."""
    named: dict[str, str] = {}
    for question in definition.questions:
        rows = [(f"{question.key}.{row.key}", row.words) for row in question.rows] or [(question.key, question.words)]
        for item, words in rows:
            named[folded(item)] = ITEM + item
            named |= {folded(words.said(language)): ITEM + item for language in LANGUAGES}
    return named


def _read(question: Question, cell: str) -> Given | NotTaken:
    """Return the answer in a cell; an empty one answers nothing, also where an answer was asked for."""
    if not cell:
        return Given()
    values = [cell]
    match question.kind:
        case QuestionKind.SCALE | QuestionKind.MATRIX:
            number = number_of(cell)
            if number is None or number != int(number):
                return NotTaken.NOT_ON_SCALE
            values = [str(int(number))]
        case QuestionKind.YES_NO:
            values = ["yes" if folded(cell) in _YES else "no" if folded(cell) in _NO else "?"]
        case QuestionKind.CHOICE | QuestionKind.SEVERAL:
            values = _chosen(question, cell)
        case QuestionKind.DATE:
            on = day_of(cell)
            values = [on.isoformat() if on else "?"]
    read = read_answer(question, values)
    if not isinstance(read, Problem):
        return read
    return {
        Problem.NOT_ON_SCALE: NotTaken.NOT_ON_SCALE,
        Problem.TOO_LONG: NotTaken.TOO_LONG,
        Problem.NO_DATE: NotTaken.NO_DATE,
    }.get(read, NotTaken.NOT_OFFERED)


def _chosen(question: Question, cell: str) -> list[str]:
    """Return the keys of the answers that a cell names by their words or keys, several with a sign between them."""
    named = {folded(choice.key): choice.key for choice in question.choices}
    for choice in question.choices:
        named |= {folded(choice.words.said(language)): choice.key for language in LANGUAGES}
    if folded(cell) in named or question.kind == QuestionKind.CHOICE:
        return [named.get(folded(cell), "?")]
    separator = next((sign for sign in (";", "|", ",") if sign in cell), ";")
    return [named.get(folded(part), "?") for part in cell.split(separator) if part.strip()]
