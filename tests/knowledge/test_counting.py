"""Counts by day: once a reader, nobody remembered; and words that found nothing, without what names somebody."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corsia.knowledge import jobs, services
from corsia.knowledge.models import ArticleDay, ComplaintDay, MissedSearch, SeenToday
from corsia.knowledge.rules.searched import LONGEST, keepable
from corsia.knowledge.vocabulary import Source
from tests.conftest import NOON
from tests.factories.knowledge import WRITER, published

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("everything")]


@pytest.fixture
def article(group):
    return published(group.root, now=NOON)


def counted() -> tuple[int, int, int, int]:
    row = ArticleDay.objects.get()
    return row.views, row.useful, row.not_useful, row.used_in_reply


def test_the_same_reader_counts_once_a_day(group, article) -> None:
    place = {"article_id": article.pk, "unit_id": group.brescia.pk, "language": "it", "source": Source.SITE}

    assert services.count(**place, reader="address:1|Firefox", now=NOON)
    assert not services.count(**place, reader="address:1|Firefox", now=NOON + timedelta(hours=3))
    assert services.count(**place, reader="address:2|Firefox", now=NOON)
    assert counted() == (2, 0, 0, 0)
    assert services.count(**place, reader="address:1|Firefox", now=NOON + timedelta(days=1))
    assert ArticleDay.objects.count() == 2


def test_whoever_judges_twice_counts_once_and_may_say_why(group, article) -> None:
    place = {"article_id": article.pk, "unit_id": group.brescia.pk, "language": "it", "source": Source.SITE}

    services.judge(**place, is_useful=False, reader="1", now=NOON)
    services.judge(**place, is_useful=False, reason="unclear", reader="1", now=NOON)
    services.judge(**place, is_useful=True, reader="1", now=NOON)
    services.judge(**place, is_useful=True, reader="2", now=NOON)
    services.judge(**place, is_useful=False, reason="free text of a stranger", reader="3", now=NOON)

    assert counted() == (0, 1, 2, 0)
    assert list(ComplaintDay.objects.values_list("reason", "answers")) == [("unclear", 1)]


def test_a_day_is_the_units_own(group, article) -> None:
    place = {"article_id": article.pk, "unit_id": group.brescia.pk, "language": "it", "source": Source.SITE}
    just_after_midnight_in_rome = NOON.replace(hour=23, minute=30)

    services.count(**place, now=just_after_midnight_in_rome)

    assert ArticleDay.objects.get().day == NOON.date() + timedelta(days=1)


def test_readers_are_forgotten(group, article) -> None:
    place = {"article_id": article.pk, "unit_id": group.brescia.pk, "language": "it", "source": Source.SITE}
    services.count(**place, reader="address:203.0.113.7|Firefox", now=NOON)
    kept = bytes(SeenToday.objects.get().digest)
    assert b"203.0.113.7" not in kept
    assert len(kept) == 32

    assert services.forget_readers(now=NOON + timedelta(hours=6)) == 0
    assert services.forget_readers(now=NOON + timedelta(days=2)) == 1
    assert counted() == (1, 0, 0, 0)
    jobs.forget(0)


def test_words_searched_in_vain_are_counted_and_dismissed(group) -> None:
    for words in ("Bollo auto", "bollo  AUTO?", "bollò auto"):
        assert services.note_missed_search(words=words, language="it", unit_id=group.brescia.pk, now=NOON)

    missed = MissedSearch.objects.get()
    assert (missed.words, missed.times) == ("bollo auto", 3)
    services.dismiss_missed(missed_id=missed.pk, by=WRITER, now=NOON)
    services.note_missed_search(words="bollo auto", language="it", unit_id=group.brescia.pk, now=NOON)
    missed.refresh_from_db()
    assert (missed.times, missed.dismissed_at) == (4, NOON)
    assert services.forget_old_searches(now=NOON + timedelta(days=401)) == 1


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("giulia.ferri@example.it fattura", "fattura"),
        ("targa GA123BC", "targa"),
        ("RSSMRA80A01B157X", ""),
        ("+39 351 555 0142", ""),
        ("pratica 1042 dov'è la mia auto", "pratica dov e la mia auto"),
        ("a", ""),
    ],
)
def test_what_could_name_somebody_is_not_kept(typed, kept) -> None:
    assert keepable(typed) == kept


@given(st.text(max_size=400))
def test_kept_words_hold_no_digit_and_no_address_and_are_short(typed: str) -> None:
    kept = keepable(typed)

    assert not any(sign.isdecimal() for sign in kept)
    assert "@" not in kept
    assert len(kept) <= LONGEST
    assert kept == keepable(kept)
