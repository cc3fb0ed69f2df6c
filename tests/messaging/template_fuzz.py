"""Texts that try to reach something: what may come of them is only what stands in them, or a refusal by name."""

import re
import time

from hypothesis import given, settings
from hypothesis import strategies as st

from corsia.messaging.rules import templates

VALUES = {"customer_name": "{{secret}} Ferri {% now %}", "case_number": "1042", "plate": "AB123CD"}
PIECES = [
    "{{", "}}", "{", "}", "{%", "%}", "{#", "#}", "${", "<%=", "%>", "{{{", "}}}", "#{", "\\{{", "{{-", "-}}", "{{!",
    "{{>", "{{&", "{{{{raw}}}}", "__class__", "__mro__", "__subclasses__()", "__globals__", "settings.SECRET_KEY",
    "request", "customer_name", "case_number", "plate", "customer_name.__class__", "customer_name|upper", "secret",
    "case_number.real", "self", "config", "range(10)", "7*7", "'a'*9", "|safe", ".format", "%(plate)s", "%s", "{0}",
    "{0.__class__}", "{plate!r}", "\n", " ", "\x00", "\u200b", "à", "\r\n", ":99999999", "load", "include 'x'",
]  # fmt: skip
_WORDS = st.lists(st.sampled_from(PIECES) | st.text(max_size=6), max_size=30).map("".join)
# Half of them with a piece where a key stands: by chance alone few texts ask for one.
TEXTS = _WORDS | st.builds("{}{{{{{}}}}}{}".format, _WORDS, st.sampled_from(PIECES), _WORDS)
_ALLOWED = re.compile(r"\{\{\s*(customer_name|case_number|plate)\s*\}\}")


class Watched(dict):
    """Values that notice any look at a key that was not given."""

    def __getitem__(self, key: str) -> str:
        assert key in VALUES, f"looked at {key!r}"
        return str(super().__getitem__(key))


def check(text: str) -> bool:
    """Render a text and compare with what a reader would do by hand; return whether it was rendered."""
    began, problem, rendered = time.process_time(), None, ""
    try:
        rendered = templates.render(text, Watched(VALUES))
    except templates.Unusable as refusal:
        problem = refusal.problem
    assert time.process_time() - began < 0.05
    if problem is not None:
        assert problem.kind == "unknown_key"
        assert problem.key in text
        assert templates.problems_of(text, allowed=frozenset(VALUES))
        return False
    parts, expected = _ALLOWED.split(text), ""
    for number, part in enumerate(parts):
        expected += VALUES[part] if number % 2 else part
    assert rendered == expected
    assert not templates.problems_of(text, allowed=frozenset(VALUES))
    return True


def fuzz(*, examples: int) -> None:
    """Check that many texts, and that both kinds of outcome were among them."""
    seen = {True: 0, False: 0}

    @settings(max_examples=examples, deadline=None)
    @given(text=TEXTS)
    def each(text: str) -> None:
        seen[check(text)] += 1

    each()
    assert seen[True] > examples // 20
    assert seen[False] > examples // 20
