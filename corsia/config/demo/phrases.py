"""What customers of a dealer write, and what is answered: sentences that fit together in many ways."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

_FOLDER = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Topic:
    """A matter that brings customers to write.

    Attributes:
        process: key of the process a case of it follows.
        department: slug of the department that has it.
        asks: what the customer may open with; `details` what they may add; `wishes` what they want.
        answers: our first answer; `news` what we write when it goes on; `thanks` what the customer says to that.
        waits: who may hold the case in between, with the odds.
        causes, remedies: of complaints.
    """

    key: str
    weight: int
    process: str
    department: str
    subjects: tuple[str, ...]
    asks: tuple[str, ...]
    details: tuple[str, ...]
    wishes: tuple[str, ...]
    answers: tuple[str, ...]
    news: tuple[str, ...]
    thanks: tuple[str, ...]
    waits: tuple[tuple[str, float], ...] = ()
    causes: tuple[str, ...] = ()
    remedies: tuple[str, ...] = ()
    language: str = "it"
    notes: tuple[str, ...] = ()


@cache
def topics() -> tuple[Topic, ...]:
    """Return the matters of topics.yaml."""
    return tuple(_topic(entry) for entry in yaml.safe_load((_FOLDER / "topics.yaml").read_text(encoding="utf-8")))


def _topic(entry: Mapping[str, Any]) -> Topic:
    values: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()}
    values["waits"] = tuple((holder, odds) for holder, odds in entry.get("waits", ()))
    return Topic(**values)


@cache
def survey_words() -> Mapping[str, list[str]]:
    """Return what customers add to a score, by kind of customer."""
    words: Mapping[str, list[str]] = yaml.safe_load((_FOLDER / "survey_words.yaml").read_text(encoding="utf-8"))
    return words


GREETINGS = {
    "it": ("Buongiorno,", "Salve,", "Gentile assistenza,", "Buonasera,", "Spett.le Gruppo Bellandi,"),
    "en": ("Good morning,", "Hello,", "Dear Sirs,"),
}
CLOSINGS = {
    "it": ("Grazie, cordiali saluti", "Resto in attesa, grazie", "Saluti", "Cordialmente", "Grazie mille"),
    "en": ("Kind regards", "Thank you", "Best regards"),
}
OUR_OPENINGS = {"it": ("Gentile {name},", "Buongiorno {name},"), "en": ("Dear {name},",)}
OUR_CLOSINGS = {
    "it": ("A disposizione,", "Un cordiale saluto,", "Restiamo a Sua disposizione,"),
    "en": ("Kind regards,",),
}


@dataclass(frozen=True)
class Facts:
    """What a sentence may mention."""

    name: str
    vehicle: str
    plate: str
    km: int
    branch: str
    day: str
    agent: str

    def fill(self, sentence: str) -> str:
        """Return the sentence with its blanks filled."""
        return sentence.format(
            name=self.name,
            vehicle=self.vehicle,
            plate=self.plate,
            km=f"{self.km:,}".replace(",", "."),
            branch=self.branch,
            day=self.day,
            agent=self.agent,
        )


def subject(topic: Topic, about: Facts, rng: random.Random) -> str:
    """Return the subject of a customer's first message."""
    return about.fill(rng.choice(topic.subjects))


def first_message(topic: Topic, about: Facts, rng: random.Random) -> str:
    """Return what a customer writes first."""
    middle = [rng.choice(topic.asks), rng.choice(topic.details), rng.choice(topic.wishes)]
    if rng.random() < 0.25:
        middle.pop(1)
    lines = [rng.choice(GREETINGS[topic.language]), " ".join(middle), rng.choice(CLOSINGS[topic.language]), "{name}"]
    return about.fill("{}\n\n{}\n\n{}\n{}".format(*lines))


def our_answer(topic: Topic, about: Facts, rng: random.Random, *, goes_on: bool = False) -> str:
    """Return an answer of ours: the first one, or news when the matter goes on."""
    text = rng.choice(topic.news if goes_on else topic.answers)
    opening, closing = rng.choice(OUR_OPENINGS[topic.language]), rng.choice(OUR_CLOSINGS[topic.language])
    return about.fill(f"{opening}\n\n{text}\n\n{closing}\n{{agent}}\nGruppo Bellandi {{branch}}")


def customers_answer(topic: Topic, about: Facts, rng: random.Random) -> str:
    """Return what the customer says to our answer."""
    return about.fill(f"{rng.choice(topic.thanks)}\n{{name}}")


def spoken(topic: Topic, about: Facts, rng: random.Random) -> str:
    """Return what one of ours writes down from the phone or the counter."""
    says = {"it": ("Il cliente dice: ", "Al telefono: ", ""), "en": ("The customer says: ",)}[topic.language]
    return about.fill(f"{rng.choice(says)}{rng.choice(topic.asks)} {rng.choice(topic.wishes)}")
