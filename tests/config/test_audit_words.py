"""Everybody who reads the trail reads words: each verb that code writes has some, and the page shows and finds them."""

import ast
from collections.abc import Iterator
from pathlib import Path

from django.utils import translation

import corsia
from corsia.config.audit_words import WORDS, kind_words, verbs_saying, words_of
from corsia.kernel.audit import audit
from corsia.organisation.vocabulary import Role
from tests.conftest import NOON
from tests.factories.messaging import ROBOT
from tests.factories.organisation import person_in, signed_in


def constants(node: ast.AST) -> Iterator[str]:
    """Yield what an expression can be: a word, either of two, or the beginning of one that is put together."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from (*constants(node.body), *constants(node.orelse))
    elif isinstance(node, ast.JoinedStr):
        yield f"{next(constants(node.values[0]))}*"


def verbs_in(source: str) -> Iterator[str]:
    tree = ast.parse(source)
    is_handed_on = False
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "audit" and len(node.args) > 1:
            found = list(constants(node.args[1]))
            is_handed_on |= not found
            yield from found
    if is_handed_on:  # `audit(row, verb)`: whoever calls says verb="..." or sets it before
        for node in ast.walk(tree):
            if isinstance(node, ast.keyword) and node.arg == "verb":
                yield from constants(node.value)
            if isinstance(node, ast.Assign) and any(getattr(one, "id", "") == "verb" for one in node.targets):
                yield from constants(node.value)


def test_each_verb_that_is_written_has_words() -> None:
    used = {
        verb
        for path in Path(corsia.__file__).parent.rglob("*.py")
        for verb in verbs_in(path.read_text(encoding="utf-8"))
        if "migrations" not in path.parts
    }

    assert {"assigned", "taken", "snoozed", "goodwill_*", "opened"} <= used
    beginnings = {verb[:-1] for verb in used if verb.endswith("*")}
    wordless = sorted(verb for verb in used - set(WORDS) if not verb.endswith("*"))
    assert wordless == [], "Give each of these verbs words in corsia/config/audit_words.py."
    assert all(any(verb.startswith(begin) for verb in WORDS) for begin in beginnings)


def test_a_verb_that_nobody_uses_any_more_is_shown_as_it_is() -> None:
    assert words_of("was_once_done") == "was once done"
    assert kind_words("old.table") == "old.table"


def test_the_page_says_it_in_the_reader_s_language_and_finds_it_by_those_words(group) -> None:
    audit(group.brescia, "contact_rules_saved", by=ROBOT, now=NOON)
    audit(group.brescia, "signed_in", by=ROBOT, now=NOON)
    boss = signed_in(person_in(group.root, Role.ADMINISTRATOR, language="it"))

    text = boss.get("/system/audit/").content.decode()
    found = boss.get("/system/audit/", {"what": "regole di contatto"}).content.decode()

    assert "ha salvato le regole di contatto" in text
    assert "contact_rules_saved</td>" not in text
    assert "ha salvato le regole di contatto" in found
    assert "è entrato" not in found
    with translation.override("en"):
        assert verbs_saying("Saved contact rules") == ["contact_rules_saved"]
