"""The interview as a machine: every key, every wrong one, every silence; and when people are called."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corsia.listening.queries.questionnaires import shipped_definition
from corsia.listening.rules.calling import (
    NoSlots,
    difference,
    plan_attempt,
    script_for,
    share,
    slot_at,
)
from corsia.listening.rules.interviews import (
    MOST_TURNS,
    Ending,
    Noticed,
    Phase,
    Reason,
    after,
    clean_key,
    heard,
    items_of,
    left_out,
    prompts_of,
)
from corsia.listening.rules.questionnaires import read_definition

CSI = shipped_definition("csi-care")
ROME = ZoneInfo("Europe/Rome")
TUESDAY = datetime(2026, 3, 10, 11, 0, tzinfo=UTC)  # 12:00 in Rome
NINE = ("overall", "waiting", "courtesy", "listening", "competence", "clarity", "answer", "time", "follow_up")
KEYS = st.lists(st.sampled_from([*"0123456789*#-"]), max_size=40)
MIXED = read_definition(
    {
        "pages": [
            {
                "key": "first",
                "questions": [
                    {"key": "again", "kind": "yes_no", "text": {"it": "Tornerebbe?", "en": "Would you return?"}},
                ],
            },
            {
                "key": "why",
                "questions": [
                    {
                        "key": "why",
                        "kind": "choice",
                        "text": {"it": "Perché no?", "en": "Why not?"},
                        "choices": [
                            {"key": "price", "text": {"it": "il prezzo", "en": "the price"}},
                            {"key": "time", "text": {"it": "i tempi", "en": "the time it takes"}},
                        ],
                        "show_if": [{"question": "again", "in": [0]}],
                    },
                ],
            },
            {
                "key": "second",
                "questions": [
                    {
                        "key": "recommend",
                        "kind": "scale",
                        "role": "recommend",
                        "from": 0,
                        "to": 10,
                        "text": {"it": "Ci consiglierebbe?", "en": "Would you recommend us?"},
                    },
                    {"key": "words", "kind": "text", "role": "words", "text": {"it": "Altro?", "en": "Else?"}},
                ],
            },
        ]
    }
)


def said(definition, keys, language="it", **script) -> str:
    found = heard(definition, after(definition, keys), language=language, script=script, names={"group": "Bellandi"})
    return " ".join(prompt.text for prompt in found.prompts)


def given_numbers(state) -> dict[str, int | None]:
    return {key: given.number for key, given in state.answers.items()}


def test_the_whole_interview_key_by_key() -> None:
    assert said(CSI, "").startswith("Buongiorno da Bellandi.")
    assert said(CSI, "").endswith(
        "Se ci aveva contattato per un'informazione, prema 1. Se era per un reclamo, prema 2."
    )
    assert said(CSI, "2").startswith("Nel rispetto della legge sulla privacy")
    assert said(CSI, "21") == (
        "Nel complesso, quanto è soddisfatto del servizio ricevuto? Prema un tasto da 0 a 9: 0 significa “Per niente”,"
        " 9 significa “Del tutto”. Per riascoltare una domanda prema asterisco."
    )
    state = after(CSI, "21" + "901234567" + "1")

    assert (state.phase, state.ending, state.reason) == (Phase.OVER, Ending.DONE, Reason.COMPLAINT)
    numbers = dict(zip(NINE, (9, 0, 1, 2, 3, 4, 5, 6, 7), strict=True))
    assert given_numbers(state) == {**numbers, "call_me": 1}  # 0 is an answer
    assert said(CSI, "21" + "901234567" + "1").startswith("Abbiamo finito.")


def test_what_a_keypad_cannot_answer_is_left_out() -> None:
    assert [item.key for item in items_of(CSI)] == [*NINE, "call_me"]
    assert [question.key for question in left_out(CSI)] == ["words"]
    assert len({prompt.key for prompt in prompts_of(CSI, language="en")}) == 9 + 10


def test_declining_ends_politely_without_an_answer() -> None:
    state = after(CSI, "12")
    assert (state.ending, state.has_consent, state.answers) == (Ending.DECLINED, False, {})
    assert said(CSI, "12") == "Va bene, non conserviamo nessuna risposta. Grazie e arrivederci."
    assert after(CSI, "12" + "1" + "999999999") == state  # after the end no key leads anywhere


def test_a_wrong_key_is_said_and_the_question_left_out_after_three() -> None:
    once = after(CSI, "11#")
    assert (once.item.key, once.noticed, once.wrong) == ("overall", Noticed.WRONG, 1)
    assert said(CSI, "11#").startswith("Questo tasto non è tra le risposte. Nel complesso")
    thrice = after(CSI, "11###")
    assert (thrice.item.key, thrice.skipped, thrice.wrong) == ("waiting", {"overall"}, 0)


def test_three_wrong_keys_before_agreeing_end_the_call() -> None:
    assert after(CSI, "333").phase is Phase.PRIVACY  # why they called is not needed
    state = after(CSI, "1" + "345")
    assert (state.ending, state.has_consent) == (Ending.GONE, False)


def test_silence_is_asked_again_and_then_ends() -> None:
    assert said(CSI, "11-").startswith("Non abbiamo ricevuto nessun tasto. Nel complesso")
    assert given_numbers(after(CSI, "11-5-6")) == {"overall": 5, "waiting": 6}
    state = after(CSI, "115--")
    assert (state.ending, given_numbers(state)) == (Ending.GONE, {"overall": 5})
    assert said(CSI, "115--").startswith("Abbiamo finito.")  # what was answered counts
    assert said(CSI, "11--") == "Non riceviamo risposte e chiudiamo qui. Grazie e arrivederci."


def test_the_star_repeats_and_answers_nothing() -> None:
    assert said(CSI, "115*") == said(CSI, "115")
    assert given_numbers(after(CSI, "1*1*5**")) == {"overall": 5}


def test_yes_no_choices_conditions_and_scales_up_to_ten() -> None:
    assert said(MIXED, "11").startswith("Tornerebbe? Per sì prema 1, per no prema 2.")
    assert said(MIXED, "112") == "Perché no? Per il prezzo prema 1. Per i tempi prema 2."
    assert after(MIXED, "111").item.key == "recommend"  # whoever returns is not asked why not
    found = heard(MIXED, after(MIXED, "111"), language="en", script={}, names={})
    assert (found.digits, found.prompts[0].text) == (
        2,
        "Would you recommend us? Enter a number from 0 to 10, followed by the hash key.",
    )
    state = after(MIXED, ["1", "1", "2", "2", "10"])
    assert state.ending is Ending.DONE
    assert (state.answers["again"].number, state.answers["why"].choices, state.answers["recommend"].number) == (
        0,
        ("time",),
        10,
    )
    assert after(MIXED, ["1", "1", "1", "7#"]).answers["recommend"].number == 7
    assert after(MIXED, ["1", "1", "1", "11"]).noticed is Noticed.WRONG


def test_a_script_says_it_its_own_way() -> None:
    assert said(CSI, "", greeting="Salve da {group}!").startswith("Salve da Bellandi! Se ci aveva")
    assert said(CSI, "", "en").startswith("Hello from Bellandi.")


@pytest.mark.parametrize(
    ("pressed", "key"),
    [("", "-"), ("5", "5"), ("*", "*"), ("7#", "7#"), ("10", "10"), ("x", "-"), ("٣", "-"), ("5*", "*")],
)
def test_what_counts_as_a_key(pressed, key) -> None:
    assert clean_key(pressed) == key


@given(KEYS)
def test_any_keys_lead_somewhere_and_nothing_is_kept_before_agreeing(keys) -> None:
    state = after(CSI, keys)
    found = heard(CSI, state, language="it", script={}, names={"group": "B"})
    assert found.prompts
    assert (found.digits == 0) is state.is_over
    if not state.has_consent:
        assert state.answers == {}
    assert all(0 <= one.number <= 9 for one in state.answers.values() if one.number is not None)


@given(KEYS)
def test_answers_only_grow(keys) -> None:
    """No key takes an answer back: what was kept of a call stays right whatever follows."""
    for place in range(len(keys)):
        shorter, longer = after(CSI, keys[:place]).answers, after(CSI, keys).answers
        assert {key: longer.get(key) for key in shorter} == shorter


def test_nobody_goes_round_and_round_for_ever() -> None:
    assert after(CSI, ["1", "1", *["*"] * MOST_TURNS]).ending is Ending.GONE


# ---- when people are called ----


def test_attempts_go_round_the_slots() -> None:
    slots = ("afternoon", "morning", "noon")
    plans = [plan_attempt(seed=0, number=number, not_before=TUESDAY, zone=ROME, slots=slots) for number in (1, 2, 3)]
    assert [one.slot for one in plans] == ["morning", "noon", "afternoon"]
    assert [one.at.astimezone(ROME).date().day for one in plans] == [11, 10, 10]  # the morning of Tuesday is over
    assert {
        plan_attempt(seed=seed, number=1, not_before=TUESDAY, zone=ROME, slots=slots).slot for seed in range(3)
    } == {
        "morning",
        "noon",
        "afternoon",
    }


@given(
    st.integers(0, 10**6),
    st.integers(1, 9),
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)),
    st.lists(st.sampled_from(["morning", "noon", "afternoon", "evening"]), min_size=1, unique=True),
)
def test_every_attempt_lies_in_its_slot_not_before_and_never_on_a_sunday(seed, number, not_before, slots) -> None:
    planned = plan_attempt(seed=seed, number=number, not_before=not_before, zone=ROME, slots=slots)
    assert planned.at >= not_before
    assert planned.at - not_before < timedelta(days=4)
    assert planned.slot in slots
    assert slot_at(planned.at, ROME) == planned.slot
    assert planned.at.astimezone(ROME).weekday() != 6


def test_without_a_slot_nobody_is_called() -> None:
    with pytest.raises(NoSlots):
        plan_attempt(seed=1, number=1, not_before=TUESDAY, zone=ROME, slots=())


def test_scripts_are_drawn_by_number() -> None:
    drawn = [script_for(seed, share_b_pct=30) for seed in range(5000)]
    assert 0.27 < drawn.count("B") / 5000 < 0.33
    assert {script_for(seed, share_b_pct=0) for seed in range(100)} == {"A"}
    assert {script_for(seed, share_b_pct=100) for seed in range(100)} == {"B"}


# ---- shares ----


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    # Newcombe 1998, Statistics in Medicine 17, 857-872, table I, method 3.
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_shares_have_the_published_intervals(hits, of, low, high) -> None:
    found = share(hits, of)
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)


def test_differences_have_the_published_interval() -> None:
    # Newcombe 1998, "Interval estimation for the difference", table II, method 10: 56/70 - 48/80.
    found = difference(share(56, 70), share(48, 80))
    assert (round(found.value, 4), round(found.low, 4), round(found.high, 4)) == (0.2, 0.0524, 0.3339)
    assert not found.is_chance
    assert difference(share(5, 10), share(4, 10)).is_chance


def test_a_share_of_few_is_not_shown() -> None:
    assert (share(29, 29).is_shown, share(0, 30).is_shown, share(0, 0).value) == (False, True, 0.0)
