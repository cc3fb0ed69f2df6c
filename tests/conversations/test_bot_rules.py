"""What the assistant understands: fixed words, and a person whenever one is asked for."""

import pytest

from corsia.conversations.bot.rules import Line, Meaning, Understood, numbered, plate_in, understand, week_lines

OFFERED = ["Orari di apertura", "Prenotare un tagliando", "Dov'è la mia auto?"]
PERSON = ["Parla con una persona", "Talk to a person"]


def meant(text: str) -> Understood:
    return understand(text, offered=OFFERED, person=PERSON)


@pytest.mark.parametrize(
    "text",
    [
        "Operatore",
        "vorrei parlare con un operatore!",
        "C'è una persona vera?",
        "un umano per favore",
        "essere umano",
        "AGENT",
        "I want a human",
        "talk to someone",
        "Parla con una persona",
        "talk to a person",
        "0",
        "posso parlare con un addetto?",
    ],
)
def test_a_person_is_called_by_any_of_the_usual_words(text) -> None:
    assert meant(text).meaning is Meaning.PERSON


@pytest.mark.parametrize(
    "text",
    [
        "Posso ritirare l'auto di persona?",
        "Come cambio i miei dati personali?",
        "Il personale è stato gentile, ma vorrei sapere quanto dura la garanzia sulla carrozzeria della mia auto",
        "Quanto costa un tagliando?",
    ],
)
def test_a_question_that_only_holds_such_a_word_stays_a_question(text) -> None:
    assert meant(text).meaning is Meaning.QUESTION


@pytest.mark.parametrize(
    ("text", "choice"),
    [
        ("orari di apertura", 0),
        ("Orari di apertura.", 0),
        ("2", 1),
        ("3.", 2),
        ("dov'è la mia auto", 2),
        ("Dov’è la mia auto?", 2),
    ],
)
def test_a_line_is_chosen_by_its_words_or_its_number(text, choice) -> None:
    assert meant(text) == Understood(Meaning.CHOICE, choice)


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("Buongiorno!", Meaning.HELLO),
        ("ciao", Meaning.HELLO),
        ("menù", Meaning.BACK),
        ("Sì", Meaning.YES),
        ("4", Meaning.QUESTION),
        ("99", Meaning.QUESTION),
    ],
)
def test_other_short_words(text, meaning) -> None:
    assert meant(text).meaning is meaning


@pytest.mark.parametrize(
    ("text", "plate"),
    [("GA123BC", "GA123BC"), ("la targa è ga 123 bc grazie", "GA123BC"), ("TI 12345", "TI12345"), ("non lo so", "")],
)
def test_a_plate_is_found_in_what_was_written(text, plate) -> None:
    assert plate_in(text) == plate


def test_the_way_to_a_person_is_always_the_last_line() -> None:
    assert numbered(["Orari"], person="Parla con una persona") == "1. Orari\n0. Parla con una persona"
    assert numbered([], person="Talk to a person") == "0. Talk to a person"


def test_days_that_are_alike_stand_together() -> None:
    day = (("08:30", "12:30"), ("14:00", "18:30"))
    assert week_lines([day] * 5 + [(("09:00", "12:00"),), ()]) == [
        Line(0, 4, day),
        Line(5, 5, (("09:00", "12:00"),)),
        Line(6, 6, ()),
    ]
