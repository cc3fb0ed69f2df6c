"""Questionnaires: how a definition is read, which questions somebody gets, and what counts as an answer. Pure.

The same rules serve the public page, the keypad, the interviewer's screen and imports.
"""

from corsia.listening.rules.questionnaires.answering import (
    LONGEST_TEXT,
    InShort,
    band_of,
    in_short,
    is_low,
    read_answer,
    read_page,
)
from corsia.listening.rules.questionnaires.asking import (
    first_open_page,
    is_shown,
    item_after,
    items_shown,
    next_page,
    page_missing,
    pages_shown,
    shown,
    still_asked,
)
from corsia.listening.rules.questionnaires.model import (
    LANGUAGES,
    Answers,
    Band,
    Choice,
    Condition,
    Definition,
    DefinitionInvalid,
    Given,
    Page,
    Problem,
    Question,
    QuestionKind,
    Role,
    Words,
)
from corsia.listening.rules.questionnaires.reading import (
    MOST_QUESTIONS,
    read_definition,
)
from corsia.listening.rules.questionnaires.wording import (
    PLACEHOLDER,
    PLACEHOLDERS,
    estimated_seconds,
    fill,
    missing_translations,
    series_after,
)

__all__ = [
    "LANGUAGES",
    "LONGEST_TEXT",
    "MOST_QUESTIONS",
    "PLACEHOLDER",
    "PLACEHOLDERS",
    "Answers",
    "Band",
    "Choice",
    "Condition",
    "Definition",
    "DefinitionInvalid",
    "Given",
    "InShort",
    "Page",
    "Problem",
    "Question",
    "QuestionKind",
    "Role",
    "Words",
    "band_of",
    "estimated_seconds",
    "fill",
    "first_open_page",
    "in_short",
    "is_low",
    "is_shown",
    "item_after",
    "items_shown",
    "missing_translations",
    "next_page",
    "page_missing",
    "pages_shown",
    "read_answer",
    "read_definition",
    "read_page",
    "series_after",
    "shown",
    "still_asked",
]
