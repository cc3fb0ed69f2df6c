"""Changes to the draft of a questionnaire, as data: one question or page at a time. Pure.

A definition is the JSON of a version; what comes back is a new one, checked by `read_definition`.
"""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

from django.utils.translation import gettext_lazy as _

from corsia.listening.rules.questionnaires import DefinitionInvalid, Role, read_definition

Data = Mapping[str, Any]


def put_question(definition: Data, *, page: str, question: Data, instead_of: str = "") -> dict[str, Any]:
    """Return the definition with a question in place of another, or added at the end of a page.

    Raises:
        DefinitionInvalid: the result says too little or contradicts itself, or there is no such page or question.
    """
    changed = deepcopy(dict(definition))
    for one in changed["pages"]:
        for place, row in enumerate(one["questions"]):
            if instead_of and row["key"] == instead_of:
                one["questions"][place] = dict(question)
                return _checked(changed)
    if instead_of:
        raise DefinitionInvalid(instead_of, _("it is not in the draft any more"))
    _page_of(changed, page)["questions"].append(dict(question))
    return _checked(changed)


def drop_question(definition: Data, *, key: str) -> dict[str, Any]:
    """Return the definition without a question; a page that is empty then goes with it.

    Raises:
        DefinitionInvalid: it was the last one, or another question's condition looks at it.
    """
    changed = deepcopy(dict(definition))
    for one in changed["pages"]:
        one["questions"] = [row for row in one["questions"] if row["key"] != key]
    changed["pages"] = [one for one in changed["pages"] if one["questions"]]
    return _checked(changed)


def move_question(definition: Data, *, key: str, by: int) -> dict[str, Any]:
    """Return the definition with a question one place up (-1) or down (+1), over the edge of its page into the next.

    Raises:
        DefinitionInvalid: a condition would then look at a question that is asked later.
    """
    changed = deepcopy(dict(definition))
    pages = changed["pages"]
    at = next(
        ((number, place) for number, one in enumerate(pages) for place, row in enumerate(one["questions"])
         if row["key"] == key),
        None,
    )  # fmt: skip
    if at is None:
        raise DefinitionInvalid(key, _("it is not in the draft any more"))
    number, place = at
    row = pages[number]["questions"].pop(place)
    if 0 <= place + by <= len(pages[number]["questions"]):
        pages[number]["questions"].insert(place + by, row)
    elif by < 0 and number > 0:
        pages[number - 1]["questions"].append(row)
    elif by > 0 and number + 1 < len(pages):
        pages[number + 1]["questions"].insert(0, row)
    else:
        pages[number]["questions"].insert(place, row)
    changed["pages"] = [one for one in pages if one["questions"]]
    return _checked(changed)


def new_page(definition: Data, *, question: Data) -> dict[str, Any]:
    """Return the definition with another page at its end, for a first question."""
    changed = deepcopy(dict(definition))
    taken = {one["key"] for one in changed["pages"]}
    key = next(name for name in (f"page{number}" for number in range(1, len(taken) + 2)) if name not in taken)
    changed["pages"].append({"key": key, "questions": [dict(question)]})
    return _checked(changed)


def free_key(definition: Data, wanted: str) -> str:
    """Return a key that no question has, made of the words somebody wrote."""
    letters = "".join(char if char.isascii() and char.isalnum() else "_" for char in wanted.lower()).strip("_")
    stem = ("_".join(part for part in letters.split("_") if part) or "question")[:30]
    stem = stem if stem[0].isalpha() else f"q_{stem}"
    taken = {row["key"] for one in definition["pages"] for row in one["questions"]}
    return next(name for name in (stem, *(f"{stem}_{number}" for number in range(2, 200))) if name not in taken)


def written_bands(text: str) -> list[tuple[int, int]] | None:
    """Return the bands that "9-10, 7-8, 0-6" means, the best first; None where it cannot be read."""
    found = []
    for part in text.replace("–", "-").split(","):
        low, dash, high = (each.strip() for each in part.partition("-"))
        ends = [low, high] if dash else [low, low]
        if not part.strip() and not text.strip():
            return []
        if not all(end.isascii() and end.isdigit() and len(end) < 3 for end in ends):
            return None
        found.append((int(ends[0]), int(ends[1])))
    return sorted(found, reverse=True)


def banded(bands: Sequence[tuple[int, int]], *, keys: Sequence[str], role: str) -> list[dict[str, Any]]:
    """Return bands, the best first, as a definition holds them.

    Args:
        keys: of the bands before, the best first: as many bands keep theirs, since conditions may look at them.
    """
    names: Sequence[str] = keys
    if len(keys) != len(bands):
        usual = ("promoter", "passive", "detractor") if role == Role.RECOMMEND else ("high", "middle", "low")
        names = usual if len(bands) == len(usual) else [f"band{place}" for place in range(1, len(bands) + 1)]
    return [{"key": key, "from": low, "to": high} for key, (low, high) in zip(names, bands, strict=True)]


def _page_of(definition: Data, key: str) -> dict[str, Any]:
    found = next((one for one in definition["pages"] if one["key"] == key), None)
    if found is None:
        raise DefinitionInvalid(key, _("its page is not in the draft any more"))
    return found  # type: ignore[no-any-return]


def _checked(definition: dict[str, Any]) -> dict[str, Any]:
    read_definition(definition)
    return definition
