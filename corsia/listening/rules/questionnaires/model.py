"""What a questionnaire is made of."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

LANGUAGES = ("it", "en")


class QuestionKind(StrEnum):
    """What an answer looks like."""

    SCALE = "scale"
    CHOICE = "choice"
    SEVERAL = "several"
    MATRIX = "matrix"
    TEXT = "text"
    YES_NO = "yes_no"
    DATE = "date"
    FILE = "file"  # a photo or a PDF; its answer is the name of the file


class Role(StrEnum):
    """What an answer is to the product, beside what it is to its reader."""

    NONE = ""
    RECOMMEND = "recommend"  # the score of the response, 0 to 10
    OVERALL = "overall"
    SATISFACTION = "satisfaction"
    WORDS = "words"
    CALLBACK = "callback"
    CHOSE = "chose"  # why they chose us
    LEFT = "left"  # why they left us


class Problem(StrEnum):
    """Why an answer is not taken."""

    REQUIRED = "required"
    NOT_ON_SCALE = "not_on_scale"
    NOT_OFFERED = "not_offered"
    TOO_LONG = "too_long"
    NO_DATE = "no_date"
    FILE_TOO_LARGE = "file_too_large"
    NO_SUCH_FILE = "no_such_file"


class DefinitionInvalid(ValueError):
    """The definition says too little or contradicts itself; `where` and `what` say it in a few words."""

    def __init__(self, where: str, what: Any) -> None:
        self.where, self.what = where, what
        super().__init__(f"{where}: {what}")


@dataclass(frozen=True, kw_only=True)
class Words:
    """A text in both languages."""

    it: str = ""
    en: str = ""

    def said(self, language: str) -> str:
        """Return it in a language, Italian where it has no English."""
        return (self.en if language == "en" else self.it) or self.it


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One of several answers, or one row of a matrix."""

    key: str
    words: Words


@dataclass(frozen=True, kw_only=True)
class Band:
    """Scores that are counted together."""

    key: str
    low: int
    high: int


@dataclass(frozen=True, kw_only=True)
class Condition:
    """A question is asked only if an earlier one was answered in a certain way."""

    question: str
    numbers: frozenset[int] = frozenset()
    choices: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Question:
    """One question.

    Attributes:
        low, high: the ends of a scale, both on it; 0 is an answer like any other.
        low_at_most: up to this score the customer is asked what happened; None: never.
        show_if: all of them must hold.
    """

    key: str
    kind: QuestionKind
    words: Words
    help: Words = field(default_factory=Words)
    role: Role = Role.NONE
    is_required: bool = False
    low: int = 0
    high: int = 10
    low_words: Words = field(default_factory=Words)
    high_words: Words = field(default_factory=Words)
    bands: tuple[Band, ...] = ()
    low_at_most: int | None = None
    choices: tuple[Choice, ...] = ()
    rows: tuple[Choice, ...] = ()
    show_if: tuple[Condition, ...] = ()

    @property
    def scale(self) -> range:
        """The numbers that may be given."""
        return range(self.low, self.high + 1)

    @property
    def items(self) -> tuple[str, ...]:
        """The keys under which its answers are kept: its own, or one for each row."""
        return tuple(f"{self.key}.{row.key}" for row in self.rows) or (self.key,)


@dataclass(frozen=True, kw_only=True)
class Page:
    """What is asked on one screen."""

    key: str
    questions: tuple[Question, ...]


@dataclass(frozen=True, kw_only=True)
class Definition:
    """A whole questionnaire."""

    pages: tuple[Page, ...]

    @property
    def questions(self) -> Iterator[Question]:
        """All of them, in order."""
        return (question for page in self.pages for question in page.questions)

    def question_of(self, item: str) -> Question | None:
        """Return the question that an item answers."""
        key = item.partition(".")[0]
        return next((question for question in self.questions if question.key == key), None)

    def in_role(self, role: Role) -> tuple[Question, ...]:
        """Return the questions of a role."""
        return tuple(question for question in self.questions if question.role == role)


@dataclass(frozen=True, kw_only=True)
class Given:
    """One answer."""

    number: int | None = None
    text: str = ""
    choices: tuple[str, ...] = ()

    @property
    def is_something(self) -> bool:
        """Whether anything was answered; 0 is something."""
        return self.number is not None or bool(self.text) or bool(self.choices)


Answers = Mapping[str, Given]
