"""Who gets which question, and in which order."""

from corsia.listening.rules.questionnaires.model import Answers, Condition, Definition, Given, Page, Question


def is_shown(question: Question, answers: Answers) -> bool:
    """Tell whether somebody who answered so far like this gets a question."""
    return all(_holds(condition, answers.get(condition.question)) for condition in question.show_if)


def _holds(condition: Condition, given: Given | None) -> bool:
    if given is None:
        return False
    return given.number in condition.numbers or any(choice in condition.choices for choice in given.choices)


def shown(page: Page, answers: Answers) -> tuple[Question, ...]:
    """Return the questions of a page that are asked after these answers."""
    return tuple(question for question in page.questions if is_shown(question, answers))


def pages_shown(definition: Definition, answers: Answers) -> tuple[Page, ...]:
    """Return the pages that hold a question for whoever answered like this."""
    return tuple(page for page in definition.pages if shown(page, answers))


def next_page(definition: Definition, answers: Answers, *, after: str = "") -> Page | None:
    """Return the page that follows another; the first one after none, None after the last."""
    keys = [page.key for page in definition.pages]
    begin = keys.index(after) + 1 if after in keys else 0
    return next((page for page in definition.pages[begin:] if shown(page, answers)), None)


def still_asked(definition: Definition, answers: Answers) -> dict[str, Given]:
    """Return the answers without those to questions that other answers have made pointless."""
    kept: dict[str, Given] = {}
    for page in definition.pages:
        for question in shown(page, kept):
            kept.update({item: answers[item] for item in question.items if item in answers})
    return kept


def items_shown(definition: Definition, answers: Answers) -> tuple[tuple[Question, str], ...]:
    """Return what is asked of whoever answered like this, one thing at a time: questions, and rows of a matrix."""
    return tuple(
        (question, item) for page in definition.pages for question in shown(page, answers) for item in question.items
    )


def item_after(definition: Definition, answers: Answers, item: str = "") -> str:
    """Return the item that follows another; after none the first one behind the last answer; "" after the last."""
    asked = [one for _question, one in items_shown(definition, answers)]
    if not item:
        item = next((one for one in reversed(asked) if one in answers), "")
    begin = asked.index(item) + 1 if item in asked else 0
    return asked[begin] if begin < len(asked) else ""


def first_open_page(definition: Definition, answers: Answers) -> Page | None:
    """Return where somebody who comes back goes on: behind the last page with an answer."""
    answered = [
        page.key for page in definition.pages if any(item in answers for q in page.questions for item in q.items)
    ]
    return next_page(definition, answers, after=answered[-1]) if answered else next_page(definition, answers)


def page_missing(definition: Definition, answers: Answers) -> Page | None:
    """Return the first page with a question that must be answered and was not."""
    for page in pages_shown(definition, answers):
        asked = (item for question in shown(page, answers) if question.is_required for item in question.items)
        if any(item not in answers for item in asked):
            return page
    return None
