"""What words are about: measured on labelled sentences, read as answers come, kept where somebody knew better."""

from datetime import timedelta

import pytest

from corsia.kernel import scope
from corsia.listening.models import Reading, ResponseTopic, TopicWords
from corsia.listening.queries.topics import abouts, edition_of, shipped_topics
from corsia.listening.rules.topics import Stems, problem_of, read_topics
from corsia.listening.services import (
    StemUnusable,
    correct_topics,
    read_answer,
    read_words,
    save_topic_words,
)
from tests.conftest import NOON
from tests.factories.cases import ROBOT
from tests.factories.surveys import answered, reachable, surveyed_group
from tests.listening.labelled_words import HELD_OUT, TUNED

STEMS = {key: topic.stems for key, topic in shipped_topics().items()}
SHORT = {"plus": "+", "minus": "-", "": "?"}


def signs(text: str, score: int | None = 5, language: str = "it") -> dict[str, str]:
    found = read_topics(text, score=score, language=language, topics=STEMS)
    return {one.topic: SHORT[one.sign] for one in found}


@pytest.mark.parametrize(("block", "precision", "recall"), [(TUNED, 0.90, 0.99), (HELD_OUT, 0.92, 0.95)])
def test_labelled_sentences_are_read_as_well_as_the_documentation_says(block, precision, recall) -> None:
    hit = told = meant = same_sign = 0
    for line in block.strip().splitlines():
        score, labels, text = line.split("|", 2)
        want = {label[:-1]: label[-1] for label in labels.split(",") if label}
        got = signs(text, int(score))
        both = want.keys() & got.keys()
        hit, told, meant = hit + len(both), told + len(got), meant + len(want)
        same_sign += sum(want[key] == got[key] for key in both)

    assert hit / told >= precision
    assert hit / meant >= recall
    assert same_sign / hit >= 0.98


def test_a_negation_turns_what_follows_it() -> None:
    assert signs("In ritardo") == {"waiting": "-"}
    assert signs("Nessun ritardo", 2) == {"waiting": "+"}
    assert signs("Poco gentili", 10) == {"courtesy": "-"}
    assert signs("Non solo gentili", 2) == {"courtesy": "+"}
    assert signs("We didn't wait", 3) == {"waiting": "+"}


def test_a_neutral_word_takes_its_sign_from_beside_it_then_from_the_score() -> None:
    assert signs("Il preventivo era chiaro", 2)["price"] == "+"
    assert signs("Il preventivo", 10) == {"price": "+"}
    assert signs("Il preventivo", 7) == {"price": "-"}
    assert signs("Il preventivo", None) == {"price": "?"}


def test_accents_capitals_and_apostrophes_do_not_matter_and_the_words_are_the_customers() -> None:
    [one] = read_topics("PUNTUALITÀ dell’officina", score=9, language="it", topics={"waiting": STEMS["waiting"]})

    assert (one.sign, one.words) == ("plus", "PUNTUALITÀ")


def test_a_text_in_the_other_language_is_read_in_that() -> None:
    assert signs("The staff was rude to my wife", 3, "it") == {"courtesy": "-"}


@pytest.mark.parametrize("stem", ["", "a", "rit.ard", "conto|x", "="])
def test_a_pattern_that_finds_nothing_is_told_apart(stem) -> None:
    assert problem_of(stem)


@pytest.fixture
def ready(group, everything):
    return surveyed_group(group, now=NOON)


def said(ready, text: str, score: int = 3, *, unit=None, at=NOON):
    customer = reachable(ready, now=NOON, email=f"c{ResponseTopic.objects.count()}-{score}@example.it")
    return answered(unit or ready.brescia_care, customer, score, at=at, text=text)


def held(response) -> dict[str, str]:
    return dict(response.topics.values_list("topic", "sign"))


def test_an_answer_is_read_once_and_old_ones_by_the_night(ready) -> None:
    first, second = said(ready, "Sempre in ritardo"), said(ready, "Personale gentilissimo", 10)

    assert read_answer(response_id=first.pk, unit_id=first.unit_id, now=NOON) == 1
    assert read_answer(response_id=first.pk, unit_id=first.unit_id, now=NOON) == 0
    assert (held(first), held(second)) == ({"waiting": "minus"}, {})
    assert (read_words(now=NOON), read_words(now=NOON)) == (1, 0)
    assert held(second) == {"courtesy": "plus"}


def test_whoever_goes_on_answering_is_read_again(ready) -> None:
    response = said(ready, "Sempre in ritardo")
    read_words(now=NOON)
    response.text, response.answered_at = "Personale maleducato", NOON + timedelta(hours=1)
    response.save()

    assert read_words(now=NOON + timedelta(hours=2)) == 1
    assert held(response) == {"courtesy": "minus"}


def test_changed_stems_have_all_answers_read_anew_but_those_put_right(ready) -> None:
    plain, right = said(ready, "Caffè imbevibile"), said(ready, "Caffè freddo e ritardo")
    read_words(now=NOON)
    correct_topics(response_id=right.pk, topics={"price": "minus"}, by=ROBOT, now=NOON)
    own = Stems(about=("caffe",))
    before = edition_of(ready.root.pk).name

    save_topic_words(
        unit_id=ready.root.pk, topic="courtesy", words={"it": own, "en": STEMS["courtesy"]["en"]}, by=ROBOT, now=NOON
    )

    assert TopicWords.objects.get().about == ["caffe"]
    assert edition_of(ready.root.pk).name != before
    assert read_words(now=NOON) == 1
    assert (held(plain), held(right)) == ({"courtesy": "minus"}, {"price": "minus"})
    assert Reading.objects.get(response=right).corrected_at == NOON

    save_topic_words(unit_id=ready.root.pk, topic="courtesy", words=STEMS["courtesy"], by=ROBOT, now=NOON)
    assert TopicWords.objects.count() == 0
    assert edition_of(ready.root.pk).name == before


def test_an_unusable_stem_is_refused_and_nothing_is_kept(ready) -> None:
    with pytest.raises(StemUnusable):
        save_topic_words(
            unit_id=ready.root.pk, topic="price", words={"it": Stems(plus=("x",)), "en": Stems()}, by=ROBOT, now=NOON
        )
    assert TopicWords.objects.count() == 0


def test_topics_are_counted_from_ten_answers_on(ready) -> None:
    for score in (0, 2, 3, 4, 5, 6, 6, 7, 9):
        said(ready, "Troppo ritardo", score)
    for score in (2, 10):
        said(ready, "Preventivo chiaro", score)
    read_words(now=NOON)
    asked = {"survey": "case", "since": NOON - timedelta(days=1), "until": NOON + timedelta(days=1)}

    assert (abouts(**asked).lines, abouts(**asked).too_small) == ([], 2)
    said(ready, "Ritardo di due giorni", 10)
    read_words(now=NOON)
    [line] = abouts(**asked).lines

    assert (line.topic.key, line.n, line.plus, line.minus) == ("waiting", 10, 0, 10)
    assert (round(line.detractors.value), round(line.promoters.value)) == (70, 20)
    assert (round(line.detractors.low), round(line.detractors.high)) == (40, 89)


def test_another_house_keeps_its_own_words(ready) -> None:
    from tests.factories.organisation import small_group

    other = small_group(code="rivali")
    with scope.system("test"):
        save_topic_words(
            unit_id=other.root.pk, topic="price", words={"it": Stems(about=("caffe",)), "en": Stems()}, by=ROBOT,
            now=NOON,
        )  # fmt: skip

    assert edition_of(ready.root.pk).stems["price"] == STEMS["price"]
    assert edition_of(other.root.pk).stems["price"]["it"].about == ("caffe",)
