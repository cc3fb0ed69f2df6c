"""Stored texts reach nothing but the listed keys, whatever is written into them."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corsia.messaging.rules import templates
from tests.messaging.template_fuzz import fuzz

VALUES = {"customer_name": "Giulia Ferri", "case_number": "1042", "plate": ""}


class Trap(dict):
    """A mapping that notices any look at a key that is not one of ours."""

    def __getitem__(self, key: str) -> str:
        assert key in VALUES
        return VALUES[key]

    def __contains__(self, key: object) -> bool:
        return key in VALUES


def test_keys_are_replaced_with_blanks_around_them_or_not() -> None:
    assert (
        templates.render("Gentile {{customer_name}}, n. {{ case_number }}.", VALUES) == "Gentile Giulia Ferri, n. 1042."
    )


@pytest.mark.parametrize(
    "text",
    [
        "{{customer.password}}",
        "{{customer_name.__class__}}",
        "{{request}}",
        "{{customer_name|upper}}",
        "{{settings.SECRET_KEY}}",
        "{{ 7*7 }}",
        "{{}}",
        "{{survey_link}}",
        "{{customer_name }}{{nope}}",
    ],
)
def test_what_is_not_a_key_is_refused_by_name(text: str) -> None:
    with pytest.raises(templates.Unusable) as refusal:
        templates.render(text, VALUES)

    assert refusal.value.problem.kind == "unknown_key"
    assert templates.problems_of(text, allowed=frozenset(VALUES)) != []


@pytest.mark.parametrize(
    "text", ["{% load x %}", "{% include 'a' %}", "{# no #}", "${x}", "{customer_name}", "<%= 1 %>"]
)
def test_other_languages_are_plain_text(text: str) -> None:
    assert templates.render(text, VALUES) == text


def test_a_key_without_value_is_refused_by_name() -> None:
    with pytest.raises(templates.Unusable) as refusal:
        templates.render("Targa {{plate}}", VALUES)

    assert refusal.value.problem == templates.Problem("missing_value", "plate")


def test_a_value_is_never_read_as_a_text() -> None:
    assert templates.render("Gentile {{customer_name}}", {"customer_name": "{{case_number}} {% now %}"}) == (
        "Gentile {{case_number}} {% now %}"
    )


@pytest.mark.parametrize("break_", ["\n", "\r\n", "\r", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029", "\x00"])
def test_no_value_begins_a_header_of_its_own(break_: str) -> None:
    line = templates.render_line("Pratica {{customer_name}}", {"customer_name": f"Rossi{break_}Bcc: all@example.com"})

    assert len(line.splitlines()) == 1
    assert break_ not in line


def test_a_text_longer_than_the_limit_is_refused_also_when_its_values_make_it_so() -> None:
    with pytest.raises(templates.Unusable):
        templates.render("x" * (templates.MAX_TEXT + 1), VALUES)
    with pytest.raises(templates.Unusable):
        templates.render("{{a}}" * 100, {"a": "x" * 1000})


@settings(max_examples=500)
@given(
    st.lists(st.sampled_from([*"{}%.|_# \n", "{{", "}}", "customer_name", "__class__", "a"]), max_size=60).map("".join)
)
def test_any_text_renders_or_is_refused_and_looks_at_nothing_else(text: str) -> None:
    began = time.thread_time()
    expected = by_hand(text)
    if expected is None:
        with pytest.raises(templates.Unusable) as refusal:
            templates.render(text, Trap())
        assert refusal.value.problem.kind == "unknown_key"
    else:
        assert templates.render(text, Trap()) == expected
    assert time.thread_time() - began < 0.5


def by_hand(text: str) -> str | None:
    """Return the text with its keys replaced, character by character; None when a key is unknown."""
    done, at = "", 0
    while at < len(text):
        end = text.find("}}", at + 2) if text.startswith("{{", at) else -1
        inner = text[at + 2 : end]
        if end >= 0 and len(inner) <= 60 and not set(inner) & set("{}\n"):
            if inner.strip() not in VALUES:
                return None
            done, at = done + VALUES[inner.strip()], end + 2
        else:
            done, at = done + text[at], at + 1
    return done


def test_no_text_reaches_anything_or_means_anything_but_its_keys() -> None:
    fuzz(examples=200)
