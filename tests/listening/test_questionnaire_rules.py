"""How a definition is read, who gets which question, and what counts as an answer."""

import copy

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from corsia.listening.queries.questionnaires import shipped, shipped_definition
from corsia.listening.rules import editing
from corsia.listening.rules.questionnaires import (
    DefinitionInvalid,
    Given,
    Problem,
    QuestionKind,
    Role,
    band_of,
    fill,
    first_open_page,
    in_short,
    is_low,
    next_page,
    page_missing,
    pages_shown,
    read_answer,
    read_definition,
    read_page,
    series_after,
    still_asked,
)

BOTH = {"it": "Quanto?", "en": "How much?"}


def scale(key: str = "a", **more) -> dict:
    return {"key": key, "kind": "scale", "text": BOTH, **more}


def pages(*groups: list[dict]) -> dict:
    return {"pages": [{"key": f"p{place}", "questions": group} for place, group in enumerate(groups, start=1)]}


@pytest.mark.parametrize("key", sorted(shipped()))
def test_what_is_shipped_can_be_asked_and_speaks_both_languages(key) -> None:
    definition = shipped_definition(key)

    assert sum(1 for _question in definition.questions) >= 2
    for question in definition.questions:
        assert question.words.it != question.words.en
    # Whoever has just bought is with their salesperson; of an agent who answered nobody knows whom to call.
    assert len(definition.in_role(Role.CALLBACK)) == (0 if key in ("chosen", "agents") else 1)


def test_the_contact_centre_asks_nine_things_from_0_to_9_the_overall_one_first() -> None:
    scales = [one for one in shipped_definition("csi-care").questions if one.kind == QuestionKind.SCALE]

    assert [one.role for one in scales] == [Role.OVERALL] + [Role.SATISFACTION] * 8
    assert {(one.low, one.high) for one in scales} == {(0, 9)}
    assert [band_of(scales[0], number) for number in (0, 6, 7, 8, 9)] == ["low", "low", "middle", "middle", "high"]


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"pages": []},
        {"pages": [{"key": "p", "questions": []}]},
        pages([scale(), scale()]),
        pages([scale(kind="nothing")]),
        pages([scale(text={"it": "Solo italiano"})]),
        pages([scale(text={"it": "A {place}", "en": "At"})]),
        pages([scale(text={"it": "A {user}", "en": "At {user}"})]),
        pages([{**scale(), "from": 5, "to": 5}]),
        pages([scale(role="recommend", to=9)]),
        pages([scale("a", role="recommend"), scale("b", role="recommend")]),
        pages([scale(bands=[{"key": "x", "from": 0, "to": 6}, {"key": "y", "from": 6, "to": 10}])]),
        pages([{"key": "a", "kind": "choice", "text": BOTH, "choices": [{"key": "x", "text": BOTH}]}]),
        pages([{"key": "a", "kind": "matrix", "text": BOTH}]),
        pages([scale("a"), scale("b", show_if=[{"question": "a", "in": [1]}])]),  # on the same page
        pages([scale("a", show_if=[{"question": "b", "in": [1]}])], [scale("b")]),  # asked later
        pages([scale("a")], [scale("b", show_if=[{"question": "a", "in": ["yes"]}])]),
        pages([scale(key="A b")]),
        pages([scale(low_at_most="six")]),
        [],
        None,
        "x",
    ],
)
def test_what_cannot_be_asked_is_refused_with_a_reason(broken) -> None:
    with pytest.raises(DefinitionInvalid) as refusal:
        read_definition(broken)
    assert str(refusal.value.what)


BRANCHING = read_definition(
    pages(
        [scale("score", role="recommend", required=True, low_at_most=6)],
        [{"key": "why", "kind": "text", "role": "words", "text": BOTH,
          "show_if": [{"question": "score", "in": [0, 1]}]}],
        [scale("more", show_if=[{"question": "score", "in": [1]}]), {"key": "call", "kind": "yes_no",
          "role": "callback", "text": BOTH}],
    )
)  # fmt: skip


def test_conditions_decide_who_gets_which_page() -> None:
    unhappy, happy = {"score": Given(number=0)}, {"score": Given(number=9)}

    assert [page.key for page in pages_shown(BRANCHING, unhappy)] == ["p1", "p2", "p3"]
    assert [page.key for page in pages_shown(BRANCHING, happy)] == ["p1", "p3"]
    assert next_page(BRANCHING, happy, after="p1").key == "p3"
    assert next_page(BRANCHING, happy, after="p3") is None
    assert first_open_page(BRANCHING, {}).key == "p1"
    assert page_missing(BRANCHING, {"call": Given(number=1)}).key == "p1"
    assert page_missing(BRANCHING, happy) is None


def test_answers_that_another_answer_made_pointless_are_dropped() -> None:
    before = {"score": Given(number=1), "why": Given(text="Attesa"), "more": Given(number=2)}

    assert set(still_asked(BRANCHING, before)) == {"score", "why", "more"}
    assert set(still_asked(BRANCHING, before | {"score": Given(number=0)})) == {"score", "why"}
    assert set(still_asked(BRANCHING, before | {"score": Given(number=10)})) == {"score"}


def test_zero_is_an_answer_and_the_lowest_one() -> None:
    score = next(iter(BRANCHING.questions))

    assert read_answer(score, ["0"]) == Given(number=0)
    assert Given(number=0).is_something
    assert is_low(score, Given(number=0))
    assert not is_low(score, Given(number=7))
    short = in_short(BRANCHING, {"score": Given(number=0), "why": Given(text="Mai"), "call": Given(number=1)})
    assert (short.score, short.text, short.wants_callback) == (0, "Mai", True)


@example("0\x1f")  # what strip takes for white space and int does not
@given(st.text(max_size=8))
def test_only_the_numbers_of_a_scale_are_on_it(text) -> None:
    read = read_answer(next(iter(BRANCHING.questions)), [text])

    said = text.strip()
    if said == "":
        assert read == Problem.REQUIRED
    elif said in {str(number) for number in range(11)}:
        assert read == Given(number=int(said))
    elif isinstance(read, Given):
        assert said.lstrip("-").isascii()
        assert read.number in range(11)
        assert int(said) == read.number
    else:
        assert read == Problem.NOT_ON_SCALE


@given(
    st.dictionaries(st.sampled_from(["score", "why", "more", "call", "x"]), st.lists(st.text(max_size=6), max_size=3))
)
def test_whatever_a_form_brings_is_read_or_named_and_never_more_than_was_asked(data) -> None:
    page = BRANCHING.pages[2]
    answers = {"score": Given(number=1)}
    given_, problems = read_page(page, data, answers)

    assert set(given_) | set(problems) <= {"more", "call"}
    assert not set(given_) & set(problems)
    for read in given_.values():
        assert read.is_something


@given(st.lists(st.integers(0, 10), max_size=6))
def test_every_way_through_ends_and_asks_each_question_once(scores) -> None:
    for score in scores:
        answers: dict[str, Given] = {}
        seen: list[str] = []
        page = next_page(BRANCHING, answers)
        while page is not None:
            assert page.key not in seen
            seen.append(page.key)
            if page.key == "p1":
                answers["score"] = Given(number=score)
            page = next_page(BRANCHING, answers, after=page.key)
        assert seen == [page.key for page in pages_shown(BRANCHING, answers)]


def test_another_wording_begins_another_series_and_counting_alone_does_not() -> None:
    data = pages([scale("a"), scale("b")])
    first = read_definition(data)
    series = series_after(first, None, {})
    assert series == {"a": 1, "b": 1}

    counted = copy.deepcopy(data)
    counted["pages"][0]["questions"][0] |= {"low_at_most": 6, "required": True}
    assert series_after(read_definition(counted), first, series) == {"a": 1, "b": 1}

    worded = copy.deepcopy(data)
    worded["pages"][0]["questions"][0]["text"] = {"it": "Quanto, davvero?", "en": "How much?"}
    assert series_after(read_definition(worded), first, series) == {"a": 2, "b": 1}

    without = read_definition(pages([scale("b")]))
    gone = series_after(without, first, series)
    assert gone["b"] == 1
    assert series_after(first, without, gone) == {"a": 2, "b": 1}


def test_units_share_the_series_of_what_they_ask_in_the_same_words_and_no_other() -> None:
    data = pages([scale("a"), scale("b")])
    group = (read_definition(data), {"a": 4, "b": 1})
    assert series_after(group[0], None, {}, [group]) == {"a": 4, "b": 1}

    other = copy.deepcopy(data)
    other["pages"][0]["questions"][0]["text"] = {"it": "Quanto, qui?", "en": "How much, here?"}
    branch = (read_definition(other), series_after(read_definition(other), group[0], {"a": 4, "b": 1}, [group]))
    assert branch[1] == {"a": 5, "b": 1}

    third = copy.deepcopy(data)
    third["pages"][0]["questions"][0]["text"] = {"it": "Quanto, là?", "en": "How much, there?"}
    assert series_after(read_definition(third), group[0], group[1], [branch]) == {"a": 6, "b": 1}
    assert series_after(group[0], branch[0], branch[1], [group]) == {"a": 4, "b": 1}


def test_placeholders_are_filled_and_nothing_else_is() -> None:
    words = fill("L'officina di {place}{vehicle}: {0.__class__} {group}", {"place": "Brescia", "group": "Bellandi"})
    assert words == "L'officina di Brescia: Bellandi"


DATA = pages([scale("a")], [scale("b", show_if=[{"question": "a", "in": [1]}]), scale("c")])


def test_a_draft_is_changed_one_question_at_a_time() -> None:
    moved = editing.move_question(DATA, key="c", by=-1)
    assert [row["key"] for row in moved["pages"][1]["questions"]] == ["c", "b"]
    assert [row["key"] for row in DATA["pages"][1]["questions"]] == ["b", "c"]
    further = editing.move_question(moved, key="c", by=-1)
    assert [[row["key"] for row in page["questions"]] for page in further["pages"]] == [["a", "c"], ["b"]]

    added = editing.put_question(DATA, page="p2", question=scale("d"))
    assert [row["key"] for row in added["pages"][1]["questions"]] == ["b", "c", "d"]
    assert editing.new_page(DATA, question=scale("e"))["pages"][2]["questions"][0]["key"] == "e"
    assert editing.free_key(DATA, "A") == "a_2"
    assert editing.free_key(DATA, "2 times?") == "q_2_times"


def test_a_question_that_another_one_looks_at_is_neither_dropped_nor_moved_behind_it() -> None:
    with pytest.raises(DefinitionInvalid):
        editing.drop_question(DATA, key="a")
    with pytest.raises(DefinitionInvalid):
        editing.move_question(DATA, key="a", by=1)
