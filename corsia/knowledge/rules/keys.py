"""The few keys that texts may hold: each unit's site shows its own name, phone and hours from one shared article."""

import re
from collections.abc import Mapping
from typing import Final

KEYS: Final = ("unit_name", "group_name", "unit_phone", "unit_email", "unit_address", "opening_hours")
_KEY: Final = re.compile(r"\{\{\s*([^{}\s][^{}]{0,60}?)\s*\}\}")
_MARKS: Final = re.compile(r"([\\`*_\[\]<>#|~!])")


def unknown_keys(text: str) -> list[str]:
    """Return what stands between double braces and is no key, in order."""
    return [key for key in dict.fromkeys(_KEY.findall(text)) if key not in KEYS]


def filled(text: str, values: Mapping[str, str]) -> str:
    """Return Markdown with the keys replaced; nothing in a value is read as Markdown.

    A value of several lines stays so where the key has a line of its own, and is joined within a sentence.
    """

    def value(found: re.Match[str]) -> str:
        lines = [_MARKS.sub(r"\\\1", line) for line in values.get(found[1], "").splitlines() if line]
        before, after = text[: found.start()].rpartition("\n")[2], text[found.end() :].partition("\n")[0]
        return ("\n" if not before.strip() and not after.strip() else "; ").join(lines)

    return _KEY.sub(value, text)
