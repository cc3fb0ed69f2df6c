"""What changed between two wordings, word by word."""

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

_PARTS: Final = re.compile(r"\n|[^\S\n]+|\w+|[^\w\s]")

Fate = Literal["kept", "added", "removed"]


@dataclass(frozen=True)
class Stretch:
    """Words of one fate."""

    fate: Fate
    text: str


def compare(before: str, after: str) -> list[Stretch]:
    """Return the stretches of both wordings in order: kept and removed ones make `before`, kept and added ones `after`.

    Lines are compared first and words only within changed ones, so that long texts stay quick.
    """
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    found: list[Stretch] = []
    for tag, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            found.append(Stretch("kept", "".join(old[a:b])))
        else:
            found += _words("".join(old[a:b]), "".join(new[c:d]))
    return _joined(found)


def _words(before: str, after: str) -> list[Stretch]:
    old, new = _PARTS.findall(before), _PARTS.findall(after)
    found: list[Stretch] = []
    for tag, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=len(old) > 2_000).get_opcodes():
        if tag == "equal":
            found.append(Stretch("kept", "".join(old[a:b])))
            continue
        found += [Stretch("removed", "".join(old[a:b])), Stretch("added", "".join(new[c:d]))]
    return found


def _joined(stretches: Sequence[Stretch]) -> list[Stretch]:
    joined: list[Stretch] = []
    for stretch in stretches:
        if not stretch.text:
            continue
        if joined and joined[-1].fate == stretch.fate:
            joined[-1] = Stretch(stretch.fate, joined[-1].text + stretch.text)
        else:
            joined.append(stretch)
    return joined
