"""How patient customers still are: what their stories say of contacts without an answer and of the last survey."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import connection


@dataclass(frozen=True, kw_only=True)
class Temper:
    """What is known of somebody who waits; the defaults where nothing is."""

    waiting_since: datetime | None = None
    unanswered: int = 0
    is_complaint: bool = False
    last_score: int | None = None


# Facts are the customers' stories: they cover every channel and all of their cases.
_TOLD = """
    WITH told AS (
        SELECT subject_id, kind, occurred_at, id, payload,
            max(occurred_at) FILTER (WHERE kind = 'messaging.MessageSent') OVER (PARTITION BY subject_id) AS sent_at
        FROM kernel_factrecord
        WHERE subject_id = ANY(%s::bigint[])
            AND kind IN ('messaging.MessageReceived', 'messaging.MessageSent', 'listening.SurveyAnswered'))
    SELECT subject_id,
        min(occurred_at) FILTER (WHERE is_waiting),
        count(*) FILTER (WHERE is_waiting),
        (array_agg((payload->>'score')::int ORDER BY occurred_at DESC, id DESC)
            FILTER (WHERE kind = 'listening.SurveyAnswered'))[1]
    FROM (SELECT *, kind = 'messaging.MessageReceived' AND occurred_at > COALESCE(sent_at, '-infinity') AS is_waiting
        FROM told) told
    GROUP BY subject_id
"""


def tempers_of(customer_ids: Iterable[int]) -> Mapping[int, Temper]:
    """Return what the stories of some customers say, in one statement; who is absent has none.

    `waiting_since` is the first contact of theirs since our last answer, on any of their cases.
    """
    wanted = sorted(set(customer_ids))
    if not wanted:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_TOLD, [wanted])
        return {
            customer_id: Temper(waiting_since=since, unanswered=count, last_score=score)
            for customer_id, since, count, score in cursor.fetchall()
        }
