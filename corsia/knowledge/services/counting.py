"""Count what is read, judged and used, by day. No cookie, no address: a keyed hash that lives until midnight."""

import hashlib
from datetime import date, datetime, timedelta

from django.db import connection, transaction
from django.utils import timezone

from corsia.kernel.tokens import sign
from corsia.knowledge.models import SeenToday
from corsia.knowledge.vocabulary import Complaint, Source
from corsia.organisation.queries import time_zone_of

_COLUMNS = frozenset({"views", "useful", "not_useful", "used_in_reply"})
_SEEN = (
    "INSERT INTO knowledge_seentoday (day, digest) VALUES (%s, %s) ON CONFLICT (day, digest) DO NOTHING RETURNING id"
)
_COMPLAINT = """
    INSERT INTO knowledge_complaintday (unit_id, article_id, day, reason, answers) VALUES (%s, %s, %s, %s, 1)
    ON CONFLICT (article_id, unit_id, day, reason) DO UPDATE SET answers = knowledge_complaintday.answers + 1
"""


@transaction.atomic
def count(
    *,
    article_id: int,
    unit_id: int,
    language: str,
    source: Source,
    what: str = "views",
    reader: str = "",
    now: datetime,
) -> bool:
    """Add one to a day's count of an article.

    Args:
        unit_id: where it was read.
        what: "views", "useful", "not_useful" or "used_in_reply".
        reader: something that tells readers of a day apart, such as address and browser; it is not kept. The same
            reader counts once a day; "" counts every time.

    Returns:
        Whether it was counted.
    """
    if what not in _COLUMNS:
        raise ValueError(f"There is no count called {what}.")
    day = _day(unit_id, now)
    # Useful or not is one question: whoever answers it twice in a day counts once.
    question = "judged" if what in ("useful", "not_useful") else what
    with connection.cursor() as cursor:
        if reader:
            cursor.execute(_SEEN, [day, _digest(day, f"{article_id}|{unit_id}|{question}|{reader}")])
            if cursor.fetchone() is None:
                return False
        cursor.execute(
            f"INSERT INTO knowledge_articleday (unit_id, article_id, day, language, source, views, useful, not_useful,"
            f" used_in_reply) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)"
            f" ON CONFLICT (article_id, unit_id, day, language, source)"
            f" DO UPDATE SET {what} = knowledge_articleday.{what} + 1",
            [
                *(unit_id, article_id, day, language, source),
                *(int(what == column) for column in ("views", "useful", "not_useful", "used_in_reply")),
            ],
        )
    return True


@transaction.atomic
def judge(
    *,
    article_id: int,
    unit_id: int,
    language: str,
    source: Source,
    is_useful: bool,
    reason: str = "",
    reader: str = "",
    now: datetime,
) -> bool:
    """Count whether an article helped, and why not.

    Returns:
        Whether it was counted; somebody who judged it today already is thanked and not counted again.
    """
    is_counted = count(
        article_id=article_id,
        unit_id=unit_id,
        language=language,
        source=source,
        what="useful" if is_useful else "not_useful",
        reader=reader,
        now=now,
    )
    if reason in Complaint.values and not is_useful:
        with connection.cursor() as cursor:
            day = _day(unit_id, now)
            if reader:
                cursor.execute(_SEEN, [day, _digest(day, f"{article_id}|{unit_id}|why|{reader}")])
                if cursor.fetchone() is None:
                    return is_counted
            cursor.execute(_COMPLAINT, [unit_id, article_id, day, reason])
    return is_counted


def forget_readers(*, now: datetime) -> int:
    """Delete the hashes of days that are over everywhere on earth; return how many."""
    return SeenToday.objects.filter(day__lt=(now - timedelta(hours=12)).date()).delete()[0]


def _digest(day: date, reader: str) -> bytes:
    """Return a hash under the day's key; without the day's rows nothing leads back to a reader."""
    return hashlib.sha256(sign(f"knowledge.reader.{day.isoformat()}", reader, length=64).encode()).digest()


def _day(unit_id: int, now: datetime) -> date:
    return timezone.localtime(now, time_zone_of(unit_id)).date()
