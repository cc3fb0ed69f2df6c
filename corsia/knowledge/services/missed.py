"""Words that found nothing are kept, so that somebody writes the article."""

from datetime import datetime, timedelta

from django.db import connection, transaction

from corsia.kernel.access import demand
from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit
from corsia.knowledge.models import MissedSearch
from corsia.knowledge.permissions import WRITE_ARTICLES
from corsia.knowledge.rules.searched import keepable

KEPT = timedelta(days=400)
_NOTE = """
    INSERT INTO knowledge_missedsearch (unit_id, language, words, times, first_at, last_at)
    VALUES (%s, %s, %s, 1, %s, %s)
    ON CONFLICT (unit_id, language, words) DO UPDATE SET times = knowledge_missedsearch.times + 1,
        last_at = EXCLUDED.last_at
"""


def note_missed_search(*, words: str, language: str, unit_id: int, now: datetime) -> bool:
    """Count that words found no article, without what could name somebody; return whether anything was kept."""
    kept = keepable(words)
    if not kept:
        return False
    with connection.cursor() as cursor:
        cursor.execute(_NOTE, [unit_id, language, kept, now, now])
    return True


@transaction.atomic
def dismiss_missed(*, missed_id: int, by: Actor, now: datetime) -> None:
    """Take words off the list: no article is needed for them."""
    missed: MissedSearch = MissedSearch.objects.lock(missed_id)
    demand(by, WRITE_ARTICLES, missed.unit_id)
    missed.dismissed_at = now
    missed.save(update_fields=["dismissed_at"])
    audit(missed, "dismissed", by=by, now=now, words=missed.words)


@transaction.atomic
def answer_missed(*, missed_id: int, article_id: int, by: Actor, now: datetime) -> None:
    """State which article was written because of the words."""
    missed: MissedSearch = MissedSearch.objects.lock(missed_id)
    missed.article_id = article_id
    missed.save(update_fields=["article"])
    audit(missed, "answered", by=by, now=now, article=article_id)


def forget_old_searches(*, now: datetime) -> int:
    """Delete words that nobody has searched for long; return how many."""
    return int(MissedSearch.objects.filter(last_at__lt=now - KEPT).delete()[0])
