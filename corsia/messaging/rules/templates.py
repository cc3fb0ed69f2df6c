"""Texts with {{keys}}: the listed keys are replaced, and nothing else ever happens to a stored text.

No template engine on purpose: no dots, tags, filters or calls exist, so that a stored text cannot reach anything.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

MAX_TEXT = 64 * 1024  # characters of a text before and after its keys are replaced
_KEY = re.compile(r"\{\{([^{}\n]{0,60})\}\}")


@dataclass(frozen=True)
class Problem:
    """Why a text cannot be used: `kind` is "unknown_key", "missing_value" or "too_long"; `key` names the place."""

    kind: str
    key: str = ""


class Unusable(ValueError):
    """A text cannot be rendered; `problem` says why."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(f"{problem.kind}: {problem.key}")


def keys_in(text: str) -> list[str]:
    """Return what stands between double braces, in order, each once."""
    return list(dict.fromkeys(match.strip() for match in _KEY.findall(text)))


def problems_of(text: str, *, allowed: frozenset[str]) -> list[Problem]:
    """Return what an editor must change before the text can be stored."""
    if len(text) > MAX_TEXT:
        return [Problem("too_long")]
    return [Problem("unknown_key", key) for key in keys_in(text) if key not in allowed]


def render(text: str, values: Mapping[str, str]) -> str:
    """Return the text with its keys replaced by `values`.

    Values are inserted as they are and never looked at again: braces in a customer's name stay braces.

    Raises:
        Unusable: a key is unknown, has no value, or the text is too long.
    """
    if len(text) > MAX_TEXT:
        raise Unusable(Problem("too_long"))

    def value_of(match: re.Match[str]) -> str:
        key = match[1].strip()
        if key not in values:
            raise Unusable(Problem("unknown_key", key))
        if not values[key].strip():
            raise Unusable(Problem("missing_value", key))
        return values[key]

    rendered = _KEY.sub(value_of, text)
    if len(rendered) > MAX_TEXT:
        raise Unusable(Problem("too_long"))
    return rendered


def render_line(text: str, values: Mapping[str, str]) -> str:
    """Return the text as one line, for a header: no value can begin a header of its own."""
    return one_line(render(text, values))


def one_line(text: str) -> str:
    """Return a text without line breaks of any kind and other control characters."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())
