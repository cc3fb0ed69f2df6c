"""What customers do by themselves, run as the worker runs it."""

import pytest

from corsia.customers import jobs
from corsia.customers.models import Customer, Duplicate, SearchWord
from tests.factories.customers import person

pytestmark = pytest.mark.django_db


def test_a_late_tick_still_compares_everybody_who_waits(group) -> None:
    for name in ("Mario Rossi", "Mario Rosi"):
        person(group.brescia, name, emails=["mario@example.it"])

    jobs.find_duplicates(timestamp=0)

    assert Duplicate.unscoped.count() == 1
    assert not Customer.unscoped.filter(is_compared=False).exists()


def test_words_nobody_bears_are_forgotten_at_night(group) -> None:
    mario = person(group.brescia)
    SearchWord.objects.create(word="zbigniew", variants=["zbig"])

    jobs.forget_words(timestamp=0)

    assert set(SearchWord.objects.values_list("word", flat=True)) == {"mario", "rossi"}
    assert mario.display_name == "Mario Rossi"
